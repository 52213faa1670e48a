"""What is paid once per person is paid once, whoever comes to pay it at the same moment: OS processes, timers, batches, threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from caseway.adapters import wiring
from caseway.engine.effect import AlreadyPaid, Payout
from tests import postgres, program
from tests.contention.race import KINDS

RACERS = 3
ONBOARDINGS = 4


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def raced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database after some rounds, in each of which several processes came to pay one reward at the same moment.

    They race in a process of their own, since that forks; it holds what came of each round against the rules, and what it says is shown
    where that fails.
    """
    folder = tmp_path_factory.mktemp("race")
    with postgres.database() if request.param == "postgresql" else nullcontext(_file(folder)) as url:
        ways = ["onboarding"] * (ONBOARDINGS - 1) + list(KINDS)
        program.done(program.PYTHON, "-m", "tests.contention.race", url, folder, RACERS, *ways, cwd=program.HOUSE)
        yield url


def _file(folder: Path) -> str:
    return f"sqlite:///{folder / 'cases.db'}?timeout=60"


def test_who_finishes_several_onboardings_at_the_same_moment_earns_the_welcome_once(raced: str):
    with closing(wiring.open(raced)) as runtime:
        for number in range(ONBOARDINGS):
            cases = [f"onboarding-{number}-{racer}-0" for racer in range(RACERS)]
            moved = [each for case in cases for line in runtime.history(case) for each in line.effects]
            paid = [each for each in moved if isinstance(each, Payout)]
            told = [each for each in moved if isinstance(each, AlreadyPaid)]
            assert [(each.payee, each.amount) for each in paid] == [(f"person-{number}", 2000)]
            assert [(each.payout, each.by) for each in told] == [("welcome_reward", paid[0].id)] * (RACERS - 1)
            # All have got to the same place, whoever was paid.
            assert len({runtime.show(case).case.configuration for case in cases}) == 1
            held = {(each.account, each.amount) for each in runtime.ledger.balances(owner=f"person-{number}")}
            assert held == {("payable", 2000)}


def test_however_many_come_to_a_reward_the_book_explains_itself(raced: str):
    with closing(wiring.open(raced)) as runtime:
        verification = runtime.ledger.verify()
        assert not list(verification)
        assert verification.sources > len(KINDS)
