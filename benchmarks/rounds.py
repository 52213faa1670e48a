"""Arms measured in turn, round after round, so that whatever else the machine does meets all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Protocol

from benchmarks.option import sized

ROUNDS = sized(9, 1)
SECONDS = sized(0.25, 0.0)
"""About how long an arm works in each round."""
_SHORTEST = sized(0.02, 0.0)


class Work(Protocol):
    """Something to be done many times. It is made anew for each round, outside of the measured time."""

    def run(self, count: int) -> None:
        """Do it `count` times."""

    def check(self, count: int) -> None:
        """Raise AssertionError unless it was really done `count` times in all."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One of several ways to do the same work."""

    name: str
    prepare: Callable[[], Work]
    multiple: int = 1
    """It is done a multiple of so many times, where fewer would not be the same work."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds for one time, round by round: of the processor by this process, by the clock, and of the processor elsewhere."""

    name: str
    cpu: tuple[float, ...]
    wall: tuple[float, ...]
    elsewhere: tuple[float, ...] = ()

    @property
    def per_second(self) -> float:
        """How often in a second of processor time, in the median of the rounds."""
        return 1 / median(self.cpu)

    @property
    def per_wall_second(self) -> float:
        """How often in a second of the clock, in the median of the rounds."""
        return 1 / median(self.wall)

    @property
    def microseconds(self) -> tuple[float, float]:
        """Return how much processor one time takes, in this process and elsewhere."""
        return 1e6 * median(self.cpu), 1e6 * median(self.elsewhere or (0.0,))

    def faster_than(self, other: Timing, *, by_clock: bool = False) -> float:
        """Return how many times as fast this is: the median of the ratios within each round."""
        mine, theirs = (self.wall, other.wall) if by_clock else (self.cpu, other.cpu)
        return median(slow / fast for fast, slow in zip(mine, theirs, strict=True))


def timings(
    arms: Sequence[Arm], *, rounds: int = ROUNDS, seconds: float = SECONDS, elsewhere: Callable[[], float] = float
) -> list[Timing]:
    """Measure all arms in interleaved rounds, each round beginning with another one.

    `elsewhere` says how many seconds of processor others, such as a database server, have used so far.
    """
    counts = [_calibrated(arm, seconds) for arm in arms]
    found: list[list[tuple[float, float, float]]] = [[] for _ in arms]
    for number in range(rounds):
        for turn in range(len(arms)):
            index = (number + turn) % len(arms)
            found[index].append(_timed(arms[index], counts[index], elsewhere))
    return [Timing(arm.name, *zip(*each, strict=True)) for arm, each in zip(arms, found, strict=True)]


def _calibrated(arm: Arm, seconds: float) -> int:
    """Return how many times an arm does its work in about so many seconds."""
    count = arm.multiple
    while True:
        _, each, _ = _timed(arm, count)
        if each * count >= max(_SHORTEST, seconds / 4):
            return max(1, round(seconds / each / arm.multiple)) * arm.multiple
        count *= 4


def _timed(arm: Arm, count: int, elsewhere: Callable[[], float] = float) -> tuple[float, float, float]:
    """Do the work `count` times and return the seconds for one. Garbage of other arms is collected before, and not counted."""
    work = arm.prepare()
    gc.collect()
    gc.freeze()
    others, cpu, wall = elsewhere(), process_time(), perf_counter()
    work.run(count)
    cpu, wall, others = process_time() - cpu, perf_counter() - wall, elsewhere() - others
    gc.unfreeze()
    work.check(count)
    return cpu / count, wall / count, others / count
