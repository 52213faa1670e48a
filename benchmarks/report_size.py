"""How long a report over many closed cases takes, and how much memory."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import bulk
from benchmarks.option import sized
from benchmarks.program import CASEWAY
from benchmarks.report import Goal, Report, table
from benchmarks.server import Server, alchemy, postgresql
from caseway.adapters import wiring
from caseway.engine.actor import Actor
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
CASES = sized(200_000, 400)
PARTNERS = ("acme", "bolster", "cargo", "dune", "elm")
WEEKS = sized(8, 1)
ROUNDS = sized(3, 1)
SECONDS, MEGABYTES = 30.0, 300.0

_AGENT = Actor("jo", frozenset({"agent"}))
_MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
_TEXT = "Called at nine, no answer; will try again after lunch."


@dataclass(frozen=True, slots=True)
class Run:
    """What one report took, by the clock and of processors here and at the server, and what it said."""

    seconds: float
    processor: float
    megabytes: float
    said: str


def run(cases: int = CASES) -> list[Report]:
    with TemporaryDirectory(prefix="caseway-bench-") as folder, postgresql() as server:
        return [
            _of("SQLite", server, f"sqlite:///{folder}/cases.db", cases),
            _of(f"PostgreSQL {server.version()}", server, alchemy(server.database()), cases),
        ]


def _of(name: str, server: Server, url: str, cases: int) -> Report:
    lines = fill(url, cases)
    runs = [_reported(server, url, "--all-time") for _ in range(ROUNDS)]
    _check(runs, cases)
    of_week = _reported(server, url, "--from", "2026-06-22", "--to", "2026-06-28")
    best = min(runs, key=lambda each: each.seconds)
    rows = [
        (
            f"all of {cases:,} closed cases, {lines:,} lines",
            f"{best.seconds:.1f}",
            f"{best.processor:.1f}",
            f"{max(each.megabytes for each in runs):.0f}",
        ),
        ("one week of them", f"{of_week.seconds:.1f}", f"{of_week.processor:.1f}", f"{of_week.megabytes:.0f}"),
    ]
    goals = (
        Goal(f"seconds of a report on {cases:,} cases", best.seconds, most=SECONDS, unit="s"),
        Goal("memory at its peak", max(each.megabytes for each in runs), most=MEGABYTES, unit="MB"),
    )
    return Report(f"Report: {name}", (table(["what", "seconds", "of processor", "MB at the peak"], rows),), goals)


def fill(url: str, cases: int) -> int:
    """Fill a new database with closed cases of several partners and weeks, and return how many journal lines they have."""
    with _opened(url) as runtime:
        ids = [_lived(runtime, partner, week) for week in range(WEEKS) for partner in PARTNERS]
    for id in ids:  # noqa: A001
        bulk.repeat(url, id, cases // len(ids) - 1)
    bulk.settle(url)
    return bulk.counted(url, "caseway_journal")


@contextmanager
def _opened(url: str) -> Iterator[Runtime]:
    runtime = wiring.open(url, processes=CHARTS)
    try:
        yield runtime
    finally:
        runtime.close()


def _lived(runtime: Runtime, partner: str, week: int) -> str:
    """Have one case live from question to archive; every third is answered late."""
    id = f"case-of-{partner}-{week}"  # noqa: A001
    at = _MONDAY + timedelta(weeks=week, hours=week)
    late = (week + PARTNERS.index(partner)) % 3 == 0
    customer = {"id": "customer:4711", "name": "Marijke de Vries", "place": "Utrecht"}
    runtime.start("inquiry", {"partner": partner, "customer": customer}, id=id, now=at)
    for hours, event in (
        (1, "note"),
        (2, "ask"),
        (30, "reply"),
        (31, "note"),
        (60 if late else 33, "answer"),
        (100, "archive"),
    ):
        data = {"text": _TEXT} if event in {"note", "answer"} else {}
        runtime.send(id, event, data, actor=_AGENT, now=at + timedelta(hours=hours))
    return id


def _reported(server: Server, url: str, *options: str) -> Run:
    """Have a program of its own make the report, as somebody at a terminal would."""
    command = [CASEWAY, "report", "inquiry", *options, "--json", "--database", url, "--processes", str(CHARTS)]
    before, started = server.processor(), perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, said
    seconds, processor = perf_counter() - started, used.ru_utime + used.ru_stime + server.processor() - before
    return Run(seconds, processor, used.ru_maxrss / 1024, said)


def _check(runs: list[Run], cases: int) -> None:
    for each in runs:
        (section,) = json.loads(each.said)["sections"]
        assert sum(row["opened"] for row in section["periods"]) == cases
        assert sum(row["final"] for row in section["periods"]) == cases
