"""What this machine gives: the time, and ids."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Random ids: 32 hexadecimal digits each."""

    def new(self) -> str:
        return uuid4().hex
