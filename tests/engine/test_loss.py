"""Money does not move by what was redacted: whatever a payment reads of it, whatever has come in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from caseway.engine.case import Case
from caseway.engine.case_record import case_from_record, case_record
from caseway.engine.definition import Definition
from caseway.engine.effect import Payout
from caseway.engine.event import REDACTED, START, Event
from caseway.engine.outcome import Refusal, Step
from caseway.engine.redaction import Wanted, erasure_of, redact
from caseway.engine.step import step
from tests.engine.test_payouts import NOON, made

PEOPLE = [{"id": "alice", "weight": 2, "note": "Good."}, {"id": "bobby", "weight": 1, "note": "Also good."}]
NUMBER = {"type": "integer", "minimum": 0, "maximum": 1000}
TEXT = {"type": "string", "minLength": 1}
LIST = {
    "type": "array",
    "default": [],
    "items": {
        "type": "object",
        "required": ["id", "weight"],
        "properties": {"id": TEXT, "weight": NUMBER, "note": {"type": "string"}},
    },
}
AMOUNT = {"type": "object", "required": ["amount"], "properties": {"amount": NUMBER}}
DOCUMENT: dict[str, Any] = {
    "process": "purse",
    "version": 1,
    "data": {
        "type": "object",
        "properties": {
            "amount": {**NUMBER, "default": 100},
            "percent": {**NUMBER, "default": 50, "maximum": 100},
            "who": {**TEXT, "default": "carl"},
            "payer": {**TEXT, "default": "platform"},
            "key": {**TEXT, "default": "once"},
            "is_open": {"type": "boolean", "default": True},
            "note": {"type": "string", "default": "Nothing."},
            "tags": {"type": "array", "default": [], "items": TEXT},
            "scores": {"type": "object", "default": {}, "additionalProperties": NUMBER},
            "people": LIST,
        },
    },
    "conditions": {
        "is_due": ["case.is_open", "case.people.exists(each, each.weight > 0)"],
    },
    "events": {
        name: {}
        for name in (
            *("fee", "tip", "fine", "prize", "bonus", "among", "best", "back", "back_of", "back_when", "when", "lose"),
            *("more", "tell", "close"),
        )
    }
    | {"give": {"data": AMOUNT}, "told": {"data": AMOUNT}, "list": {"data": {"type": "object", "required": ["people"], "properties": {"people": LIST}}}},
    "payouts": {
        "fee": {
            "amount": "case.amount",
            "unit": "EUR",
            "split": {"among": "case.people", "as": "person", "payee": "person.id", "weight": "person.weight"},
        },
        "tip": {"amount": 10, "unit": "EUR", "payee": "case.who"},
        "fine": {"amount": 10, "unit": "EUR", "payee": "meta.case", "payer": "case.payer", "payer_account": "payable"},
        "prize": {"amount": 10, "unit": "EUR", "payee": "meta.case", "once": "case.key"},
        "bonus": {"amount": 10, "unit": "EUR", "payee": "meta.case", "when": "is_due"},
        "among": {"amount": 30, "unit": "EUR", "split": {"among": "keys(case.scores)", "payee": "item"}},
        "best": {
            "amount": 30,
            "unit": "EUR",
            "split": {
                "among": "case.people.filter(each, each.weight > 1)",
                "as": "person",
                "payee": "person.id",
                "weight": "person.weight",
            },
        },
    },
    "states": {
        "here": {
            "on": {
                **{name: {"actions": [{"pay": name}]} for name in ("fee", "tip", "fine", "prize", "bonus", "among", "best")},
                "when": {"actions": [{"pay": "tip", "when": "case.is_open"}]},
                "back": {"actions": [{"claw_back": {"payout": "fee", "percent": "case.percent"}}]},
                "back_of": {"actions": [{"claw_back": {"payout": "fee", "payee": "case.who"}}]},
                "back_when": {"actions": [{"claw_back": "fee", "when": "case.is_open"}]},
                "lose": {
                    "actions": [
                        {
                            "redact": {"each": "case.people", "as": "each", "where": "each.id == 'alice'", "fields": ["note"]},
                            "reason": "they asked",
                        },
                        {"pay": "fee"},
                        {"redact": ["case.who"], "reason": "they asked"},
                        {"pay": "tip"},
                    ]
                },
                "give": {"actions": [{"set": {"amount": "event.data.amount"}}]},
                "more": {"actions": [{"set": {"amount": "case.amount + 1"}}]},
                "tell": {"actions": [{"raise": {"event": "told", "data": {"amount": "case.amount"}}}]},
                "told": {"actions": [{"set": {"amount": "event.data.amount"}}]},
                "list": {"actions": [{"set": {"people": "event.data.people"}}]},
                "close": {"target": "over"},
            }
        },
        "over": {"type": "final"},
    },
}  # fmt: skip
PURSE: Definition = made(DOCUMENT)


def opened() -> Case:
    data = {"amount": 300, "percent": 40, "people": PEOPLE, "scores": {"dora": 3, "emil": 4}}
    return done(Case("P-1", "purse", 1, PURSE.hash), START, data).after


def outcome(case: Case, event: str, data: Any = None) -> Step | Refusal:
    return step(PURSE, case, Event(event, data or {}, f"{event}-{case.revision}"), NOON)


def done(case: Case, event: str, data: Any = None) -> Step:
    found = outcome(case, event, data)
    assert isinstance(found, Step), found
    return found


def redacted(case: Case, *paths: str) -> Case:
    erasure = erasure_of(PURSE, case, Wanted("they asked", paths), ()).learned((), case)
    return redact(case, Event(REDACTED, {}, f"redact-{case.revision}"), NOON, erasure, paths).after


@pytest.mark.parametrize(
    ("event", "path", "place"),
    [
        ("fee", "case.people[0]", "payouts.fee.split.payee"),
        ("fee", "case.people[1]", "payouts.fee.split.payee"),
        ("fee", "case.people", "payouts.fee"),
        ("fee", "case.people[]", "payouts.fee.split.payee"),
        ("fee", "case.people[1].id", "payouts.fee.split.payee"),
        ("fee", "case.people[1].weight", "payouts.fee.split.weight"),
        ("fee", "case.people[].weight", "payouts.fee.split.weight"),
        ("fee", "case.amount", "payouts.fee.amount"),
        ("fee", "case", "payouts.fee.amount"),
        ("tip", "case.who", "payouts.tip.payee"),
        ("fine", "case.payer", "payouts.fine.payer"),
        ("prize", "case.key", "payouts.prize.once"),
        ("bonus", "case.is_open", "conditions.is_due.0"),
        ("bonus", "case.people[1].weight", "conditions.is_due.1"),
        ("among", "case.scores", "payouts.among.split"),
        ("among", "case.scores.emil", "payouts.among.split"),
        ("best", "case.people[1].weight", "payouts.best.split"),
        ("best", "case.people[1].id", "payouts.best.split.payee"),
        ("back", "case.percent", "states.here.on.back.actions.0.claw_back.percent"),
        ("back_of", "case.who", "states.here.on.back_of.actions.0.claw_back.payee"),
        ("back_when", "case.is_open", "states.here.on.back_when.actions.0.when"),
        ("when", "case.is_open", "states.here.on.when.actions.0.when"),
    ],
)
def test_what_reads_anything_that_was_redacted_moves_nothing_and_names_it(event: str, path: str, place: str):
    case = opened()
    if event.startswith("back"):
        case = done(case, "fee").after
    assert isinstance(outcome(case, event), Step)
    refusal = outcome(redacted(case, path), event)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "faulty-expression"
    assert refusal.facts["place"].startswith(place)
    assert f"it reads {path}, which was redacted at revision {case.revision + 1} (they asked)" in refusal.message
    assert "that reads nothing of this, or outside of this case" in refusal.message


@pytest.mark.parametrize(
    "path", ["case.note", "case.people[0].note", "case.people[].note", "case.tags", "case.percent"]
)
@pytest.mark.parametrize("event", ["fee", "tip", "fine", "prize", "bonus", "among", "best"])
def test_what_reads_nothing_of_it_pays_as_before(event: str, path: str):
    case = opened()
    before = [each for each in done(case, event).effects if isinstance(each, Payout)]
    after = [each for each in done(redacted(case, path), event).effects if isinstance(each, Payout)]
    assert [(each.payee, each.amount) for each in after] == [(each.payee, each.amount) for each in before] != []


def test_where_the_condition_says_no_nothing_else_is_read():
    case = opened()
    shut = replace(case, data={**case.data, "is_open": False})
    assert isinstance(outcome(redacted(shut, "case.who"), "when"), Step)


def test_an_item_is_not_known_any_more_by_its_number_so_any_that_was_redacted_counts():
    case = redacted(opened(), "case.people[1]")
    shorter = replace(case, data={**case.data, "people": case.data["people"][:1]})
    assert isinstance(outcome(shorter, "fee"), Refusal)


def test_a_text_that_goes_from_another_place_by_itself_is_named_as_well():
    case = replace(opened(), data={**opened().data, "note": "carl"})
    after = redacted(case, "case.note")
    assert after.data["who"] == "[redacted: they asked]"
    assert after.tombstones[-1].paths == ("case.note", "case.who")
    refusal = outcome(after, "tip")
    assert isinstance(refusal, Refusal)
    assert "it reads case.who" in refusal.message


def test_a_payment_behind_a_redaction_in_the_same_step_is_held_to_it():
    refusal = outcome(opened(), "lose")
    assert isinstance(refusal, Refusal)
    assert refusal.facts["place"] == "payouts.tip.payee"


def test_of_an_item_that_was_redacted_as_a_whole_what_did_not_change_is_known():
    idle = [{"id": "alice", "weight": 0, "note": "Good."}, {"id": "bobby", "weight": 1}]
    case = replace(opened(), data={**opened().data, "people": idle})
    after = redacted(case, "case.people[0]")
    assert after.data["people"][0] == {"id": "[redacted: they asked]", "weight": 0, "note": "[redacted: they asked]"}
    assert after.tombstones[-1].paths == ("case.people[0]",)
    assert after.tombstones[-1].lost == ("case.people[0].id", "case.people[0].note")
    assert isinstance(outcome(after, "bonus"), Step)  # it reads the weights alone
    refusal = outcome(after, "fee")
    assert isinstance(refusal, Refusal)
    assert refusal.facts["place"] == "payouts.fee.split.payee"
    assert "it reads case.people[0], which was redacted" in refusal.message


def test_a_tombstone_that_does_not_know_what_changed_names_all_that_was_redacted():
    case = redacted(opened(), "case.people[0].note")
    (stone,) = case.tombstones
    older = replace(case, tombstones=(replace(stone, paths=("case.people[0]",), lost=None),))
    assert isinstance(outcome(older, "fee"), Refusal)
    assert isinstance(outcome(done(older, "list", {"people": PEOPLE}).after, "fee"), Refusal)


def test_what_is_given_a_new_value_as_a_whole_is_known_again():
    case = redacted(opened(), "case.amount", "case.people[1].weight")
    assert isinstance(outcome(done(case, "give", {"amount": 500}).after, "fee"), Refusal)  # the weight is not
    case = done(done(case, "give", {"amount": 500}).after, "list", {"people": PEOPLE}).after
    assert case.tombstones[0].paths == ("case.amount", "case.people[1].weight")
    assert case.tombstones[0].lost == ()
    assert [each.amount for each in done(case, "fee").effects if isinstance(each, Payout)] == [333, 167]
    assert isinstance(outcome(redacted(case, "case.amount"), "fee"), Refusal)


@pytest.mark.parametrize("event", ["more", "tell"])
def test_a_new_value_that_is_made_of_what_was_redacted_is_not(event: str):
    case = redacted(opened(), "case.amount")
    assert isinstance(outcome(done(case, event).after, "fee"), Refusal)


def test_a_case_is_written_and_read_with_what_is_lost():
    case = redacted(opened(), "case.people[0]")
    assert case_from_record(case_record(case)) == case
    unknown = replace(case, tombstones=tuple(replace(each, lost=None) for each in case.tombstones))
    assert "lost" not in case_record(unknown)["tombstones"][0]
    assert case_from_record(case_record(unknown)) == unknown
