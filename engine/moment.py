"""Moments that the data of a case hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from caseway.engine.format import FORMATS
from caseway.engine.guard import Faulty
from caseway.engine.value import Delay, found

if TYPE_CHECKING:
    from caseway.engine.expression import Activation
    from caseway.engine.reaction import Reaction


@dataclass(frozen=True, slots=True)
class Moment:
    """A date-time at a path in the case's data, or so long before (`minus`) or after it (`plus`).

    `place` says where in the document it stands.
    """

    path: tuple[str, ...]
    place: str
    minus: Delay | None = None
    plus: Delay | None = None

    def instant(self, data: Mapping[str, Any]) -> datetime | None:
        """Return the instant that stands in the data, in UTC. None: there is none."""
        text = found(data, self.path)
        if text is None:
            return None
        if not isinstance(text, str) or not FORMATS["date-time"](text):
            raise Faulty(self.place, str(self), f"{text!r} is no date-time; write one such as 2026-03-02T09:00:00Z")
        return datetime.fromisoformat(text).astimezone(UTC)

    def shifted(self, instant: datetime, activation: Activation) -> datetime:
        """Return when a timer is due whose moment is this instant."""
        if self.minus is not None:
            return self.minus.before(instant, activation)
        return self.plus.after(instant, activation) if self.plus is not None else instant

    def due(self, reaction: Reaction) -> datetime | None:
        """Return when a timer is due that is armed for this moment now. None: the data hold no moment."""
        instant = self.instant(reaction.data)
        return None if instant is None else self.shifted(instant, reaction.activation)

    def __str__(self) -> str:
        return ".".join(("case", *self.path))
