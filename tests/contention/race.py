"""Processes that all come to pay one reward at the same moment, in every way in which one can come to pay.

`python -m tests.contention.race URL FOLDER RACERS WAY...` lets them, on a new database. Exit 1: a reward was paid twice, or not at all.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from caseway.adapters import wiring
from caseway.adapters.catalogue import SHIPPED, FolderCatalogue
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.engine.actor import Actor
from caseway.engine.effect import AlreadyPaid, Payout
from caseway.engine.event import Event
from caseway.engine.runtime import Runtime
from tests.contention.crowd import PATIENCE, PROCESSES, run_all, unless_dead

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, MINUTES = timedelta(hours=1), timedelta(minutes=2)
REWARD = 2000
"""What each reward is, in cents."""
THREADS = 3
CATALOGUE = FolderCatalogue(SHIPPED, definition_in)
ACADEMY = Actor("academy", frozenset({"academy"}))

KINDS = ("onboarding", "processes", "together", "timers", "threads", "opening", "keys", "mixed")
"""How a reward is come to: by the last event of an onboarding, of two processes in turn, of several cases at once, by timers,
by threads of one library, as a case is opened, with several keys in one step, and by all of these at the same moment."""


@dataclass(slots=True)
class Noting:
    """A store that counts how often a step had to be run again because somebody else was quicker."""

    store: Any
    overtaken: int = field(default=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def locked(self, wanted: Sequence[tuple[str, str]]) -> Any:
        self.overtaken += len(wanted) == 1
        return self.store.locked(wanted)


@dataclass(frozen=True, slots=True)
class Race:
    """So many processes, each with the database open all the time, and how they come to the reward round by round."""

    url: str
    folder: Path
    racers: int
    rounds: tuple[str, ...]

    def prepare(self) -> None:
        """Bring every case to where one step is left. No connection is left for the processes to inherit."""
        wiring.init(self.url, rehearsal=True)
        with closing(opened(self.url)) as runtime:
            for index, kind in enumerate(self.rounds):
                for number in range(self.racers):
                    runtime.clock.set(MORNING + index * HOUR)
                    Lane(runtime, index, kind, number).prepare()

    def run(self) -> None:
        """Let all run, and wait until the last is done. AssertionError: one of them died, as it does of a refusal."""
        barrier = get_context("fork").Barrier(self.racers)
        run_all([partial(self._run, number, barrier) for number in range(self.racers)], self.folder / "died")

    def overtaken(self) -> int:
        """Return how often a step was run again, because of what somebody else had written meanwhile."""
        return sum(json.loads(self._said(number).read_text()) for number in range(self.racers))

    def _run(self, number: int, barrier: Barrier) -> None:
        with unless_dead(barrier), closing(opened(self.url)) as plain:
            self._raced(plain, number, barrier)

    def _raced(self, plain: Runtime, number: int, barrier: Barrier) -> None:
        store = Noting(plain.store)
        runtime = replace(plain, store=store)
        runtime.set_aside(limit=1)  # whatever is made on first use has been made
        for index, kind in enumerate(self.rounds):
            runtime.clock.set(MORNING + index * HOUR)
            lane = Lane(runtime, index, kind, number)
            lane.make_ready()
            barrier.wait(PATIENCE)
            lane.race()
            barrier.wait(PATIENCE)  # the time of one round is not that of the next
        self._said(number).write_text(json.dumps(store.overtaken))

    def _said(self, number: int) -> Path:
        return self.folder / f"racer-{number}.json"


@dataclass(frozen=True, slots=True)
class Lane:
    """What one process does in one round."""

    runtime: Runtime
    round: int
    kind: str
    number: int

    @property
    def person(self) -> str:
        return f"person-{self.round}"

    def prepare(self) -> None:
        """Open the cases of this process, but for those that it is to open in the race."""
        match self._way:
            case "onboarding":
                self._onboard()
            case "opening":
                return
            case "keys":
                first, second, third = (f"{self.person}-{key}" for key in _chosen(self.round, self.number))
                self.runtime.start("bundle", {"first": first, "second": second, "third": third}, id=self._case())
            case "timers":
                self.runtime.start("welcome", {"person": self.person}, id=self._case())
            case "processes":
                self.runtime.start(self._process(self.number), {"person": self.person}, id=self._case())
            case _:
                for nth in range(THREADS):
                    self.runtime.start(self._process(nth), {"person": self.person}, id=self._case(nth))
                self.runtime.start("welcome", {"person": f"{self.person}-{self.number}"}, id=self._case("other"))

    def make_ready(self) -> None:
        if self._way == "timers":
            self.runtime.send(self._case(), "wind")

    def race(self) -> None:
        ways: Mapping[str, Callable[[], object]] = {
            "onboarding": lambda: self.runtime.send(
                self._case(), "outlook_test_marked", {"score": 90}, actor=ACADEMY, event_id="last"
            ),
            "opening": lambda: self.runtime.start("welcome", {"person": self.person, "at_once": True}, id=self._case()),
            "timers": self._ring,
            "threads": self._in_threads,
            "together": self._together,
        }
        ways.get(self._way, lambda: self.runtime.send(self._case(), "finish"))()

    @property
    def _way(self) -> str:
        others = ("processes", "timers", "together", "opening", "threads")
        return others[self.number % len(others)] if self.kind == "mixed" else self.kind

    def _case(self, nth: int | str = 0) -> str:
        return f"{self.kind}-{self.round}-{self.number}-{nth}"

    def _process(self, nth: int) -> str:
        return ("welcome", "greeting")[nth % 2]

    def _onboard(self) -> None:
        runtime, case = replace(self.runtime, catalogue=CATALOGUE), self._case()
        noor = Actor(self.person, frozenset({"ambassador"}))
        runtime.start("limitless-onboarding", {"ambassador": noor.id}, id=case)
        for event in ("begin", "limitless_page_read", "outlook_guide_read"):
            runtime.send(case, event, actor=noor)
        runtime.send(case, "limitless_quiz_marked", {"score": 90}, actor=ACADEMY)

    def _ring(self) -> None:
        """Fire what is due, which may be another's, until nothing is."""
        self.runtime.clock.advance(MINUTES)
        while (due := self.runtime.next_due()) is not None and due <= self.runtime.clock.now():
            self.runtime.fire_due_timers()

    def _in_threads(self) -> None:
        gate = threading.Barrier(THREADS)

        def finish(nth: int) -> None:
            gate.wait(PATIENCE)
            self.runtime.send(self._case(nth), "finish")

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(finish, range(THREADS)))
        self.runtime.send(self._case("other"), "finish")

    def _together(self) -> None:
        cases = [*(self._case(nth) for nth in range(THREADS)), self._case("other")]
        Random(f"{self.round}/{self.number}").shuffle(cases)
        outcomes = list(self.runtime.send_many([(case, Event("finish", {})) for case in cases]))
        assert not any(each.error for each in outcomes), outcomes


