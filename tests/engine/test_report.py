from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median as middle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import Actor
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.outcome import JournalLine
from caseway.engine.period import Periods
from caseway.engine.report import LevelCount, ReportQuery, report_record
from caseway.engine.runtime import Runtime
from caseway.engine.tally import Scope, Tally, median, percentile
from caseway.engine.timestamp import instant_text

MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
JO = Actor("jo", frozenset({"agent"}))
PROCESS: dict[str, Any] = {
    "process": "inquiry",
    "version": 1,
    "title": {"en": "Inquiry"},
    "roles": {"agent": "Agent", "chief": "Chief"},
    "data": {
        "type": "object",
        "required": ["partner"],
        "properties": {
            "partner": {"type": "string"},
            "seller": {"type": "object", "x-visible-to": ["chief"], "properties": {"name": {"type": "string"}}},
            "asked": {"type": "integer", "default": 0},
        },
    },
    "events": {
        "ask": {"by": ["agent"]},
        "reply": {"by": ["agent"]},
        "answer": {"by": ["agent"]},
        "reopen": {"by": ["agent"]},
        "archive": {"by": ["agent"]},
        "move": {"by": ["agent"]},
    },
    "initial": "open",
    "states": {
        "open": {
            "on": {
                "answer": {"target": "answered"},
                "move": {"actions": [{"set": {"partner": {"text": "bolster"}}}]},
            },
            "states": {
                "waiting": {"on": {"ask": {"target": "asked"}}},
                "asked": {"on": {"reply": {"target": "waiting"}, "ask": {"target": "asked"}}},
            },
        },
        "answered": {"closed": True, "on": {"reopen": {"target": "open"}, "archive": {"target": "archived"}}},
        "archived": {"type": "final"},
    },
    "service_levels": {
        "answer": {
            "budget": "PT8H",
            "runs_in": ["open"],
            "stands_still_in": ["open.asked"],
            "met_in": ["answered"],
            "restarts_on": ["reopen"],
            "target": {"on_time": 90, "late": 1},
        },
    },
    "report": {"by": "case.partner", "per": "week"},
}


class _Ids:
    def __init__(self) -> None:
        self.made = 0

    def new(self) -> str:
        self.made += 1
        return str(self.made)


