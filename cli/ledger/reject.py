"""`caseway ledger reject`: what the bank sent back."""

from __future__ import annotations

import click

from caseway.cli.completion import batch_ids, batch_payees
from caseway.cli.ledger.option import by_host
from caseway.cli.option import Setting, Verb
from caseway.cli.output import print_document


@click.command(cls=Verb)
@click.argument("batch", shell_complete=batch_ids)
@click.argument("payee", shell_complete=batch_payees)
@click.option("--reason", metavar="TEXT", required=True, help="Why, in the bank's words.")
@click.option("--by", metavar="NAME", help="Who says so, for the record.")
@by_host
def reject(setting: Setting, batch: str, payee: str, reason: str, by: str | None) -> None:
    """Record that the bank sent back what PAYEE got of BATCH. It is open again, and the next settlement pays it.

    Doing it again with the same reason changes nothing.
    """
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.money import money
    from caseway.engine.timestamp import instant_text

    with setting.runtime() as runtime:
        done = runtime.ledger.reject(batch, payee, reason, by=by, now=setting.now)
        of = runtime.ledger.batch(batch)
    amount = of.lines[done.number - 1].amount
    if not setting.json:
        click.echo(escaped(f"{money(amount, of.unit)} of batch {of.id} came back from {payee}: {done.reason}"))
        return
    print_document(
        {
            "batch": done.batch,
            "number": done.number,
            "payee": payee,
            "amount": amount,
            "unit": of.unit,
            "reason": done.reason,
            "at": instant_text(done.at),
            "by": done.by,
        }
    )
