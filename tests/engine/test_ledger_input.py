"""What the ledger is asked that nobody can mean: told at once, and nothing is done."""

from __future__ import annotations

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
