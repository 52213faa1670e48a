"""What people see of work, and what bounds it, through the runtime."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import Actor
from caseway.engine.candidacy import bounded
from caseway.engine.compiler import compile_process
from caseway.engine.errors import FaultyStep, InvalidInput, Refused
from caseway.engine.event import Event
from caseway.engine.person import Person
from caseway.engine.runtime import Runtime
from caseway.schemas.validator import faults

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "process": "visit",
    "version": 1,
    "parameters": {"at_most": 2},
    "roles": {"friend": "Friend", "dispatcher": "Dispatcher"},
    "data": {
        "type": "object",
        "properties": {
            "author": {"type": "string", "default": "zed"},
            "topic": {"type": ["string", "null"], "default": None, "x-visible-to": ["dispatcher"]},
            "answers": {"type": "array", "items": {"type": "string"}, "default": []},
            "secrets": {"type": "array", "items": {"type": "string"}, "default": [], "x-visible-to": ["dispatcher"]},
        },
    },
    "events": {
        "accept": {"by": ["friend"]},
        "decline": {"by": ["friend"]},
        "finish": {"by": ["assignee"]},
        "reassign": {
            "by": ["dispatcher"],
            "data": {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}},
        },
        "answer": {"data": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}},
        "review": {"data": {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}}},
        "look": {"data": {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}}},
    },
    "states": {
        "offered": {
            "title": {"en": "Somebody waits", "nl": "Er wacht iemand"},
            "work": {
                "role": "friend",
                "not": ["case.author"],
                "tags": ["case.topic"],
                "limit": "param.at_most",
                "claim": "accept",
                "pass": "decline",
                "reassign": "reassign",
            },
            "guidance": [{"role": "friend", "text": {"en": "Call first.", "nl": "Bel eerst."}}],
            "on": {"accept": {"target": "busy"}, "reassign": {"target": "busy"}},
        },
        "busy": {"title": {"en": "Under way"}, "on": {"finish": {"target": "both"}}},
        "both": {
            "type": "parallel",
            "states": {
                "open": {
                    "work": {"role": "friend", "do": "review", "each": "case.answers", "as": "each_one", "key": "each_one"},
                    "on": {"answer": {"actions": [{"append": {"to": "answers", "item": "event.data.text"}}]}},
                },
                "hidden": {
                    "work": {"role": "friend", "do": "look", "each": "case.secrets", "as": "each_one", "key": "each_one"},
                },
            },
            "on": {"finish": {"target": "over"}},
        },
        "over": {"type": "final"},
    },
}  # fmt: skip
FOUND = compile_process(DOCUMENT, faults(DOCUMENT, "process"))
assert FOUND.definition, FOUND.faults
DEFINITION = FOUND.definition
ANNA, BEN = (Actor(name, frozenset({"friend"})) for name in ("anna", "ben"))
DORA = Actor("dora", frozenset({"dispatcher"}))


@pytest.fixture
def runtime() -> Runtime:
    return made()


def made() -> Runtime:
    return Runtime(MemoryStore(rehearsal=True), Only(DEFINITION), SimulatedClock(NINE), RandomIds())


def cases(runtime: Runtime, count: int, **data: Any) -> list[str]:
    return [runtime.start("visit", data, id=f"V-{number}").case for number in range(count)]


def refused(runtime: Runtime, case: str, event: str, actor: Actor, **data: Any) -> str:
    with pytest.raises(Refused) as error:
        runtime.send(case, event, data, actor=actor)
    return error.value.refusal.code


def listed(runtime: Runtime, actor: Actor) -> list[tuple[str, str]]:
    return [(item.case, item.kind) for item in runtime.work(actor)]


def test_a_worklist_says_what_may_be_sent_and_what_to_mind(runtime):
    cases(runtime, 1)
    (item,) = runtime.work(ANNA, language="nl")
    assert (item.title, item.events, item.guidance) == ("Er wacht iemand", ("accept", "decline"), ("Bel eerst.",))
    runtime.send("V-0", "accept", actor=ANNA)
    (item,) = runtime.work(ANNA)
    assert (item.kind, item.work, item.state, item.title) == ("mine", "offered", ("busy",), "Under way")
    assert item.events == ("finish",)
    assert runtime.work(BEN) == ()


def test_what_one_may_not_have_is_not_on_ones_worklist(runtime):
    cases(runtime, 3, author="anna")
    runtime.start("visit", {"topic": "pl"}, id="T-1")
    runtime.send("V-1", "decline", actor=BEN)
    assert listed(runtime, ANNA) == []
    assert listed(runtime, BEN) == [("V-0", "offered"), ("V-2", "offered")]
    assert listed(runtime, replace(ANNA, tags=frozenset({"pl"}))) == [("T-1", "offered")]
    assert listed(runtime, DORA) == []


def test_a_worklist_can_be_cut_and_be_of_one_process(runtime):
    cases(runtime, 3)
    assert [len(runtime.work(ANNA, limit=limit)) for limit in (0, 2, 9)] == [0, 2, 3]
    assert runtime.work(ANNA, process="other") == ()
    with pytest.raises(InvalidInput, match="say whose"):
        runtime.work(None)


def test_who_is_at_the_limit_is_offered_nothing_until_something_is_finished(runtime):
    cases(runtime, 4)
    runtime.send("V-0", "accept", actor=ANNA)
    runtime.send("V-1", "accept", actor=ANNA)
    assert refused(runtime, "V-2", "accept", ANNA) == "at-limit"
    assert listed(runtime, ANNA) == [("V-0", "mine"), ("V-1", "mine")]
    assert refused(runtime, "V-3", "reassign", DORA, to="anna") == "at-limit"
    answers = {each.event: each.refusal for each in runtime.accepts("V-2", actor=ANNA)}
    assert answers["accept"].code == "at-limit"
    assert {each.event: each.accepted for each in runtime.show("V-2", actor=ANNA).accepts}["accept"] is False
    for _ in range(2):
        runtime.send("V-0", "finish", actor=ANNA)
    runtime.send("V-2", "accept", actor=ANNA)


def test_a_persons_own_limit_counts_where_it_is_lower(runtime):
    runtime.keep_persons(
        [
            Person("anna", frozenset({"friend"}), limits={"visit": 1}),
            Person("ben", frozenset({"friend"}), limits={"visit": 9}),
        ]
    )
    cases(runtime, 5)
    runtime.send("V-0", "accept", actor=ANNA)
    assert refused(runtime, "V-1", "accept", ANNA) == "at-limit"
    for case in ("V-1", "V-2"):
        runtime.send(case, "accept", actor=BEN)
    assert refused(runtime, "V-3", "accept", BEN) == "at-limit"


def test_events_that_give_nobody_work_ask_for_no_count():
    rehearsal = made()
    cases(rehearsal, 1)
    opened = rehearsal.store.load("V-0", "").case
    assert bounded(DEFINITION, opened, Event("accept", actor=ANNA)) == "anna"
    assert bounded(DEFINITION, opened, Event("reassign", {"to": "ben"}, actor=DORA)) == "ben"
    assert bounded(DEFINITION, opened, Event("decline", actor=ANNA)) is None
    assert bounded(DEFINITION, replace(opened, work=()), Event("accept", actor=ANNA)) is None


def test_two_items_with_one_key_are_a_fault_of_the_process(runtime):
    reviewing(runtime)
    runtime.send("V-0", "answer", {"text": "a1"})
    with pytest.raises(FaultyStep, match="two items have the key"):
        runtime.send("V-0", "answer", {"text": "a1"})
    assert runtime.show("V-0").data["answers"] == ["a1"]


def test_the_items_of_a_worklist_are_told_where_their_keys_are_not_hidden(runtime):
    reviewing(runtime, secrets=["s1"])
    runtime.send("V-0", "answer", {"text": "a1"})
    told = {(item.work, item.item) for item in runtime.work(BEN)}
    assert told == {("both.open", "a1"), ("both.hidden", None)}


def test_a_tag_from_hidden_data_is_not_told_to_who_lacks_it(runtime):
    cases(runtime, 1, topic="surgery")
    with pytest.raises(Refused, match="a tag that friend:anna does not carry") as error:
        runtime.send("V-0", "accept", actor=ANNA)
    assert "surgery" not in str(error.value.refusal)


def reviewing(runtime: Runtime, **data: Any) -> None:
    runtime.start("visit", data, id="V-0")
    runtime.send("V-0", "accept", actor=ANNA)
    runtime.send("V-0", "finish", actor=ANNA)
