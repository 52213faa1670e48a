"""Which names are taken for each other."""

from __future__ import annotations

from random import Random

import pytest

from caseway.engine.compiler.likeness import SHORTEST, are_alike, is_slip_of, slips


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


def test_names_are_alike_wherever_in_them_the_slip_is():
    dice, alike = Random(1), 0
    for _ in range(5_000):
        one = "".join(dice.choices("abc_1", k=dice.randint(3, 8)))
        other = mistyped(one, dice)
        is_slip = one != other and min(len(one), len(other)) >= SHORTEST and slips(one, other) == 1
        alike += are_alike(one, other)
        assert are_alike(one, other) <= is_slip
        assert are_alike(one, other) == are_alike(other, one)
        if is_slip and not set("_1") & set(one + other):  # neither a number nor an ending tells them apart
            assert are_alike(one, other)
    assert alike > 500


def mistyped(name: str, dice: Random) -> str:
    letters = list(name)
    for _ in range(dice.randint(0, 2)):
        at = dice.randrange(len(letters))
        match dice.randrange(4):
            case 0:
                letters.insert(at, dice.choice("abc_1"))
            case 1:
                letters[at] = dice.choice("abc_1")
            case 2 if len(letters) > 1:
                del letters[at]
            case _:
                letters[at - 1], letters[at] = letters[at], letters[at - 1]
    return "".join(letters)
