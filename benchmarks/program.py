"""Programs run to their end, as somebody at a terminal would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter

from benchmarks.rounds import Timing

CASEWAY = str(Path(sys.executable).with_name("caseway"))


def timings(programs: Mapping[str, Sequence[str]], rounds: int) -> list[Timing]:
    """Run each program once a round, each round beginning with another one; the first round is not counted."""
    names = list(programs)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        for turn in range(len(names)):
            name = names[(number + turn) % len(names)]
            found[name].append(_timed(programs[name]))
    return [
        Timing(name, tuple(cpu for cpu, _ in each[1:]), tuple(wall for _, wall in each[1:]))
        for name, each in found.items()
    ]


def _timed(command: Sequence[str]) -> tuple[float, float]:
    before, wall = getrusage(RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = perf_counter() - wall, getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall
