"""Whether anything costs more where there is more of everything: longer histories, more timers, more cases."""

from __future__ import annotations

import itertools
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from benchmarks import bulk, sent
from benchmarks.option import sized
from benchmarks.report import Goal, Report, table
from benchmarks.rounds import Arm, Timing, timings
from benchmarks.server import Server, alchemy, postgresql
from caseway.adapters import wiring
from caseway.engine.ports import CaseQuery
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
FEW, SOME, MANY = sized((1_000, 10_000, 1_000_000), (10, 15, 20))
SHORT, LONG = 10, sized(100_000, 20)
DUE = sized(10_000, 300)
TOGETHER = 100
ROUNDS = sized(7, 1)
PAGE = sized(50, 5)
_YESTERDAY, _LONG_AGO = timedelta(days=1), timedelta(days=40)
_NOBODY = CaseQuery(assignee="agent:nobody", limit=PAGE)
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Filled:
    """A database and how many cases it was filled with; each has a timer that is not due."""

    url: str
    cases: int
    runtime: Runtime


def run() -> list[Report]:
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="caseway-bench-")))
        reports = [_of(f"PostgreSQL {server.version()}", stack, lambda: alchemy(server.database()), server)]
        reports.append(_of("SQLite", stack, lambda: f"sqlite:///{folder}/{next(_numbers)}.db", server))
    return reports


def _of(name: str, stack: ExitStack, database: Callable[[], str], server: Server) -> Report:
    few, some, many = (_filled(stack, database(), cases) for cases in (FEW, SOME, MANY))
    for each in (some, many):
        bulk.lengthen(each.runtime, each.url, "long", LONG)
        assert bulk.counted(each.url, "caseway_timer") >= each.cases
        bulk.settle(each.url)
    histories = [
        Arm(f"an event, {SHORT:,} lines before it", lambda: History(many, _short(many), SHORT)),
        Arm(f"an event, {LONG:,} lines before it", lambda: History(many, "long", LONG)),
    ]
    passes = [
        Arm(f"a pass over {each.cases:,} timers, none due", lambda each=each: Passes(each)) for each in (some, many)
    ]
    queries = {
        "all": CaseQuery(limit=PAGE),
        "open": CaseQuery(closed=False, limit=PAGE),
        "of a process": CaseQuery(process="visit", limit=PAGE),
        "in a state": CaseQuery(state="open.waiting", limit=PAGE),
    }
    pages = [
        Arm(f"a page of {each.cases:,} cases: {what}", lambda each=each, query=query: Pages(each, query))
        for what, query in queries.items()
        for each in (few, many)
    ]
    searches = [
        Arm(f"a search among {each.cases:,} cases for somebody who has none", lambda each=each: Pages(each, _NOBODY, 0))
        for each in (few, many)
    ]
    arms = [*histories, *passes, *pages, *searches]
    found = timings(arms, rounds=ROUNDS, elsewhere=server.processor)
    _make_due(some, many)
    peaks = [_peak(each) for each in (some, many)]
    due = _fired(some, many)
    pairs = list(zip([*found, *due][::2], [*found, *due][1::2], strict=True))
    rows = [row for pair in pairs for row in _rows(*pair)]
    most = {"an event": 1.2, "a pass": 1.5, "a page": 2.0, "a timer": 1.5}
    goals = tuple(
        Goal(f"{large.name}, times the smaller", 1 / _times(large, small), most=limit)
        for small, large in pairs
        for beginning, limit in most.items()
        if large.name.startswith(beginning)
    )
    memory = [
        [
            f"a pass that fires {TOGETHER} of {DUE:,} due among {each.cases:,}",
            f"{peak / 1e6:.1f}",
            f"{peak / peaks[0]:.2f}",
        ]
        for each, peak in zip((some, many), peaks, strict=True)
    ]
    tables = (
        table(["what", "µs of clock", "times the smaller"], rows),
        table(["memory", "MB at the most", "times the smaller"], memory),
    )
    return Report(
        f"Size: {name}", tables, (*goals, Goal("memory of a pass, times the smaller", peaks[1] / peaks[0], most=1.5))
    )


