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
    """One piece of work that a state offers to people. `candidates` is None where anyone with the role may have it.

    `item` is the key of the item of a list that it is about, or empty. `tags` are those that a person must carry; `excluded` are
    those who may not have it, `passed` those who did not want it, `had` those who had it and gave it back, `done` those who have
    done it: none of these is offered it again, also when its state is entered again. `offered` is false once it is
    claimed, withdrawn, or done by as many as it takes. `holder` has claimed it. `exhausted`: it was told that nobody is left.
    """

    state: str
    role: str | None
    candidates: tuple[str, ...] | None = None
    passed: tuple[str, ...] = ()
    offered: bool = True
    item: str = ""
    tags: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    had: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    holder: str | None = None
    exhausted: bool = False
    opened_at: datetime | None = None

    def left(self) -> tuple[str, ...] | None:
        """Return the candidates whom it is still offered to; None where it is offered to a role."""
        if self.candidates is None:
            return None
        gone = {*self.passed, *self.excluded, *self.had, *self.done}
        return tuple(person for person in dict.fromkeys(self.candidates) if person not in gone)


@dataclass(frozen=True, slots=True)
class Load:
    """How much claimed work of a process a person has. Whoever is given some on the strength of it moves `revision` by one."""

    process: str
    person: str
    held: int = 0
    revision: int = 0


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
class Link:
    """What ties a case to another: the case that started it (`parent`), or one that it started (`child`).

    `state` is the one in which a child ended; None: it has not, or nobody has said so yet. The last two are of a parent's link alone:
    `depth` counts the cases that stand before this one, and `line` names the processes that started each other in one
    breath to come here, this one's last.
    """

    name: str
    case: str
    process: str
    kind: Literal["parent", "child"]
    state: str | None = None
    depth: int = 0
    line: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paid:
    """What a payout of this case has paid to one payee and not taken back: more than 0 minor units of `unit`."""

    payout: str
    amount: int
    unit: str
    payee: str
    account: str
    payer: str
    payer_account: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of content that was redacted: from where, why, when, by whom, and at which revision.

    `by` is None where the local operator did it. `paths` are places in the data, or lines of the journal. `lost` are those places of which
    nobody knows any more what is right: what did change, and was not given a new value since. None: whatever `paths` name.
    """

    paths: tuple[str, ...]
    reason: str
    at: datetime
    by: str | None
    revision: int
    lost: tuple[str, ...] | None = None

    @property
    def mark(self) -> str:
        """What stands in the place of a text."""
        return mark_of(self.reason)


_MARK = "[redacted: "


def mark_of(reason: str) -> str:
    """Return what stands in the place of a text that was redacted."""
    return f"{_MARK}{reason}]"


def is_marked(text: str) -> bool:
    """Say whether a text is, or was made of, what stands in the place of another."""
    return _MARK in text


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
    links: tuple[Link, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    paid: tuple[Paid, ...] = ()
    assignee: str | None = None
    entered: Mapping[str, datetime] = field(default_factory=dict)
    opened_at: datetime | None = None
    last_at: datetime | None = None
    closed: bool = False
    final: bool = False

    def is_with(self, person: str) -> bool:
        """Say whether a person has this case, or a piece of its work."""
        return self.assignee == person or any(work.holder == person for work in self.work)