class _Shelf:
    """A catalogue of one process."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition

    def processes(self):
        return {self.definition.process: [1]}

    def latest(self, _process):
        return self.definition

    def version(self, _process, _version):
        return self.definition

    def compiled(self, _hash, _content):
        return self.definition


class House:
    """A runtime whose clock stands where it is put."""

    def __init__(self, content: dict[str, Any] = PROCESS) -> None:
        definition = compile_process(content).definition
        assert definition is not None
        self.clock = SimulatedClock(MONDAY)
        self.runtime = Runtime(MemoryStore(), _Shelf(definition), self.clock, _Ids())

    def live(self, case: str, *events: tuple[float, str], partner: str = "acme", begin: float = 0) -> None:
        """Open a case and send it events, each so many hours after Monday morning."""
        self._at(begin)
        self.runtime.start("inquiry", {"partner": partner}, id=case)
        for hours, event in events:
            self._at(hours)
            self.runtime.send(case, event, actor=JO)

    def report(
        self, at: float = 24 * 30, actor: Actor | None = None, *, worker: bool = True, **query: Any
    ) -> dict[str, Any]:
        self._at(at)
        if worker:
            self.runtime.fire_due_timers()
        (section,) = report_record(self.runtime.report(ReportQuery("inquiry", **query), actor=actor))["sections"]
        return section

    def _at(self, hours: float) -> None:
        self.clock.set(MONDAY + timedelta(hours=hours))


@pytest.fixture
def house() -> House:
    return House()


def rows(section: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in section["periods"]]


def levels(section: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (row["period"], row["group"], *(level[name] for name in ("met", "breached", "on_time")), level["missed"])
        for row in section["periods"]
        for level in row["service_levels"]
        if level["on_time"] is not None
    ]


KEPT = {"on_time": False, "late": False}


# what is counted, and when


def test_cases_count_in_the_period_and_group_in_which_something_happened_to_them(house):
    house.live("a", (2, "answer"), (24 * 8, "archive"))
    house.live("b", (3, "answer"), partner="bolster")
    house.live("c", begin=24 * 7)
    assert rows(house.report(), "period", "group", "opened", "closed", "final") == [
        ("2026-W19", "acme", 1, 1, 0),
        ("2026-W19", "bolster", 1, 1, 0),
        ("2026-W20", "acme", 1, 0, 1),
    ]


def test_a_case_that_is_reopened_is_closed_again(house):
    house.live("a", (2, "answer"), (3, "reopen"), (4, "answer"))
    assert rows(house.report(), "opened", "closed", "final") == [(1, 2, 0)]


def test_a_case_counts_for_the_group_that_it_is_in_now(house):
    house.live("a", (1, "ask"), (2, "reply"), (3, "move"), (24 * 8, "answer"))
    section = house.report()
    assert {row["group"] for row in section["periods"]} == {"bolster"}


def test_a_run_counts_when_it_is_met_or_breached_and_not_when_it_begins(house):
    house.live("a", (1, "ask"), (24 * 7 + 1, "reply"), (24 * 7 + 2, "answer"))
    house.live("b", begin=24 * 6 + 14)  # breached at 7:00 on the Monday after, UTC
    assert levels(house.report()) == [("2026-W20", "acme", 1, 1, 50.0, {"on_time": True, "late": False})]


def test_a_late_answer_counts_once_when_the_budget_was_used_up(house):
    house.live("a", (24 * 8, "answer"))
    assert levels(house.report()) == [("2026-W19", "acme", 0, 1, 0.0, {"on_time": True, "late": False})]


def test_what_is_late_counts_as_such_also_where_no_worker_has_said_so_yet(house):
    house.live("a", (1, "ask"), (2, "reply"))
    house.live("b", begin=24 * 6 + 14)
    asleep = house.report(at=24 * 7 + 20, worker=False)
    assert levels(asleep) == [
        ("2026-W19", "acme", 0, 1, 0.0, {"on_time": True, "late": False}),
        ("2026-W20", "acme", 0, 1, 0.0, {"on_time": True, "late": False}),
    ]
    assert asleep == house.report(at=24 * 7 + 20)


def test_a_run_that_begins_anew_counts_beside_the_one_before(house):
    house.live("a", (2, "answer"), (3, "reopen"), (20, "answer"))
    assert levels(house.report()) == [("2026-W19", "acme", 1, 1, 50.0, {"on_time": True, "late": False})]


def test_targets_are_held_against_each_period_and_group(house):
    for index in range(18):
        house.live(f"a{index}", (2, "answer"))
    for index in range(2):
        house.live(f"b{index}", (20, "answer"))
    section = house.report()
    assert levels(section) == [("2026-W19", "acme", 18, 2, 90.0, {"on_time": False, "late": True})]
    assert section["missed"] == 1


def test_what_runs_stands_still_or_waits_counts_as_it_is_now(house):
    house.live("a", (23, "ask"), (25, "reply"), begin=23)
    house.live("b", (24, "ask"), begin=23)
    house.live("c")
    house.live("d", (1, "answer"))
    assert house.report(at=26)["now"] == [
        {
            "group": "acme",
            "open": 3,
            "states": {"open.waiting": 2, "open.asked": 1},
            "service_levels": [{"service_level": "answer", "running": 1, "standing": 1, "late": 1}],
        }
    ]


def test_a_stay_counts_when_it_ends_also_where_the_same_state_is_entered_again(house):
    house.live("a", (1, "ask"), (4, "ask"), (24 * 7, "reply"))
    section = house.report()
    assert [(row["period"], row["states"]) for row in section["periods"]] == [
        (
            "2026-W19",
            [
                {"state": "open.waiting", "stays": 1, "median_seconds": 3600.0, "percentile_90_seconds": 3600.0},
                {"state": "open.asked", "stays": 1, "median_seconds": 3 * 3600.0, "percentile_90_seconds": 3 * 3600.0},
            ],
        ),
        (
            "2026-W20",
            [
                {
                    "state": "open.asked",
                    "stays": 1,
                    "median_seconds": 164 * 3600.0,
                    "percentile_90_seconds": 164 * 3600.0,
                }
            ],
        ),
    ]


def test_median_and_percentile_of_ten_stays(house):
    for hours in range(1, 11):
        house.live(f"c{hours}", (hours, "answer"))
    (row,) = house.report()["periods"]
    assert row["states"] == [
        {"state": "open.waiting", "stays": 10, "median_seconds": 5.5 * 3600, "percentile_90_seconds": 9 * 3600.0}
    ]


# what is asked for


def test_without_groups_all_cases_count_together(house):
    house.live("a")
    house.live("b", partner="bolster")
    section = house.report(by="")
    assert section["by"] is None
    assert rows(section, "group", "opened") == [(None, 2)]


def test_cases_without_the_text_are_a_group_of_their_own(house):
    house.live("a")
    assert rows(house.report(by="case.seller.name"), "group", "opened") == [(None, 1)]


def test_days_are_those_of_the_zone(house):
    house.live("a", begin=14)  # 23:00 UTC
    assert rows(house.report(at=15, per="day"), "period", "opened") == [("2026-05-04", 1)]
    assert rows(house.report(at=15, per="day", zone="Europe/Amsterdam"), "period", "opened") == [("2026-05-05", 1)]


def test_a_day_to_end_with_counts_to_its_end(house):
    house.live("a")
    house.live("b", begin=24)
    house.live("c", begin=48)
    section = house.report(per="day", begin=date(2026, 5, 5), end=date(2026, 5, 5))
    assert rows(section, "period", "opened", "over") == [("2026-05-05", 1, True)]
    assert (section["begin"], section["end"]) == ("2026-05-05T00:00:00Z", "2026-05-06T00:00:00Z")


def test_an_instant_to_end_with_does_not_count_itself(house):
    house.live("a")
    house.live("b", begin=1)
    section = house.report(begin=MONDAY, end=MONDAY + timedelta(hours=1))
    assert rows(section, "opened", "over") == [(1, False)]


def test_the_last_periods_end_with_the_present_one(house):
    house.live("a")
    house.live("b", begin=24 * 7)
    house.live("c", begin=24 * 14)
    assert rows(house.report(at=24 * 14 + 1, last=2), "period", "over") == [("2026-W20", True), ("2026-W21", False)]
    assert rows(house.report(at=24 * 21, last=1, end=date(2026, 5, 17)), "period") == [("2026-W20",)]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"by": "case.parner"}, "is not a field"),
        ({"by": "partner"}, "is not a field"),
        ({"by": "case.partner.name"}, "is not a field"),
        ({"by": "case"}, "is not a field"),
        ({"by": "case.asked"}, "holds no text"),
        ({"by": "case.seller"}, "holds no text"),
        ({"zone": "Europe/Amsterdm"}, "is not a time zone"),
        ({"per": "year"}, "is not a period"),
        ({"end": datetime(2026, 5, 5)}, "has no time zone"),  # noqa: DTZ001  # that is what is tested
        ({"begin": date(2026, 5, 5), "end": date(2026, 5, 4)}, "must end later"),
    ],
)
def test_what_cannot_be_counted_is_told(house, query, told):
    with pytest.raises(InvalidInput, match=told):
        house.report(**query)


def test_who_may_not_see_the_field_may_not_have_it_name_groups(house):
    house.live("a")
    chief = Actor("ann", frozenset({"chief"}))
    with pytest.raises(Refused, match=r"by case\.seller, which only chief may see"):
        house.report(actor=JO, by="case.seller.name")
    assert house.report(actor=chief, by="case.seller.name") == house.report(by="case.seller.name")
    assert house.report(actor=JO)["by"] == "case.partner"


def test_the_newest_version_sets_the_targets():
    house = House()
    house.live("a", (20, "answer"))
    section = house.report()
    assert section["missed"] == 1
    content = PROCESS | {"version": 2, "service_levels": {}}
    house.runtime = replace(house.runtime, catalogue=House(content).runtime.catalogue)
    section = house.report()
    assert (section["missed"], section["periods"][0]["service_levels"]) == (0, [])


# targets


@pytest.mark.parametrize(
    ("level", "below", "exceeded"),
    [
        (LevelCount("answer", {}, 0, 0, 90, 0), False, False),
        (LevelCount("answer", {}, 9, 1, 90, 1), False, False),
        (LevelCount("answer", {}, 899, 101, 90, None), True, False),
        (LevelCount("answer", {}, 899, 101, None, 100), False, True),
        (LevelCount("answer", {}, 0, 1, 0, 0), False, True),
        (LevelCount("answer", {}, 5, 5, None, None), False, False),
    ],
)
def test_a_target_is_missed_below_a_share_or_above_a_number(level, below, exceeded):
    assert (level.is_below, level.is_exceeded, level.missed) == (below, exceeded, below + exceeded)


# against a naive computation


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50).map(sorted))
def test_median_and_percentile_are_what_they_are_defined_to_be(values):
    assert median(values) == middle(values)
    found = percentile(values, 90)
    assert sum(value <= found for value in values) * 10 >= 9 * len(values)
    assert sum(value < found for value in values) * 10 < 9 * len(values)


LEAVES = ("a", "b.one", "b.two")
STATUSES = ("running", "standing", "met", "breached", "void")
MOVES = st.lists(
    st.tuples(
        st.sampled_from((*LEAVES, None)),  # where to; None: nowhere
        st.integers(0, 3 * 86_400),  # seconds since the step before
        st.sampled_from((True, False, None)),  # whether it becomes closed
        st.sampled_from((*STATUSES, None)),  # what becomes of the service level
        st.booleans(),  # whether that is another run
        st.sampled_from(("x", "y", None)),  # its group from now on
    ),
    max_size=12,
)


def _journal(case: str, moves: list[tuple[Any, ...]]) -> list[JournalLine]:
    """Write a journal such as the engine writes, and some that it never would."""
    at, leaf, entered, closed, run = MONDAY, "a", {"a": instant_text(MONDAY)}, False, 1
    lines = [JournalLine(case, at, "start", (leaf,), {"entered": entered, "data": {"by": "x"}})]
    for target, seconds, closes, status, is_new, group in moves:
        at += timedelta(seconds=seconds)
        change: dict[str, Any] = {}
        if target is not None:
            leaf, entered = target, {target: instant_text(at)}
            change["entered"] = entered
        if closes is not None and closes != closed:
            closed = change["closed"] = closes
        if status is not None:
            run += is_new
            ended = None if status in {"running", "standing"} else instant_text(at)
            change["levels"] = [{"name": "l", "run": run, "status": status, "ended_at": ended}]
        if group is not None:
            change["data"] = {"by": group}
        lines.append(JournalLine(case, at, "go", (leaf,), change))
    return lines


def _naive(journals: list[list[JournalLine]]) -> tuple[Counter[Any], dict[Any, list[float]]]:
    """Count the same by looking at each line of a journal beside all lines before it."""
    counted: Counter[Any] = Counter()
    stays: dict[Any, list[float]] = {}
    for lines in journals:
        group = [line.change["data"]["by"] for line in lines if "data" in line.change][-1]
        for index, line in enumerate(lines):
            week = (group, f"2026-W{line.at.isocalendar().week}")
            before = lines[:index]
            counted[*week, "opened"] += not before
            counted[*week, "closed"] += line.change.get("closed", False)
            if before and "entered" in line.change:
                since = next(each for each in reversed(before) if "entered" in each.change)
                if since.change["entered"] != line.change["entered"]:
                    stays.setdefault((*week, since.target[0]), []).append((line.at - since.at).total_seconds())
            for level in line.change.get("levels", ()):
                earlier = [known for each in before for known in each.change.get("levels", ())]
                judged = {known["run"] for known in earlier if known["status"] in {"met", "breached"}}
                if level["status"] in {"met", "breached"} and level["run"] not in judged:
                    counted[*week, level["status"]] += 1
    return +counted, stays


@given(st.lists(MOVES, max_size=5))
def test_what_is_counted_is_what_each_line_says_beside_those_before(cases):
    journals = [_journal(f"c{index}", moves) for index, moves in enumerate(cases)]
    tally = Tally(Scope(Periods("week", "UTC"), ("by",)))
    tally.take(line for lines in journals for line in lines)
    counted: Counter[Any] = Counter()
    stays = {}
    for group, weeks in tally.counts.items():
        for week, count in weeks.items():
            counted[group, week, "opened"] += count.opened
            counted[group, week, "closed"] += count.closed
            counted[group, week, "met"] += count.met["l"]
            counted[group, week, "breached"] += count.breached["l"]
            stays |= {(group, week, state): list(seconds) for state, seconds in count.stays.items()}
    assert (+counted, stays) == _naive(journals)
    assert sum(standing.open for standing in tally.standings.values()) == sum(
        not [
            line.change["closed"]
            for line in [JournalLine("", MONDAY, "", (), {"closed": False}), *lines]
            if "closed" in line.change
        ][-1]
        for lines in journals
    )
