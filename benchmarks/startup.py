"""How long the command line takes to say anything at all."""

from __future__ import annotations

import sys

from benchmarks.option import sized
from benchmarks.program import CASEWAY, timings
from benchmarks.report import Goal, Report, seconds

ROUNDS = sized(15, 1)


def run() -> list[Report]:
    python = [sys.executable, "-c"]
    found = timings(
        {
            "import click": [*python, "import click"],
            "caseway --help": [CASEWAY, "--help"],
            "python, nothing else": [*python, "pass"],
            "import caseway": [*python, "import caseway"],
        },
        ROUNDS,
    )
    click, program, _, _ = found
    goal = Goal("caseway --help against import click, by clock", click.faster_than(program, by_clock=True), most=2.5)
    return [Report("Startup", (seconds("program", found),), (goal,))]
