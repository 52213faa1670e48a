"""What the ledger is asked that nobody can mean: told at once, and nothing is done."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.payee import Payee
from tests.engine.ledgers import ANNA, BEN, EVERYBODY, earning


@pytest.mark.parametrize("unit", ["eur", "", "E", "EUR ", "EURO-CENTS", None, 7])
def test_what_is_no_unit_is_neither_planned_nor_settled(unit):
    of = earning(anna=225)
    for asked in (of.plan, of.settle):
        with pytest.raises(InvalidInput, match="is no unit; units are written in capitals, as in EUR, PLN or POINTS"):
            asked(unit, account="payable")


@pytest.mark.parametrize("minimum", [1.5, "10", None, True])
def test_a_minimum_is_a_whole_number(minimum):
    of = earning(anna=225)
    for asked in (of.plan, of.settle):
        with pytest.raises(InvalidInput, match="a whole number of minor units"):
            asked("EUR", account="payable", minimum=minimum)


@pytest.mark.parametrize("due", ["2026-03-09", 9, datetime(2026, 3, 9, tzinfo=UTC)])
def test_the_day_of_the_bank_is_a_date(due):
    of = earning(anna=225)
    for asked in (of.plan, of.settle):
        with pytest.raises(InvalidInput, match="is a date, and not"):
            asked("EUR", account="payable", due=due)


@pytest.mark.parametrize("reason", ["", " ", "closed ", " closed", "a\nb", "x" * 1000, None, 7])
def test_a_reason_is_a_text_as_people_see_it(reason):
    of = earning(anna=225)
    of.settle("EUR", account="payable", batch="B")
    with pytest.raises(InvalidInput, match='"reason" is 1 to'):
        of.reject("B", "anna", reason)
    with pytest.raises(InvalidInput, match="a mapping"):
        of.reject_lines("B", ["anna"])


def test_payees_are_asked_for_in_a_list():
    of = earning(anna=225)
    assert [each.id for each in of.payees(["anna"])] == ["anna"]
    assert list(of.payees([])) == []
    assert len(list(of.payees())) == len(EVERYBODY)
    with pytest.raises(InvalidInput, match=r"in a list: \['anna'\]"):
        of.payees("anna")


def test_details_of_one_payee_are_not_kept_twice_at_once():
    of = earning(anna=225)
    with pytest.raises(InvalidInput) as caught:
        of.keep_payees([BEN, Payee("anna", "Somebody Else"), ANNA])
    assert caught.value.facts["faults"] == ["anna: stands here twice"]
    assert list(of.payees(["anna"])) == [ANNA]


def test_an_account_that_is_not_there_is_told_with_those_that_are():
    of = earning(anna=225)
    with pytest.raises(Refused) as caught:
        of.settle("EUR", account="payble")
    assert caught.value.refusal.code == "nothing-to-settle"
    there = " (EUR), ".join(sorted({each.account for each in of.balances()}))
    told = f"There is nothing to settle: there is no account payble in EUR; there are {there} (EUR)."
    assert caught.value.refusal.message == told
