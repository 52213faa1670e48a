"""When something is done: now, or when whoever does it says so."""

from __future__ import annotations

from datetime import UTC, datetime

from caseway.engine.errors import InvalidInput
from caseway.engine.ports import Clock, Store


def instant(told: datetime | None, clock: Clock, store: Store) -> datetime:
    """Return the instant that somebody told, or that of the clock. Raises InvalidInput for one without a time zone, or that is to come."""
    by_clock = clock.now()
    if told is None:
        return by_clock
    if told.tzinfo is None:
        raise InvalidInput(f"The instant {told.isoformat()} has no time zone; write it with an offset, such as Z.")
    if told > by_clock and not store.rehearsal():
        raise InvalidInput(
            f"{told.isoformat()} is in the future; only a database made with `caseway db init --rehearsal` takes that."
        )
    return told.astimezone(UTC)
