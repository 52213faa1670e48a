"""Working time counted minute by minute, from what the law and a clock on the wall say: slow, and plain enough to be believed."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAY = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def dates(text: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(each) for each in text.split())


NETHERLANDS = dates(
    "2025-12-25 2025-12-26 2026-01-01 2026-04-03 2026-04-05 2026-04-06 2026-04-27 2026-05-14 2026-05-24 2026-05-25"
    " 2026-12-25 2026-12-26 2027-01-01 2027-03-26 2027-03-28 2027-03-29"
)
BELGIUM = dates(
    "2025-11-01 2025-11-11 2025-12-25 2026-01-01 2026-04-05 2026-04-06 2026-05-01 2026-05-14 2026-05-24 2026-05-25"
    " 2026-07-21 2026-08-15 2026-11-01 2026-11-11 2026-12-25 2027-01-01 2027-03-28 2027-03-29"
)
POLAND = dates(
    "2025-11-01 2025-11-11 2025-12-24 2025-12-25 2025-12-26 2026-01-01 2026-01-06 2026-04-05 2026-04-06 2026-05-01"
    " 2026-05-03 2026-05-24 2026-06-04 2026-08-15 2026-11-01 2026-11-11 2026-12-24 2026-12-25 2026-12-26 2027-01-01"
    " 2027-01-06 2027-03-28 2027-03-29"
)
UNITED_STATES = dates(
    "2025-11-11 2025-11-27 2025-12-25 2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-07-04"
    " 2026-09-07 2026-10-12 2026-11-11 2026-11-26 2026-12-25 2027-01-01 2027-01-18 2027-02-15"
)
"""Public holidays from November 2025 to March 2027, written down by hand."""


@cache
def wall_clock(zone: str, day: int) -> array[int]:
    """Return what a clock in the zone shows in each minute of a day of UTC, in minutes since the year 1."""
    place = ZoneInfo(zone)
    begin = EPOCH + timedelta(days=day)
    shown = [(begin + minute * MINUTE).astimezone(place) for minute in range(DAY)]
    return array("q", [each.toordinal() * DAY + each.hour * 60 + each.minute for each in shown])


@dataclass
class Minutes:
    """A calendar as each of its minutes: usual hours by weekday, and the days that are unlike them."""

    zone: str
    hours: tuple[tuple[tuple[int, int], ...], ...]
    holidays: frozenset[date] = frozenset()
    special: Mapping[date, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _days: dict[int, bytes] = field(default_factory=dict)

    def hours_on(self, day: date) -> tuple[tuple[int, int], ...]:
        if day in self.special:
            return self.special[day]
        return () if day in self.holidays else self.hours[day.weekday()]

    def minutes_of(self, day: int) -> bytes:
        """Return a 1 for each minute of a day of UTC that is working time, else a 0."""
        if day not in self._days:
            shown = wall_clock(self.zone, day)
            opened = {
                ordinal * DAY + minute
                for ordinal in {number // DAY for number in shown}
                for begin, end in self.hours_on(date.fromordinal(ordinal))
                for minute in range(begin, end)
            }
            self._days[day] = bytes(number in opened for number in shown)
        return self._days[day]

    def between(self, begin: datetime, end: datetime) -> int:
        """Count the minutes of working time."""
        (first, start), (last, stop) = place_of(begin), place_of(end)
        if first == last:
            return self.minutes_of(first)[start:stop].count(1)
        whole = sum(self.minutes_of(day).count(1) for day in range(first + 1, last))
        return self.minutes_of(first)[start:].count(1) + whole + self.minutes_of(last)[:stop].count(1)

    def plus(self, at: datetime, length: int) -> datetime:
        """Go forward, minute by minute, until so many of them were working time."""
        day, minute = place_of(at)
        while length > 0:
            if minute == 0 and self.minutes_of(day).count(1) < length:
                length, day = length - self.minutes_of(day).count(1), day + 1
                continue
            length -= self.minutes_of(day)[minute]
            day, minute = (day, minute + 1) if minute + 1 < DAY else (day + 1, 0)
        return EPOCH + timedelta(days=day, minutes=minute)

    def minus(self, at: datetime, length: int) -> datetime:
        """Go backward, minute by minute, until so many of them were working time."""
        day, minute = place_of(at)
        while length > 0:
            if minute == 0 and self.minutes_of(day - 1).count(1) < length:
                length, day = length - self.minutes_of(day - 1).count(1), day - 1
                continue
            day, minute = (day, minute - 1) if minute > 0 else (day - 1, DAY - 1)
            length -= self.minutes_of(day)[minute]
        return EPOCH + timedelta(days=day, minutes=minute)


def place_of(at: datetime) -> tuple[int, int]:
    """Return the day since 1970 and the minute of it."""
    return divmod((at - EPOCH) // MINUTE, DAY)
