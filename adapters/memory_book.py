"""A ledger kept in this program's memory, gone when it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from caseway.adapters.memory_payees import MemoryPayeeRegistry
from caseway.engine.case import Case
from caseway.engine.errors import CaseConflict
from caseway.engine.evidence import Checkpointed, Evidence, KeptBatch, KeptRejection
from caseway.engine.outcome import Entry
from caseway.engine.paid import by_way, net
from caseway.engine.posting import Balance, Posting, PostingQuery, once_keys, postings
from caseway.engine.seal import Seal, rejection_seal, sealed
from caseway.engine.settlement import Batch, Rejection, batch_postings, rejection_postings

Account = tuple[str, str, str]
"""Owner, account and unit."""

_EVERYTHING = PostingQuery()


class MemoryBook:
    """A book without a disk. Threads may share it, under the lock of its store.

    `cases` gives every case and the lines of its journal, by its id.
    """

    def __init__(
        self, lock: AbstractContextManager[Any], cases: Callable[[], Mapping[str, tuple[Case, Sequence[Entry]]]]
    ) -> None:
        self._payees = MemoryPayeeRegistry()
        self._lock = lock
        self._cases = cases
        self._lines: list[Posting] = []
        self._sums: dict[Account, int] = {}
        self._mark = 0  # how many of the lines the sums hold
        self._once: dict[str, str] = {}
        self._batches: dict[str, Batch] = {}
        self._seals: dict[str, Seal] = {}
        self._rejections: dict[tuple[str, int], Rejection] = {}
        self._rejection_seals: dict[tuple[str, int], str] = {}

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        """Return those once keys that are taken, each with the effect that took it."""
        with self._lock:
            return {key: self._once[key] for key in keys if key in self._once}

    def write(self, lines: Iterable[Posting], keys: Mapping[str, str]) -> None:
        """Add lines, and once keys that nobody has."""
        with self._lock:
            self._lines.extend(lines)
            self._once.update(keys)

    def postings(self, query: PostingQuery = _EVERYTHING) -> Iterator[Posting]:
        with self._lock:
            lines = tuple(self._lines)
        return (replace(line, seq=seq) for seq, line in enumerate(lines, 1) if _matches(line, query))

    def balances(
        self, *, owner: str | None = None, account: str | None = None, unit: str | None = None
    ) -> Iterator[Balance]:
        with self._lock:
            sums = _summed(self._lines[self._mark :], self._sums)
        asked = (owner, account, unit)
        return (
            Balance(*key, amount)
            for key, amount in sorted(sums.items())
            if all(one in {None, other} for one, other in zip(asked, key, strict=True))
        )

    def newest(self, account: str, unit: str) -> datetime | None:
        with self._lock:
            return max((line.at for line in self._lines if (line.account, line.unit) == (account, unit)), default=None)

    def checkpoint(self, at: datetime, *, least: int = 1) -> int:  # noqa: ARG002 - nobody asks a memory when
        with self._lock:
            new = self._lines[self._mark :]
            if len(new) < max(least, 1):
                return 0
            self._sums = _summed(new, self._sums)
            self._mark += len(new)
            return len(new)

    def evidence(self) -> Iterator[Evidence]:
        with self._lock:
            cases, batches = self._of_cases(), self._of_batches()
        yield from cases
        yield from batches

    def checkpointed(self) -> Iterator[Checkpointed]:
        with self._lock:
            kept, summed = dict(self._sums), _summed(self._lines[: self._mark], {})
        return (Checkpointed(*key, kept.get(key, 0), summed.get(key, 0)) for key in sorted(kept.keys() | summed.keys()))

    def stray_mark(self) -> int | None:
        return None

    @contextmanager
    def closing(self) -> Iterator[MemoryBook]:
        with self._lock:
            kept = self.snapshot()
            try:
                yield self
            except BaseException:
                self.restore(kept)
                raise

    def add_batch(self, batch: Batch) -> None:
        with self._lock:
            if batch.id in self._batches:
                raise CaseConflict(f"There is a batch {batch.id} already; give the new one another id.", batch=batch.id)
            self._batches[batch.id] = batch
            self._seals[batch.id] = sealed(batch)
            self._lines.extend(batch_postings(batch))

    def add_rejection(self, batch: Batch, rejection: Rejection) -> None:
        key = (batch.id, rejection.number)
        with self._lock:
            if key in self._rejections:
                raise CaseConflict(f"Line {rejection.number} of batch {batch.id} was rejected already.", batch=batch.id)
            self._rejections[key] = rejection
            self._rejection_seals[key] = rejection_seal(rejection)
            self._lines.extend(rejection_postings(batch, rejection))

    def batch(self, id: str) -> Batch | None:  # noqa: A002 - the port's name
        with self._lock:
            return self._batches.get(id)

    def seal(self, batch: str) -> Seal | None:
        with self._lock:
            return self._seals.get(batch)

    def batches(self) -> Iterator[Batch]:
        with self._lock:
            return iter(tuple(reversed(self._batches.values())))

    def rejections(self, batch: str) -> Sequence[Rejection]:
        with self._lock:
            return [rejection for (of, _), rejection in sorted(self._rejections.items()) if of == batch]

    def payees(self) -> MemoryPayeeRegistry:
        return self._payees

    def snapshot(self) -> Mapping[str, Any]:
        """Copy everything, so that it can be as it was."""
        return {name: copy(value) for name, value in self.__dict__.items() if isinstance(value, (dict, list, int))}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Let everything be as it was when a snapshot was taken."""
        self.__dict__.update(kept)

    def _kept(self, id: str) -> KeptBatch | None:  # noqa: A002 - the glossary's word
        return KeptBatch(self._batches[id], self._seals[id]) if id in self._batches else None

    def _kept_rejections(self, batch: str) -> list[KeptRejection]:
        found = sorted(self._rejections.items())
        return [KeptRejection(each, self._rejection_seals[key], key[1]) for key, each in found if key[0] == batch]

    def _of_cases(self) -> list[Evidence]:
        cases, found, taken = self._cases(), _by(self._lines, "case"), _by_case(self._once)
        told = [
            _of_case(id_, cases.get(id_), found.get(id_, ()), taken.get(id_, {}))
            for id_ in sorted({*cases, *found, *taken})
        ]
        return [each for each in told if each.expected or each.found or each.owed or each.taken or each.kept]

    def _of_batches(self) -> list[Evidence]:
        found = _by(self._lines, "batch")
        return [
            _of_batch(id_, self._kept(id_), self._kept_rejections(id_), found.get(id_, ()))
            for id_ in sorted({*self._batches, *found})
        ]


