"""How the hours and days of a calendar are written, and what was probably meant where they are written otherwise."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from caseway.engine.calendar import FIRST_YEAR, LAST_YEAR, MINUTES, Interval, MonthDay
from caseway.engine.fault import COMPARABLE, Fault

_INTERVAL = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_LOOSE = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?(?:-|–|—|to|until)([0-9]{1,2})(?:[:.h]([0-9]{2}))?", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEARLY = re.compile(r"([0-9]{2})-([0-9]{2})")
_MONTHS = 12
_LEAP_YEAR = 2024
_HOURS = 'write for example "09:00-17:00", from 00:00 to 24:00'
_DATES = "write a date as year-month-day, for example 2026-12-24"
_DAYS = "write a day of every year as month-day, for example 12-31"


def interval(text: str) -> Interval | None:
    """Read an interval of the right form, and of hours that there are."""
    form = _INTERVAL.fullmatch(text)
    if form is None:
        return None
    begin, end = (int(hour) * 60 + int(minute) for hour, minute in (form.group(1, 2), form.group(3, 4)))
    return (begin, end) if max(begin, end) <= MINUTES else None


def shown(hours: Interval) -> str:
    """Write an interval."""
    return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in hours)


def meant(text: str) -> str:
    """Say how the hours are written that were probably meant."""
    form = _LOOSE.fullmatch(re.sub(r"\s", "", text)) if len(text) <= COMPARABLE else None
    if form is None:
        return _HOURS
    hours = [int(part or 0) for part in form.groups()]
    plain = f"{hours[0]:02}:{hours[1]:02}-{hours[2]:02}:{hours[3]:02}"
    read = interval(plain)
    return f'write "{plain}"' if read and read[0] < read[1] else _HOURS


def split(begin: int, end: int) -> str:
    """Say how to write hours that go on after midnight."""
    evening = f'"{shown((begin, MINUTES))}"'
    if end == 0:
        return f"the end of a day is 24:00: write {evening}"
    morning = f'"{shown((0, end))}"'
    return f'write "{shown((end, begin))}", or split it at midnight: {evening}, and {morning} on the day after'


def dated(text: str) -> date | Fault:
    """Read a date, or say why there is none."""
    form = _DATE.fullmatch(text)
    if form is None:
        is_yearly = _YEARLY.fullmatch(text)
        return _bad(text, f"a day of every year stands under every: {{every: {text}}}" if is_yearly else _DATES)
    year, month, day = map(int, form.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return _bad(text, f"dates lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return _no_day(text, month, day, _days(year, month)) or date(year, month, day)


def yearly(text: str) -> MonthDay | Fault:
    """Read a day of every year, or say why there is none."""
    form = _YEARLY.fullmatch(text)
    if form is None:
        one = _DATE.fullmatch(text)
        return _bad(text, f"one day stands under date; for every year write {one[2]}-{one[3]}" if one else _DAYS)
    month, day = map(int, form.groups())
    return _no_day(text, month, day, _days(_LEAP_YEAR, month)) or (month, day)


def _no_day(text: str, month: int, day: int, days: int) -> Fault | None:
    """Say why there is no such day, where there is none."""
    if 1 <= day <= days:
        return None
    if not days:
        swapped = f"{text[:-5]}{day:02}-{month:02}"
        return _bad(
            text, f"the month comes first: write {swapped}" if 1 <= day <= _MONTHS else "there are months 01 to 12"
        )
    return _bad(text, f"the month {text[:-3]} has the days 01 to {days}")


def _days(year: int, month: int) -> int:
    """Return how many days a month has; none where there is no such month."""
    return monthrange(year, month)[1] if 1 <= month <= _MONTHS else 0


def _bad(text: str, hint: str) -> Fault:
    return Fault("bad-date", f'there is no day "{text[:COMPARABLE]}"', hint=hint)
