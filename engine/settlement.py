"""Settlement: open balances leave the book for a bank, in batches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from caseway.engine.outcome import Refusal
from caseway.engine.payee import Payee
from caseway.engine.posting import Posting

SETTLED = "settled"
"""The account of a payee that holds what has been paid out to them."""

_NAMED = 5
"""How many are named in a sentence about many."""

LONGEST_BATCH_ID = 28
"""A bank gives 35 characters to the name of a transfer, which is that of the batch, a hyphen and the number of the line."""

_BATCH_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9.-]{{0,{LONGEST_BATCH_ID - 1}}}")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What one payee gets of a batch: more than 0 minor units. `number` counts from 1. The payee is as of the settlement."""

    number: int
    payee: Payee
    amount: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Balances of one kind of account and one unit that were settled together, in order of payee id.

    `format` is that of its file: `pain.001` or `csv`. `due` is the day on which the bank is to execute it. `by` is who settled it,
    as far as anybody said. Nothing of a batch ever changes.
    """

    id: str
    unit: str
    account: str
    at: datetime
    due: date
    debtor: Payee
    format: str
    lines: tuple[BatchLine, ...]
    by: str | None = None

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    def line(self, payee: str) -> BatchLine | None:
        """Return what a payee got of it; None: nothing."""
        return next((line for line in self.lines if line.payee.id == payee), None)


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line of a batch that the bank sent back. There is at most one per line."""

    batch: str
    number: int
    reason: str
    at: datetime
    by: str | None = None


def is_batch_id(text: str) -> bool:
    """Say whether a text can be the id of a batch: letters, digits, hyphens and points, the first one a letter or a digit."""
    return _BATCH_ID.fullmatch(text) is not None


# postings


def batch_postings(batch: Batch) -> Iterator[Posting]:
    """Yield the lines of a batch: out of each payee's account, into what has been paid out to them."""
    for line in batch.lines:
        yield from _moved(batch, line, f"settlement/{batch.id}/{line.number}", batch.at, rejection=None)


def rejection_postings(batch: Batch, rejection: Rejection) -> Iterator[Posting]:
    """Yield the lines that undo one line of a batch."""
    line = batch.lines[rejection.number - 1]
    yield from _moved(batch, line, f"rejection/{batch.id}/{line.number}", rejection.at, rejection=rejection)


def _moved(batch: Batch, line: BatchLine, effect: str, at: datetime, rejection: Rejection | None) -> Iterator[Posting]:
    # Effects of cases have colons in their ids, and these have none.
    accounts = (batch.account, SETTLED) if rejection is None else (SETTLED, batch.account)
    purpose = f"Settled in batch {batch.id}" if rejection is None else f"Sent back by the bank: {rejection.reason}"
    for place, (account, amount) in enumerate(zip(accounts, (-line.amount, line.amount), strict=True)):
        yield Posting(
            effect=effect,
            line=place,
            kind="settlement" if rejection is None else "rejection",
            at=at,
            owner=line.payee.id,
            account=account,
            amount=amount,
            unit=batch.unit,
            purpose=purpose,
            batch=batch.id,
        )


# what cannot be


def reused(known: Batch) -> Refusal:
    """Return why the id of a batch cannot stand for another settlement."""
    told = (
        f"There is a batch {known.id} already: {known.unit} of {known.account}, paid by {known.debtor.id}, as {known.format}. "
        "Choose another id."
    )
    facts = {"batch": known.id, "unit": known.unit, "account": known.account, "format": known.format}
    return Refusal("batch-id-reused", told, facts)


def unknown_batch(id: str, last: Batch | None) -> Refusal:  # noqa: A002  # the word of the glossary
    """Return that there is no such batch; `last` is the last one that there is."""
    there = f"the last one is {last.id}" if last else "nothing has been settled yet"
    return Refusal("unknown-batch", f"There is no batch {id}; {there}.", {"batch": id})


def unknown_payee(batch: Batch, payee: str) -> Refusal:
    """Return that a batch has no line of this payee."""
    told = f"Batch {batch.id} pays nothing to {payee}; it pays {some([line.payee.id for line in batch.lines])}."
    return Refusal("unknown-payee", told, {"batch": batch.id, "payee": payee})


def already_rejected(earlier: Rejection, payee: str) -> Refusal:
    """Return that a line was sent back before, for another reason."""
    told = (
        f"What batch {earlier.batch} paid to {payee} was sent back already, on {earlier.at:%Y-%m-%d}: {earlier.reason}."
    )
    return Refusal("already-rejected", told, {"batch": earlier.batch, "payee": payee, "reason": earlier.reason})


def some(names: Collection[str]) -> str:
    """Return the first few of many names, and how many there are besides."""
    first = ", ".join(list(names)[:_NAMED])
    return first if len(names) <= _NAMED else f"{first} and {len(names) - _NAMED} more"
