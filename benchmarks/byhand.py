"""The transactions that nobody can do without, written by hand: a case is read, a guard asked, two rows written.

No timer, no message, no payout, no definition, no rights, no repeated event told: a journal line and the case.
"""

from __future__ import annotations

import sqlite3
from typing import Any, ClassVar
from uuid import uuid4

import orjson
import psycopg

from benchmarks import load

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS byhand_case (id TEXT PRIMARY KEY, revision BIGINT NOT NULL, state TEXT NOT NULL,
        last_at TEXT NOT NULL, document TEXT NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS byhand_journal (case_id TEXT NOT NULL REFERENCES byhand_case (id), revision BIGINT NOT NULL,
        event_id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (case_id, revision), UNIQUE (case_id, event_id))
    """,
)
AT = "2026-03-02T09:00:00.000000Z"
_STATES = {"take": "working", "put_back": "waiting"}
_OPEN = "INSERT INTO byhand_case VALUES (%s, 1, 'waiting', %s, %s)"
_READ = "SELECT revision, state, document FROM byhand_case WHERE id = %s FOR UPDATE"
_WRITE = "INSERT INTO byhand_journal VALUES (%s, %s, %s, %s)"
_MOVE = "UPDATE byhand_case SET revision = %s, state = %s, last_at = %s, document = %s WHERE id = %s"
_AT_ONCE = """
    WITH moved AS (
        UPDATE byhand_case
        SET revision = revision + 1, state = coalesce(%s, state), last_at = %s,
            document = jsonb_set(document::jsonb, '{count}', to_jsonb((document::jsonb ->> 'count')::bigint + 1))::text
        WHERE id = %s AND (document::jsonb ->> 'count')::bigint < %s
        RETURNING id, revision
    )
    INSERT INTO byhand_journal SELECT id, revision, %s, %s FROM moved RETURNING revision
"""


def journal(event: str) -> str:
    """Return the line that a journal keeps of an event."""
    actor = {"id": load.AGENT, "roles": [load.ROLE]}
    return orjson.dumps({"name": event, "data": {"text": load.TEXT}, "actor": actor, "at": AT}).decode()


def document(count: int) -> str:
    """Return what a case holds."""
    return orjson.dumps({"customer": load.CUSTOMER, "count": count, "last": load.TEXT}).decode()


class Psycopg:
    """Cases of this round in a PostgreSQL database, and what they count to."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        for table in TABLES:
            self.connection.execute(table)
        round_id = uuid4().hex
        self.cases = [f"{round_id}-{number}" for number in range(load.CASES)]
        with self.connection.cursor() as cursor:
            cursor.executemany(_OPEN, [(case, AT, document(0)) for case in self.cases])
        self.connection.autocommit = False

    def check(self, count: int) -> None:
        self.connection.autocommit = True
        found = self.connection.execute(
            "SELECT id, document FROM byhand_case WHERE id = ANY(%s)", [self.cases]
        ).fetchall()
        counts = {case: orjson.loads(text)["count"] for case, text in found}
        assert counts == {case: load.expected(count, number) for number, case in enumerate(self.cases)}
        lines = self.connection.execute(
            "SELECT count(*) FROM byhand_journal WHERE case_id = ANY(%s)", [self.cases]
        ).fetchone()
        assert lines == (count,)
        self.connection.close()


class FourStatements(Psycopg):
    """Lock the case, ask the guard, write the journal, move the case, commit: as one writes it with psycopg."""

    def run(self, count: int) -> None:
        connection, cases = self.connection, self.cases
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            case, event = cases[index], load.name(index, turn)
            revision, state, text = _row(connection.execute(_READ, (case,)))
            data = orjson.loads(text)
            if data["count"] >= load.LIMIT:
                raise AssertionError
            data["count"] += 1
            connection.execute(_WRITE, (case, revision + 1, uuid4().hex, journal(event)))
            written = orjson.dumps(data).decode()
            connection.execute(_MOVE, (revision + 1, _STATES.get(event, state), AT, written, case))
            connection.commit()


class OneStatement(Psycopg):
    """All of it in one statement, the guard in SQL: what a database does without being asked twice."""

    def run(self, count: int) -> None:
        connection, cases = self.connection, self.cases
        connection.autocommit = True
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            event = load.name(index, turn)
            values = (_STATES.get(event), AT, cases[index], load.LIMIT, uuid4().hex, journal(event))
            _row(connection.execute(_AT_ONCE, values))


class Sqlite:
    """The four statements with sqlite3."""

    READ: ClassVar = "SELECT revision, state, document FROM byhand_case WHERE id = ?"
    WRITE: ClassVar = _WRITE.replace("%s", "?")
    MOVE: ClassVar = _MOVE.replace("%s", "?")

    def __init__(self, file: str) -> None:
        self.connection = connected(file)
        for table in TABLES:
            self.connection.execute(table)
        self.cases = [f"case-{number}" for number in range(load.CASES)]
        rows = [(case, AT, document(0)) for case in self.cases]
        self.connection.execute("BEGIN")
        self.connection.executemany(_OPEN.replace("%s", "?"), rows)
        self.connection.execute("COMMIT")

    def run(self, count: int) -> None:
        execute, cases = self.connection.execute, self.cases
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            case, event = cases[index], load.name(index, turn)
            execute("BEGIN IMMEDIATE")
            revision, state, text = execute(self.READ, (case,)).fetchone()
            data = orjson.loads(text)
            if data["count"] >= load.LIMIT:
                raise AssertionError
            data["count"] += 1
            execute(self.WRITE, (case, revision + 1, uuid4().hex, journal(event)))
            written = orjson.dumps(data).decode()
            execute(self.MOVE, (revision + 1, _STATES.get(event, state), AT, written, case))
            execute("COMMIT")

    def check(self, count: int) -> None:
        found = self.connection.execute("SELECT id, document FROM byhand_case").fetchall()
        counts = {case: orjson.loads(text)["count"] for case, text in found}
        assert counts == {case: load.expected(count, number) for number, case in enumerate(self.cases)}
        assert self.connection.execute("SELECT count(*) FROM byhand_journal").fetchone() == (count,)
        self.connection.close()


def connected(file: str) -> sqlite3.Connection:
    """Open a SQLite file as Caseway does: write-ahead log, every commit on the disk."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("foreign_keys = ON", "synchronous = FULL", "journal_mode = WAL"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _row(cursor: Any) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row
