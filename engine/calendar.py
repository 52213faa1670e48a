"""How time is counted: round the clock, or only while a calendar's hours are open.

All instants are aware datetimes in UTC. An instant is working time where its local wall time lies in one of the hours of its
local date, so time is cut into stretches of one offset from UTC first: on the night of a change an hour that happens twice
counts twice, and one that does not happen not at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from caseway.engine.holiday import holidays_in, plain

Interval = tuple[int, int]
"""From and to, in minutes since local midnight: 0 <= from < to <= 1440, the end not included."""
MonthDay = tuple[int, int]
"""A month and a day of every year that has it."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""From when until when a calendar knows what is open: later holidays are in no book."""
MINUTES = 1440
"""In a day without a change of time."""
YEARS = 55
"""How far a budget may reach: a longer way is a slip of the pen."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_ONE = timedelta(microseconds=1)  # all sums are of whole microseconds
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = MINUTES * _MINUTE
_WEEK = 7 * _DAY
_FARTHEST = YEARS * 366 // 7
_OF_THE_MACHINE = {"localtime", "posixrules"}
_FIRST = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _ONE // _WEEK + 1
_LAST = (datetime(LAST_YEAR, 12, 31, tzinfo=UTC) - _EPOCH) // _ONE // _WEEK - 1


class Reckoning(Protocol):
    """A way to count time. A length may not be negative; a sentence in a ValueError says what cannot be counted."""

    def plus(self, at: datetime, length: timedelta) -> datetime:
        """Return the first instant at which so much time has passed since `at`; `at` itself for none."""

    def minus(self, at: datetime, length: timedelta) -> datetime:
        """Return the last instant from which so much time passes until `at`; `at` itself for none."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """Return how much time passes; none where the end does not lie after the beginning."""


@dataclass(frozen=True, slots=True)
class RoundTheClock:
    """Clock time: every hour counts."""

    def plus(self, at: datetime, length: timedelta) -> datetime:
        try:
            return at + _not_negative(length)
        except OverflowError:
            raise ValueError(f"{_shown(at)} and {length} after it lies beyond the year 9999") from None

    def minus(self, at: datetime, length: timedelta) -> datetime:
        try:
            return at - _not_negative(length)
        except OverflowError:
            raise ValueError(f"{length} before {_shown(at)} lies before the year 1") from None

    def between(self, begin: datetime, end: datetime) -> timedelta:
        return max(end - begin, timedelta())


ROUND_THE_CLOCK = RoundTheClock()


@dataclass(frozen=True, slots=True)
class Closed:
    """A day that is closed besides the public holidays: one date, or a day of every year."""

    when: date | MonthDay
    reason: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Open:
    """A day that is open although it would be closed, or has other hours: one date, a day of every year, or a public
    holiday by its English name. Without hours, those of the weekday.
    """

    when: date | MonthDay | str
    hours: tuple[Interval, ...] | None = None
    reason: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Day:
    """What is open on one local date, and why: the public holidays that fall on it, and the calendar's own entry that decided."""

    hours: tuple[Interval, ...]
    holidays: tuple[str, ...] = ()
    entry: Closed | Open | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working time: the hours of seven weekdays, Monday first, in one time zone; less the public holidays of some countries
    (`NL`) and parts of them (`DE-BY`), with the calendar's own additions and removals.

    On one day an entry for its date beats one for every year, which beats one for a public holiday by name, which beats the
    public holidays, which beat the weekday. Of two entries of one kind the closing one counts.
    """

    name: str
    zone: str
    hours: tuple[tuple[Interval, ...], ...]
    holidays: tuple[str, ...] = ()
    closed: tuple[Closed, ...] = ()
    opened: tuple[Open, ...] = ()
    title: Mapping[str, str] = field(default_factory=dict, hash=False)
    _entries: Mapping[date | MonthDay | str, Closed | Open] = field(init=False, repr=False, compare=False)
    _week: Callable[[int], _Week] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ValueError(f'calendar {self.name}: "{self.zone}" is not a time zone')
        if len(self.hours) != len(WEEKDAYS):
            raise ValueError(f"calendar {self.name}: hours are for seven weekdays, not {len(self.hours)}")
        for hours in (*self.hours, *(entry.hours or () for entry in self.opened)):
            if not _in_order(hours):
                raise ValueError(f"calendar {self.name}: the hours {hours} of a day overlap, or do not stand in order")
        entries: tuple[Closed | Open, ...] = (*self.opened, *self.closed)
        object.__setattr__(self, "_entries", {entry.when: entry for entry in entries})
        object.__setattr__(self, "_week", lru_cache(maxsize=_FARTHEST + 100)(self._reckoned))

    # what is open

    def day(self, day: date) -> Day:
        """Return what is open on a local date, and why."""
        names = holidays_in(self.holidays, day.year).get(day, ()) if self.holidays else ()
        usual = self.hours[day.weekday()]
        entry = self._entries.get(day) or self._entries.get((day.month, day.day))
        if isinstance(entry, Closed):
            return Day((), names, entry)
        if entry is None and names:
            taken_away = [self._entries.get(name) or self._entries.get(plain(name)) for name in names]
            if None in taken_away:
                return Day((), names)
            entry = taken_away[0]
        hours = entry.hours if isinstance(entry, Open) else None
        return Day(usual if hours is None else hours, names, entry)

    # how much of it passes

    def plus(self, at: datetime, length: timedelta) -> datetime:
        if not _not_negative(length):
            return at
        point = (at - _EPOCH) // _ONE
        number = first = point // _WEEK
        week = self._at(number)
        left = week.until(point) + length // _ONE
        while left > week.total:
            left -= week.total
            number += 1
            if number - first > _FARTHEST:
                raise ValueError(
                    f"calendar {self.name} is not open for {_amount(length)} within {YEARS} years after {_shown(at)}"
                )
            week = self._at(number)
        return _EPOCH + timedelta(microseconds=week.first(left))

    def minus(self, at: datetime, length: timedelta) -> datetime:
        if not _not_negative(length):
            return at
        point = (at - _EPOCH) // _ONE
        number = first = point // _WEEK
        week = self._at(number)
        left = week.until(point) - length // _ONE
        while left < 0:
            number -= 1
            if first - number > _FARTHEST:
                raise ValueError(
                    f"calendar {self.name} is not open for {_amount(length)} within {YEARS} years before {_shown(at)}"
                )
            week = self._at(number)
            left += week.total
        return _EPOCH + timedelta(microseconds=week.last(left))

    def between(self, begin: datetime, end: datetime) -> timedelta:
        if end <= begin:
            return timedelta()
        start, stop = (begin - _EPOCH) // _ONE, (end - _EPOCH) // _ONE
        first, last = start // _WEEK, stop // _WEEK
        if last - first > _FARTHEST:
            raise ValueError(
                f"between {_shown(begin)} and {_shown(end)} lie more than {YEARS} years, the longest time that is counted"
            )
        whole = sum(self._at(number).total for number in range(first, last))
        return timedelta(microseconds=whole + self._at(last).until(stop) - self._at(first).until(start))

    def _at(self, number: int) -> _Week:
        """Return the week of this number since 1970."""
        if not _FIRST <= number <= _LAST:
            raise ValueError(f"calendar {self.name} knows only the years {FIRST_YEAR} to {LAST_YEAR}")
        return self._week(number)

    def _reckoned(self, number: int) -> _Week:
        """Lay the hours of the local dates of a week against the clock of the world."""
        begins, ends = [], []
        for begin, end, offset in _stretches(ZoneInfo(self.zone), number * _WEEK, (number + 1) * _WEEK):
            for day in range((begin + offset) // _DAY, (end + offset - 1) // _DAY + 1):
                midnight = day * _DAY - offset
                for opens, closes in self.day(date.fromordinal(_EPOCH_DAY + day)).hours:
                    from_, to = max(midnight + opens * _MINUTE, begin), min(midnight + closes * _MINUTE, end)
                    if from_ < to:
                        begins.append(from_)
                        ends.append(to)
        return _Week(begins, ends)


class _Week:
    """The stretches of working time in seven days of 24 hours, in microseconds since 1970, with the sum before each."""

    __slots__ = ("before", "begins", "ends", "total")

    def __init__(self, begins: list[int], ends: list[int]) -> None:
        self.begins, self.ends = begins, ends
        self.before, self.total = [], 0
        for begin, end in zip(begins, ends, strict=True):
            self.before.append(self.total)
            self.total += end - begin

    def until(self, point: int) -> int:
        """Return how much of the week's working time lies before a point in the week."""
        index = bisect_right(self.begins, point) - 1
        return self.before[index] + min(point, self.ends[index]) - self.begins[index] if index >= 0 else 0

    def first(self, amount: int) -> int:
        """Return the first point before which so much lies: 0 < amount <= total."""
        index = bisect_left(self.before, amount) - 1
        return self.begins[index] + amount - self.before[index]

    def last(self, amount: int) -> int:
        """Return the last point before which so much lies: 0 <= amount < total."""
        index = bisect_right(self.before, amount) - 1
        return self.begins[index] + amount - self.before[index]


