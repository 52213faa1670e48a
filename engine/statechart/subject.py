"""What a statechart moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from caseway.engine.case import Configuration as Names
from caseway.engine.case import Memory

if TYPE_CHECKING:
    from caseway.engine.statechart.microstep import Microstep

Callback = Callable[[Any], Any]
"""A guard or an action. A guard answers (truthy counts as true) and changes nothing; an action works on the subject it is given."""


class Subject(Protocol):
    """What `transitions` calls the model: an object that lives for one step, and is dropped whole if the step fails.

    `state` holds the active leaves in document order, `()` before the start; `memory` what history remembers.
    """

    state: Names
    memory: Memory

    def moved(self, microstep: Microstep) -> Any:
        """Take note of a microstep: `state` and `memory` are new, exits and actions are done, entries are to come."""

    def raise_event(self, name: str) -> Any:
        """Queue an event; the chart itself raises `done.state.<path>`."""

    def next_event(self) -> str | None:
        """Take the oldest queued event, make it the current one, and return its name."""
