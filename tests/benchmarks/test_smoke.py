"""Every benchmark still runs: at next to no size, and without the arms of others, whose libraries the tests do not bring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES

HOUSE = Path(__file__).parents[2]


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str) -> None:
    command = [sys.executable, "-m", "benchmarks", "--small", "--without-peers", name]
    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "\n## " in done.stdout


def test_every_benchmark_can_be_asked_for() -> None:
    modules = (path for path in (HOUSE / "benchmarks").glob("*.py") if "\ndef run(" in path.read_text(encoding="utf-8"))
    assert {path.stem for path in modules} == set(NAMES)
