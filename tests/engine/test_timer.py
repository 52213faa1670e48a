"""Timers that follow moments in the data, and series of timers: what the scenarios of `tests/semantics` cannot show."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.case import Timer
from caseway.engine.effect import CancelTimer, SetTimer
from caseway.engine.errors import FaultyStep
from caseway.engine.journal import entry_from_record, entry_record, replay
from caseway.engine.runtime import FIRINGS
from caseway.engine.value import Delay
from tests.engine.claim import MORNING, compiled, runtime

HOUR = timedelta(hours=1)
MOMENT = {"type": ["string", "null"], "format": "date-time"}
PLAN = {"type": "object", "properties": {"at": {**MOMENT, "default": None}}}


def knocking(*timers, **data):
    """A runtime with one case, C1, that waits with these timers, and its clock."""
    properties = {
        "at": MOMENT,
        "share": {"type": "integer", "default": 1},
        "pause": {"type": "string", "format": "duration", "default": "PT1H"},
        "fired": {"type": "array", "items": {"type": "string"}, "default": []},
    }
    content = {
        "process": "knock",
        "version": 1,
        "data": {"type": "object", "properties": properties},
        "events": {
            "plan": {"data": PLAN},
            "mend": {},
            "spoil": {},
            "go": {},
        },
        "states": {
            "waiting": {
                "after": [{"actions": [{"append": {"to": "fired", "item": "string(event.due)"}}], **t} for t in timers],
                "on": {
                    "plan": {"actions": [{"set": {"at": "event.data.at"}}]},
                    "mend": {"actions": [{"set": {"share": 1, "pause": {"text": "PT1H"}}}]},
                    "spoil": {"actions": [{"set": {"share": 0}}]},
                    "go": {"target": "end"},
                },
            },
            "end": {"type": "final"},
        },
    }
    clock = SimulatedClock(MORNING)
    run = runtime(store=MemoryStore(), catalogue=Only(compiled(content)), clock=clock)
    run.start("knock", data, id="C1")
    return run, clock


def armed(run):
    return [(timer.id, timer.due) for timer in run.show("C1").timers]


def fired(run):
    return run.show("C1").case.data["fired"]


def hours(*counts):
    return [f"{MORNING + count * HOUR:%Y-%m-%dT%H:%M:%SZ}" for count in counts]


# series


def test_each_timer_of_a_series_has_the_id_of_the_first_and_its_own_number():
    run, clock = knocking({"every": "PT1H"})
    assert armed(run) == [("C1:1:0", MORNING + HOUR)]
    for number in (2, 3, 4):
        clock.advance(HOUR)
        (line,) = run.fire_due_timers()
        due = MORNING + number * HOUR
        assert armed(run) == [(f"C1:1:0#{number}", due)]
        assert line.effects == (SetTimer(f"C1:1:0#{number}", "waiting.after.1", due),)
        assert entry_from_record(entry_record(line)) == line
    assert [line.event.id for line in run.history("C1")][1:] == ["C1:1:0", "C1:1:0#2", "C1:1:0#3"]
    assert replay(run.history("C1")) == run.show("C1").case


@pytest.mark.parametrize("case", ["C1", "C#1", "C#1#7"])
@pytest.mark.parametrize(
    ("own", "nth", "following"), [("3:0", 1, "3:0#2"), ("3:0#2", 2, "3:0#3"), ("12:34#99", 99, "12:34#100")]
)
def test_a_timer_knows_its_number_whatever_the_id_of_its_case(case, own, nth, following):
    timer = Timer(f"{case}:{own}", "knock", MORNING)
    assert (timer.nth, timer.next_id) == (nth, f"{case}:{following}")


def test_a_late_worker_fires_each_timer_of_a_series_at_its_own_instant():
    run, clock = knocking({"every": "PT1H"})
    clock.advance(timedelta(days=1))
    lines = run.fire_due_timers()
    assert [line.event.due for line in lines] == [MORNING + count * HOUR for count in range(1, 25)]
    assert all(line.at == line.event.due and line.event.fired_at == clock.now() for line in lines)
    assert fired(run) == hours(*range(1, 25))
    assert armed(run) == [("C1:1:0#25", MORNING + 25 * HOUR)]


def test_what_is_overdue_of_a_series_fires_before_the_next_event():
    run, clock = knocking({"every": "PT1H"})
    clock.advance(timedelta(minutes=150))
    run.send("C1", "go")
    assert fired(run) == hours(1, 2)
    (cancelled,) = [effect for line in run.history("C1") for effect in line.effects if isinstance(effect, CancelTimer)]
    assert cancelled.armed_by == "C1:1:0#3"


def test_one_that_fails_holds_its_series_up_and_what_was_missed_is_not_made_up_for():
    run, clock = knocking({"every": "PT1H", "times": 4, "guard": "10 / case.share > 0"}, share=0)
    clock.advance(timedelta(minutes=270))
    assert [line.refusal.code for line in run.fire_due_timers()] == ["faulty-expression"]
    assert armed(run) == [("C1:1:0", MORNING + HOUR)]
    run.send("C1", "mend")
    run.retry("C1", "C1:1:0")
    assert armed(run) == [("C1:4:1", MORNING + HOUR)]
    clock.advance(timedelta(hours=1))
    run.fire_due_timers()
    assert fired(run) == hours(1, 5)
    assert armed(run) == [("C1:4:1#3", MORNING + 6 * HOUR)]
    clock.advance(timedelta(days=1))
    run.fire_due_timers()
    assert fired(run) == hours(1, 5, 6, 7)
    assert armed(run) == []
    assert replay(run.history("C1")) == run.show("C1").case


def test_one_that_is_put_back_keeps_its_number():
    run, clock = knocking({"every": "PT1H", "times": 3, "guard": "10 / case.share > 0"})
    clock.advance(HOUR)
    run.send("C1", "spoil")
    clock.advance(HOUR)
    run.fire_due_timers()
    assert [item.id for item in run.set_aside()] == ["C1:1:0#2"]
    run.send("C1", "mend")
    line = run.retry("C1", "C1:1:0#2")
    assert [effect.id for effect in line.effects] == ["C1:6:0", "C1:6:1#2"]
    run.fire_due_timers()
    assert armed(run) == [("C1:6:1#3", MORNING + 3 * HOUR)]
    clock.advance(timedelta(days=1))
    run.fire_due_timers()
    assert fired(run) == hours(1, 2, 3)
    assert armed(run) == []


@pytest.mark.parametrize(("guard", "count"), [("true", 1), ("case.share > 1", 0)])
def test_a_series_whose_timers_do_not_lie_apart_is_set_aside(guard, count):
    run, clock = knocking({"delay": "PT1H", "every": "case.pause", "guard": guard}, pause="PT0S")
    clock.advance(timedelta(minutes=90))
    (line,) = run.fire_due_timers()
    assert line.refusal.code == "faulty-expression"
    assert (
        "waiting.after.0.every: case.pause: a series whose timers do not lie apart never rests" in line.refusal.message
    )
    assert line.effects == ()
    run.send("C1", "mend")
    run.retry("C1", "C1:1:0")
    run.fire_due_timers()
    assert fired(run) == hours(1)[:count]
    assert armed(run) == [("C1:4:1#2", MORNING + 2 * HOUR)]


def test_a_series_set_long_ago_is_found_in_its_beat_at_once():
    run, clock = knocking({"at": "case.at", "every": "PT1S"})
    run.send("C1", "plan", {"at": "0001-01-01T00:00:00Z"})
    run.fire_due_timers()
    assert fired(run) == ["0001-01-01T00:00:00Z", hours(0)[0]]
    assert armed(run) == [("C1:2:0#3", MORNING + timedelta(seconds=1))]
    clock.advance(timedelta(seconds=1))
    assert len(run.fire_due_timers()) == 1


# moments


def test_a_moment_that_has_changed_cancels_its_timer_and_arms_another():
    run, _ = knocking({"at": "case.at"}, at="2026-03-03T09:00:00Z")
    line = run.send("C1", "plan", {"at": "2026-03-04T09:00:00Z"})
    due = MORNING + timedelta(days=2)
    assert line.effects == (
        CancelTimer("C1:2:0", "waiting.after.1", "C1:1:0"),
        SetTimer("C1:2:1", "waiting.after.1", due),
    )
    assert run.send("C1", "plan", {"at": "2026-03-04T09:00:00Z"}).effects == ()
    assert run.send("C1", "mend").effects == ()


def test_another_moment_replaces_a_timer_that_was_set_aside():
    run, clock = knocking({"at": "case.at", "guard": "10 / case.share > 0"}, at="2026-03-02T10:00:00Z", share=0)
    clock.advance(2 * HOUR)
    run.fire_due_timers()
    assert len(run.set_aside()) == 1
    run.send("C1", "plan", {"at": "2026-03-02T12:00:00Z"})
    assert run.set_aside() == []
    assert armed(run) == [("C1:3:1", MORNING + 3 * HOUR)]


def test_the_data_of_a_case_that_ends_arm_nothing():
    run, _ = knocking({"at": "case.at"}, at="2026-03-03T09:00:00Z")
    line = run.send("C1", "go")
    assert [type(effect) for effect in line.effects] == [CancelTimer]


@pytest.mark.parametrize(
    ("shift", "at", "told"),
    [("minus", "0001-01-02T00:00:00Z", "year 1"), ("plus", "9999-12-31T00:00:00Z", "year 9999")],
)
def test_a_moment_beyond_the_calendar_is_told_of(shift, at, told):
    run, _ = knocking({"at": "case.at", shift: "P2D"})
    with pytest.raises(FaultyStep, match=rf"waiting\.after\.0\.{shift}: P2D: .*{told}"):
        run.send("C1", "plan", {"at": at})
    assert armed(run) == []


def test_a_state_that_its_past_moment_leads_back_to_does_not_go_round_for_ever():
    run, _ = knocking({"at": "case.at", "target": "waiting", "actions": []}, at="2026-03-01T09:00:00Z")
    lines = run.fire_due_timers()
    assert len(lines) == FIRINGS + 2
    assert lines[-1].refusal.code == "endless-loop"
    assert run.fire_due_timers() == []


# lengths of time


@pytest.mark.parametrize(
    ("since", "earliest", "next_"),
    [(0, 0, 1), (0, 0.5, 1), (0, 1, 1), (0, 1.5, 2), (0, 24, 24), (0, 24.001, 25), (5, 0, 6)],
)
def test_the_next_of_a_series_lies_in_its_beat_and_not_too_early(since, earliest, next_):
    delay = Delay(HOUR)
    found = delay.again(at(since), at(earliest), None)
    assert found == at(next_)


def at(count: float) -> datetime:
    return MORNING + count * HOUR
