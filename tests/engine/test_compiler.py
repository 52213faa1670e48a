"""What the compiler makes of documents, where a broken document cannot show it well."""

from __future__ import annotations

from typing import Any

import pytest

from caseway.engine.bound import LIST_LENGTH
from caseway.engine.compiler import Compiled, compile_process, content_hash
from caseway.engine.compiler.compilation import MOST
from caseway.engine.compiler.consequence import told
from caseway.engine.compiler.expression import CHAIN
from caseway.engine.compiler.process import FIELDS
from caseway.engine.compiler.pruning import sound, unpruned
from caseway.engine.compiler.state import TARGETS
from caseway.engine.fault import COMPARABLE, COMPARED, NONE, SHOWN, Fault, nearest, suggestion
from caseway.schemas.validator import faults

OVER = {"over": {"type": "final"}}


def document(**parts: Any) -> dict[str, Any]:
    return {"process": "p", "version": 1, "events": {"go": {}, "stop": {}}, **parts}


def waiting(on: Any, **parts: Any) -> dict[str, Any]:
    return document(states={"waiting": {"on": on}, **OVER}, **parts)


def compiled(content: Any) -> Compiled:
    return compile_process(content, faults(content, "process"))


def codes(content: Any) -> list[str]:
    return [fault.code for fault in compiled(content).faults if fault.severity == "error"]


# definitions


def test_a_document_without_errors_becomes_a_definition() -> None:
    made = compiled(waiting({"go": {"target": "over"}}))
    assert made.definition is not None
    assert [fault.code for fault in made.faults] == ["unused-event"]


def test_a_document_with_an_error_becomes_none() -> None:
    assert compiled(waiting({"go": {"target": "ovr"}})).definition is None


def test_the_hash_of_a_document_does_not_depend_on_the_order_of_its_keys() -> None:
    content = waiting({"go": {"target": "over"}})
    turned = dict(reversed(content.items()))
    assert content_hash(content) == content_hash(turned)
    assert content_hash(content) != content_hash({**content, "version": 2})


@pytest.mark.parametrize("content", [None, [], "text", 3, {}, {"states": []}, {"states": None}])
def test_what_is_no_process_is_told_of_by_its_shape_alone(content: Any) -> None:
    misshapen = faults(content, "process")
    assert misshapen
    assert compile_process(content, misshapen) == Compiled(None, misshapen)


def test_a_document_beyond_a_bound_is_looked_at_no_further() -> None:
    content = document(parameters={"a": [1] * (LIST_LENGTH + 1)}, states={"waiting": 3, **OVER}, events=[])
    assert codes(content) == ["list-too-long"]


def test_a_document_with_very_many_faults_of_form_is_not_looked_at_for_its_meaning() -> None:
    content = waiting({"go": {"target": "ovr"}}, titles={}, **{f"key{number}": 1 for number in range(MOST)})
    assert set(codes(content)) == {"unknown-key"}


def test_checking_stops_after_very_many_faults_of_meaning() -> None:
    content = document(states={f"s{number}": {"on": {"go": {"target": "nowhere"}}} for number in range(MOST * 3)})
    assert codes(content) == ["unknown-target"] * MOST + ["too-many-faults"]


# what is allowed, and looks as if it were not


@pytest.mark.parametrize(
    "guard",
    ["true", "false || true", "open", ["open", "case.open"], {"none": ["open"]}, True, "case.open", "'true' == 'true'"],
)
def test_a_guard_is_a_truth_a_condition_or_an_expression(guard: Any) -> None:
    data = {"type": "object", "properties": {"open": {"type": "boolean", "default": True}}}
    assert codes(waiting({"go": {"guard": guard, "target": "over"}}, data=data, conditions={"open": "case.open"})) == []


@pytest.mark.parametrize("delay", ["PT1H", "param.patience", "case.patience", "case.late ? 'P1D' : param.patience"])
def test_a_delay_is_a_duration_or_an_expression(delay: str) -> None:
    properties = {"patience": {"type": "string", "default": "P2D"}, "late": {"type": "boolean", "default": False}}
    content = document(
        parameters={"patience": "P1D"},
        data={"type": "object", "properties": properties},
        states={"waiting": {"after": [{"delay": delay, "target": "over"}]}, **OVER},
    )
    assert codes(content) == []


def test_a_state_may_begin_with_its_history() -> None:
    visit = {
        "initial": "last",
        "states": {"last": {"type": "history", "default": "planned"}, "planned": {"on": {"go": {"target": "over"}}}},
    }
    assert codes(document(states={"visit": visit, **OVER})) == []


