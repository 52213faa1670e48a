"""One running instance of a process, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Configuration = tuple[str, ...]
"""The active leaves, as state paths, in document order."""

Memory = tuple[tuple[str, Configuration], ...]
"""What each history state remembers, by path, sorted."""


@dataclass(frozen=True, slots=True)
class Timer:
    """An event that the clock will send.

    `id` is the id of the effect that armed it, and will be the id of the event. `name` is the event that
    it sends. `fault` says why it was set aside, where its firing failed. In a series, each timer from the second on has
    the id of the first and its own number after a `#`.
    """

    id: str
    name: str
    due: datetime
    fault: str | None = None

    @property
    def nth(self) -> int:
        """Which one of its series it is, from 1; so is one that stands alone."""
        return int(self._series()[1] or 1)

    @property
    def next_id(self) -> str:
        """The id of the one that follows in its series."""
        return f"{self._series()[0]}#{self.nth + 1}"

    def _series(self) -> tuple[str, str]:
        # A case may have a # in its id, but what follows the last colon is ours.
        case, colon, own = self.id.rpartition(":")
        first, _, number = own.partition("#")
        return f"{case}{colon}{first}", number


@dataclass(frozen=True, slots=True)
class Work:
    """A state's offer to people. `candidates` is None where anyone with the role may claim.

    Who passed stays passed when the state is entered again; `offered` is false once claimed or left.
    """

    state: str
    role: str | None
    candidates: tuple[str, ...] | None = None
    passed: tuple[str, ...] = ()
    offered: bool = True


LevelStatus = Literal["running", "standing", "met", "breached", "void"]


@dataclass(frozen=True, slots=True)
class Level:
    """A service level of a case: one run of its budget.

    `consumed` is what was used of the budget until `since`, or in all where it does not run. `due` is the instant at which the
    budget is used up, as worked out when it last began to run: it does not move when holidays are learnt of later. A run that is
    breached stays breached, and runs on until it is met. `void`: the case ended first. `warned` are the percentages of
    the budget that were warned of.
    """

    name: str
    status: LevelStatus
    budget: timedelta
    consumed: timedelta
    begun_at: datetime
    since: datetime | None = None
    due: datetime | None = None
    warned: tuple[int, ...] = ()
    run: int = 1
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Everything there is to know about a case now. Instants are UTC; `data` is JSON.

    `definition` is the content hash of the version that the case is pinned to. `entered` says since when
    each active state (leaf or not) has been active. Revision 0 has not been opened yet.
    """

    id: str
    process: str
    version: int
    definition: str
    revision: int = 0
    configuration: Configuration = ()
    memory: Memory = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    work: tuple[Work, ...] = ()
    levels: tuple[Level, ...] = ()
    assignee: str | None = None
    entered: Mapping[str, datetime] = field(default_factory=dict)
    opened_at: datetime | None = None
    last_at: datetime | None = None
    closed: bool = False
    final: bool = False
