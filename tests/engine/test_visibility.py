"""What an actor sees of data, of a case and its journal, and of what went wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Case, Work
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import FaultyStep, Refused
from caseway.engine.journal import entry_from_record, entry_record
from caseway.engine.posting import PostingQuery
from caseway.engine.runtime import Runtime
from caseway.engine.view import case_seen, entry_view
from caseway.engine.visibility import WITHHELD, hides, sees_all, visible
from tests.engine.claim import CLERK, CUSTOMER, OTHER_CLERK, compiled, runtime

DATA = {"customer": "maria", "amount": 2500}
CASE = Case("C1", "p", 1, "h", assignee="anna")
ANNA = Actor("anna", frozenset({"friend"}))
JAN = Actor("jan", frozenset({"friend"}))
FOR_THE_ASSIGNEE = {"type": "string", "x-visible-to": ["assignee"]}


def granted() -> Runtime:
    run = runtime()
    run.start("parcel-claim", DATA, id="C1")
    run.send("C1", "take", actor=CLERK)
    run.send("C1", "grant", actor=CLERK)
    return run


def seen(schema: dict[str, object], value: object, actor: Actor | None = JAN) -> tuple[object, tuple[str, ...]]:
    return visible(schema, value, CASE, actor)


def test_a_field_for_the_assignee_is_for_whoever_has_the_case_or_a_piece_of_its_work() -> None:
    shape = {"type": "object", "properties": {"name": FOR_THE_ASSIGNEE}}
    assert seen(shape, {"name": "x"}) == ({}, ("name",))
    assert seen(shape, {"name": "x"}, ANNA) == ({"name": "x"}, ())
    holding = replace(CASE, work=(Work("s", "friend", holder="jan"),))
    assert visible(shape, {"name": "x"}, holding, JAN) == ({"name": "x"}, ())


def test_items_that_are_hidden_are_not_even_counted() -> None:
    shape = {"type": "object", "properties": {"codes": {"type": "array", "items": FOR_THE_ASSIGNEE}}}
    assert seen(shape, {"codes": ["a", "b"]}) == ({"codes": []}, ("codes[]",))


def test_the_key_of_what_is_hidden_under_a_free_key_is_not_told() -> None:
    shape = {"type": "object", "additionalProperties": FOR_THE_ASSIGNEE}
    assert seen({"type": "object", "properties": {"map": shape}}, {"map": {"jan": "x"}}) == ({"map": {}}, ("map.*",))


def test_data_that_are_hidden_as_a_whole_are_empty() -> None:
    shape = {"type": "object", "properties": {"a": {"type": "string"}}, "x-visible-to": ["chief"]}
    assert seen(shape, {"a": "x"}) == ({}, ("data",))
    assert visible(shape, {"a": "x"}, CASE, JAN, "event.data") == ({}, ("event.data",))


def test_the_local_operator_and_caseway_itself_see_everything() -> None:
    made = compiled()
    assert seen({"type": "object", "x-visible-to": ["chief"]}, {}, None) == ({}, ())
    assert not hides(made, CASE, None)
    assert not hides(made, CASE, SYSTEM)
    assert hides(made, CASE, CUSTOMER)
    assert not hides(made, CASE, CLERK)
    assert sees_all((), CASE, JAN)


def test_what_comes_of_an_event_is_told_as_its_sender_may_see_it() -> None:
    run = granted()
    line = list(run.history("C1"))[-1]
    told = run.send("C1", "grant", actor=CLERK, event_id=line.event.id)
    (message,) = [effect for effect in told.effects if hasattr(effect, "body")]
    assert (message.message, message.to, dict(message.subject), dict(message.body)) == ("granted", "maria", {}, {})
    assert told.withheld == ("effects.message.granted",)
    assert entry_from_record(entry_record(told)) == told


def test_the_view_of_a_case_holds_no_more_than_it_shows() -> None:
    run = runtime()
    run.start("parcel-claim", {**DATA, "secret": "s3cret"}, id="C1")
    assert "s3cret" not in repr(run.show("C1", actor=CUSTOMER))
    assert run.show("C1", actor=CLERK).case.data["secret"] == "s3cret"


def process(**more: object) -> Definition:
    content = {
        "process": "secrets",
        "version": 1,
        "roles": {"clerk": "Clerk", "chief": "Chief"},
        "data": {
            "type": "object",
            "properties": {
                "secret": {"type": "string", "default": "s3cret", "x-visible-to": ["chief"]},
                "map": {"type": "object", "default": {}, "additionalProperties": {"type": "string"}},
                "grade": {"type": "string", "enum": ["low", "high"], "default": "low"},
            },
        },
        "events": {"ask": {}, "grade": {}, "own": {"only_if": "case.map[case.secret] == ''"}},
        "states": {
            "here": {
                "on": {
                    "ask": {"guard": "case.map[case.secret] == ''"},
                    "grade": {"actions": [{"set": {"grade": "case.secret"}}]},
                    "own": {},
                },
                "after": [{"name": "late", "delay": "PT1H", "guard": "case.map[case.secret] == ''"}],
            },
            "end": {"type": "final"},
        },
        **more,
    }
    content["states"]["here"]["on"]["ask"]["target"] = "end"  # type: ignore[index]  # it is what stands above
    made = compile_process(content)
    assert made.definition is not None, made.faults
    return made.definition


@pytest.mark.parametrize("event", ["ask", "grade", "own"])
def test_what_fails_quotes_the_data_only_to_those_who_may_see_them(event: str) -> None:
    run = runtime(store=MemoryStore(), catalogue=Only(process()))
    run.start("secrets", id="C1")
    for actor, is_told in ((None, True), (Actor("eva", frozenset({"chief"})), True), (CLERK, False)):
        with pytest.raises(FaultyStep) as error:
            run.send("C1", event, actor=actor)
        assert ("s3cret" in f"{error.value.message} {error.value.facts}") is is_told, actor
        reasons = {each.event: str(each.refusal) for each in run.accepts("C1", actor=actor)}
        assert "s3cret" not in str(reasons) or is_told
    assert "case.map[case.secret]" in error.value.message or event == "grade"
    assert WITHHELD in error.value.facts


def test_why_a_timer_was_set_aside_is_told_to_those_who_may_see_all() -> None:
    run = runtime(store=MemoryStore(), catalogue=Only(process()))
    run.start("secrets", id="C1")
    run.clock.advance(timedelta(hours=2))
    run.fire_due_timers()
    assert "s3cret" in str(run.show("C1").case.timers)
    view = run.show("C1", actor=CLERK)
    assert [timer.fault for timer in view.timers] == [WITHHELD]
    assert "timers.here.after.late.fault" in view.withheld
    assert "s3cret" not in str(list(run.history("C1", actor=CLERK)))
    assert [each.why for each in run.set_aside(actor=CLERK)] == [WITHHELD]
    assert "s3cret" in run.set_aside()[0].why


def test_an_actor_sees_their_own_accounts_and_no_others() -> None:
    run = granted()
    assert {line.owner for line in run.ledger.postings()} == {"platform", "maria"}
    assert {line.owner for line in run.ledger.postings(actor=CUSTOMER)} == {"maria"}
    assert list(run.ledger.balances(actor=OTHER_CLERK)) == []
    with pytest.raises(Refused, match="are not for clerk:anna to see"):
        run.ledger.postings(PostingQuery(owner="maria"), actor=CLERK)
    with pytest.raises(Refused, match="are not for clerk:anna to see"):
        run.ledger.balances(owner="maria", actor=CLERK)


def test_where_nothing_is_private_an_event_pays_nothing_for_it() -> None:
    content = {
        "process": "open",
        "version": 1,
        "events": {"go": {}},
        "states": {"a": {"on": {"go": {"target": "b"}}}, "b": {"type": "final"}},
    }
    made = compile_process(content).definition
    assert made is not None
    assert made.audiences == ()
    assert made.made_of == {}
    run = runtime(store=MemoryStore(), catalogue=Only(made))
    run.start("open", id="C1")
    (stored,) = run.store.journal("C1")
    assert entry_view(made, stored, run.store.load("C1", "").case, CLERK) is stored
    assert case_seen(made, CASE, CLERK) == (CASE, ())
