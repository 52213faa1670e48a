"""`caseway ledger`: what was paid to whom and why, and how it leaves for a bank. One file for each verb."""

from __future__ import annotations

import click

from caseway.cli.ledger.balance import balance
from caseway.cli.ledger.batch import batch, batches
from caseway.cli.ledger.export import export
from caseway.cli.ledger.postings import postings
from caseway.cli.ledger.reject import reject
from caseway.cli.ledger.settle import settle
from caseway.cli.ledger.statement import statement
from caseway.cli.ledger.verify import verify
from caseway.cli.option import Family, add_options


@click.group(cls=Family)
@add_options
def ledger() -> None:
    """Show what was paid to whom and why, settle it, and verify the book."""


for _verb in (balance, postings, statement, verify, settle, batch, batches, reject, export):
    ledger.add_command(_verb)