def test_what_a_guard_makes_sure_of_is_certain_in_its_actions() -> None:
    data = {"type": "object", "properties": {"note": {"type": "string"}, "last": {"type": "string", "default": ""}}}
    keep = {"set": {"last": "case.note"}}
    asked = {"guard": ["has(case.note)", "case.note != ''"], "actions": [keep], "target": "over"}
    assert codes(waiting({"go": asked}, data=data)) == []
    assert codes(waiting({"go": {"actions": [{**keep, "when": "has(case.note)"}], "target": "over"}}, data=data)) == []
    assert codes(waiting({"go": {"actions": [keep], "target": "over"}}, data=data)) == ["may-be-absent"]


def test_an_amount_that_depends_on_the_case_may_turn_out_as_anything() -> None:
    data = {"type": "object", "properties": {"price": {"type": "integer", "default": 0}}}
    fee = {"amount": "case.price - 3", "unit": "EUR", "payee": {"text": "anna"}}
    content = document(data=data, payouts={"fee": fee}, states={"over": {"type": "final", "entry": [{"pay": "fee"}]}})
    assert codes(content) == []
    content["payouts"]["fee"] = {**fee, "amount": "2 - 3"}
    assert codes(content) == ["negative-amount"]
    content["payouts"]["fee"] = {**fee, "amount": "2 / 0"}
    assert codes(content) == []


def test_numbers_at_the_bounds_are_allowed() -> None:
    regions = {f"r{number}": {} for number in range(TARGETS)}
    both = {"type": "parallel", "states": regions, "on": {"go": {"target": "over"}}}
    states = {"waiting": {"on": {"go": {"target": [f"both.{name}" for name in regions]}}}, "both": both, **OVER}
    assert codes(document(states=states)) == []
    assert codes(waiting({"go": {"target": "over"}}, parameters={f"p{n}": 1 for n in range(FIELDS)})) == []
    chain = {f"c{number}": f"c{number + 1}" for number in range(CHAIN - 1)} | {f"c{CHAIN - 1}": True}
    assert codes(waiting({"go": {"guard": "c0", "target": "over"}}, conditions=chain)) == []


# the picture


def test_a_state_is_reached_through_history_done_and_time() -> None:
    visit = {
        "states": {
            "planned": {"on": {"go": {"target": "made"}}},
            "made": {"type": "final"},
            "last": {"type": "history", "default": "planned"},
        },
        "done": {"target": "paid"},
        "after": [{"delay": "P1D", "target": "late"}],
    }
    states = {"visit": visit, "late": {"on": {"go": {"target": "visit.last"}}}, "paid": {"type": "final"}}
    assert codes(document(states=states)) == []


def test_of_states_that_lead_to_each_other_only_the_first_is_called_unreachable() -> None:
    lost = {
        "one": {"on": {"go": {"target": "two"}}},
        "two": {"on": {"go": {"target": "over"}, "stop": {"target": "three"}}},
    }
    circle = {
        "three": {"on": {"go": {"target": "four"}}},
        "four": {"on": {"go": {"target": "three"}, "stop": {"target": "over"}}},
    }
    content = document(states={"waiting": {"on": {"go": {"target": "over"}}}, **lost, **circle, **OVER})
    assert [fault.value for fault in compiled(content).faults if fault.code == "unreachable-state"] == ["one"]
    content["states"].pop("one")
    content["states"].pop("two")
    assert [fault.value for fault in compiled(content).faults if fault.code == "unreachable-state"] == ["three"]


def test_where_nothing_within_a_state_ever_ends_the_state_is_told_of_and_not_each_within() -> None:
    stuck = {"states": {"one": {"on": {"go": {"target": "two"}}}, "two": {}, "three": {"type": "final"}}}
    stuck["states"]["one"]["on"]["stop"] = {"target": "three"}
    content = document(
        states={"waiting": {"on": {"go": {"target": "stuck"}, "stop": {"target": "over"}}}, "stuck": stuck, **OVER}
    )
    assert [fault.value for fault in compiled(content).faults if fault.code == "never-final"] == ["stuck"]


def test_an_eventless_loop_is_told_of_once_and_where_it_is() -> None:
    states = {
        "waiting": {"always": {"target": "one"}},
        "one": {"always": {"target": "two"}},
        "two": {"always": {"target": "one"}},
        **OVER,
    }
    (loop,) = (fault for fault in compiled(document(states=states)).faults if fault.code == "eventless-loop")
    assert loop.path == ("states", "one", "always")
    assert loop.message.endswith("one -> two -> one")


def test_a_long_eventless_loop_is_not_written_out() -> None:
    count = 3_000
    states = {f"s{number}": {"always": {"target": f"s{(number + 1) % count}"}} for number in range(count)}
    (loop,) = (
        fault for fault in compiled(document(states={**states, **OVER})).faults if fault.code == "eventless-loop"
    )
    assert loop.message.count("->") == SHOWN + 1


# pruning