def _stretches(zone: ZoneInfo, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Cut whole days where the zone's offset from UTC changes: yield begin, end and offset of each piece.

    No zone has ever changed twice within the same day.
    """
    offset = _offset(zone, begin)
    for day in range(begin, end, _DAY):
        later = _offset(zone, day + _DAY)
        if later != offset:
            change = _change(zone, day, offset)
            yield begin, change, offset
            begin, offset = change, later
    yield begin, end, offset


def _change(zone: ZoneInfo, day: int, offset: int) -> int:
    """Return when, in the 24 hours from `day`, the zone leaves this offset. Zones change at whole seconds."""
    seconds = range(day, day + _DAY, _SECOND)
    return day + _SECOND * bisect_left(seconds, True, key=lambda point: _offset(zone, point) != offset)


def _offset(zone: ZoneInfo, point: int) -> int:
    """Return how far the clocks of a zone are ahead of UTC."""
    ahead = (_EPOCH + timedelta(microseconds=point)).astimezone(zone).utcoffset()
    assert ahead is not None, "a zone has an offset at every instant"
    return ahead // _ONE


def is_zone(name: str) -> bool:
    """Say whether a name is that of an IANA time zone, the same on every machine."""
    if name in _OF_THE_MACHINE or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):  # no normal path, a folder or too long, no such file
        return False
    return True


def zones() -> set[str]:
    """Return the names of all time zones; slow, for whoever wrote one that is none."""
    return available_timezones() - _OF_THE_MACHINE


def _in_order(hours: tuple[Interval, ...]) -> bool:
    bounds = [bound for interval in hours for bound in interval]
    return all(0 <= opens < closes <= MINUTES for opens, closes in hours) and bounds == sorted(bounds)


def _not_negative(length: timedelta) -> timedelta:
    if length < timedelta():
        raise ValueError(f"a length of time cannot be negative: {length}")
    return length


def _amount(length: timedelta) -> str:
    """Write working time for people: days would be taken for those of the calendar."""
    minutes, seconds = divmod(length // timedelta(seconds=1), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02} hours"


def _shown(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
