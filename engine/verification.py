"""Whether the book is what the journals and the batches make of it, and where it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from caseway.engine.evidence import Checkpointed, Evidence
from caseway.engine.paid import Way
from caseway.engine.posting import Posting

_COLUMNS = tuple(each.name for each in fields(Posting) if each.name not in {"effect", "line"})

DifferenceKind = Literal["changed", "missing", "added", "unbalanced", "checkpoint", "once-key", "paid"]

_Row = TypeVar("_Row", Posting, str, int)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in the book that is not as it should be: in which row, and in `field` of it, what it says, and what it should say.

    `row` names the row by its key. `source` is the case or the batch that it is of; None: of the book as a whole. None in the place of
    what it says, or should say, where the row is missing, or should not be there.
    """

    kind: DifferenceKind
    row: Mapping[str, Any]
    source: str | None
    field: str | None
    found: Any
    expected: Any
    message: str


class Verification(Iterator[Difference]):
    """A look at a whole book: yields its differences, and counts what it has looked at so far."""

    def __init__(
        self, evidence: Iterable[Evidence], checkpoints: Iterable[Checkpointed], stray_mark: int | None = None
    ) -> None:
        self.sources = 0
        """How many cases and batches."""
        self.postings = 0
        """How many lines that are there."""
        self.accounts = 0
        """How many accounts of the checkpoint."""
        self._differences = self._looked(evidence, checkpoints, stray_mark)

    def __next__(self) -> Difference:
        return next(self._differences)

    def _looked(
        self, evidence: Iterable[Evidence], checkpoints: Iterable[Checkpointed], stray_mark: int | None
    ) -> Iterator[Difference]:
        sums: defaultdict[str, int] = defaultdict(int)
        for each in evidence:
            self.sources += 1
            self.postings += len(each.found)
            for posting in each.found:
                sums[posting.unit] += posting.amount
            yield from source_differences(each)
        yield from unit_differences(sums)
        for account in checkpoints:
            self.accounts += 1
            yield from checkpoint_differences(account)
        if stray_mark is not None:
            told = f"The checkpoint ends at posting {stray_mark}, and there is none of that number: what is written up to it would be in no balance."
            yield Difference("checkpoint", {"mark": stray_mark}, None, "seq", stray_mark, None, told)


def source_differences(evidence: Evidence) -> Iterator[Difference]:
    """Yield where the postings and once keys of one case or batch are not what its journal, or it, makes of them."""
    expected, found = _by_row(evidence.expected), _by_row(evidence.found)
    for key, should, is_ in _paired(expected, found):
        yield from _posting_differences(evidence.source, key, should, is_)
    for once, due, taken in _paired(evidence.owed, evidence.taken):
        if due != taken:
            yield _once_difference(evidence.source, once, due, taken)
    for way, net, kept in _paired(evidence.net, evidence.kept):
        if net != kept:
            yield _paid_difference(evidence.source, way, net or 0, kept or 0)


def unit_differences(sums: Mapping[str, int]) -> Iterator[Difference]:
    """Yield the units of which the book as a whole does not hold nothing."""
    for unit, total in sorted(sums.items()):
        if total:
            told = f"All postings in {unit} together are {total} minor units, and should be 0."
            yield Difference("unbalanced", {"unit": unit}, None, "amount", total, 0, told)


def checkpoint_differences(account: Checkpointed) -> Iterator[Difference]:
    """Yield where the checkpoint keeps another amount for an account than its postings sum to."""
    if account.kept != account.summed:
        row = {"owner": account.owner, "account": account.account, "unit": account.unit}
        told = (
            f"The checkpoint of {account.owner}/{account.account}/{account.unit} keeps {account.kept} minor units; "
            f"its postings up to then are {account.summed}."
        )
        yield Difference("checkpoint", row, None, "amount", account.kept, account.summed, told)


def _posting_differences(
    source: str, key: tuple[str, int], expected: Posting | None, found: Posting | None
) -> Iterator[Difference]:
    effect, line = key
    row, named = {"effect": effect, "line": line}, f"Line {line} of {effect}"
    if found is None:
        assert expected is not None, "one of the two is there"
        told = f"{named} is missing: {_told(expected)}."
        yield Difference("missing", row, source, None, None, expected, told)
    elif expected is None:
        told = f"{named} is in the book, and nothing paid it: {_told(found)}."
        yield Difference("added", row, source, None, found, None, told)
    else:
        for field in _COLUMNS:
            is_, should = getattr(found, field), getattr(expected, field)
            if is_ != should:
                told = f"{named}: {field} is {_value(is_)}, and should be {_value(should)}."
                yield Difference("changed", row, source, field, is_, should, told)


def _once_difference(source: str, once: str, owed: str | None, taken: str | None) -> Difference:
    if taken is None:
        told = f'The once key "{once}" is free, although {owed} took it: it could be paid again.'
    elif owed is None:
        told = f'The once key "{once}" is kept for {taken}, which did not take it: nothing is paid for it.'
    else:
        told = f'The once key "{once}" is kept for {taken}, and should be for {owed}.'
    return Difference("once-key", {"once": once}, source, "effect", taken, owed, told)


def _paid_difference(source: str, way: Way, net: int, kept: int) -> Difference:
    payout, unit, payee, account, payer, payer_account = way
    row = {"case": source, "payout": payout, "unit": unit, "payee": payee, "account": account}
    told = (
        f'Case {source} says that its payout "{payout}" has paid {kept} minor units of {unit} to {payee}/{account}; by its journal it is '
        f"{net}. So too much or too little would be taken back, or paid."
    )
    return Difference("paid", row | {"payer": payer, "payer_account": payer_account}, source, "amount", kept, net, told)


def _by_row(postings: Iterable[Posting]) -> dict[tuple[str, int], Posting]:
    return {(posting.effect, posting.line): posting for posting in postings}


def _paired(expected: Mapping[Any, _Row], found: Mapping[Any, _Row]) -> Iterator[tuple[Any, _Row | None, _Row | None]]:
    for key in sorted({*expected, *found}):
        yield key, expected.get(key), found.get(key)


def _told(posting: Posting) -> str:
    return f"{posting.amount} minor units of {posting.unit}, {posting.owner}/{posting.account}"


def _value(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return "nothing" if value is None else repr(value)