def _filled(stack: ExitStack, url: str, cases: int) -> Filled:
    runtime = wiring.open(url, processes=CHARTS)
    stack.callback(runtime.close)
    bulk.multiply(runtime, url, "many-pending", cases, _YESTERDAY)
    return Filled(url, cases, runtime)


def _short(filled: Filled) -> str:
    """Open a case with a short history; each round has its own, so that it is still short."""
    id = f"short-{next(_numbers)}"  # noqa: A001
    bulk.lengthen(filled.runtime, filled.url, id, SHORT)
    return id


class History:
    """Events to one case."""

    def __init__(self, filled: Filled, case: str, lines: int) -> None:
        self.runtime, self.case = filled.runtime, case
        self.before = self.runtime.store.load(case, "").case.revision
        assert self.before >= lines

    def run(self, count: int) -> None:
        for _ in range(count):
            self.runtime.send(self.case, "note", sent.SAID, actor=sent.AGENT)

    def check(self, count: int) -> None:
        assert self.runtime.store.load(self.case, "").case.revision == self.before + count


class Passes:
    """Looking for timers that are due, where none is."""

    def __init__(self, filled: Filled) -> None:
        self.runtime, self.fired = filled.runtime, 0

    def run(self, count: int) -> None:
        for _ in range(count):
            self.fired += len(self.runtime.fire_due_timers(limit=TOGETHER))

    def check(self, _count: int) -> None:
        assert not self.fired


class Pages:
    """The first page of a list."""

    def __init__(self, filled: Filled, query: CaseQuery, lines: int = PAGE) -> None:
        self.runtime, self.query, self.each, self.lines = filled.runtime, query, lines, 0

    def run(self, count: int) -> None:
        for _ in range(count):
            self.lines += len(list(self.runtime.list(self.query)))

    def check(self, count: int) -> None:
        assert self.lines == count * self.each


def _make_due(*databases: Filled) -> None:
    for each in databases:
        bulk.multiply(each.runtime, each.url, "many-due", DUE - 1, _LONG_AGO)
        bulk.settle(each.url)


def _peak(filled: Filled) -> int:
    """Return how much memory a pass takes at the most while ever so many timers are due: bytes that Python allots."""
    filled.runtime.fire_due_timers(limit=TOGETHER)  # so that what is made once has been made
    tracemalloc.start()
    filled.runtime.fire_due_timers(limit=TOGETHER)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def _fired(some: Filled, many: Filled) -> list[Timing]:
    """Fire the timers of cases that are all due at once, by turns, a batch at a time."""
    found: list[list[tuple[float, float]]] = [[], []]
    for _ in range(DUE // TOGETHER - 2):  # two batches were measured for their memory
        for index, each in enumerate((some, many)):
            cpu, wall = process_time(), perf_counter()
            fired = len(each.runtime.fire_due_timers(limit=TOGETHER))
            found[index].append(((process_time() - cpu) / fired, (perf_counter() - wall) / fired))
    for each in (some, many):
        assert not each.runtime.fire_due_timers()
    return [
        Timing(f"a timer of {DUE:,} due among {each.cases:,}", *zip(*times, strict=True))
        for each, times in zip((some, many), found, strict=True)
    ]


def _times(large: Timing, small: Timing) -> float:
    return large.faster_than(small, by_clock=True)


def _rows(small: Timing, large: Timing) -> Sequence[Sequence[str]]:
    return [
        [small.name, f"{1e6 / small.per_wall_second:,.0f}", "1"],
        [large.name, f"{1e6 / large.per_wall_second:,.0f}", f"{1 / _times(large, small):.2f}"],
    ]