def test_what_is_faulty_is_left_out_and_the_rest_is_the_same() -> None:
    content = {"a": [1, 2, {"b": 3, "c": 4}], "d": {"e": 5}}
    bad = [Fault("x", "", ("a", 0)), Fault("x", "", ("a", 2, "b")), Fault("x", "", ("d", "f")), Fault("x", "")]
    assert sound(content, bad) == {"a": [2, {"c": 4}], "d": {"e": 5}}
    assert content == {"a": [1, 2, {"b": 3, "c": 4}], "d": {"e": 5}}
    assert sound(content, []) is content


def test_a_place_in_what_is_left_is_found_again_in_the_whole() -> None:
    bad = [Fault("x", "", ("a", 0)), Fault("x", "", ("a", 2)), Fault("x", "", ("a", 3, 1))]
    assert [unpruned(("a", kept), bad) for kept in range(3)] == [("a", 1), ("a", 3), ("a", 4)]
    assert unpruned(("a", 1, 1, "b"), bad) == ("a", 3, 2, "b")
    assert unpruned(("b", 0), bad) == ("b", 0)


# consequences


def unknown(what: str, name: str, hint: str = "") -> Fault:
    return Fault(f"unknown-{what}", f'no {what} "{name}"', ("states", "waiting"), hint, name)


@pytest.mark.parametrize(
    ("cause", "effect"),
    [
        (Fault("wrong-type", "", ("events", "go")), unknown("event", "go")),
        (Fault("wrong-type", "", ("events",)), unknown("event", "go")),
        (Fault("unknown-key", "", ("evnts",)), unknown("event", "go")),
        (Fault("wrong-type", "", ("states", "over")), unknown("target", "visit.over")),
        (Fault("wrong-type", "", ("states", "visit", "states")), unknown("target", "visit.over")),
        (Fault("missing-key", "", ("data", "properties", "note")), unknown("field", "note")),
        (Fault("missing-key", "", ("data", "properties", "note")), unknown("field", "customer.note")),
        (Fault("missing-key", "", ("data",)), unknown("field", "note")),
        (Fault("wrong-type", "", ("data", "properties", "notes", "items")), unknown("field", "author")),
        (Fault("wrong-type", "", ("parameters", "patience")), unknown("field", "patience")),
        (
            Fault("bad-default", "", ("data", "properties", "note", "default")),
            Fault("may-be-absent", "", value="case.note"),
        ),
        (Fault("unknown-key", "", ("data", "requird")), Fault("may-be-absent", "", value="case.note")),
        (Fault("missing-key", "", ("states", "waiting", "after", 0)), unknown("timer", "waiting.after.1")),
        (Fault("wrong-type", "", ("conditions", "ready")), unknown("condition", "ready")),
    ],
)
def test_a_fault_that_follows_from_a_declaration_is_not_told(cause: Fault, effect: Fault) -> None:
    assert list(told([effect], [])) == [effect]
    assert list(told([effect], [cause])) == []


@pytest.mark.parametrize(
    ("cause", "other"),
    [
        (Fault("wrong-type", "", ("events", "go")), unknown("event", "gone")),
        (Fault("wrong-type", "", ("events", "go")), unknown("role", "go")),
        (Fault("wrong-type", "", ("states", "waiting", "entry")), unknown("target", "over")),
        (Fault("missing-key", "", ("data", "properties", "note")), unknown("field", "notes")),
        (Fault("missing-key", "", ("data", "properties", "note")), Fault("result-type", "", value="note")),
        (Fault("unknown-key", "", ("titel",)), unknown("event", "go")),
    ],
)
def test_a_fault_that_does_not_follow_is_told(cause: Fault, other: Fault) -> None:
    assert list(told([other], [cause])) == [other]


def test_a_fault_is_told_once() -> None:
    fault = unknown("event", "go")
    assert list(told([fault, fault, unknown("event", "gone")], [])) == [fault, unknown("event", "gone")]


def test_that_a_section_is_missing_is_told_once() -> None:
    found = [unknown("role", name, NONE) for name in ("friend", "customer", "dispatcher")]
    assert list(told(found, [])) == found[:1]


# suggestions


def test_a_name_that_is_spelt_alike_is_suggested() -> None:
    assert suggestion("contactin", ["closed", "contacting"]) == 'did you mean "contacting"?'


def test_a_name_within_another_state_is_suggested_by_its_path() -> None:
    assert nearest("planned", ["plan", "visit.planned"]) == "visit.planned"


def test_where_none_is_alike_a_few_names_are_listed() -> None:
    assert suggestion("x", ["b", "a"]) == "possible: a, b"
    assert suggestion("x", []) == NONE
    assert suggestion("zzz", map(str, range(100, 120))).endswith(f" and {20 - SHOWN} more")


def test_similar_names_are_not_looked_for_where_that_would_take_long() -> None:
    many = [f"name{number}" for number in range(COMPARED + 1)]
    assert nearest("nam1", many) is None
    assert nearest("nam1", many[:COMPARED]) == "name1"
    assert nearest("a" * (COMPARABLE + 1), ["a" * COMPARABLE]) is None
