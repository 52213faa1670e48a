"""What an event costs with a disk: the whole runtime against the bare transaction that it cannot do without."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from benchmarks.report import Goal, Report, rates
from benchmarks.rounds import Arm, timings
from caseway.adapters import wiring
from caseway.engine.runtime import Runtime

CHARTS = Path(__file__).parent / "charts"
CHART = "flat"
EVENT = "go"


def run() -> list[Report]:
    with TemporaryDirectory() as folder:
        names = (Path(folder) / f"{number}.db" for number in itertools.count())
        arms = [
            Arm("sqlite3 by hand, file", lambda: Handwritten(str(next(names)))),
            Arm(
                "caseway, SQLite file", lambda: Sent(lambda: wiring.open(f"sqlite:///{next(names)}", processes=CHARTS))
            ),
            Arm("sqlite3 by hand, :memory:", lambda: Handwritten(":memory:")),
            Arm("caseway, SQLite in memory", lambda: Sent(lambda: wiring.open("sqlite://", processes=CHARTS))),
            Arm("caseway, memory store", lambda: Sent(lambda: wiring.open(processes=CHARTS))),
        ]
        found = timings(arms)
    goal = Goal(
        "SQLite file against a transaction by hand, by clock", found[1].faster_than(found[0], by_clock=True), least=0.2
    )
    return [
        Report(
            "Store: one event, one commit (write-ahead log, synchronous FULL)",
            (rates("events", found, by_clock=True),),
            (goal,),
        )
    ]


class Sent:
    """Events sent to one case through the runtime."""

    def __init__(self, opened: Callable[[], Runtime]) -> None:
        self.runtime = opened()
        self.runtime.start(CHART, id="case")

    def run(self, count: int) -> None:
        send = self.runtime.send
        for _ in range(count):
            send("case", EVENT)

    def check(self, count: int) -> None:
        assert self.runtime.show("case").data == {"left": count}
        assert sum(1 for _ in self.runtime.history("case")) == count + 1
        self.runtime.close()


class Handwritten:
    """The same rows by hand: the case is read with the journal line of the event id, moved, and a line is written."""

    TABLES = """
        CREATE TABLE kase (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, state TEXT NOT NULL, last_at TEXT NOT NULL,
                           document TEXT NOT NULL);
        CREATE TABLE journal (kase TEXT NOT NULL REFERENCES kase (id), revision INTEGER NOT NULL, event_id TEXT NOT NULL,
                              document TEXT NOT NULL, PRIMARY KEY (kase, revision), UNIQUE (kase, event_id));
    """
    READ = """
        SELECT kase.revision, kase.document, journal.document FROM kase
        LEFT JOIN journal ON journal.kase = kase.id AND journal.event_id = ? WHERE kase.id = 'case'
    """
    MOVE = "UPDATE kase SET revision = ?, state = ?, last_at = ?, document = ? WHERE id = 'case' AND revision = ?"
    WRITE = "INSERT INTO journal VALUES ('case', ?, ?, ?)"
    AT = "2026-03-02T09:00:00Z"

    def __init__(self, name: str) -> None:
        self.connection = sqlite3.connect(name, isolation_level=None)
        for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.connection.executescript(self.TABLES)
        self.connection.execute("INSERT INTO kase VALUES ('case', 0, 'off', ?, ?)", (self.AT, json.dumps({"left": 0})))

    def run(self, count: int) -> None:
        for _ in range(count):
            self._send(uuid4().hex)

    def _send(self, event_id: str) -> None:
        execute = self.connection.execute
        revision, document, known = execute(self.READ, (event_id,)).fetchone()
        assert known is None
        data = json.loads(document)
        data["left"] += 1
        written = json.dumps(data)
        execute("BEGIN IMMEDIATE")
        moved = execute(self.MOVE, (revision + 1, "on", self.AT, written, revision))
        assert moved.rowcount == 1
        execute(self.WRITE, (revision + 1, event_id, written))
        execute("COMMIT")

    def check(self, count: int) -> None:
        (document,) = self.connection.execute("SELECT document FROM kase").fetchone()
        (lines,) = self.connection.execute("SELECT count(*) FROM journal").fetchone()
        assert (json.loads(document)["left"], lines) == (count, count)
        self.connection.close()
