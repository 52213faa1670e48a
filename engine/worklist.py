"""Worklists: an index of the work that is open, and what one person makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from caseway.engine.case import Case

Kind = Literal["offered", "mine"]

NEVER = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)
"""Stands in order behind every instant at which something can be due."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the index: a piece of work that one person (`person`), or whoever holds a role, may take, or that one person has.

    `due` is the earliest due instant of the case's timers and service levels, or NEVER.
    """

    case: str
    process: str
    state: str
    item: str
    role: str | None
    person: str | None
    kind: Kind
    due: datetime
    opened_at: datetime

    @property
    def order(self) -> tuple[datetime, datetime, str, str, str]:
        """What worklists are sorted by: due first, then the oldest offer."""
        return self.due, self.opened_at, self.case, self.state, self.item


@dataclass(frozen=True, slots=True)
class WorkQuery:
    """Whose work to look for: what is one person's by name, or offered to a role of theirs; of one process or of all."""

    person: str
    roles: frozenset[str] = frozenset()
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A row of the index, and the case that it is about."""

    row: Listed
    case: Case


@dataclass(frozen=True, slots=True)
class Reindexed:
    """The rows that a step takes out of the index, and those that it puts in."""

    gone: tuple[Listed, ...] = ()
    come: tuple[Listed, ...] = ()


def index(case: Case) -> tuple[Listed, ...]:
    """Return the rows of a case. One that is closed has none."""
    if not case.work or case.closed or case.final:
        return ()
    return tuple(_rows(case))


def reindexed(before: Case, after: Case) -> Reindexed | None:
    """Return what a step changes in the index. None: nothing."""
    if not before.work and not after.work:
        return None
    if _is_same(before, after):
        return None
    old, new = index(before), index(after)
    if old == new:
        return None
    kept = set(old).intersection(new)
    return Reindexed(
        tuple(row for row in old if row not in kept),
        tuple(row for row in new if row not in kept),
    )


def _is_same(before: Case, after: Case) -> bool:
    """Say whether a step has left everything alone that rows are made of; most do."""
    kept = before.work is after.work and before.timers is after.timers and before.levels is after.levels
    return kept and (before.closed, before.final) == (after.closed, after.final)


def earliest_due(case: Case) -> datetime | None:
    """Return when the first of a case's timers and service levels is due; a breached level that is still waited for counts."""
    dues = [timer.due for timer in case.timers if timer.fault is None]
    dues += [level.due for level in case.levels if level.due is not None and level.ended_at is None]
    return min(dues, default=None)


def _rows(case: Case) -> Iterator[Listed]:
    due = earliest_due(case) or NEVER
    for work in case.work:
        opened_at = work.opened_at or case.opened_at or NEVER
        people: Mapping[str | None, Kind] = {}
        if work.holder is not None:
            people = {work.holder: "mine"}
        elif work.offered:
            left = work.left()
            people = {None: "offered"} if left is None else dict.fromkeys(left, "offered")
        for person, kind in people.items():
            yield Listed(case.id, case.process, work.state, work.item, work.role, person, kind, due, opened_at)
