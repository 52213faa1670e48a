"""The cases of working time that were worked out by hand are what calendars say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from caseway.adapters.yaml_document import parse
from caseway.engine.calendar import FIRST_YEAR, LAST_YEAR, YEARS, Calendar
from caseway.engine.compiler.calendar import calendars
from caseway.engine.compiler.compilation import Compilation
from caseway.engine.duration import parse_duration
from docs.replay import HOUSE, blocks

PAGE = HOUSE / "docs" / "explanation" / "working-time.md"
HEADS = ["calendar", "from", "length", "until", "in UTC", "why"]


@dataclass(frozen=True)
class Row:
    calendar: str
    begin: str
    length: str
    until: str
    instant: str
    why: str

    def __str__(self) -> str:
        return f"{self.calendar} {self.begin} {self.length}"


def rows() -> list[Row]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").split("\n") if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == HEADS
    return [Row(*each) for each in cells[2:]]


ROWS = rows()


@cache
def known() -> Mapping[str, Calendar]:
    (block,) = [block for block in blocks(PAGE) if block.language == "yaml"]
    content: Any = parse("working-time.md", block.text).content
    compilation = Compilation(content)
    made = calendars(compilation)
    assert not compilation.faults, compilation.faults
    return made


def shown(at: datetime) -> str:
    return re.sub(r":00$", "", f"{at:%a %Y-%m-%d %H:%M:%S}")


def read(text: str, zone: str) -> datetime:
    local = datetime.fromisoformat(text.split(" ", 1)[1]).replace(tzinfo=ZoneInfo(zone))
    assert shown(local) == text, "a day of the week that does not belong to its date"
    return local.astimezone(UTC)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_case_worked_out_by_hand_is_what_the_calendar_says(row: Row) -> None:
    calendar = known()[row.calendar]
    begin, length = read(row.begin, calendar.zone), parse_duration(row.length.removeprefix("-"))
    due = calendar.minus(begin, length) if row.length.startswith("-") else calendar.plus(begin, length)
    assert due.isoformat().replace("+00:00", "Z") == row.instant
    assert shown(due.astimezone(ZoneInfo(calendar.zone))) == row.until
    assert calendar.between(*sorted((begin, due))) == length


def test_no_case_stands_there_twice_and_each_says_why() -> None:
    assert len({str(row) for row in ROWS}) == len(ROWS)
    assert all(len(row.why) > len("because") for row in ROWS)
    assert {row.calendar for row in ROWS} == set(known())


def test_a_budget_reaches_as_far_as_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert f"knows the years {FIRST_YEAR} to {LAST_YEAR}, and a budget may reach {YEARS} years ahead" in text
    office = known()["office"]
    with pytest.raises(ValueError, match=f"within {YEARS} years"):
        office.plus(datetime(2026, 6, 15, tzinfo=UTC), timedelta(days=36_525))
