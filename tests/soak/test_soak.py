"""The soak in miniature: `python -m tests.soak` does the same for minutes."""

from __future__ import annotations

import pytest

from tests import program


def soak(*arguments: str) -> str:
    """Run in a process of its own, since it forks: what it says is shown where it fails."""
    said: str = program.done(program.PYTHON, "-m", "tests.soak", *arguments, cwd=program.HOUSE).stdout
    return said


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_kills_lose_nothing_and_repeat_nothing(database: str):
    said = soak("--on", database, "--kills", "10", "--pause", "0.05", "--seconds", "0", "--settlements", "0")
    assert "10 kills" in said
    assert "all as it must be" in said


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_that_contend_leave_valid_journals(database: str):
    said = soak(
        "--on", database, "--kills", "0", "--processes", "4", "--cases", "5", "--seconds", "1", "--settlements", "0"
    )
    assert "all as it must be" in said


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def test_operators_who_are_killed_while_they_settle_settle_once_or_not_at_all(database: str):
    said = soak("--on", database, "--kills", "0", "--seconds", "0", "--settlements", "8")
    assert "8 kills while somebody settles" in said
    assert "all as it must be" in said
