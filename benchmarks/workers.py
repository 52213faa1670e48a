"""How much more gets done with more processes at one PostgreSQL, and where that ends."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from benchmarks import bulk, sent
from benchmarks.option import sized
from benchmarks.report import Report, table
from benchmarks.server import Server, alchemy, postgresql
from caseway.adapters import wiring
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
PROCESSES = sized((1, 2, 4, 8), (1,))
ROUNDS = sized(3, 1)
TIMERS = sized(4_000, 200)
"""How many are due in each round, for all workers together."""
EVENTS = sized(1_600, 20)
"""How many are sent in each round, by all senders together."""
TOGETHER = 100
_LONG_AGO = timedelta(days=40)
_PATIENCE = 120
_names = itertools.count()

Work = Callable[[int], int]
"""Does its part of the work, of so many things, and returns how many it did."""

Task = Callable[[Runtime], Work]
"""Makes ready for work."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What so many processes did in a round: things per second, and the seconds of processor for each thing, here and there."""

    per_second: float
    here: float
    server: float
    busy: float
    """How many processors were busy, of all that there are."""


def run() -> list[Report]:
    with postgresql() as server:
        url = alchemy(server.database())
        runtime = wiring.open(url, processes=CHARTS)
        kinds: dict[str, tuple[Task, Callable[[], None], int]] = {
            "timers fired by workers, 100 per commit": (firing, lambda: _make_due(runtime, url), TIMERS),
            "events sent, each by itself": (sending, lambda: None, EVENTS),
            "events sent, 100 per commit": (sending_together, lambda: None, 2 * EVENTS),
        }
        found: dict[tuple[str, int], list[Crowd]] = {(what, each): [] for what in kinds for each in PROCESSES}
        for number in range(ROUNDS):
            for turn in range(len(PROCESSES)):
                processes = PROCESSES[(number + turn) % len(PROCESSES)]
                for what, (task, prepare, count) in kinds.items():
                    prepare()
                    found[what, processes].append(together(server, url, task, processes, count))
        version = server.version()
        runtime.close()
    title = f"Workers: PostgreSQL {version} and all processes on {os.cpu_count()} processors"
    return [Report(title, tuple(_table(what, {n: found[what, n] for n in PROCESSES}) for what in kinds))]


def firing(runtime: Runtime) -> Work:
    """Fire what is due until nothing is left that nobody else holds."""
    runtime.catalogue.latest("visit")  # is compiled before the others begin

    def fire(_count: int) -> int:
        done = 0
        while fired := len(runtime.fire_due_timers(limit=TOGETHER)):
            done += fired
        return done

    return fire


def sending(runtime: Runtime) -> Work:
    """Send events to cases of its own."""
    return _sending(sent.Single(runtime))


def sending_together(runtime: Runtime) -> Work:
    """Send events to cases of its own, many per commit."""
    return _sending(sent.Batched(runtime))


def _sending(work: sent.Single | sent.Batched) -> Work:
    def sending(count: int) -> int:
        work.run(count)
        return count

    return sending


def _make_due(runtime: Runtime, url: str) -> None:
    bulk.multiply(runtime, url, f"many-due-{next(_names)}", TIMERS - 1, _LONG_AGO)
    bulk.settle(url)


def together(server: Server, url: str, task: Task, processes: int, count: int) -> Crowd:
    """Have processes work at the same time, and wait for the last."""
    context = get_context("spawn")
    pipes, workers = [], []
    for _ in range(processes):
        mine, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(theirs, url, task, count // processes), daemon=True)
        worker.start()
        pipes.append(mine)
        workers.append(worker)
    for pipe in pipes:
        _answer(pipe)  # all are connected
    before, begun = server.processor(), perf_counter()
    for pipe in pipes:
        pipe.send("go")
    answers = [_answer(pipe) for pipe in pipes]
    wall, used = perf_counter() - begun, server.processor() - before
    for pipe in pipes:
        pipe.send("end")
    for worker in workers:
        worker.join(_PATIENCE)
        assert worker.exitcode == 0
    done, here = sum(done for done, _ in answers), sum(cpu for _, cpu in answers)
    assert done == count, (done, count)
    return Crowd(done / wall, here / done, used / done, (here + used) / wall)


def _work(pipe: Connection, url: str, task: Task, count: int) -> None:
    runtime = wiring.open(url, processes=CHARTS)
    work = task(runtime)
    pipe.send((0, 0.0))
    pipe.recv()
    begun = process_time()
    done = work(count)
    pipe.send((done, process_time() - begun))
    pipe.recv()
    runtime.close()


def _answer(pipe: Connection) -> tuple[int, float]:
    assert pipe.poll(_PATIENCE), "a process did not answer"
    answer: tuple[int, float] = pipe.recv()
    return answer


def _table(what: str, found: dict[int, list[Crowd]]) -> str:
    one = median(each.per_second for each in found[1])
    rows = (
        [
            str(processes),
            f"{median(each.per_second for each in crowd):,.0f}",
            f"{median(each.per_second for each in crowd) / one:.2f}",
            f"{1e6 * median(each.here for each in crowd):,.0f}",
            f"{1e6 * median(each.server for each in crowd):,.0f}",
            f"{median(each.busy for each in crowd):.2f}",
        ]
        for processes, crowd in found.items()
    )
    heads = ["processes", what, "times one", "µs of processor each", "µs at the server", "processors busy"]
    return table(heads, rows)
