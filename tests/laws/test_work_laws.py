"""Random walks through processes with work, held to what must always be so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sql import SqlStore
from caseway.adapters.yaml_document import read
from caseway.engine.actor import Actor
from caseway.engine.candidacy import not_offered
from caseway.engine.case import Case, Work
from caseway.engine.compiler import compile_process
from caseway.engine.event import START, Event
from caseway.engine.journal import replay
from caseway.engine.outcome import Refusal, Step
from caseway.engine.ports import Store
from caseway.engine.step import step
from caseway.engine.worklist import WorkQuery, index
from caseway.schemas.validator import faults

CONTENT = read(Path(__file__).parent / "work.yaml").content
COMPILED = compile_process(CONTENT, faults(CONTENT, "process"))
assert COMPILED.definition, COMPILED.faults
DEFINITION = COMPILED.definition

PEOPLE = ("anna", "ben", "carl", "dora")
ACTORS = tuple(Actor(name, frozenset({"friend", "dispatcher"}), frozenset({"pl"})) for name in PEOPLE)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ITEMS = ("a1", "a2", "a3")

Turn = tuple[str, Actor, dict[str, Any]]


def turns() -> st.SearchStrategy[Turn]:
    person, item = st.sampled_from(PEOPLE), st.sampled_from(ITEMS)
    data = st.one_of(
        st.tuples(st.sampled_from(["accept", "decline", "give_back", "ready", "again"]), st.just({})),
        st.tuples(st.just("reassign"), st.fixed_dictionaries({"to": person})),
        st.tuples(st.sampled_from(["review", "skip", "withdraw"]), st.fixed_dictionaries({"item": item})),
        st.tuples(st.just("answer"), st.fixed_dictionaries({"item": item, "author": person})),
    )
    return st.tuples(data, st.sampled_from(ACTORS)).map(lambda drawn: (drawn[0][0], drawn[1], drawn[0][1]))


def walk(walked: Sequence[Turn], author: str) -> Iterator[Step]:
    """Open a case, let events happen to it, and yield what was not refused."""
    case = Case("W", DEFINITION.process, DEFINITION.version, DEFINITION.hash)
    events = [(START, None, {"author": author, "people": list(PEOPLE)}), *walked]
    for number, (name, actor, data) in enumerate(events):
        outcome = step(DEFINITION, case, Event(name, data, f"e{number}", actor), NINE + timedelta(minutes=number))
        if isinstance(outcome, Refusal):
            assert outcome.code != "faulty-expression" or name == "answer", outcome
        else:
            yield outcome
            case = outcome.after


def gone(work: Work) -> set[str]:
    return {*work.passed, *work.excluded, *work.done}


@settings(max_examples=60, deadline=None)
@given(st.lists(turns(), max_size=25), st.sampled_from(PEOPLE))
def test_who_is_out_of_a_piece_of_work_stays_out_of_it(walked: list[Turn], author: str) -> None:
    out: dict[tuple[str, str], set[str]] = {}
    for done in walk(walked, author):
        for work in done.after.work:
            key = work.state, work.item
            before = next((each for each in done.before.work if (each.state, each.item) == key), None)
            assert not before or {*before.passed} <= {*work.passed}
            assert not before or ({*before.had}, {*before.done}) <= ({*work.had}, {*work.done})
            assert len(set(work.done)) == len(work.done)
            out.setdefault(key, set()).update(gone(work) | {*work.had} - {work.holder})
            if work.offered:
                assert all(
                    not_offered(DEFINITION, work, done.after, actor) for actor in ACTORS if actor.id in gone(work)
                )
            if work.holder and done.event.name == "accept":
                assert work.holder not in gone(work) | {*work.had}


@settings(max_examples=60, deadline=None)
@given(st.lists(turns(), max_size=25), st.sampled_from(PEOPLE))
def test_a_piece_of_work_is_with_one_person_or_offered_and_never_both(walked: list[Turn], author: str) -> None:
    for done in walk(walked, author):
        assert all(not (work.offered and work.holder) for work in done.after.work)
        holders = [work.holder for work in done.after.work if work.holder]
        assert done.after.assignee == (holders[-1] if holders else None)
        assert len(holders) <= 1, "these states are not in regions"
        assert len({(work.state, work.item) for work in done.after.work}) == len(done.after.work)


@settings(max_examples=25, deadline=None)
@given(st.lists(turns(), max_size=20), st.sampled_from(PEOPLE), st.booleans())
def test_the_index_of_every_store_says_what_the_case_says(walked: list[Turn], author: str, together: bool) -> None:
    steps = list(walk(walked, author))
    sql = SqlStore.open("sqlite://")
    try:
        for store in (MemoryStore(), sql):
            store.keep_definition(DEFINITION.hash, DEFINITION.process, DEFINITION.version, DEFINITION.content)
            if together:
                with store.locked([("W", done.event.id) for done in steps]) as holding:
                    for done in steps:
                        holding.commit(done)
                assert_indexed(store, steps[-1].after)
            else:
                for done in steps:
                    store.commit(done)
                    assert_indexed(store, done.after)
            assert replay(store.journal("W")) == steps[-1].after
    finally:
        sql.close()


def assert_indexed(store: Store, case: Case) -> None:
    for actor in ACTORS:
        rows = [found.row for found in store.worklist(WorkQuery(actor.id, actor.roles))]
        theirs = [row for row in index(case) if row.person in {None, actor.id}]
        assert rows == sorted(theirs, key=lambda row: row.order)
        mine = sum(row.kind == "mine" and row.person == actor.id for row in theirs)
        assert store.count(case.process, actor.id).held == mine
