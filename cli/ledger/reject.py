"""`caseway ledger reject`: what the bank sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

import click

from caseway.cli.completion import batch_ids, batch_payees
from caseway.cli.ledger.option import by_host
from caseway.cli.note import Note
from caseway.cli.option import Setting, Verb
from caseway.cli.output import print_document, print_line, say

if TYPE_CHECKING:
    from caseway.engine.runtime.ledger import Returned
    from caseway.engine.settlement import Batch

KEYS = ("id", "reason")
"""What a record of a line that came back may hold."""


@click.command(cls=Verb)
@click.argument("batch", shell_complete=batch_ids)
@click.argument("lines", metavar="[LINE]...", nargs=-1, shell_complete=batch_payees)
@click.option(
    "--reason", type=Note(), metavar="TEXT", help="Why, in the bank's words; for those of FILE that have none."
)
@click.option(
    "--file",
    metavar="FILE",
    type=click.File("rb", lazy=False),
    help="Send back the lines of FILE, or - for stdin: a JSON object a line, or CSV with a head, of id and reason.",
)
@click.option("--by", type=Note(), metavar="NAME", help="Who says so, for the record.")
@by_host
def reject(
    setting: Setting,
    /,
    *,
    batch: str,
    lines: tuple[str, ...],
    reason: str | None,
    file: IO[bytes] | None,
    by: str | None,
) -> None:
    """Record that the bank sent back LINEs of BATCH, all of them or none. What they got is open again, and the next settlement pays it.

    A LINE is the id of a payee, or what the bank calls the transfer (EndToEndId), such as 2026-03-1. Doing it again with the same reason changes nothing.
    """
    if bool(lines) == (file is not None):
        raise click.UsageError("Name lines of the batch, or give --file.")
    if lines and reason is None:
        raise click.UsageError("Missing option '--reason': why, in the bank's words.")
    reasons = _of_file(file, reason) if file is not None else dict.fromkeys(lines, str(reason))
    with setting.runtime() as runtime:
        done = runtime.ledger.reject_lines(batch, reasons, by=by, now=setting.now)
        of = runtime.ledger.batch(batch)
    for each in done:
        if setting.json:
            (print_document if len(lines) == 1 else print_line)(_record(of, each))
        else:
            _tell(of, each)


def _of_file(file: IO[bytes], reason: str | None) -> Mapping[str, str]:
    from caseway.cli.record_file import json_lines_or_csv, made_of

    return dict(made_of(file, json_lines_or_csv(file), lambda line: _reason(line.id, line.record, reason)))


def _reason(id_: str, record: Mapping[str, Any], reason: str | None) -> tuple[str, str]:
    """Return a line and why it came back. ValueError: a sentence on what is wrong."""
    from caseway.engine.fault import suggestion
    from caseway.engine.settlement import NOTE_FORM, is_note

    for key in record:
        if key not in KEYS:
            raise ValueError(f'a line has no "{key}"; {suggestion(key, KEYS)}')
    told = record.get("reason") or reason
    if not isinstance(told, str):
        raise ValueError('there is no "reason", and no --reason.')  # noqa: TRY004  # all are told alike
    if not is_note(told):
        raise ValueError(f'"reason" is {NOTE_FORM}.')
    return id_, told


def _tell(of: Batch, done: Returned) -> None:
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.money import money

    told = f"{money(done.line.amount, of.unit)} of batch {of.id} came back from {done.line.payee.id}: {done.rejection.reason}"
    click.echo(escaped(told))
    if not done.is_new:
        say(f"Line {done.line.number} of batch {of.id} came back before; nothing changed.")


def _record(of: Batch, done: Returned) -> dict[str, Any]:
    from caseway.engine.timestamp import instant_text

    return {
        "batch": of.id,
        "number": done.line.number,
        "payee": done.line.payee.id,
        "amount": done.line.amount,
        "unit": of.unit,
        "reason": done.rejection.reason,
        "at": instant_text(done.rejection.at),
        "by": done.rejection.by,
        "changed": done.is_new,
    }
