"""Instants as text: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with microseconds only where there are some."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat()[:-6]}Z"


def instant(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def optional_text(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)
