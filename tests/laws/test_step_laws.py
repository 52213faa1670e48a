"""What holds for every event sequence, on every process that comes with Caseway."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from caseway.adapters.catalogue import Only
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.engine import posting as book
from caseway.engine.actor import Actor
from caseway.engine.case import Case
from caseway.engine.case_record import case_record
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.effect import Payout
from caseway.engine.errors import Refused
from caseway.engine.event import START, Event
from caseway.engine.journal import entry, entry_from_record, entry_record, replay
from caseway.engine.outcome import Refusal, Step
from caseway.engine.runtime import Runtime
from caseway.engine.step import step

PROCESSES = Path(__file__).parents[2] / "processes"
NAMES = sorted(path.parent.name for path in PROCESSES.glob("*/v1.yaml"))
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIND = (Phase.explicit, Phase.generate)
"""A walk that fails is told as it was found: shrinking one takes minutes, and its steps are few."""

PEOPLE = ("anna", "piotr", "maria")


@cache
def definition(name: str) -> Definition:
    return definition_in(PROCESSES / name / "v1.yaml")


def fitting(schema):
    """Values of a declared shape; small, so that guards over them meet."""
    kind = schema.get("type", "string")
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if isinstance(kind, list):
        return st.none() | fitting({**schema, "type": kind[0]})
    match kind:
        case "object":
            properties = schema.get("properties", {})
            required = {name: fitting(each) for name, each in properties.items() if name in schema.get("required", ())}
            optional = {name: fitting(each) for name, each in properties.items() if name not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "array":
            least = max(schema.get("minItems", 0), 1)
            return st.lists(fitting(schema["items"]), min_size=least, max_size=least + 2, unique_by=repr)
        case "integer":
            least = schema.get("minimum", 0)
            return st.integers(least, min(schema.get("maximum", least + 100), least + 100))
        case "boolean":
            return st.booleans()
        case _ if schema.get("format") == "date-time":
            return st.sampled_from(["2026-03-03T16:00:00Z", "2026-12-24T08:30:00Z"])
    return st.sampled_from([*PEOPLE, "x"])


def actors(made: Definition):
    return st.none() | st.builds(
        Actor,
        st.sampled_from(PEOPLE),
        st.sets(st.sampled_from(sorted(made.roles)), min_size=1, max_size=2).map(frozenset),
    )


@st.composite
def happenings(draw, made: Definition):
    """An event of the process from anybody, whether or not it is theirs to send."""
    name = draw(st.sampled_from(sorted(made.events)))
    return name, draw(fitting(made.events[name].data.schema)), draw(actors(made))


def likely(draw, dice: Random, runtime: Runtime, made: Definition):
    """Mostly something that the case accepts from somebody now, so that walks get somewhere."""
    chance = dice.randrange(9)
    if chance == 0:
        return dice.choice([timedelta(minutes=40), timedelta(hours=13), timedelta(days=20)])
    if chance > 1:
        everybody = [Actor(person, frozenset({role})) for person in PEOPLE for role in made.roles]
        welcome = [
            (each.event, actor)
            for actor in everybody
            for each in runtime.accepts("c", actor=actor)
            if each.accepted is not False
        ]
        if welcome:
            name, actor = dice.choice(welcome)
            return name, draw(fitting(made.events[name].data.schema)), actor
    return draw(happenings(made))


@pytest.mark.thorough
def test_every_walk_leaves_a_journal_that_explains_the_case_and_a_book_that_balances():
    met: Counter[str] = Counter()

    def walk_often(made: Definition) -> None:
        @settings(max_examples=60, deadline=None, derandomize=True, phases=FIND)
        @given(data=st.data())
        def walk(data):
            store, clock = MemoryStore(rehearsal=True), SimulatedClock(MORNING)
            walked(data, made, Runtime(store, Only(made), clock, RandomIds()), met)
            explained(made, store, clock, met)

        walk()

    for name in NAMES:  # each as often: picked at random, some are hardly walked at all
        walk_often(definition(name))
    # The walks get somewhere: they are not all refusals.
    assert met["accepted"] > 300, met
    assert met["refused"] > 100, met
    assert met["configurations"] > 200, met
    assert met["fired"] > 20, met
    assert met["postings"] > 10, met


def walked(data, made: Definition, runtime: Runtime, met: Counter[str]) -> None:
    """Let a case meet random people, with what is theirs to send and what is not, and let time pass."""
    dice = data.draw(st.randoms(use_true_random=False))  # even chances, where hypothesis itself prefers the simple
    runtime.start(made.process, data.draw(fitting(made.data.schema)), id="c")
    for _ in range(18):
        before = runtime.store.load("c", "").case
        happening = likely(data.draw, dice, runtime, made)
        if isinstance(happening, timedelta):
            runtime.clock.advance(happening)
            runtime.fire_due_timers()
            continue
        event, given_data, actor = happening
        try:
            line = runtime.send("c", event, given_data, actor=actor)
        except Refused:
            met["refused"] += 1
            continue
        met["accepted"] += 1
        named = made.events[event].by
        assert (
            not named
            or (actor and actor.roles & set(named))
            or (actor and "assignee" in named and before.assignee == actor.id)
        )
        assert line.revision > before.revision


def explained(made: Definition, store: MemoryStore, clock: SimulatedClock, met: Counter[str]) -> None:
    """Hold a walked case against its journal, its timers and the book."""
    journal, case = list(store.journal("c")), store.load("c", "").case
    assert [line.revision for line in journal] == list(range(1, case.revision + 1))
    assert replay(journal) == case
    assert replay(entry_from_record(entry_record(line)) for line in journal) == case
    met["fired"] += sum(line.event.due is not None for line in journal)
    met["configurations"] += len({line.target for line in journal})

    effects = [effect for line in journal for effect in line.effects]
    assert len({effect.id for effect in effects}) == len(effects)
    sums: Counter[str] = Counter()
    for posting in store.book().postings():
        sums[posting.unit] += posting.amount
    assert not any(sums.values())
    met["postings"] += len(list(store.book().postings()))
    assert [posting for line in journal for posting in book.postings(line)] == list(store.book().postings())
    assert len(list(store.book().postings())) == sum(2 for each in effects if isinstance(each, Payout) and each.amount)

    assert not made.data.faults(case.data)
    assert case.final <= case.closed
    assert not (case.final and case.timers)
    far = clock.now() + timedelta(days=3650)
    assert {due.timer for due in store.due(far, 100)} == {timer for timer in case.timers if timer.fault is None}


@cache
def compiled_again(name: str) -> Definition:
    again = compile_process(copy.deepcopy(dict(definition(name).content))).definition
    assert again is not None
    return again


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None, derandomize=True, phases=FIND)
@given(data=st.data())
def test_the_same_inputs_give_the_same_step_and_stay_as_they_were(name, data):
    made = definition(name)
    again = compiled_again(name)
    case = Case("c", name, 1, made.hash)
    now = MORNING
    happening = (START, data.draw(fitting(made.data.schema)), None)
    for number in range(10):
        event = Event(happening[0], happening[1], f"e{number}", happening[2])
        snapshot = copy.deepcopy((case_record(case), dict(event.data)))
        outcome = step(made, case, event, now)
        assert step(again, case, event, now) == outcome
        assert step(made, case, event, now) == outcome
        assert (case_record(case), dict(event.data)) == snapshot
        if isinstance(outcome, Step):
            assert outcome.after.revision == case.revision + 1
            assert entry(outcome) == entry(outcome)
            case = outcome.after
        else:
            assert isinstance(outcome, Refusal)
            assert outcome.code
            assert outcome.message
        now += timedelta(minutes=1)
        happening = data.draw(happenings(made))
