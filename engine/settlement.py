"""Settlement: open balances leave the book for a bank, in batches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from caseway.engine.money import money
from caseway.engine.outcome import Refusal
from caseway.engine.payee import Payee
from caseway.engine.posting import Posting

SETTLED = "settled"
"""The account of a payee that holds what has been paid out to them."""

CASH = "cash"
"""The account for money that changed hands already, from one to the other: no settlement takes it."""

_NAMED = 5
"""How many are named in a sentence about many."""

LONGEST_BATCH_ID = 28
"""A bank gives 35 characters to the name of a transfer, which is that of the batch, a hyphen and the number of the line."""

LONGEST_NOTE = 200
"""How many characters the reason of a rejection, or the name of who did something, may have."""

BATCH_ID_FORM = f"1 to {LONGEST_BATCH_ID} of A-Z, a-z, 0-9, hyphen and point, a letter or digit first"
NOTE_FORM = f"1 to {LONGEST_NOTE} printable characters, without spaces before or after them"

REHEARSAL = "REHEARSAL-"
"""What the order of a batch that was settled in a rehearsal is called begins with."""

_BATCH_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9.-]{{0,{LONGEST_BATCH_ID - 1}}}")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What one payee gets of a batch: more than 0 minor units. `number` counts from 1. The payee is as of the settlement."""

    number: int
    payee: Payee
    amount: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for beside what a batch says itself, as it was asked for: by it a repetition is told from another settlement.

    `due` is None where no day was asked for; `only` and `leave_out` are in order, and empty where nobody was named.
    """

    minimum: int = 1
    due: date | None = None
    only: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Balances of one kind of account and one unit that were settled together, in order of payee id.

    `format` is that of its file: `pain.001` or `csv`. `due` is the day on which the bank is to execute it. `by` is who settled it,
    as far as anybody said. `rehearsal`: it was settled in a database to rehearse in, and nobody is to be paid. `asked` is what else it was settled
    by. `follows` is the seal of the batch that was settled before it, of whatever unit; None: it is the first. Nothing of a batch ever changes.
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
    rehearsal: bool = False
    asked: Asked = Asked()
    follows: str | None = None
    is_new: bool = field(default=False, compare=False)
    """Whether it has just been settled, and was not there before: no part of it, but of what `settle` tells."""

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def order(self) -> str:
        """What its order for the bank, and the file of it, are called: as the batch, or plainly a rehearsal's."""
        return f"{REHEARSAL}{self.id}" if self.rehearsal else self.id

    def line(self, payee: str) -> BatchLine | None:
        """Return what a payee got of it; None: nothing."""
        return next((line for line in self.lines if line.payee.id == payee), None)

    def names(self) -> Mapping[str, Sequence[BatchLine]]:
        """Return the lines by the ids of their payees, and by the names of their transfers at the bank: one each, unless a payee has such a name."""
        found: dict[str, tuple[BatchLine, ...]] = {}
        for line in self.lines:
            for name in {line.payee.id, transfer_name(self, line)}:
                found[name] = (*found.get(name, ()), line)
        return found


@dataclass(frozen=True, slots=True)
class Rejection:
    """A line of a batch that the bank sent back. There is at most one per line."""

    batch: str
    number: int
    reason: str
    at: datetime
    by: str | None = None


def is_note(text: str) -> bool:
    """Say whether a text can be the reason of a rejection, or the name of who did something."""
    return (
        isinstance(text, str)
        and bool(text)
        and text == text.strip()
        and len(text) <= LONGEST_NOTE
        and text.isprintable()
    )


def transfer_name(batch: Batch, line: BatchLine) -> str:
    """Return by what name a bank tells a transfer from the others, its end-to-end id."""
    return f"{batch.id}-{line.number}"


def shared_accounts(debtor: Payee, lines: Sequence[BatchLine]) -> dict[str, list[str]]:
    """Return the IBANs that several of a batch have, those who are paid or who pays, each with their ids."""
    found: dict[str, list[str]] = {}
    for payee in (debtor, *(line.payee for line in lines)):
        if payee.iban is not None:
            found.setdefault(payee.iban, []).append(payee.id)
    return {iban: ids for iban, ids in found.items() if len(ids) > 1}


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


def reused(known: Batch, differing: Mapping[str, tuple[Any, Any]]) -> Refusal:
    """Return why the id of a batch cannot stand for another settlement: each term that differs, as it was and as it is asked for now."""
    told = "; ".join(
        f"{_TERM.get(name, name)} was {_term(known, name, was)}, and is {_term(known, name, asked)}"
        for name, (was, asked) in differing.items()
    )
    facts = {name: {"was": _fact(was), "asked": _fact(asked)} for name, (was, asked) in differing.items()}
    return Refusal(
        "batch-id-reused",
        f"There is a batch {known.id} already, settled on other terms: {told}. Repeat it on the same terms, or choose another id.",
        {"batch": known.id, "differing": facts},
    )


_TERM = {"leave_out": "except"}


def _term(known: Batch, name: str, value: Any) -> str:
    if name == "minimum":
        return money(value, known.unit)
    if name == "due" and value is None:
        return "the day of the settlement"
    if name in {"only", "leave_out"}:
        return some(value) or ("everybody" if name == "only" else "nobody")
    return str(value)


def _fact(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def unknown_batch(id: str, last: Batch | None) -> Refusal:  # noqa: A002  # the word of the glossary
    """Return that there is no such batch; `last` is the last one that there is."""
    there = f"the last one is {last.id}" if last else "nothing has been settled yet"
    return Refusal("unknown-batch", f"There is no batch {id}; {there}.", {"batch": id})


def unknown_payee(batch: Batch, payee: str) -> Refusal:
    """Return that a batch has no line of this payee, and none whose transfer has this name."""
    count = len(batch.lines)
    names = f"transfers {batch.id}-1 to {batch.id}-{count}" if count > 1 else f"the transfer {batch.id}-1"
    who = some([line.payee.id for line in batch.lines])
    told = f"Batch {batch.id} pays nothing to {payee}, and has no transfer of that name; it pays {who}, by {names}."
    return Refusal("unknown-payee", told, {"batch": batch.id, "payee": payee})


def ambiguous_line(batch: Batch, name: str) -> Refusal:
    """Return that a name is that of a payee, and of the transfer to another."""
    lines = [line.number for line in batch.names()[name]]
    told = (
        f"{name} is a payee of batch {batch.id}, and the bank has the same name for the transfer to another: lines {some([str(each) for each in lines])}. "
        "Nothing came back; name the payee of the line that is meant, or its transfer, by which it cannot be taken for the other."
    )
    return Refusal("ambiguous-line", told, {"batch": batch.id, "name": name, "lines": lines})


def broken_seal(batch: Batch) -> Refusal:
    """Return that nothing can be made of a batch, as it is not what was settled."""
    told = (
        f"Batch {batch.id} is not as it was settled: something else than Caseway changed it, or its seal, in the database. Nothing is paid, "
        "written or sent back by it; `caseway ledger verify` says where it was changed."
    )
    return Refusal("broken-seal", told, {"batch": batch.id})


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
