"""Processes that all claim at the same moment."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter

from caseway.adapters import wiring
from caseway.engine.actor import Actor
from caseway.engine.errors import Refused
from caseway.engine.runtime import Runtime
from tests.soak.crew import forked

PROCESSES = Path(__file__).parent / "processes"

LIMIT = 3
"""How many shifts a person may have, as the process says."""

PATIENCE = 300.0
"""How many seconds the others wait for one that claims, before all give up."""

SAID = 2000
"""How much is shown of what processes died of, in characters."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which all claim: each the case of its own number, or all the first; as one person or each as its own."""

    cases: tuple[str, ...]
    person: str | None = None

    def claim(self, number: int) -> tuple[str, Actor]:
        """Return what the claimer of this number claims, and as whom."""
        person = self.person or f"claimer-{number}"
        return self.cases[number % len(self.cases)], Actor(person, frozenset({"friend"}))


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a claim: the revision at which it was done, or the code of the refusal; and after how many seconds."""

    turn: int
    case: str
    event: str
    revision: int | None
    refusal: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many processes, each with the database open all the time, and what they claim turn by turn."""

    url: str
    folder: Path
    claimers: int
    turns: tuple[Turn, ...]

    def prepare(self) -> None:
        """Open every case. No connection is left for the processes to inherit."""
        wiring.init(self.url, rehearsal=False)
        with closing(opened(self.url)) as runtime:
            for turn in self.turns:
                for case in turn.cases:
                    runtime.start("offer" if turn.person is None else "shift", id=case)

    def run(self) -> None:
        """Let all claim, and wait until the last is done. AssertionError: one of them died."""
        barrier = get_context("fork").Barrier(self.claimers)
        run_all([partial(self._claim, number, barrier) for number in range(self.claimers)], self.folder / "died")

    def told(self) -> Iterator[Told]:
        """Yield what came of every claim."""
        for number in range(self.claimers):
            for line in self._answers(number).read_text().splitlines():
                yield Told(*json.loads(line))

    def _claim(self, number: int, barrier: Barrier) -> None:
        with unless_dead(barrier), closing(opened(self.url)) as runtime, self._answers(number).open("w") as file:
            runtime.set_aside(limit=1)  # whatever is made on first use has been made
            for index, turn in enumerate(self.turns):
                barrier.wait(PATIENCE)
                file.write(json.dumps(_claimed(runtime, index, turn, number)) + "\n")

    def _answers(self, number: int) -> Path:
        return self.folder / f"claimer-{number}.jsonl"


def run_all(works: Sequence[Callable[[], None]], log: Path) -> None:
    """Do each in a process of its own, and wait until the last is done; none outlives this. AssertionError: one of them died."""
    running, ended = [forked(work, log) for work in works], list[int]()
    try:
        for process in running:
            ended.append(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    finally:
        for process in running[len(ended) :]:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    assert not any(ended), log.read_text(encoding="utf-8")[-SAID:] if log.exists() else ended


@contextmanager
def unless_dead(barrier: Barrier) -> Iterator[None]:
    """Break the barrier where one of those that meet at it dies: nobody has to wait for it."""
    try:
        yield
    except BaseException:
        barrier.abort()
        raise


def opened(url: str) -> Runtime:
    """Open the database on the processes of this test."""
    return wiring.open(url, processes=PROCESSES)


def _claimed(runtime: Runtime, index: int, turn: Turn, number: int) -> Sequence[object]:
    case, actor = turn.claim(number)
    event, revision, refusal = f"{index}-{number}", None, None
    began = perf_counter()
    try:
        revision = runtime.send(case, "accept", actor=actor, event_id=event).revision
    except Refused as error:
        refusal = error.refusal.code
    return index, case, event, revision, refusal, perf_counter() - began