def opened(url: str) -> Runtime:
    """Open the database on the processes of this test, at a time of one's own."""
    return wiring.open(url, processes=PROCESSES, clock=SimulatedClock(MORNING))


def faults(race: Race) -> Iterator[str]:
    """Yield where a reward was paid twice or not at all, and where a case that came to it was told something else than what happened."""
    with closing(opened(race.url)) as runtime:
        paid: defaultdict[str, list[str]] = defaultdict(list)
        told: defaultdict[str, set[str]] = defaultdict(set)
        for case in [line.id for line in runtime.list()]:
            moved = [each for line in runtime.store.journal(case) for each in line.effects]
            came = [each for each in moved if isinstance(each, (Payout, AlreadyPaid))]
            if len(came) != (3 if case.startswith("keys") else 1):
                yield f"case {case} came to {came}"
            for each in came:
                if isinstance(each, Payout):
                    paid[str(each.once)].append(each.id)
                else:
                    told[each.once].add(each.by)
        for key in paid.keys() | told.keys():
            if len(paid[key]) != 1:
                yield f"{key} was paid by {paid[key] or 'nobody'}"
            if told[key] - set(paid[key]):
                yield f"of {key} some were told that {sorted(told[key])} paid it, and {paid[key]} did"
        expected = sum(_keys(index, kind, race.racers) for index, kind in enumerate(race.rounds))
        if len(paid) != expected:
            yield f"{len(paid)} rewards were paid, and there are {expected}"
        for balance in runtime.ledger.balances(account="payable"):
            if balance.amount != REWARD:
                yield f"{balance.owner} has {balance.amount}"
        yield from (each.message for each in runtime.ledger.verify())
    yield from _deadlocks(race.url)


def _deadlocks(url: str) -> Iterator[str]:
    """Yield how often PostgreSQL found some that waited for each other: it ends such a wait, after a second."""
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            ((times,),) = found.fetchall()
        if times:
            yield f"some waited for each other {times} times"


def _keys(index: int, kind: str, racers: int) -> int:
    """Return how many rewards there are in a round: one, and those of the others who are paid beside it."""
    match kind:
        case "together" | "threads":
            return 1 + racers
        case "mixed":
            return 1 + sum(number % 5 in {2, 4} for number in range(racers))
        case "keys":
            return len({key for number in range(racers) for key in _chosen(index, number)})
    return 1


def _chosen(index: int, number: int) -> Sequence[int]:
    """Return which three of four rewards a case comes to, and in which order."""
    return Random(f"{index}/{number}").sample(range(4), 3)


def main(url: str, folder: str, racers: str, *ways: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process outlives this one
    race = Race(url, Path(folder), int(racers), ways)
    race.prepare()
    race.run()
    found = list(faults(race))
    print(*found, sep="\n")  # noqa: T201  # for whoever started it
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
