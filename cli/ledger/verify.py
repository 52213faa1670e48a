"""`caseway ledger verify`: whether the book is what journals and batches make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from caseway.cli.ledger.postings import posting_record
from caseway.cli.option import Setting, Verb, by_operator
from caseway.cli.output import print_line, say

if TYPE_CHECKING:
    from caseway.engine.verification import Difference, Verification

DIFFERENT = 4


@click.command(cls=Verb)
@by_operator("The book is verified")
def verify(setting: Setting) -> int:
    """Compare every line of the book with the journals of the cases, the batches and the kept sums, and every batch with its seal.

    What was changed by hand, deleted or added is told row by row. Exit code 4 if there is any such thing.
    """
    from caseway.adapters.diagnostic import escaped

    differences = 0
    with setting.runtime() as runtime:
        verification = runtime.ledger.verify()
        for differences, each in enumerate(verification, 1):  # noqa: B007  # counted to the end
            if setting.json:
                print_line(_record(each))
            else:
                click.echo(escaped(each.message))
    if not setting.json:
        _tell(verification, differences)
    return DIFFERENT if differences else 0


def _tell(verification: Verification, differences: int) -> None:
    sources = "1 case or batch" if verification.sources == 1 else f"{verification.sources} cases and batches"
    looked = f"{_count(verification.postings, 'line')}, {sources}, {_count(verification.accounts, 'kept sum')}"
    if differences:
        say(f"{_count(differences, 'difference')} in {looked}.")
    else:
        click.echo(f"The book is as it should be: {looked}.")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _record(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "row": dict(difference.row),
        "source": difference.source,
        "field": difference.field,
        "found": _value(difference.found),
        "expected": _value(difference.expected),
        "message": difference.message,
    }


def _value(value: Any) -> Any:
    from caseway.engine.posting import Posting

    return posting_record(value) if isinstance(value, Posting) else value
