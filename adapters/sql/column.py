"""Column types that mean the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Dialect, Integer, String, Text, TypeDecorator

from caseway.adapters.sql.trouble import damaged

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared and sorted by its code points, as SQLite does and Python does."""

Sequence = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database counts up by itself; SQLite does so for INTEGER alone."""


def instant_text(at: datetime) -> str:
    """Write an instant as a column keeps it: 2026-03-02T09:00:00.000000Z."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def widened(instant: str) -> str:
    """Write an instant as a column keeps it that the engine has written, with microseconds only where there are some."""
    return instant if "." in instant else f"{instant[:-1]}.000000Z"


class Instant(TypeDecorator[datetime]):
    """An aware instant, as UTC text of fixed width.

    It sorts as time does, keeps microseconds on every database, and whoever opens the database with another
    program can read it, filter by it and type it. That is worth more than the nineteen bytes that a number would save.
    """

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        try:
            return None if value is None else datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise damaged("an instant", error) from error
