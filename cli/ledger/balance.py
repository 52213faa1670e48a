"""`caseway ledger balance`: what each account holds."""

from __future__ import annotations

from collections.abc import Collection

import click

from caseway.cli.completion import account_owners
from caseway.cli.ledger.option import nobody_owns, unit_option
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown, say, table


@click.command(cls=Verb)
@click.option("--owner", metavar="ID", shell_complete=account_owners, help="Only this owner's accounts.")
@click.option("--account", metavar="NAME", help="Only accounts of this name, such as payable.")
@unit_option
@with_setting
def balance(setting: Setting, owner: str | None, account: str | None, unit: str | None) -> None:
    """Say what each account holds; with --as, those of the actor."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.money import money

    with setting.runtime() as runtime:
        found = runtime.ledger.balances(owner=owner, account=account, unit=unit, actor=setting.actor)
        if setting.json:
            for each in found:
                print_line({"owner": each.owner, "account": each.account, "unit": each.unit, "amount": each.amount})
            return
        shown = table("owner", "account", "amount", right=("amount",))
        for each in found:
            shown.add_row(escaped(each.owner), escaped(each.account), money(each.amount, each.unit))
        nobody = not shown.row_count and nobody_owns(runtime.ledger, setting, owner)
        there = () if shown.row_count else {each.account for each in runtime.ledger.balances(actor=setting.actor)}
    if shown.row_count:
        print_shown(shown)
    else:
        say(nobody or f"There are no such accounts{_others(account, there)}.")


def _others(account: str | None, there: Collection[str]) -> str:
    """Say which accounts there are, where one was asked for that is not."""
    from caseway.adapters.diagnostic import escaped

    return f"; there are {', '.join(sorted(map(escaped, there)))}" if account and there and account not in there else ""
