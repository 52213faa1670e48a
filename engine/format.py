"""The formats of text that a shape may ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time

from caseway.engine.duration import parse_duration

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def _date_time(text: str) -> bool:
    # RFC 3339 with an offset, and within the years 1 to 9999 in UTC too.
    return bool(_INSTANT.fullmatch(text)) and _reads(lambda: datetime.fromisoformat(text).astimezone(UTC))


def _date(text: str) -> bool:
    return bool(_DATE.fullmatch(text)) and _reads(lambda: date.fromisoformat(text))


def _time(text: str) -> bool:
    return bool(_TIME.fullmatch(text)) and _reads(lambda: time.fromisoformat(text))


def _duration(text: str) -> bool:
    return _reads(lambda: parse_duration(text))


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except (ValueError, OverflowError):
        return False
    return True


FORMATS: dict[str, Callable[[str], bool]] = {
    "date-time": _date_time,
    "date": _date,
    "time": _time,
    "duration": _duration,
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "uri": lambda text: bool(_URI.fullmatch(text)),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
}
"""By name, whether a text has the format."""

EXAMPLES = {
    "date-time": "2026-03-02T09:00:00Z",
    "date": "2026-03-02",
    "time": "09:00",
    "duration": "PT1H or P2D",
    "email": "anna@example.org",
    "uri": "https://example.org",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
}
"""By name, a text of that format."""
