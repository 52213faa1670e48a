"""One owner on every kind of store, however the id is written: é is one sign, or an e and a mark."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.csv_transfer import CsvTransfer
from caseway.adapters.machine import RandomIds
from caseway.engine.actor import Actor
from caseway.engine.compiler import compile_process
from caseway.engine.effect import ClawBack, Payout
from caseway.engine.errors import Refused
from caseway.engine.payee import Payee
from caseway.engine.posting import Balance, PostingQuery
from caseway.engine.runtime import Runtime
from tests.contracts.sample import minutes

ONE, TWO = normalize("NFC", "René"), normalize("NFD", "René")
DOCUMENT = {
    "process": "tip",
    "version": 1,
    "roles": {"clerk": "Clerk"},
    "data": {
        "type": "object",
        "required": ["who", "payer"],
        "properties": {"who": {"type": "array", "items": {"type": "string"}}, "payer": {"type": "string"}},
    },
    "payouts": {
        "tip": {
            "amount": 100,
            "unit": "POINTS",
            "split": {"among": "case.who", "payee": "item"},
            "purpose": {"nl": "Fooi", "en": "Tip"},
        },
        "fine": {
            "amount": 9,
            "unit": "POINTS",
            "payee": {"text": "platform"},
            "account": "fines",
            "payer": "case.payer",
            "payer_account": "payable",
        },
    },
    "events": {
        "back": {
            "by": ["clerk"],
            "data": {"type": "object", "required": ["whose"], "properties": {"whose": {"type": "string"}}},
        }
    },
    "states": {
        "open": {
            "entry": [{"pay": "tip"}, {"pay": "fine"}],
            "on": {
                "back": {
                    "target": "done",
                    "actions": [{"claw_back": {"payout": "tip", "payee": "event.data.whose"}}],
                }
            },
        },
        "done": {"type": "final"},
    },
}


@pytest.fixture
def runtime(store):
    """A runtime on every kind of store, with a case that paid 100 points to Ann and to René, whose id is written in two ways."""
    made = compile_process(DOCUMENT)
    assert made.definition is not None, made.faults
    runtime = Runtime(store, Only(made.definition), SimulatedClock(minutes(0)), RandomIds(), banks=(CsvTransfer(),))
    runtime.start("tip", {"who": [TWO, "ann", ONE, TWO], "payer": TWO}, id="T-1")
    return runtime


def test_two_spellings_in_a_split_are_one_payee_of_added_weight(runtime):
    paid = [each for entry in runtime.history("T-1") for each in entry.effects if isinstance(each, Payout)]
    assert [(each.payee, each.amount, each.share and each.share.weight) for each in paid] == [
        (ONE, 75, 3),
        ("ann", 25, 1),
        ("platform", 9, None),
    ]
    assert paid[2].payer == ONE


@pytest.mark.parametrize("spelling", [ONE, TWO])
def test_an_owner_is_found_by_either_spelling(runtime, spelling):
    ledger = runtime.ledger
    actor = Actor(spelling, frozenset({"clerk"}))
    whole = [Balance(ONE, "payable", "POINTS", 66)]
    assert list(ledger.balances(owner=spelling)) == list(ledger.balances(actor=actor)) == whole
    assert [each.amount for each in ledger.postings(PostingQuery(owner=spelling))] == [75, -9]
    assert list(ledger.balances(owner=ONE, actor=actor)) == list(ledger.balances(owner=TWO, actor=actor)) == whole
    made = ledger.statement(spelling, actor=actor)
    assert (made.owner, made.sections[0].closing) == (ONE, 66)
    assert next(iter(next(runtime.history("T-1", actor=actor)).effects)).payee == ONE
    with pytest.raises(Refused, match="not for"):
        ledger.balances(owner="ann", actor=actor)


@pytest.mark.parametrize("spelling", [ONE, TWO])
def test_a_claw_back_takes_from_either_spelling(runtime, spelling):
    entry = runtime.send("T-1", "back", {"whose": spelling}, actor=Actor("cleo", frozenset({"clerk"})))
    assert [(each.payee, each.amount) for each in entry.effects if isinstance(each, ClawBack)] == [(ONE, 75)]
    assert not list(runtime.ledger.verify())


@pytest.mark.parametrize("spelling", [ONE, TWO])
def test_details_are_kept_and_settled_for_either_spelling(runtime, spelling):
    ledger = runtime.ledger
    assert ledger.keep_payees([Payee(spelling, "René")])[0].id == ONE
    for asked in (ONE, TWO):
        assert [each.id for each in ledger.payees([asked])] == [ONE]
    planned = ledger.plan("POINTS", only=[spelling], leave_out=["ann"])
    assert (planned.objections, [line.payee for line in planned.lines]) == ((), [Payee(ONE, "René")])
    made = ledger.settle("POINTS", leave_out=[spelling])
    assert [line.payee.id for line in made.lines] == ["ann"]
    made = ledger.settle("POINTS", only=[ONE, TWO])
    assert [line.amount for line in made.lines] == [66]
    assert ledger.reject(made.id, spelling, "Unknown account").number == 1
    assert ledger.remove_payee(spelling)
    assert not ledger.remove_payee(ONE)
    assert not list(ledger.verify())


def test_what_something_is_for_stands_in_the_book_in_every_language(runtime):
    told = next(iter(runtime.ledger.postings())).purpose
    assert list(told.items()) == [("nl", "Fooi"), ("en", "Tip")]
    assert not list(runtime.ledger.verify())


@pytest.mark.parametrize("spelling", [ONE, TWO])
def test_a_redaction_tells_that_an_owner_still_stands_in_the_ledger(runtime, spelling):
    done = runtime.redact("T-1", texts=[spelling], reason="asked to be forgotten")
    assert "the ledger, by revision 1" in done.kept
