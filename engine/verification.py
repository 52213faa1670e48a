"""Whether the book is what the journals and the batches make of it, and where it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, Literal, TypeVar

from caseway.engine.evidence import Checkpointed, Evidence, KeptBatch, KeptRejection, Unreadable
from caseway.engine.paid import Way
from caseway.engine.posting import Posting
from caseway.engine.seal import digest_with, rejection_seal, sealed

_COLUMNS = tuple(each.name for each in fields(Posting) if each.name not in {"effect", "line", "seq"})

DifferenceKind = Literal[
    "changed", "missing", "added", "unbalanced", "checkpoint", "once-key", "paid", "seal", "unreadable"
]

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
        is_whole = True
        chain = _Chain()
        for each in evidence:
            chain.take(each)
            self.sources += 1
            self.postings += len(each.found)
            is_whole = is_whole and not any("effect" in one.row for one in each.unreadable)
            for posting in each.found:
                sums[posting.unit] += posting.amount
            yield from source_differences(each)
        yield from chain.differences()
        yield from unit_differences(sums, is_whole=is_whole)
        for account in checkpoints:
            self.accounts += 1
            yield from checkpoint_differences(account)
        if stray_mark is not None:
            told = f"The checkpoint ends at posting {stray_mark}, and there is none of that number: what is written up to it would be in no balance."
            yield Difference("checkpoint", {"mark": stray_mark}, None, "seq", stray_mark, None, told)


def source_differences(evidence: Evidence) -> Iterator[Difference]:
    """Yield where the postings and once keys of one case or batch are not what its journal, or it, makes of them, and where it is not what was
    settled. What hangs on a row that cannot be read is not told besides.
    """
    dark = _Dark(evidence.unreadable)
    yield from (_unreadable_difference(evidence.source, each) for each in evidence.unreadable)
    if evidence.batch is not None:
        yield from _column_differences(evidence.source, evidence.batch)
        yield from _seal_differences(evidence.source, evidence.batch)
    for each in evidence.rejections:
        yield from _rejection_differences(evidence.source, each)
    expected, found = _by_row(evidence.expected), _by_row(evidence.found)
    for key, should, is_ in _paired(expected, found):
        if not dark.hides_line(*key):
            yield from _posting_differences(evidence.source, key, should, is_)
    for once, due, taken in _paired(evidence.owed, evidence.taken):
        if due != taken and not dark.hides_key(once, taken):
            yield _once_difference(evidence.source, once, due, taken)
    for way, net, kept in _paired(evidence.net, evidence.kept):
        if net != kept and not dark.hides_paid():
            yield _paid_difference(evidence.source, way, net or 0, kept or 0)


def unit_differences(sums: Mapping[str, int], *, is_whole: bool = True) -> Iterator[Difference]:
    """Yield the units of which the book as a whole does not hold nothing. `is_whole`: all its lines could be read."""
    for unit, total in sorted(sums.items()):
        if total:
            which = "" if is_whole else " that can be read"
            told = f"All postings in {unit}{which} together are {total} minor units, and should be 0."
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


# what cannot be read


class _Dark:
    """What cannot be known of a source, as rows of it cannot be read."""

    def __init__(self, unreadable: Sequence[Unreadable]) -> None:
        rows = [each.row for each in unreadable]
        self._lines = {(row["effect"], row["line"]) for row in rows if "effect" in row}
        self._keys = {row["once"] for row in rows if "once" in row}
        self._is_of_case = any("case" in row for row in rows)
        self._effects = tuple(beginning for row in rows for beginning in _beginnings(row))

    def hides_line(self, effect: str, line: int) -> bool:
        """Say whether a posting cannot be held against anything: it cannot be read, or what it comes of."""
        return (effect, line) in self._lines or self._hides(effect)

    def hides_key(self, once: str, taken: str | None) -> bool:
        return once in self._keys or (taken is not None and self._hides(taken))

    def hides_paid(self) -> bool:
        return self._is_of_case

    def _hides(self, effect: str) -> bool:
        return f"{effect}/".startswith(self._effects)


def _beginnings(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the ids of effects, with a slash after them, begin with that a row would have accounted for."""
    if "revision" in row:
        yield f"{row['case']}:{row['revision']}:"
    elif "number" in row:
        yield f"rejection/{row['batch']}/{row['number']}/"
    elif "batch" in row:
        yield f"settlement/{row['batch']}/"
        yield f"rejection/{row['batch']}/"


def _unreadable_difference(source: str, unreadable: Unreadable) -> Difference:
    told = f"{_row_named(unreadable.row)} makes no sense: {unreadable.why}."
    return Difference("unreadable", unreadable.row, source, None, None, None, told)


