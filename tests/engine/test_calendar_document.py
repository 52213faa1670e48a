from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from caseway.engine.calendar import Calendar, Closed, Open
from caseway.engine.compiler import calendar_faults, compile_process
from caseway.engine.compiler.daytime import dated, interval, yearly
from caseway.engine.fault import Fault

OFFICE = {"zone": "Europe/Amsterdam", "hours": {"monday": ["13:00-24:00", "00:00-12:30"], "sunday": []}}


def calendar(**parts: Any) -> Calendar:
    content = {"process": "p", "version": 1, "states": {"over": {"type": "final"}}, "calendars": {"c": OFFICE | parts}}
    made = compile_process(content)
    assert made.definition is not None, made.faults
    return made.definition.calendars["c"]


def test_hours_are_minutes_since_midnight_in_the_order_of_the_day() -> None:
    assert calendar().hours == (((0, 750), (780, 1440)), (), (), (), (), (), ())


def test_a_calendar_says_what_the_document_says() -> None:
    made = calendar(
        title={"en": "Office"},
        holidays=["NL", "DE-BY"],
        closed=[{"date": "2026-12-28", "reason": "Late"}, {"every": "02-29", "reason": {"nl": "Schrikkeldag"}}],
        open=[
            {"holiday": "Good Friday", "reason": "Not here"},
            {"every": "12-26", "hours": ["10:00-14:00"], "reason": "Busy"},
        ],
    )

    assert (made.name, made.zone, made.holidays, made.title) == (
        "c",
        "Europe/Amsterdam",
        ("NL", "DE-BY"),
        {"en": "Office"},
    )
    assert made.closed == (Closed(date(2026, 12, 28), {"": "Late"}), Closed((2, 29), {"nl": "Schrikkeldag"}))
    assert made.opened == (
        Open("Good Friday", None, {"": "Not here"}),
        Open((12, 26), ((600, 840),), {"": "Busy"}),
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("00:00-24:00", (0, 1440)),
        ("09:05-17:59", (545, 1079)),
        ("24:00-24:00", (1440, 1440)),
        ("09:00-24:01", None),
        ("09:60-17:00", None),
        ("9:00-17:00", None),
        ("09:00-17:00\n", None),
        ("09:00–17:00", None),
        ("٠٩:٠٠-١٧:٠٠", None),
        ("", None),
    ],
)
def test_an_interval_is_two_times_of_one_day(text: str, read: tuple[int, int] | None) -> None:
    assert interval(text) == read


def test_days_are_those_that_some_year_has() -> None:
    assert dated("2028-02-29") == date(2028, 2, 29)
    assert isinstance(dated("2026-02-29"), Fault)
    assert yearly("02-29") == (2, 29)
    assert isinstance(yearly("04-31"), Fault)


def test_a_faulty_calendar_is_still_known_by_its_name() -> None:
    content = {
        "process": "p",
        "version": 1,
        "calendars": {"c": OFFICE | {"zone": "Nowhere"}},
        "events": {"go": {}},
        "states": {
            "open": {"after": [{"delay": {"working": "PT8H", "calendar": "c"}, "target": "over"}]},
            "over": {"type": "final"},
        },
    }

    assert {fault.code for fault in compile_process(content).faults} == {"unknown-zone"}


def test_a_shared_calendar_tells_its_faults_by_place() -> None:
    found = calendar_faults(
        {"calendar": "c", **OFFICE, "zone": "Nowhere", "closed": [{"every": "13-13", "reason": "x"}]}
    )

    assert {(fault.code, fault.path) for fault in found} == {
        ("unknown-zone", ("zone",)),
        ("bad-date", ("closed", 0, "every")),
    }


def test_of_two_days_only_those_without_hours_are_idle() -> None:
    entries = [{"date": "2026-05-03", "reason": "A Sunday"}, {"date": "2026-05-04", "reason": "A Monday"}]
    wrong = OFFICE | {"hours": {"monday": ["9-17"]}}

    assert [fault.path for fault in calendar_faults({"calendar": "c", **OFFICE, "closed": entries})] == [
        ("closed", 0, "date")
    ]
    assert {fault.code for fault in calendar_faults({"calendar": "c", **wrong, "closed": entries[1:]})} == {"bad-hours"}
