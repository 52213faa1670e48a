"""`caseway ledger postings`: the lines of the book."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import account_owners, batch_ids
from caseway.cli.ledger.option import case_option, nobody_owns, period_options, query, unit_option
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.posting import Posting


@click.command(cls=Verb)
@case_option
@click.option("--owner", metavar="ID", shell_complete=account_owners, help="Only lines of this owner's accounts.")
@unit_option
@click.option("--batch", metavar="BATCH", shell_complete=batch_ids, help="Only what this settlement moved.")
@period_options
@with_setting
def postings(
    setting: Setting, /, *, since: date | datetime | None, until: date | datetime | None, **wanted: str | None
) -> None:
    """List the lines of the ledger, oldest first; with --as, those of the actor's own accounts."""
    asked = query(since=since, until=until, **wanted)
    with setting.runtime() as runtime:
        found = runtime.ledger.postings(asked, actor=setting.actor)
        language = runtime.language(setting.language, actor=setting.actor)
        if setting.json:
            for each in found:
                print_line(posting_record(each, language))
            return
        shown = table("time", "source", "owner", "account", "amount", "for", right=("amount",))
        for each in found:
            shown.add_row(*_row(each, language))
        nobody = not shown.row_count and nobody_owns(runtime.ledger, setting, wanted["owner"])
    if shown.row_count:
        print_shown(shown)
    else:
        say(nobody or "There are no such lines in the ledger.")


def _row(line: Posting, language: str) -> tuple[str, ...]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant
    from caseway.engine.definition import speak
    from caseway.engine.money import money

    rules = f" [{', '.join(line.implements)}]" if line.implements else ""
    return (
        instant(line.at),
        escaped(line.case or line.batch or ""),
        escaped(line.owner),
        escaped(line.account),
        money(line.amount, line.unit),
        escaped(f"{speak(line.purpose, language) or line.payout or line.kind}{rules}"),
    )


def posting_record(line: Posting, language: str = "en") -> dict[str, Any]:
    """Write a line of the ledger as JSON; the amount is in minor units, the purpose in one language."""
    from caseway.engine.definition import speak
    from caseway.engine.timestamp import instant_text

    return {
        "effect": line.effect,
        "line": line.line,
        "kind": line.kind,
        "case": line.case,
        "revision": line.revision,
        "process": line.process,
        "version": line.version,
        "batch": line.batch,
        "at": instant_text(line.at),
        "owner": line.owner,
        "account": line.account,
        "amount": line.amount,
        "unit": line.unit,
        "payout": line.payout,
        "purpose": speak(line.purpose, language),
        "implements": list(line.implements),
        "seq": line.seq,
    }
