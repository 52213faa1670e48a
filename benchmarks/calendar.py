"""How fast working time is added, against a walk day by day as one would write it, which gives the same instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

from benchmarks.option import sized
from benchmarks.report import Goal, Report, rates
from benchmarks.rounds import Arm, timings
from caseway.engine.calendar import ROUND_THE_CLOCK, Calendar, Reckoning

ZONE = ZoneInfo("Europe/Amsterdam")
OPENS, CLOSES = time(9), time(17)
FRIDAY = 4
COUNTRIES = ("NL", "BE")
OFFICE = Calendar("office", ZONE.key, (((9 * 60, 17 * 60),),) * 5 + ((), ()), COUNTRIES)
DAY, QUARTER = timedelta(hours=8), timedelta(hours=60 * 8)
"""Eight hours, and sixty days of eight hours."""
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = sized(10_000, 50)

Add = Callable[[datetime, timedelta], datetime]


def run() -> list[Report]:
    instants = [BEGIN + timedelta(seconds=Random(number).randrange(365 * 86_400)) for number in range(INSTANTS)]
    by_hand = Walk().plus
    _assert_alike(by_hand, instants[:500])
    short = timings(
        [
            Arm("walk day by day", lambda: Added(by_hand, instants, DAY)),
            Arm("Caseway", lambda: Added(OFFICE.plus, instants, DAY)),
            Arm("Caseway, a calendar that has counted nothing yet", lambda: Added(_cold, instants, DAY)),
            Arm("Caseway, between two instants", lambda: Between(OFFICE, instants, DAY)),
            Arm("Caseway, round the clock", lambda: Added(ROUND_THE_CLOCK.plus, instants, DAY)),
            Arm("datetime + timedelta", lambda: Added(datetime.__add__, instants, DAY)),
        ]
    )
    long = timings(
        [
            Arm("walk day by day", lambda: Added(by_hand, instants, QUARTER)),
            Arm("Caseway", lambda: Added(OFFICE.plus, instants, QUARTER)),
            Arm("Caseway, a calendar that has counted nothing yet", lambda: Added(_cold, instants, QUARTER)),
            Arm("Caseway, between two instants", lambda: Between(OFFICE, instants, QUARTER)),
        ]
    )
    goals = (
        Goal("8 working hours against a walk day by day", short[1].faster_than(short[0]), least=1.5),
        Goal("60 days of 8 hours against a walk day by day", long[1].faster_than(long[0]), least=10),
        Goal("60 days of 8 hours", 1e6 / long[1].per_second, most=50, unit="µs"),
    )
    tables = (rates("8 working hours", short), rates("60 days of 8 hours", long))
    return [Report("Working time, from instants of one year", tables, goals)]


class Walk:
    """Working time as one would add it for one office: day by day, with the holidays of a library."""

    def __init__(self) -> None:
        self.holidays: list[HolidayBase] = [country_holidays(country) for country in COUNTRIES]

    def plus(self, at: datetime, length: timedelta) -> datetime:
        day = at.astimezone(ZONE).date()
        while True:
            if day.weekday() <= FRIDAY and not any(day in closed for closed in self.holidays):
                begin = max(at, datetime.combine(day, OPENS, ZONE).astimezone(UTC))
                open_for = datetime.combine(day, CLOSES, ZONE).astimezone(UTC) - begin
                if open_for >= length:
                    return begin + length
                length -= max(open_for, timedelta())
            day += timedelta(days=1)


def _cold(at: datetime, length: timedelta) -> datetime:
    return replace(OFFICE).plus(at, length)


def _assert_alike(by_hand: Add, instants: Iterable[datetime]) -> None:
    for at in instants:
        for length in (DAY, QUARTER):
            assert by_hand(at, length) == OFFICE.plus(at, length), at


class Added:
    """A length added to one instant after another."""

    def __init__(self, add: Add, instants: list[datetime], length: timedelta) -> None:
        self.add, self.instants, self.length = add, instants, length
        self.later = 0

    def run(self, count: int) -> None:
        add, instants, length, later = self.add, self.instants, self.length, 0
        for number in range(count):
            at = instants[number % INSTANTS]
            later += add(at, length) - at >= length
        self.later = later

    def check(self, count: int) -> None:
        assert self.later == count, f"{self.later} of {count} additions gave a later instant"


class Between:
    """Working time counted from one instant after another to where it is over."""

    def __init__(self, reckoning: Reckoning, instants: list[datetime], length: timedelta) -> None:
        self.between, self.length = reckoning.between, length
        self.pairs = [(at, reckoning.plus(at, length)) for at in instants]
        self.right = 0

    def run(self, count: int) -> None:
        between, pairs, length, right = self.between, self.pairs, self.length, 0
        for number in range(count):
            begin, end = pairs[number % INSTANTS]
            right += between(begin, end) == length
        self.right = right

    def check(self, count: int) -> None:
        assert self.right == count, f"{self.right} of {count} counts were right"
