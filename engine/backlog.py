"""What waits to be done by workers, and what they have set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

COUNTED = 10_000
"""How far a store counts at most: of a million things that wait, more precision would cost more than it tells."""

Kind = Literal["timer", "message"]


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
    """

    due: Queue = Queue()
    waiting: Queue = Queue()
    next_due: datetime | None = None
    timers_set_aside: int = 0
    messages_set_aside: int = 0

    @property
    def set_aside(self) -> int:
        return self.timers_set_aside + self.messages_set_aside


@dataclass(frozen=True, slots=True)
class SetAside:
    """A timer that failed to fire, or a message that failed to be delivered; `why` is the reason of the last failure.

    `id` is that of the effect, `name` that of the timer or message. `since` is when the timer was due, or when the message was sent;
    None where the journal does not say.
    """

    kind: Kind
    id: str
    case: str
    name: str
    since: datetime | None
    why: str


def sent_at_revision(effect: str) -> int | None:
    """Return the revision of the step that an effect comes from, by its id `<case>:<revision>:<index>`."""
    parts = effect.rsplit(":", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else None  # noqa: PLR2004  # the parts of an id
