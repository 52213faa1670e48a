"""Whether a worklist costs more where more cases are closed."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import bulk, load
from benchmarks.option import sized
from benchmarks.report import Goal, Report, table
from benchmarks.rounds import Arm, timings
from benchmarks.server import Server, alchemy, postgresql
from caseway.adapters import wiring
from caseway.engine.actor import Actor
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
OPEN, CLOSED = sized((1_000, 1_000_000), (10, 20))
PAGE = sized(50, 5)
ROUNDS = sized(5, 1)
MOST = 5.0
JO, OTHERS = Actor("jo", frozenset({"agent"})), ("kim", "lou")


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with open cases that are offered to one person, and so many closed ones."""

    url: str
    closed: int
    runtime: Runtime


def run(closed: int = CLOSED) -> list[Report]:
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="caseway-bench-")))
        urls = [f"sqlite:///{folder}/{count}.db" for count in (0, closed)]
        reports = [_of("SQLite", stack, server, urls, closed)]
        urls = [alchemy(server.database()) for _ in range(2)]
        reports.append(_of(f"PostgreSQL {server.version()}", stack, server, urls, closed))
    return reports


def _of(name: str, stack: ExitStack, server: Server, urls: list[str], closed: int) -> Report:
    none, many = (_filled(stack, url, count) for url, count in zip(urls, (0, closed), strict=True))
    what = {f"the first {PAGE} of {OPEN:,}": PAGE, f"all {OPEN:,}": OPEN}
    arms = [
        Arm(
            f"{told} open pieces of work, {each.closed:,} cases closed",
            lambda each=each, lines=lines: Lists(each, lines),
        )
        for told, lines in what.items()
        for each in (none, many)
    ]
    found = timings(arms, rounds=ROUNDS, elsewhere=server.processor)
    rows, goals = [], []
    for small, large in zip(found[::2], found[1::2], strict=True):
        times = small.per_wall_second / large.per_wall_second
        rows += [
            [small.name, f"{1e3 / small.per_wall_second:,.1f}", "1"],
            [large.name, f"{1e3 / large.per_wall_second:,.1f}", f"{times:.2f}"],
        ]
        goals.append(Goal(f"{large.name}, times without these", times, most=MOST))
    return Report(f"Worklist: {name}", (table(["what", "ms of clock", "times the smaller"], rows),), tuple(goals))


def _filled(stack: ExitStack, url: str, closed: int) -> Filled:
    runtime = wiring.open(url, processes=CHARTS)
    stack.callback(runtime.close)
    for number in range(OPEN):
        runtime.start("offer", _opening(), id=f"open-{number}")
    if closed:
        runtime.start("offer", _opening(), id="closed-one")
        for event in ("accept", "finish"):
            runtime.send("closed-one", event, actor=JO)
        bulk.repeat(url, "closed-one", closed - 1)
    assert bulk.counted(url, "caseway_case") == OPEN + closed
    assert bulk.counted(url, "caseway_work") == OPEN * (1 + len(OTHERS))
    bulk.settle(url)
    return Filled(url, closed, runtime)


def _opening() -> dict[str, object]:
    return {"candidates": [JO.id, *OTHERS], "text": load.TEXT}


class Lists:
    """The worklist of one person."""

    def __init__(self, filled: Filled, lines: int) -> None:
        self.runtime, self.lines, self.found = filled.runtime, lines, 0

    def run(self, count: int) -> None:
        for _ in range(count):
            self.found += len(self.runtime.work(JO, limit=self.lines))

    def check(self, count: int) -> None:
        assert self.found == count * self.lines
