"""`caseway ledger`: what was paid to whom, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import case_ids
from caseway.cli.option import Family, Setting, Verb, add_options, with_setting
from caseway.cli.output import print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.posting import Posting


@click.group(cls=Family)
@add_options
def ledger() -> None:
    """Show what was paid to whom, and why."""


@ledger.command(cls=Verb)
@click.option("--case", metavar="CASE", shell_complete=case_ids, help="Only what this case paid.")
@click.option("--owner", metavar="ID", help="Only lines of this owner's accounts.")
@with_setting
def postings(setting: Setting, case: str | None, owner: str | None) -> None:
    """List the lines of the ledger, oldest first; with --as, those of the actor's own accounts."""
    with setting.runtime() as runtime:
        found = runtime.postings(case=case, owner=owner, actor=setting.actor)
        if setting.json:
            for each in found:
                print_line(_record(each))
            return
        shown = table("time", "case", "owner", "account", "amount", "for", right=("amount",))
        for each in found:
            shown.add_row(*_row(each))
    if shown.row_count:
        print_shown(shown)
    else:
        say("There are no such lines in the ledger.")


@ledger.command(cls=Verb)
@click.option("--owner", metavar="ID", help="Only this owner's accounts.")
@with_setting
def balance(setting: Setting, owner: str | None) -> None:
    """Say what each account holds; with --as, those of the actor."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.money import money

    with setting.runtime() as runtime:
        shown = table("owner", "account", "amount", right=("amount",))
        for each in runtime.balances(owner=owner, actor=setting.actor):
            if setting.json:
                print_line({"owner": each.owner, "account": each.account, "unit": each.unit, "amount": each.amount})
            shown.add_row(escaped(each.owner), each.account, money(each.amount, each.unit))
    if setting.json:
        return
    if shown.row_count:
        print_shown(shown)
    else:
        say("There are no such accounts.")


def _row(line: Posting) -> tuple[str, ...]:
    from caseway.adapters.diagnostic import escaped
    from caseway.cli.sentence import instant
    from caseway.engine.money import money

    rules = f" [{', '.join(line.implements)}]" if line.implements else ""
    reason = f"{escaped(line.purpose or line.payout)}{rules}"
    return (
        instant(line.at),
        escaped(line.case),
        escaped(line.owner),
        line.account,
        money(line.amount, line.unit),
        reason,
    )


def _record(line: Posting) -> dict[str, Any]:
    from caseway.engine.journal import instant_text

    return {
        "effect": line.effect,
        "line": line.line,
        "case": line.case,
        "revision": line.revision,
        "process": line.process,
        "version": line.version,
        "at": instant_text(line.at),
        "owner": line.owner,
        "account": line.account,
        "amount": line.amount,
        "unit": line.unit,
        "payout": line.payout,
        "purpose": line.purpose,
        "implements": list(line.implements),
    }
