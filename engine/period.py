"""Days, weeks and months of a time zone: what reports count by."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Per = Literal["day", "week", "month"]
PERS: tuple[Per, ...] = get_args(Per)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A day (`2026-05-04`), a week as ISO 8601 counts them (`2026-W19`) or a month (`2026-05`).

    `begin` and `end` are the local midnights at which it begins and at which the next one does, in UTC.
    """

    name: str
    begin: datetime
    end: datetime


class Periods:
    """Tells the periods of one time zone apart. Each is made once, so that periods may be told apart by identity."""

    def __init__(self, per: Per, zone: str) -> None:
        self.per = per
        self.zone = zone
        self._zone: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)
        self._begins: list[datetime] = []
        self._known: list[Period] = []

    def of(self, at: datetime) -> Period:
        """Return the period that an instant lies in."""
        index = bisect_right(self._begins, at)
        if index and at < self._known[index - 1].end:
            return self._known[index - 1]
        period = self._period(_first(self.per, self._local(at)))
        self._begins.insert(index, period.begin)
        self._known.insert(index, period)
        return period

    def back(self, at: datetime, count: int) -> Period:
        """Return the period that lies so many before that of an instant."""
        first = _first(self.per, self._local(at))
        for _ in range(count):
            if first <= date.min + 31 * _DAY:
                break
            first = _first(self.per, first - _DAY)
        return self._period(first)

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a local day begins."""
        try:
            return datetime.combine(day, time.min, self._zone).astimezone(UTC)
        except OverflowError:  # the first and the last days of all, seen from elsewhere
            return datetime.min.replace(tzinfo=UTC) if day.year == 1 else datetime.max.replace(tzinfo=UTC)

    def next_midnight(self, day: date) -> datetime:
        """Return the instant at which a local day ends."""
        return datetime.max.replace(tzinfo=UTC) if day == date.max else self.midnight(day + _DAY)

    def _period(self, first: date) -> Period:
        last = _last(self.per, first)
        return Period(_name(self.per, first), self.midnight(first), self.next_midnight(last))

    def _local(self, at: datetime) -> date:
        try:
            return at.astimezone(self._zone).date()
        except OverflowError:
            return at.date()


def before(at: datetime) -> datetime:
    """Return the last instant before one."""
    return max(at, datetime.min.replace(tzinfo=UTC) + timedelta.resolution) - timedelta.resolution


def _first(per: Per, day: date) -> date:
    match per:
        case "day":
            return day
        case "week":
            return date.fromordinal(max(day.toordinal() - day.weekday(), 1))
        case "month":
            return day.replace(day=1)


def _last(per: Per, first: date) -> date:
    match per:
        case "day":
            return first
        case "week":
            return date.fromordinal(min(first.toordinal() + 6 - first.weekday(), date.max.toordinal()))
        case "month":
            following = (
                date(first.year + first.month // 12, first.month % 12 + 1, 1) if first < date(9999, 12, 1) else None
            )
            return following - _DAY if following else date.max


def _name(per: Per, first: date) -> str:
    match per:
        case "day":
            return first.isoformat()
        case "week":
            year, week, _ = first.isocalendar()
            return f"{year:04}-W{week:02}"
        case "month":
            return f"{first.year:04}-{first.month:02}"
