"""`caseway start` and `caseway send`: what happens to a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caseway.cli.batch import Batch, batch_options, send_batch
from caseway.cli.completion import case_ids, event_names, process_names
from caseway.cli.input import data_option
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document

if TYPE_CHECKING:
    from caseway.engine.outcome import Entry


@click.command(cls=Verb)
@click.argument("process", shell_complete=process_names)
@click.option(
    "--id",
    "case_id",
    metavar="ID",
    help="The id of the new case; starting it again with the same data changes nothing.  [default: a new one]",
)
@click.option(
    "--version", type=click.IntRange(min=1), metavar="N", help="The version of the process.  [default: the newest]"
)
@data_option
@with_setting
def start(setting: Setting, process: str, case_id: str | None, version: int | None, data: dict[str, Any]) -> None:
    """Open a case of PROCESS. --data are the data of the case."""
    with setting.runtime(create=True) as runtime:
        language = runtime.language(setting.language, actor=setting.actor)
        entry = runtime.start(process, data, id=case_id, version=version, actor=setting.actor, now=setting.now)
    _print(setting, entry, language)


@click.command(cls=Verb)
@click.argument("case", required=False, shell_complete=case_ids)
@click.argument("event", required=False, shell_complete=event_names)
@click.option(
    "--event-id",
    metavar="ID",
    help="An id of yours for this event; sending it again changes nothing.  [default: a new one]",
)
@data_option
@batch_options
@with_setting
def send(
    setting: Setting,
    *,
    case: str | None,
    event: str | None,
    event_id: str | None,
    data: dict[str, Any],
    batch: Batch | None,
) -> None:
    """Let EVENT happen to CASE. Timers of the case that are overdue fire first.

    With --batch, the lines of FILE name cases and events instead: JSON Lines in, what came of each as JSON Lines out.
    """
    if batch is not None:
        if case is not None or event_id is not None or data:
            told = "With --batch, each line has its own case, event, id and data; leave out CASE, EVENT, --event-id and --data."
            raise click.UsageError(told)
        send_batch(setting, batch)
        return
    if case is None or event is None:
        raise click.UsageError(
            f"Missing argument '{'EVENT' if case else 'CASE'}'; or name a file of events with --batch."
        )
    with setting.runtime() as runtime:
        language = runtime.language(setting.language, actor=setting.actor)
        entry = runtime.send(case, event, data, actor=setting.actor, event_id=event_id, now=setting.now)
    _print(setting, entry, language)


def _print(setting: Setting, entry: Entry, language: str) -> None:
    if setting.json:
        print_document(outcome_record(entry))
        return
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import consequences, move

    click.echo(f"{escaped(entry.case)}: {move(entry)} (revision {entry.revision})")
    for each in consequences(entry, language):
        click.echo(f"  {each}")


def outcome_record(entry: Entry) -> dict[str, Any]:
    """Write what came of an event as JSON."""
    from caseway.engine.effect_record import effect_record

    return {
        "case": entry.case,
        "event": entry.event.name,
        "from": list(entry.source),
        "to": list(entry.target),
        "revision": entry.revision,
        "effects": [effect_record(effect) for effect in entry.effects],
        **({"withheld": list(entry.withheld)} if entry.withheld else {}),
    }
