"""What a statement says of a period."""

from dataclasses import replace

import pytest

from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import Actor
from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.posting import Posting
from caseway.engine.statement import statement
from tests.contracts.sample import keep_definition, minutes
from tests.engine.ledgers import EVERYBODY, earn, ledger


def moved(amount, at, *, account="payable", unit="EUR", purpose="Answer"):
    return Posting(
        f"OF-1:{at}:0", 1, "payout", minutes(at), "anna", account, amount, unit, purpose, "OF-1", at, "orange", 1, "fee"
    )


MOVED = [moved(225, 1), moved(-100, 3), moved(7, 2, unit="POINTS"), moved(50, 5)]


def told(made):
    return [
        (
            each.account,
            each.unit,
            each.opening,
            [(line.posting.amount, line.balance) for line in each.lines],
            each.closing,
        )
        for each in made.sections
    ]


def test_each_line_says_what_the_account_holds_after_it():
    assert told(statement("anna", MOVED, minutes(9))) == [
        ("payable", "EUR", 0, [(225, 225), (-100, 125), (50, 175)], 175),
        ("payable", "POINTS", 0, [(7, 7)], 7),
    ]


def test_a_period_opens_with_what_was_there_before():
    made = statement("anna", MOVED[:3], minutes(9), since=minutes(3), until=minutes(5))
    assert told(made) == [
        ("payable", "EUR", 225, [(-100, 125)], 125),
        ("payable", "POINTS", 7, [], 7),
    ]


def test_one_period_ends_as_the_next_one_opens():
    ends = [section.closing for section in statement("anna", MOVED[:2], minutes(9), until=minutes(3)).sections]
    opens = [section.opening for section in statement("anna", MOVED, minutes(9), since=minutes(4)).sections]
    assert (ends, opens) == ([125], [125, 7])


def test_an_account_that_held_nothing_and_did_nothing_is_left_out():
    assert not statement("anna", [moved(5, 1), moved(-5, 2)], minutes(9), since=minutes(3)).sections


def test_lines_come_in_order_of_time_and_those_of_one_instant_in_order_of_writing():
    late, one, other = moved(1, 4), moved(2, 2, purpose="one"), moved(3, 2, purpose="other")
    lines = statement("anna", [late, one, other], minutes(9)).sections[0].lines
    assert [(line.posting.amount, line.balance) for line in lines] == [(2, 2), (3, 5), (1, 6)]


@pytest.fixture
def kept():
    store = MemoryStore()
    keep_definition(store)
    earn(store, {"anna": 225, "ben": 5}, case="OF-1", at=0)
    earn(store, {"anna": 100}, case="OF-2", at=10)
    made = ledger(store)
    made.keep_payees(EVERYBODY)
    return made


def test_a_statement_of_the_ledger_ends_before_until(kept):
    assert told(kept.statement("anna", since=minutes(0), until=minutes(10))) == [
        ("payable", "EUR", 0, [(225, 225)], 225)
    ]
    assert told(kept.statement("anna", since=minutes(10))) == [("payable", "EUR", 225, [(100, 325)], 325)]


def test_a_statement_shows_what_was_settled(kept):
    kept.settle("EUR", account="payable", only=["anna"])
    assert told(kept.statement("anna", unit="EUR", since=minutes(30))) == [
        ("payable", "EUR", 325, [(-325, 0)], 0),
        ("settled", "EUR", 0, [(325, 325)], 325),
    ]


def test_an_actor_has_a_statement_of_their_own_accounts_alone(kept):
    anna = Actor("anna", frozenset({"friend"}))
    assert kept.statement("anna", actor=anna) == replace(kept.statement("anna"))
    with pytest.raises(Refused, match="not for friend:anna to see"):
        kept.statement("ben", actor=anna)


def test_an_actor_sees_the_postings_and_balances_of_their_own_accounts_alone(kept):
    anna = Actor("anna", frozenset({"friend"}))
    assert {each.owner for each in kept.postings(actor=anna)} == {"anna"}
    assert {each.owner for each in kept.balances(actor=anna)} == {"anna"}
    with pytest.raises(Refused):
        kept.balances(owner="ben", actor=anna)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ({"since": minutes(1), "until": minutes(0)}, "before it begins"),
        ({"since": minutes(1).replace(tzinfo=None)}, "no time zone"),
    ],
)
def test_a_period_has_to_make_sense(kept, period, said):
    with pytest.raises(InvalidInput, match=said):
        kept.statement("anna", **period)


def test_a_statement_of_nobody_in_particular_is_not_one_of_everybody(kept):
    for nobody in ("", None):
        with pytest.raises(InvalidInput, match="name the owner"):
            kept.statement(nobody)
