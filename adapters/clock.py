"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from caseway.engine.errors import InvalidInput


class SimulatedClock:
    """Simulated time, for rehearsals and tests: an aware instant in UTC."""

    def __init__(self, at: datetime) -> None:
        self._now = _utc(at)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let time pass and return what time it is then. Time does not run backwards: see `set`."""
        if by < timedelta(0):
            raise InvalidInput(
                f"Time cannot advance by {by}; it only runs forward. Set the clock to go back.", by=str(by)
            )
        try:
            self._now += by
        except OverflowError:
            raise InvalidInput(
                f"Time cannot advance by {by}: the calendar ends with the year 9999.", by=str(by)
            ) from None
        return self._now

    def set(self, at: datetime) -> None:
        """Turn the clock to an aware instant, earlier or later."""
        self._now = _utc(at)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise InvalidInput(
            f"{at.isoformat()} names no time zone; write it as {at.isoformat()}Z for UTC.", at=at.isoformat()
        )
    return at.astimezone(UTC)
