"""What an event costs with a disk: the whole runtime against the bare transaction that it cannot do without."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg

from benchmarks import byhand, sent
from benchmarks.delay import EACH_WAY, delayed
from benchmarks.option import sized, with_peers
from benchmarks.report import Goal, Report, costs
from benchmarks.rounds import Arm, Timing, Work, timings
from benchmarks.samerows import SameRows
from benchmarks.server import alchemy, over_port, postgresql
from caseway.adapters import wiring
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
ROUNDS = sized(15, 1)
SECONDS = sized(0.25, 0.0)
_PINGS = sized(200, 2)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the arms of one interleaved run find their databases."""

    near: str
    far: str
    files: Iterator[str]


def run() -> list[Report]:
    with ExitStack() as stack:
        server = stack.enter_context(postgresql())
        port = stack.enter_context(delayed(server.socket()))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="caseway-bench-")))
        url = server.database()
        place = Place(url, over_port(url, port), (str(folder / f"{number}.db") for number in itertools.count()))
        groups = _postgresql(place.near), _postgresql(place.far), _sqlite(place), _peers(place)
        arms = [arm for group in groups for arm in group]
        found = iter(timings(arms, rounds=ROUNDS, seconds=SECONDS, elsewhere=server.processor))
        near, far, sqlite, peers = ([next(found) for _ in group] for group in groups)
        titles = f"PostgreSQL {server.version()}, synchronous_commit on", _delay(place)
    reports = [
        Report(f"Store: {titles[0]}", (costs("events", near, near[0]),), _goals(near, 1.0, 1.3)),
        Report(f"Store: the same, {titles[1]}", (costs("events", far, far[0]),), _goals(far, 1.5, None)),
        Report(
            "Store: SQLite, write-ahead log, synchronous FULL", (costs("events", sqlite, sqlite[0]),), _on_file(sqlite)
        ),
    ]
    if peers:
        title = "Store: others on the same server"
        reports.insert(2, Report(title, (costs("events", peers, near[2]),), _against(peers, near[2])))
    return reports


def _postgresql(url: str) -> list[Arm]:
    return [
        Arm("psycopg, four statements", lambda: byhand.FourStatements(url)),
        Arm("psycopg, one statement", lambda: byhand.OneStatement(url)),
        Arm("Caseway", lambda: sent.Single(_opened(alchemy(url)))),
        Arm("Caseway, 100 per commit", lambda: sent.Batched(_opened(alchemy(url))), sent.TOGETHER),
    ]


def _peers(place: Place) -> list[Arm]:
    if not with_peers():
        return []

    def of(module: str, name: str) -> Callable[[], Work]:
        def prepare() -> Work:
            from importlib import import_module  # the peers are large, and only this benchmark needs them

            work: Work = getattr(import_module(f"benchmarks.{module}"), name)(place.near)
            return work

        return prepare

    return [
        Arm("DBOS, a case as an entity", of("peer_dbos", "Entities")),
        Arm("DBOS, a workflow for each event", of("peer_dbos", "Workflows")),
        Arm("SpiffWorkflow, loaded and stored", of("peer_spiff", "Spiff")),
    ]


def _sqlite(place: Place) -> list[Arm]:
    def with_file(make: Callable[[str], Work]) -> Callable[[], Work]:
        return lambda: make(next(place.files))

    return [
        Arm("sqlite3, four statements", with_file(byhand.Sqlite)),
        Arm("sqlite3, the same rows", with_file(lambda file: SameRows(lambda: _opened(f"sqlite:///{file}"), file))),
        Arm("Caseway", with_file(lambda file: sent.Single(_opened(f"sqlite:///{file}")))),
        Arm(
            "Caseway, 100 per commit", with_file(lambda file: sent.Batched(_opened(f"sqlite:///{file}"))), sent.TOGETHER
        ),
    ]


def _opened(url: str) -> Runtime:
    return wiring.open(url, processes=CHARTS)


def _goals(found: list[Timing], single: float, batched: float | None) -> tuple[Goal, ...]:
    four, _, one_by_one, together = found
    goals = [Goal("Caseway against four statements", one_by_one.faster_than(four, by_clock=True), least=single)]
    if batched is not None:
        goals.append(
            Goal("100 per commit against four statements", together.faster_than(four, by_clock=True), least=batched)
        )
    return tuple(goals)


def _against(peers: list[Timing], caseway: Timing) -> tuple[Goal, ...]:
    return (Goal("Caseway against DBOS's entities", caseway.faster_than(peers[0], by_clock=True), least=20),)


def _on_file(found: list[Timing]) -> tuple[Goal, ...]:
    four, same, caseway, _ = found
    return (
        Goal("Caseway against four statements", caseway.faster_than(four, by_clock=True), least=0.55),
        Goal("Caseway against the same rows", caseway.faster_than(same, by_clock=True), least=0.9),
    )


def _delay(place: Place) -> str:
    with psycopg.connect(place.near, autocommit=True) as near, psycopg.connect(place.far, autocommit=True) as far:
        added = _round_trip(far) - _round_trip(near)
    return f"{1e3 * EACH_WAY:.1f} ms away each way (a round trip takes {1e3 * added:.2f} ms longer)"


def _round_trip(connection: psycopg.Connection[tuple[int]]) -> float:
    begun = perf_counter()
    for _ in range(_PINGS):
        connection.execute("SELECT 1")
    return (perf_counter() - begun) / _PINGS
