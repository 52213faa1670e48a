"""What holds of timers at moments and of series, whatever happens to a case and whenever a worker comes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import Refused
from caseway.engine.journal import entry_record, replay
from caseway.engine.runtime import Runtime

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time", "default": None}
NOTED: dict[str, Any] = {"append": {"to": "trace", "item": "event.name + ' ' + string(event.due)"}}

VISIT: dict[str, Any] = {
    "process": "visit",
    "version": 1,
    "calendars": {
        "shop": {"zone": "Europe/Warsaw", "hours": {"monday": ["09:00-17:00"], "wednesday": ["10:00-14:00"]}}
    },
    "data": {
        "type": "object",
        "properties": {
            "at": MOMENT,
            "note": {"type": "integer", "default": 0},
            "trace": {"type": "array", "items": {"type": "string"}, "default": []},
        },
    },
    "events": {
        "plan": {"data": {"type": "object", "properties": {"at": MOMENT}}},
        "note": {},
        "leave": {},
        "enter": {},
        "lead_on": {"by": ["system"]},
    },
    "states": {
        "planned": {
            "entry": [{"raise": "lead_on", "when": "case.note % 3 == 2"}],
            "after": [
                {"name": "start", "at": "case.at", "actions": [NOTED]},
                {"name": "before", "at": "case.at", "minus": "PT3H", "actions": [NOTED]},
                {"name": "after", "at": "case.at", "plus": {"working": "PT5H", "calendar": "shop"}, "actions": [NOTED]},
                {"name": "series", "at": "case.at", "every": "PT5H", "guard": "case.note % 2 == 0", "actions": [NOTED]},
                {"name": "often", "every": "PT7H", "times": 4, "actions": [NOTED, {"set": {"note": "case.note + 1"}}]},
                {"name": "shop", "every": {"working": "PT90M", "calendar": "shop"}, "actions": [NOTED]},
            ],
            "on": {
                "plan": {"actions": [{"set": {"at": "event.data.at"}}]},
                "note": {"actions": [{"set": {"note": "case.note + 1"}}]},
                "leave": {"target": "away"},
                "lead_on": {"actions": [{"set": {"at": "now"}}]},
            },
        },
        "away": {
            "on": {
                "plan": {"actions": [{"set": {"at": "event.data.at"}}]},
                "note": {"target": "end", "guard": "case.note > 1000"},
                "enter": {"target": "planned"},
            }
        },
        "end": {"type": "final"},
    },
}

gaps = st.sampled_from([0, 0.5, 1, 4, 5, 30, 200]).map(lambda count: count * HOUR)
moments = st.none() | st.integers(-60, 300).map(lambda count: f"{MORNING + count * HOUR:%Y-%m-%dT%H:%M:%SZ}")
happenings = st.lists(
    st.tuples(gaps, st.sampled_from(["plan", "plan", "note", "leave", "enter"]), moments), min_size=3, max_size=12
)
walks = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)


@cache
def visit() -> Definition:
    made = compile_process(VISIT)
    assert made.definition is not None, made.faults
    return made.definition


def started() -> tuple[Runtime, SimulatedClock]:
    clock = SimulatedClock(MORNING)
    run = Runtime(MemoryStore(), Only(visit()), clock, RandomIds())
    run.start("visit", id="C")
    return run, clock


def sent(run: Runtime, event: str, at: str | None, key: int) -> None:
    try:
        run.send("C", event, {"at": at} if event == "plan" else {}, event_id=f"e{key}")
    except Refused as refused:
        assert refused.refusal.code in {"not-accepted", "guarded"}, refused.message  # noqa: PT017  # both are welcome


def test_the_timers_of_a_state_are_always_those_that_its_data_ask_for():
    met: Counter[str] = Counter()

    @walks
    @given(happenings)
    def walk(script):
        run, clock = started()
        for key, (gap, event, at) in enumerate(script):
            clock.advance(gap)
            sent(run, event, at, key)
            run.fire_due_timers()
            asked_for(run, met)
        effects = [effect.id for line in run.history("C") for effect in line.effects]
        assert len(set(effects)) == len(effects)
        assert replay(run.history("C")) == run.show("C").case

    walk()
    assert min(met[name] for name in ("start", "before", "after", "series", "shop")) > 20, met


def asked_for(run: Runtime, met: Counter[str]) -> None:
    """Hold the armed timers of a case of which nothing is overdue against its data."""
    case, now = run.show("C").case, run.clock.now()
    assert all(timer.fault is None and timer.due > now for timer in case.timers)
    names = Counter(timer.name.rpartition(".")[2] for timer in case.timers)
    met.update(names)
    assert set(names.values()) <= {1}
    due = {timer.name.rpartition(".")[2]: timer.due for timer in case.timers}
    active = case.configuration == ("planned",)
    at = case.data["at"] and datetime.fromisoformat(case.data["at"])
    wanted: dict[str, datetime] = {}
    if active and at:
        calendar = visit().calendars["shop"]
        wanted = {"start": at, "before": at - 3 * HOUR, "after": calendar.plus(at, 5 * HOUR)}
    assert {name: due[name] for name in ("start", "before", "after") if name in due} == {
        name: instant for name, instant in wanted.items() if instant > now
    }
    assert ("series" in due) is bool(active and at)
    assert ("shop" in due) is active
    if "series" in due:
        assert not (due["series"] - at) % (5 * HOUR)
        assert due["series"] - now <= max(at - now, 5 * HOUR)


@walks
@given(happenings)
def test_a_worker_that_comes_late_changes_nothing_but_when_timers_really_fired(script):
    punctual, clock = started()
    late, late_clock = started()
    for key, (gap, event, at) in enumerate(script):
        until = clock.now() + gap
        while (due := punctual.next_due()) is not None and due <= until:
            clock.set(max(clock.now(), due))
            punctual.fire_due_timers()
        clock.set(until)
        late_clock.set(until)
        for run in (punctual, late):
            sent(run, event, at, key)
    assert told(punctual) == told(late)


def told(run: Runtime) -> list[Any]:
    """Return the journal without the instants at which timers really fired."""
    lines = (replace(line, event=replace(line.event, fired_at=None)) for line in run.history("C"))
    return [entry_record(line) for line in lines]
