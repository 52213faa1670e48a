"""What waits to be done by workers, and what they have set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from caseway.engine.effect import Message, Outbound, SendEvent, StartCase

COUNTED = 10_000
"""How far a store counts at most: of a million things that wait, more precision would cost more than it tells."""

Kind = Literal["timer", "message", "start", "event"]


@dataclass(frozen=True, slots=True)
class Queue:
    """Things that wait in one line: how many (no more than COUNTED are counted), and since when the oldest of them does."""

    count: int = 0
    oldest: datetime | None = None

    @property
    def is_longer(self) -> bool:
        """Say whether there may be more than were counted."""
        return self.count >= COUNTED


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits at one moment.

    `due` are timers whose time has come, `waiting` messages that are still to be delivered. `next_due` is when the next timer that
    can fire is due, in the past where some are. What was set aside waits for a person: nothing tries it again by itself.
    `failing` of what waits in the outbox has failed before, and is tried again later.
    """

    due: Queue = Queue()
    waiting: Queue = Queue()
    next_due: datetime | None = None
    timers_set_aside: int = 0
    messages_set_aside: int = 0
    failing: int = 0

    @property
    def set_aside(self) -> int:
        return self.timers_set_aside + self.messages_set_aside


@dataclass(frozen=True, slots=True)
class SetAside:
    """A timer that failed to fire, or what failed to leave the outbox; `why` is the reason of the last failure.

    `id` is that of the effect, `name` that of the timer, the message, the link by which a case was to start, or the event that another
    case was to hear. `since` is when the timer was due, or when the rest was sent; None where the journal does not say.
    """

    kind: Kind
    id: str
    case: str
    name: str
    since: datetime | None
    why: str


def not_relayed(effect: Outbound, case: str, since: datetime | None, why: str) -> SetAside:
    """Return what is told of something in the outbox that was set aside: a message, the start of a case, or an event for another case."""
    match effect:
        case Message():
            return SetAside("message", effect.id, case, effect.message, since, why)
        case StartCase():
            return SetAside("start", effect.id, case, effect.link, since, why)
        case SendEvent():
            return SetAside("event", effect.id, case, effect.event, since, why)


def sent_at_revision(effect: str) -> int | None:
    """Return the revision of the step that an effect comes from, by its id `<case>:<revision>:<index>`."""
    parts = effect.rsplit(":", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else None  # noqa: PLR2004  # the parts of an id
