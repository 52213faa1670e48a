"""Days and instants, as options take them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import click

from caseway.cli.input import parse_instant


class Moment(click.ParamType[date | datetime]):
    """A day, or an instant with its offset from UTC."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        try:
            return date.fromisoformat(value) if len(value) == len("2026-03-02") else parse_instant(value)
        except ValueError:
            self.fail(
                f"{value!r} is neither a day, like 2026-03-02, nor an instant, like 2026-03-02T09:00:00Z.", param, ctx
            )


class Day(click.ParamType[date]):
    """A day of the calendar."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it like 2026-03-02.", param, ctx)


def first_instant(moment: date | datetime | None) -> datetime | None:
    """Return the instant from which on something counts; a day begins at midnight in UTC."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min, UTC)


def instant_after(moment: date | datetime | None) -> datetime | None:
    """Return the instant from which on nothing counts any more: an instant itself, but the end of a day in UTC."""
    if moment is None or isinstance(moment, datetime):
        return moment
    if moment == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(moment + timedelta(days=1), time.min, UTC)
