"""How an amount is shared among many: exactly, by the largest remainders, and without favour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.engine.flaw import MOST
from caseway.engine.split import shares

Splitter = Callable[[int, Mapping[str, int], str], Mapping[str, int]]
NAMES = st.text(min_size=1, max_size=5)
WEIGHTS = st.dictionaries(NAMES, st.integers(0, 9) | st.integers(0, MOST), max_size=12)
TOTALS = st.integers(0, 100) | st.integers(0, MOST)

SPLITS = 10_000
DEVIATIONS = 4
"""Standard deviations from the mean that chance all but never exceeds."""


@settings(max_examples=300, deadline=None)
@given(TOTALS, WEIGHTS, st.text(max_size=9))
def test_everything_is_shared_and_everybody_gets_within_a_unit_of_the_exact_share(total, weights, seed):
    shared = shares(total, weights, seed)
    whole = sum(weights.values())
    assert list(shared) == list(weights)
    assert sum(shared.values()) == (total if whole else 0)
    for name, weight in weights.items():
        assert abs(shared[name] - (Fraction(total * weight, whole) if whole else 0)) < 1
        assert weight or not shared[name]


@settings(max_examples=200, deadline=None)
@given(TOTALS, WEIGHTS, st.text(max_size=9))
def test_whoever_has_more_weight_gets_no_less(total, weights, seed):
    shared = shares(total, weights, seed)
    for name, weight in weights.items():
        assert all(shared[name] >= shared[other] for other, less in weights.items() if less < weight)


@settings(max_examples=200, deadline=None)
@given(WEIGHTS, st.integers(0, 100), st.text(max_size=9))
def test_of_a_part_of_what_they_have_nobody_gives_more_than_they_have(weights, percent, seed):
    part = sum(weights.values()) * percent // 100
    assert all(given <= weights[name] for name, given in shares(part, weights, seed).items())


@pytest.mark.parametrize(
    ("total", "weights", "shared"),
    [
        (225, {"anna": 4, "bartek": 3}, {"anna": 129, "bartek": 96}),
        (225, {"anna": 4, "bartek": 2, "jan": 1}, {"anna": 129, "bartek": 64, "jan": 32}),
        (10, {"anna": 1}, {"anna": 10}),
        (0, {"anna": 1, "bartek": 2}, {"anna": 0, "bartek": 0}),
        (7, {"anna": 0, "bartek": 0}, {"anna": 0, "bartek": 0}),
        (7, {}, {}),
    ],
)
def test_the_largest_remainders_get_what_is_left(total, weights, shared):
    assert shares(total, weights, "C-1:2:fee") == shared


def test_the_same_split_comes_out_the_same_each_time_and_in_any_order():
    weights = {"anna": 1, "bartek": 1, "jan": 1}
    shared = shares(100, weights, "C-1:2:fee")
    assert shares(100, weights, "C-1:2:fee") == shared
    assert shares(100, dict(reversed(weights.items())), "C-1:2:fee") == shared


@pytest.mark.parametrize(
    ("total", "weights"),
    [
        (100, {"anna": 1, "bartek": 1, "jan": 1}),
        (200, {"anna": 1, "bartek": 1, "jan": 1}),
        (1, {"anna": 3, "bartek": 3}),
        (5, {"anna": 1, "bartek": 1, "jan": 2}),
        (2, {f"{number}": 1 for number in range(5)}),
    ],
)
@pytest.mark.parametrize("seed", ["C-{}:2:fee", "C-1:{}:fee"])
def test_a_tie_favours_nobody(total, weights, seed):
    assert favoured(shares, total, weights, seed) == []


def test_a_split_that_favours_somebody_would_be_found_out():
    def first_come(total, weights, _seed):
        part, left = divmod(total, len(weights))
        return {name: part + (number < left) for number, name in enumerate(weights)}

    assert favoured(first_come, 100, {"anna": 1, "bartek": 1, "jan": 1}, "{}")


def favoured(split: Splitter, total: int, weights: Mapping[str, int], seed: str) -> list[str]:
    """Return who of those that are tied gets the last units more or less often than by chance, over many splits."""
    remainders = {name: total * weight % sum(weights.values()) for name, weight in weights.items()}
    exact = {name: total * weight // sum(weights.values()) for name, weight in weights.items()}
    left = total - sum(exact.values())
    bound = sorted(remainders.values(), reverse=True)[left - 1]
    tied = [name for name, each in remainders.items() if each == bound]
    chance = (left - sum(each > bound for each in remainders.values())) / len(tied)
    gained: Counter[str] = Counter()
    for number in range(SPLITS):
        shared = split(total, weights, seed.format(number))
        gained.update(name for name in tied if shared[name] > exact[name])
    spread = DEVIATIONS * (SPLITS * chance * (1 - chance)) ** 0.5
    return [name for name in tied if abs(gained[name] - SPLITS * chance) > spread]