def _row_named(row: Mapping[str, Any]) -> str:
    match row:
        case {"effect": effect, "line": line}:
            return f"Line {line} of {effect}"
        case {"case": case, "revision": revision}:
            return f"Line {revision} of the journal of case {case}"
        case {"once": once}:
            return f'The once key "{once}"'
        case {"batch": batch, "number": number}:
            return f"What was sent back of line {number} of batch {batch}"
        case {"batch": batch}:
            return f"Batch {batch}"
        case _:
            return f"Case {row.get('case')}"


# the seal of a batch


def _column_differences(source: str, kept: KeptBatch) -> Iterator[Difference]:
    """Yield where a column beside a batch does not say what the batch says."""
    for field, is_ in kept.columns.items():
        should = getattr(kept.batch, field)
        if is_ != should:
            told = f"Batch {source}: {field} is {_value(is_)}, and should be {_value(should)}."
            yield Difference("changed", {"batch": source}, source, field, is_, should, told)


def _seal_differences(source: str, kept: KeptBatch) -> Iterator[Difference]:
    """Yield which lines of a batch are not as they were settled, as far as its seal can tell, and whether anything else is not."""
    batch, was = kept.batch, kept.seal
    pairs = zip_longest(was.lines, sealed(batch).lines) if was.lines else ()
    for number, (should, is_) in enumerate(pairs, 1):
        if is_ != should:
            payee = batch.lines[number - 1].payee.id if is_ else None
            told = _line_told(source, number, payee, is_added=should is None)
            yield Difference("seal", {"batch": source, "line": number}, source, "seal", is_, should, told)
    is_now = digest_with(batch, was.lines)
    if is_now != was.whole:
        told = (
            f"Batch {source} is not as it was settled: when, by whom, for which day, from whose account, how many lines, or in which form was "
            "changed; or its seal was."
        )
        yield Difference("seal", {"batch": source}, source, "seal", is_now, was.whole, told)


class _Chain:
    """The batches as each follows the one that was settled before it."""

    def __init__(self) -> None:
        self._seals: set[str] = set()
        self._follows: dict[str, str | None] = {}
        self._is_dark = False

    def take(self, evidence: Evidence) -> None:
        """Take note of a source, if it is a batch."""
        self._is_dark = self._is_dark or any({*each.row} == {"batch"} for each in evidence.unreadable)
        if evidence.batch is not None:
            self._seals.add(evidence.batch.seal.whole)
            self._follows[evidence.source] = evidence.batch.batch.follows

    def differences(self) -> Iterator[Difference]:
        """Yield the batches before which one is missing, and those of which two follow the same."""
        first: dict[str | None, str] = {}
        for source, follows in self._follows.items():
            if follows is not None and follows not in self._seals and not self._is_dark:
                told = f"The batch that was settled before batch {source} is missing, or its seal was changed."
                yield Difference("missing", {"batch": source}, source, "follows", None, follows, told)
            elif follows in first:
                told = (
                    f"Batches {first[follows]} and {source} both say that they followed the same batch; one was added."
                )
                yield Difference("added", {"batch": source}, source, "follows", follows, None, told)
            first.setdefault(follows, source)


def _line_told(batch: str, number: int, payee: str | None, *, is_added: bool) -> str:
    if payee is None:
        return f"Line {number} of batch {batch} is missing."
    if is_added:
        return f"Line {number} of batch {batch}, to {payee}, was added after it was settled."
    return f"Line {number} of batch {batch}, to {payee}, is not as it was settled: whom it pays, their name or bank details, or how much was changed."


def _rejection_differences(source: str, kept: KeptRejection) -> Iterator[Difference]:
    """Yield whether what the bank sent back is not as it was kept."""
    is_, row = rejection_seal(kept.rejection), {"batch": source, "number": kept.number}
    if is_ != kept.seal or (kept.rejection.batch, kept.rejection.number) != (source, kept.number):
        told = (
            f"{_row_named(row)} is not as it was written: of what, why, when or by whom was changed; or its seal was."
        )
        yield Difference("seal", row, source, "seal", is_, kept.seal, told)


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
            if is_ != should or list(_keys(is_)) != list(_keys(should)):
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


def _keys(value: Any) -> Iterable[Any]:
    """Return the names within a value, in order: the first of several languages is the one for whom none of them is."""
    return value if isinstance(value, Mapping) else ()


def _value(value: Any) -> str:
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return "nothing" if value is None else repr(value)
