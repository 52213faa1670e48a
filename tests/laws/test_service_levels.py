"""A service level uses what a person with a stopwatch and the opening hours would have counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.case import Level
from caseway.engine.compiler import compile_process
from caseway.engine.journal import replay
from caseway.engine.runtime import Runtime

BEGIN = datetime(2026, 3, 26, 6, tzinfo=UTC)
"""A Thursday; clocks go forward on the Sunday after."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)
BUDGETS = {"office": timedelta(hours=5), "clock": timedelta(hours=30)}
SHARE = 75
RUNNING = {"open", "elsewhere"}
MOVES = {
    "open": {"ask": "asked", "answer": "answered", "forward": "elsewhere", "pause": "paused"},
    "elsewhere": {"back": "open"},
    "paused": {"resume": "open"},
    "asked": {"reply": "open", "again": "open"},
    "answered": {"again": "open"},
}
DEFINITION = compile_process(
    {
        "process": "p",
        "version": 1,
        "events": {event: {} for moves in MOVES.values() for event in moves} | {"end": {}},
        "calendars": {
            "office": {
                "zone": "Europe/Amsterdam",
                "hours": {
                    **{day: ["09:00-12:30", "13:00-17:00"] for day in ("monday", "tuesday", "thursday", "friday")},
                    "sunday": ["00:00-06:00"],
                },
            }
        },
        "service_levels": {
            name: {
                "budget": {"working": "PT5H", "calendar": "office"} if name == "office" else "PT30H",
                "runs_in": ["around"],
                "stands_still_in": ["around.paused"],
                "met_in": ["answered"],
                "restarts_on": ["again"],
                "warnings": [SHARE],
            }
            for name in BUDGETS
        },
        "states": {
            "around": {
                "states": {
                    state: {"on": {event: {"target": target} for event, target in MOVES[state].items()}}
                    for state in ("open", "elsewhere", "paused")
                }
            },
            "asked": {"on": {event: {"target": f"around.{target}"} for event, target in MOVES["asked"].items()}},
            "answered": {"on": {"again": {"target": "around.open"}, "end": {"target": "over"}}},
            "over": {"type": "final"},
        },
    }
).definition
assert DEFINITION


@dataclass
class Stopwatch:
    """What a person would write down, minute by minute, for one service level."""

    name: str
    status: str = "running"
    consumed: timedelta = timedelta()
    run: int = 1
    ended: bool = False
    warned: bool = False

    def minute(self, at: datetime, state: str) -> None:
        """Let a minute pass that begins at `at`."""
        if self.ended or state not in RUNNING or not self._counts(at):
            return
        self.consumed += MINUTE
        budget = BUDGETS[self.name]
        self.warned |= self.consumed >= budget * SHARE / 100
        if self.consumed >= budget:
            self.status = "breached"

    def heard(self, event: str, state: str) -> None:
        if event == "again":
            self.status, self.consumed, self.ended, self.warned = "standing", timedelta(), False, False
            self.run += 1
        if self.ended:
            return
        if state == "answered":
            self.ended = True
            self.status = "breached" if self.status == "breached" else "met"
        elif self.status != "breached":
            self.status = "running" if state in RUNNING else "standing"

    def _counts(self, at: datetime) -> bool:
        if self.name == "clock":
            return True
        local = at.astimezone(AMSTERDAM)
        now = local.hour * 60 + local.minute
        match local.weekday():
            case 0 | 1 | 3 | 4:
                return 540 <= now < 750 or 780 <= now < 1020
            case 6:
                return now < 360
            case _:
                return False


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[int, str]]:
    """Draw waits in minutes, and the events that come after them."""
    state, walk = "open", []
    for _ in range(draw(st.integers(1, 8))):
        event = draw(st.sampled_from(sorted(MOVES[state])))
        walk.append((draw(st.integers(0, 900)), event))
        state = MOVES[state][event]
    return walk


@settings(max_examples=60, derandomize=True, deadline=None)
@given(walks(), st.integers(0, 3000), st.booleans())
def test_what_is_used_is_what_a_stopwatch_shows(walk: list[tuple[int, str]], rest: int, late: bool) -> None:  # drawn
    store = MemoryStore(rehearsal=True)
    assert DEFINITION
    runtime = Runtime(store, Only(DEFINITION), SimulatedClock(BEGIN), RandomIds())
    runtime.start("p", id="c", now=BEGIN)
    watches = [Stopwatch(name) for name in BUDGETS]
    now, state = BEGIN, "open"
    for wait, event in walk:
        _pass(watches, now, wait, state)
        now += wait * MINUTE
        if not late:  # else a worker has slept, and the event itself brings up what is overdue
            runtime.fire_due_timers(now=now)
        runtime.send("c", event, now=now)
        state = MOVES[state][event]
        for watch in watches:
            watch.heard(event, state)
    _pass(watches, now, rest, state)
    now += rest * MINUTE
    runtime.fire_due_timers(now=now)
    seen = {level.name: level for level in runtime.show("c", now=now).levels}
    for watch in watches:
        level = seen[watch.name]
        shown = (level.status, level.consumed, level.run, bool(level.warned))
        assert shown == (watch.status, watch.consumed, watch.run, watch.warned)
    case = store.load("c", "").case
    assert replay(store.journal("c")) == case
    assert {timer.name for timer in case.timers} == set().union(*(_awaited(level) for level in case.levels))


def _pass(watches: list[Stopwatch], since: datetime, minutes: int, state: str) -> None:
    for minute in range(minutes):
        for watch in watches:
            watch.minute(since + minute * MINUTE, state)


def _awaited(level: Level) -> set[str]:
    if level.status != "running":
        return set()
    return {f"{level.name}.breached"} | (set() if level.warned else {f"{level.name}.warned.{SHARE}"})


def test_walks_meet_and_breach_and_stand_still() -> None:
    """The law above would say little if the walks it draws were all alike."""
    found: dict[str, int] = {}

    @settings(max_examples=60, derandomize=True, deadline=None)
    @given(walks(), st.integers(0, 3000))
    def count(walk: list[tuple[int, str]], rest: int) -> None:
        watch: Any = Stopwatch("office")
        now, state = BEGIN, "open"
        for wait, event in walk:
            _pass([watch], now, wait, state)
            now += wait * MINUTE
            state = MOVES[state][event]
            watch.heard(event, state)
        _pass([watch], now, rest, state)
        found[watch.status] = found.get(watch.status, 0) + 1

    count()
    assert set(found) == {"running", "standing", "met", "breached"}
    assert min(found.values()) >= 3
