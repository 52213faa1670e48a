"""Something that happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.case import Link

START = "start"
"""The name of the event that opens a case; no process may declare it."""

RETRY = "timer.retry"
"""The name of the event by which a person puts back a timer that was set aside; its data name the timer."""


REDACTED = "case.redacted"
"""The name of the event by which content was taken out of a case; its data say what and why, and not the content."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, by name.

    `id` is unique within a case: sending it again returns the first outcome. `actor` is None for the
    local operator. Of a timer, `due` is the instant at which the timer should have fired, which is the one that counts
    for the case, and `fired_at` the one at which it really did: a late worker does not change what comes of it. So have
    events that come by a link. `parent`, of the start of a linked case alone, is its link to the case that started it.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    actor: Actor | None = None
    due: datetime | None = None
    fired_at: datetime | None = None
    parent: Link | None = None
