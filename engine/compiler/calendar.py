"""Calendars: from what a document says of hours and days to working time that can be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeGuard

from caseway.engine.calendar import (
    WEEKDAYS,
    Calendar,
    Closed,
    Interval,
    MonthDay,
    Open,
    is_zone,
    zones,
)
from caseway.engine.compiler.compilation import Compilation
from caseway.engine.compiler.consequence import told
from caseway.engine.compiler.daytime import dated, interval, meant, shown, split, yearly
from caseway.engine.compiler.pruning import sound, unpruned
from caseway.engine.compiler.state import words
from caseway.engine.fault import COMPARABLE, Fault, Path, nearest, suggestion
from caseway.engine.holiday import names, possible, supported

Written = Mapping[str, Any]

_ALSO_CALLED = {"UK": "GB", "EL": "GR"}
"""Codes that are often taken for those of countries."""


def calendars(compilation: Compilation) -> dict[str, Calendar]:
    """Compile every calendar of a process. Faults are reported; a faulty calendar is there with what is sound of it."""
    made = {}
    for name, written in (compilation.content.get("calendars") or {}).items():
        path: Path = ("calendars", name)
        if isinstance(written, str):
            message = f'the shared calendar "{written}" is not here'
            hint = "shared calendars are found when a process is read from its file; else describe it here"
            compilation.fault("missing-calendar", message, path, hint, value=written)
            continue
        reading = _Reading(name, written, kept=compilation.kept)
        made[name] = reading.calendar()
        compilation.add(fault.within(path) for fault in reading.faults)
    return made


def calendar_faults(content: Any, misshapen: Sequence[Fault] = ()) -> tuple[Fault, ...]:
    """Return everything that is wrong with a shared calendar whose shape faults, if any, are given."""
    left = sound(content, misshapen)
    if not isinstance(left, Mapping):
        return tuple(misshapen)
    reading = _Reading(str(left.get("calendar")), left, kept=False)
    reading.calendar()
    found = [replace(fault, path=unpruned(fault.path, misshapen)) for fault in reading.faults]
    return (*misshapen, *told(found, misshapen))


class _Reading:
    """One calendar while it is compiled: its parts, and what is wrong with them by path within it.

    `kept`: a store kept the calendar, so it was sound when it came. What it says of holidays is believed then, for two reasons:
    a version in use must not break where the holiday data are upgraded, and they take time to load.
    """

    def __init__(self, name: str, written: Written, *, kept: bool) -> None:
        self.name, self.written, self.kept = name, written, kept
        self.faults: list[Fault] = []
        self._names: frozenset[str] | None = None

    def calendar(self) -> Calendar:
        """Compile it, leaving out what is faulty."""
        hours = tuple(self._day(weekday) for weekday in WEEKDAYS)
        holidays = self._holidays()
        closed = tuple(self._closed())
        opened = tuple(self._opened(holidays))
        self._check_opens()
        self._check_twice()
        return Calendar(
            name=self.name,
            zone=self._zone(),
            hours=hours,
            holidays=holidays,
            closed=closed,
            opened=opened,
            title=words(self.written.get("title")),
        )

    def fault(self, code: str, message: str, path: Path, hint: str = "", **more: Any) -> None:
        self.faults.append(Fault(code, message, path, hint, **more))

    def _zone(self) -> str:
        zone: str = self.written.get("zone", "UTC")
        if is_zone(zone):
            return zone
        hint = _zone_hint(zone)
        self.fault("unknown-zone", f'"{zone[:COMPARABLE]}" is not a time zone', ("zone",), hint, value=zone)
        return "UTC"

    # hours

    def _day(self, weekday: str) -> tuple[Interval, ...]:
        hours: Mapping[str, Any] = self.written.get("hours") or {}
        return self._intervals(hours.get(weekday) or (), ("hours", weekday))

    def _intervals(self, written: Sequence[str], path: Path) -> tuple[Interval, ...]:
        """Return the intervals of a day in order of time; report those that are none, and those that overlap."""
        found: dict[Interval, str] = {}
        for index, text in enumerate(written):
            interval = self._checked(text, (*path, index))
            if interval is None:
                continue
            other = next((each for each in found if each[0] < interval[1] and interval[0] < each[1]), None)
            if other is None:
                found[interval] = text
                continue
            both = shown((min(other[0], interval[0]), max(other[1], interval[1])))
            message, hint = f'"{text}" overlaps with "{found[other]}"', f'write one for both: "{both}"'
            self.fault("overlapping-hours", message, (*path, index), hint, value=text)
        return tuple(sorted(found))

    def _checked(self, text: str, path: Path) -> Interval | None:
        read = interval(text)
        if read is None:
            self.fault(
                "bad-hours", f'"{text[:COMPARABLE]}" does not say from when to when', path, meant(text), value=text
            )
            return None
        begin, end = read
        if begin < end:
            return read
        if begin == end:
            hint = 'the whole day is "00:00-24:00"'
            self.fault("bad-hours", f'"{text}" ends when it begins', path, hint, value=text)
        else:
            self.fault("bad-hours", f'"{text}" ends before it begins', path, split(begin, end), value=text)
        return None

    def _check_opens(self) -> None:
        """Report a calendar for which nobody has written any hours."""
        written = self.written.get("hours")
        if (
            written is None
            or any(written.values())
            or any("hours" in entry for entry in self.written.get("open") or ())
        ):
            return
        hint = 'give a day of the week hours, as in monday: ["09:00-17:00"]'
        self.fault(
            "never-open", "this calendar is never open: none of its days has hours", ("hours",), hint, at_key=True
        )

    # holidays

    def _holidays(self) -> tuple[str, ...]:
        """Return the countries whose holidays are known; report the others."""
        found = []
        for index, code in enumerate(self.written.get("holidays") or ()):
            if self.kept or supported(code):
                found.append(code)
            else:
                self._unknown_country(code, ("holidays", index))
        return tuple(found)

    def _unknown_country(self, code: str, path: Path) -> None:
        country, _, part = code.partition("-")
        right = _ALSO_CALLED.get(country)
        if right:
            hint = f'did you mean "{right}{"-" * bool(part)}{part}"?'
            self.fault("unknown-country", f'"{country}" is not the code of a country', path, hint, value=code)
        elif part and supported(country):
            message = f'no public holidays are known for a part "{part[:COMPARABLE]}" of {country}'
            self.fault("unknown-subdivision", message, path, suggestion("", possible(code)), value=code)
        else:
            hint = "give the ISO 3166 code of a country, as in NL or BE"
            self.fault("unknown-country", f'no public holidays are known for "{country}"', path, hint, value=code)

    # single days

    def _closed(self) -> Iterator[Closed]:
        for index, entry in enumerate(self.written.get("closed") or ()):
            when = self._when(entry, ("closed", index))
            if when is None:
                continue
            yield Closed(when, words(entry.get("reason")))
            if self._is_without_hours(when) and not self._is_opened_yearly():
                message = f"{when} is a {_weekday(when)}, which is closed anyway"
                self._idle(message, ("closed", index, "date"), "take it out")

    def _opened(self, holidays: tuple[str, ...]) -> Iterator[Open]:
        for index, entry in enumerate(self.written.get("open") or ()):
            path: Path = ("open", index)
            own = self._intervals(entry["hours"], (*path, "hours")) if "hours" in entry else None
            when = self._holiday(entry["holiday"], holidays, path) if "holiday" in entry else self._when(entry, path)
            if when is None:
                continue
            yield Open(when, own, words(entry.get("reason")))
            if own is None and self._is_without_hours(when):
                message = f"{when} is a {_weekday(when)}, which has no hours, so that it stays closed"
                self._idle(message, (*path, "date"), 'give this day hours, as in hours: ["09:00-13:00"]')

    def _idle(self, message: str, path: Path, hint: str) -> None:
        self.faults.append(Fault("idle-day", message, path, hint, severity="warning"))

    def _is_without_hours(self, when: date | MonthDay | str) -> TypeGuard[date]:
        """Say whether a date falls on a day of the week for which no hours are written."""
        hours = self.written.get("hours") or {}
        return isinstance(when, date) and not hours.get(WEEKDAYS[when.weekday()])

    def _is_opened_yearly(self) -> bool:
        """Say whether some day has hours that no day of the week has, without its date being given."""
        return any("hours" in entry and "date" not in entry for entry in self.written.get("open") or ())

    def _holiday(self, name: str, holidays: tuple[str, ...], path: Path) -> str | None:
        if self.kept:
            return name
        if self._names is None:
            self._names = names(holidays)
        known = self._names
        if name in known:
            return name
        message = f'no country of this calendar has a public holiday "{name[:COMPARABLE]}"'
        hint = suggestion(name, known) if holidays else "name its country under holidays"
        if len(holidays) == len(self.written.get("holidays") or ()):
            self.fault("unknown-holiday", message, (*path, "holiday"), hint, value=name)
        return None

    def _when(self, entry: Written, path: Path) -> date | MonthDay | None:
        """Return the day of an entry; report one that no year has, or that is written otherwise."""
        for key, read in (("date", dated), ("every", yearly)):
            if key in entry:
                day = read(entry[key])
                if not isinstance(day, Fault):
                    return day
                self.faults.append(replace(day, path=(*path, key), value=entry[key]))
        return None

    def _check_twice(self) -> None:
        """Report a day that two entries speak of: only one of them could count."""
        seen: dict[tuple[str, str], str] = {}
        for section in ("closed", "open"):
            for index, entry in enumerate(self.written.get(section) or ()):
                for key in ("date", "every", "holiday"):
                    if key not in entry:
                        continue
                    day = (key, entry[key])
                    before = seen.setdefault(day, f"{section}.{index}")
                    if before == f"{section}.{index}":
                        continue
                    is_both = not before.startswith(section)
                    named = entry[key][:COMPARABLE]
                    message = f"{named} is both closed and open" if is_both else f"{named} stands here twice"
                    self.fault("day-twice", message, (section, index, key), "keep one of the two", value=entry[key])


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()].capitalize()


def _zone_hint(zone: str) -> str:
    """Say which zone was probably meant: by its city, or by how it is spelt."""
    known = _zones()
    city = zone.rpartition("/")[2].replace(" ", "_").lower()
    near = next((each for each in known if each.rpartition("/")[2].lower() == city), None) or _spelt(zone, known)
    return f'did you mean "{near}"?' if near else "give the IANA name of a zone, as in Europe/Amsterdam or UTC"


@cache
def _zones() -> tuple[str, ...]:
    """Return the names of zones that people may mean; those under Etc have their signs the other way round than one thinks."""
    return tuple(sorted(name for name in zones() if not name.startswith("Etc/")))


def _spelt(zone: str, known: Sequence[str]) -> str | None:
    """Return the zone that is spelt alike, in the part of the world that is spelt alike."""
    area, slash, city = zone.partition("/")
    if not slash or not city:
        return None
    right = nearest(area, sorted({each.partition("/")[0] for each in known if "/" in each}))
    return nearest(f"{right}/{city}", [each for each in known if each.startswith(f"{right}/")]) if right else None
