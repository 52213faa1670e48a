"""`caseway ledger statement`: what happened on somebody's accounts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import account_owners
from caseway.cli.ledger.option import nobody_owns, period_options, unit_option
from caseway.cli.ledger.postings import posting_record
from caseway.cli.moment import first_instant, instant_after
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.actor import Actor
    from caseway.engine.outcome import Entry
    from caseway.engine.runtime import Runtime
    from caseway.engine.statement import Statement, StatementLine, StatementSection

FORMATS = ("text", "csv", "pdf")


@click.command(cls=Verb)
@click.argument("owner", metavar="PAYEE", shell_complete=account_owners)
@period_options
@unit_option
@click.option("--format", "kind", type=click.Choice(FORMATS), help="What it is made as.  [default: text]")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that it is written into.  [default: stdout]",
)
@with_setting
def statement(
    setting: Setting,
    *,
    owner: str,
    since: date | datetime | None,
    until: date | datetime | None,
    unit: str | None,
    kind: str | None,
    output: Path | None,
) -> None:
    """Say what happened on the accounts of PAYEE: what they held before, each line and what they held after it. With --as, one's own."""
    if setting.json and (kind or output):
        raise click.UsageError("Of --json and --format or --output, give one.")
    if kind == "pdf" and output is None and sys.stdout.isatty():
        raise click.UsageError("A PDF is nothing for a terminal: name a file with --output.")
    if kind in {None, "text"} and output is not None:
        raise click.UsageError("Into a file goes --format csv or --format pdf.")
    with setting.runtime() as runtime:
        made = runtime.ledger.statement(
            owner, unit=unit, since=first_instant(since), until=instant_after(until), actor=setting.actor
        )
        language = runtime.language(setting.language, actor=setting.actor)
        if setting.json or kind == "csv":
            made = _with_shares(made, runtime, setting.actor)
        nobody = None if made.sections else nobody_owns(runtime.ledger, setting, owner)
    if nobody and not setting.json:
        say(nobody)
    if setting.json:
        print_document(_record(made, language))
    elif kind in {None, "text"}:
        _print(made, language, is_somebody=not nobody)
    else:
        _put(_content(made, str(kind), language), output)


def _with_shares(made: Statement, runtime: Runtime, actor: Actor | None) -> Statement:
    """Look up what part of a whole each line is. What the journal hides from the actor, and cases that nobody can read, tell none."""
    from caseway.engine.statement import with_shares

    lines = (line.posting for section in made.sections for line in section.lines)
    cases = dict.fromkeys(posting.case for posting in lines if posting.case is not None)
    return with_shares(made, (entry for case in cases for entry in _history(runtime, case, actor)))


def _history(runtime: Runtime, case: str, actor: Actor | None) -> Iterator[Entry]:
    from caseway.engine.errors import DefinitionError, UnknownCase

    with suppress(UnknownCase, DefinitionError):
        yield from runtime.history(case, actor=actor)


def _content(made: Statement, kind: str, language: str) -> bytes:
    from caseway.adapters.statement_sheet import statement_csv, statement_pdf

    return (statement_pdf(made, language) if kind == "pdf" else statement_csv(made, language)).content


def _put(content: bytes, output: Path | None) -> None:
    from caseway.adapters.whole_file import write_whole
    from caseway.engine.errors import WorldError

    if output is None:
        click.echo(content, nl=False)
        return
    try:
        if output.exists() and not output.is_file():  # a pipe or a device is written to, not put a file in the place of
            output.write_bytes(content)
        else:
            write_whole(output.resolve(), content, private=True)  # what a link leads to, and the link stays
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise WorldError(
            f"The statement could not be written to {output}: {reason or error}.", file=str(output)
        ) from error
    say(f"The statement is in {output}.")


def _print(made: Statement, language: str, *, is_somebody: bool) -> None:
    for index, section in enumerate(made.sections):
        if index:
            click.echo()
        _print_section(section, language)
    if not made.sections and is_somebody:
        say(f"There is nothing on the accounts of {made.owner} in that time.")


def _print_section(section: StatementSection, language: str) -> None:
    from rich.text import Text

    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant
    from caseway.engine.money import decimal

    print_shown(Text(escaped(f"{section.account}, {section.unit}"), "bold", overflow="fold"))
    shown = table("time", "source", "for", "amount", "balance", right=("amount", "balance"))
    shown.add_row("", "", "before", "", decimal(section.opening, section.unit))
    for line in section.lines:
        what = escaped(line.source), escaped(line.told(language))
        amounts = decimal(line.posting.amount, section.unit), decimal(line.balance, section.unit)
        shown.add_row(instant(line.posting.at), *what, *amounts)
    shown.add_row("", "", "after", "", decimal(section.closing, section.unit))
    print_shown(shown)


def _record(made: Statement, language: str) -> dict[str, Any]:
    from caseway.engine.timestamp import instant_text

    return {
        "owner": made.owner,
        "at": instant_text(made.at),
        "since": made.since and instant_text(made.since),
        "until": made.until and instant_text(made.until),
        "sections": [_section_record(each, language) for each in made.sections],
    }


def _section_record(section: StatementSection, language: str) -> dict[str, Any]:
    lines = [_line_record(line, language) for line in section.lines]
    ends = {"opening": section.opening, "closing": section.closing}
    return {"account": section.account, "unit": section.unit} | ends | {"lines": lines}


def _line_record(line: StatementLine, language: str) -> dict[str, Any]:
    share = asdict(line.share) if line.share else None
    return posting_record(line.posting, language) | {"share": share, "balance": line.balance}
