"""Timers kept in this program's memory, gone when it ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from caseway.engine.case import Timer
from caseway.engine.ports import DueTimer


class MemoryAgenda:
    """The armed timers of all cases, without a disk. Whoever uses it holds the lock of its store."""

    def __init__(self) -> None:
        self._timers: dict[str, DueTimer] = {}
        self._firing: list[tuple[datetime, str]] = []  # the timers that can fire, by due instant and id

    def arm(self, case: str, timer: Timer) -> None:
        """Add a timer of a case."""
        self._timers[timer.id] = DueTimer(case, timer)
        if timer.fault is None:
            insort(self._firing, (timer.due, timer.id))

    def disarm(self, timer: str) -> None:
        """Forget a timer, if it is armed."""
        armed = self._timers.pop(timer, None)
        if armed and armed.timer.fault is None:
            del self._firing[bisect_left(self._firing, (armed.timer.due, timer))]

    def armed(self, timers: Collection[str]) -> Collection[str]:
        """Return those of these timers that are armed."""
        return self._timers.keys() & set(timers)

    def due(self, now: datetime, limit: int) -> Sequence[DueTimer]:
        """Return the first timers that are due by now."""
        end = bisect_right(self._firing, now, key=_due)
        return [self._timers[timer] for _, timer in self._firing[: min(end, max(limit, 0))]]

    def next_due(self) -> datetime | None:
        """Return when the next timer is due; None: there is none."""
        return self._firing[0][0] if self._firing else None

    def set_aside(self) -> Sequence[DueTimer]:
        """Return the timers that were set aside, by due instant and id."""
        failed = (armed for armed in self._timers.values() if armed.timer.fault is not None)
        return sorted(failed, key=lambda armed: (armed.timer.due, armed.timer.id))

    def count_set_aside(self) -> int:
        """Return how many timers were set aside."""
        return len(self._timers) - len(self._firing)

    def snapshot(self) -> Mapping[str, Any]:
        """Copy everything, so that it can be as it was."""
        return {name: copy(value) for name, value in self.__dict__.items()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Let everything be as it was when a snapshot was taken."""
        self.__dict__.update(kept)


def _due(item: tuple[datetime, str]) -> datetime:
    return item[0]