def _of_case(
    id: str,  # noqa: A002 - the glossary's word
    known: tuple[Case, Sequence[Entry]] | None,
    found: Sequence[Posting],
    taken: Mapping[str, str],
) -> Evidence:
    journal = known[1] if known else ()
    expected = [line for entry in journal for line in postings(entry)]
    owed = {key: effect for entry in journal for key, effect in once_keys(entry).items()}
    kept = by_way(known[0].paid) if known else {}
    return Evidence(id, _in_order(expected), _in_order(found), owed, taken, kept, net(journal))


def _of_batch(
    id: str,  # noqa: A002 - the glossary's word
    kept: KeptBatch | None,
    rejections: Sequence[KeptRejection],
    found: Sequence[Posting],
) -> Evidence:
    expected = [] if kept is None else list(batch_postings(kept.batch))
    if kept is not None:
        expected += [line for each in rejections for line in rejection_postings(kept.batch, each.rejection)]
    return Evidence(id, _in_order(expected), _in_order(found), {}, {}, batch=kept, rejections=tuple(rejections))


def _matches(line: Posting, query: PostingQuery) -> bool:
    return (
        query.case in {None, line.case}
        and query.owner in {None, line.owner}
        and query.unit in {None, line.unit}
        and query.batch in {None, line.batch}
        and (query.since is None or line.at >= query.since)
        and (query.until is None or line.at < query.until)
    )


def _summed(lines: Iterable[Posting], before: Mapping[Account, int]) -> dict[Account, int]:
    sums = defaultdict(int, before)
    for line in lines:
        sums[line.owner, line.account, line.unit] += line.amount
    return dict(sums)


def _in_order(lines: Iterable[Posting]) -> tuple[Posting, ...]:
    return tuple(sorted(lines, key=attrgetter("effect", "line")))


def _by(lines: Iterable[Posting], source: str) -> dict[str, list[Posting]]:
    found: defaultdict[str, list[Posting]] = defaultdict(list)
    for line in lines:
        if (id_ := getattr(line, source)) is not None:
            found[id_].append(line)
    return found


def _by_case(keys: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return once keys by the case of the effect that took them."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for key, effect in keys.items():
        found[effect.rsplit(":", 2)[0]][key] = effect
    return found
