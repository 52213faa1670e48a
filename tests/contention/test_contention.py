"""The contention in miniature: `python -m tests.contention` does the same with many more."""

from __future__ import annotations

import pytest

from tests import program


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_one_offer_has_one_winner_and_one_person_no_more_than_the_limit(database: str):
    """Run in a process of its own, since it forks: what it says is shown where it fails."""
    contended("--on", database, "--claimers", "8", "--offers", "6", "--limits", "3", "--rewards", "0")


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_one_reward_is_paid_once_whoever_comes_to_pay_it(database: str):
    contended("--on", database, "--racers", "6", "--offers", "0", "--limits", "0", "--rewards", "16")


def contended(*arguments: str) -> None:
    done = program.done(program.PYTHON, "-m", "tests.contention", *arguments, cwd=program.HOUSE)
    assert "all as it must be" in done.stdout
