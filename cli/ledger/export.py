"""`caseway ledger export`: the book for whoever keeps the books."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from caseway.cli.ledger.option import period_options, query, unit_option
from caseway.cli.ledger.postings import posting_record
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line

if TYPE_CHECKING:
    from caseway.engine.posting import Posting

COLUMNS = (
    *("at", "owner", "account", "amount", "unit", "purpose", "kind", "case", "batch"),
    *("process", "version", "revision", "payout", "implements", "effect", "line", "seq"),
)


@click.command(cls=Verb)
@unit_option
@period_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(("csv", "json")),
    help="CSV with amounts in whole units, or a JSON object a line, in minor units.  [default: csv]",
)
@with_setting
def export(
    setting: Setting,
    *,
    unit: str | None,
    since: date | datetime | None,
    until: date | datetime | None,
    kind: str | None,
) -> None:
    """Print all lines of the book, oldest first, for another program; with --as, those of the actor's own accounts."""
    if setting.json and kind == "csv":
        raise click.UsageError("Of --json and --format csv, give one.")
    with setting.runtime() as runtime:
        found = runtime.ledger.postings(query(unit=unit, since=since, until=until), actor=setting.actor)
        language = runtime.language(setting.language, actor=setting.actor)
        if setting.json or kind == "json":
            for each in found:
                print_line(posting_record(each, language))
        else:
            _print_csv(found, language)


def _print_csv(found: Iterable[Posting], language: str) -> None:
    from caseway.adapters.spreadsheet import harmless
    from caseway.engine.money import decimal

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in found:
        amount, rules = decimal(line.amount, line.unit), " ".join(line.implements)
        cells = posting_record(line, language) | {"amount": amount, "implements": rules}
        writer.writerow([harmless(cells[name]) for name in COLUMNS])
