"""Which names are taken for each other."""

from __future__ import annotations

import pytest

from caseway.engine.compiler.likeness import are_alike, is_slip_of, slips


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("", "", 0),
        ("abc", "abc", 0),
        ("", "ab", 2),
        ("payabel", "payable", 1),
        ("payble", "payable", 1),
        ("paypable", "payable", 1),
        ("poyeble", "payable", 2),
        ("ca", "abc", 3),
        ("EUT", "EUR", 1),
        ("UER", "EUR", 1),
    ],
)
def test_slips_are_counted(one, other, count):
    assert slips(one, other) == slips(other, one) == count


@pytest.mark.parametrize(
    ("name", "known"), [("payabel", "payable"), ("payebel", "payable"), ("point", "points"), ("csah", "cash")]
)
def test_a_slip_of_a_well_known_name_is_seen(name, known):
    assert is_slip_of(name, known)


@pytest.mark.parametrize(
    ("name", "known"),
    [("payable", "payable"), ("cas", "cash"), ("fines", "cash"), ("cats", "cash"), ("play", "payable")],
)
def test_other_names_are_not_taken_for_a_well_known_one(name, known):
    assert not is_slip_of(name, known)


@pytest.mark.parametrize(("one", "other"), [("fine", "fines"), ("comission", "commission"), ("POINT", "POINTS")])
def test_names_that_differ_by_a_slip_are_alike(one, other):
    assert are_alike(one, other)
    assert are_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fines", "fines"),
        ("tip", "tips"),
        ("fees1", "fees2"),
        ("fees_a", "fees_b"),
        ("fees_nl", "fees_be"),
        ("wage", "fee"),
    ],
)
def test_names_that_differ_on_purpose_are_not_alike(one, other):
    assert not are_alike(one, other)
