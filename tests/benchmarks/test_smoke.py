"""Every benchmark still runs: at next to no size, and without the arms of others, whose libraries the tests do not bring."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import NAMES
from tests import program


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str) -> None:
    command = (program.PYTHON, "-m", "benchmarks", "--small", "--without-peers", name)
    done = program.done(*command, cwd=program.HOUSE)
    assert "\n## " in done.stdout


def test_every_benchmark_can_be_asked_for() -> None:
    modules = (
        path for path in (program.HOUSE / "benchmarks").glob("*.py") if "\ndef run(" in path.read_text(encoding="utf-8")
    )
    assert {path.stem for path in modules} == set(NAMES)
