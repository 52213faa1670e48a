"""Database drivers that fail on demand: real connections, of which one call goes wrong."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event

from caseway.adapters.sql.prepared import PreparedCursor

Result = TypeVar("Result")


class Fault(Enum):
    """How a call goes wrong."""

    REFUSED = "the database answers with an error"
    CUT = "the connection is lost before the call"
    UNANSWERED = "the connection is lost after the call was carried out"


@dataclass(slots=True)
class Fuse:
    """Blows once, at the `at`-th call since it was set. `calls` names them all, `blown_in` the one that failed.

    `between` is run after each call that was carried out.
    """

    at: int = 0
    fault: Fault = Fault.REFUSED
    calls: list[str] = field(default_factory=list)
    blown_in: str = ""
    between: Callable[[], None] | None = None

    def set(self, at: int, fault: Fault = Fault.REFUSED, between: Callable[[], None] | None = None) -> None:
        self.at, self.fault, self.blown_in, self.between = at, fault, "", between
        self.calls.clear()

    def off(self) -> None:
        self.set(0)

    def burns(self, call: str) -> bool:
        """Count a call and say whether it is the one to fail."""
        self.calls.append(call)
        if len(self.calls) != self.at:
            return False
        self.blown_in = call
        return True

    def unharmed(self, run: Callable[[], Result]) -> Result:
        """Carry out a call that does not fail."""
        result = run()
        if self.between:
            self.between()
        return result


FUSE = Fuse()
"""One for all connections: a test runs in one thread."""


@contextmanager
def fragile(engines: Callable[[], Result]) -> Iterator[tuple[Result, Fuse]]:
    """Give what `engines` opens, with every connection of its engines hanging on the fuse, those made later too."""
    dialects: list[Any] = []
    opening = True

    def connect(dialect: Any, _record: object, arguments: Any, options: Any) -> Any:
        if opening:
            dialects.append(dialect)
        return _connection(dialect, arguments, options) if dialect in dialects else None

    event.listen(Engine, "do_connect", connect)
    FUSE.off()
    try:
        opened = engines()
        opening = False
        yield opened, FUSE
    finally:
        FUSE.off()
        event.remove(Engine, "do_connect", connect)


def _connection(dialect: Any, arguments: Any, options: Any) -> Any:
    if dialect.name == "sqlite":
        return sqlite3.connect(*arguments, **options, factory=SqliteConnection)
    if FUSE.burns("connect"):
        raise psycopg.OperationalError("connection failed: connection refused")
    return PostgresConnection.connect(*arguments, **options, cursor_factory=PostgresCursor)


def _sqlite(call: str, run: Callable[[], Result]) -> Result:
    if not FUSE.burns(call):
        return FUSE.unharmed(run)
    if FUSE.fault is Fault.UNANSWERED:
        run()
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR"
    raise error


class SqliteCursor(sqlite3.Cursor):
    def execute(self, *arguments: Any) -> Any:
        return self._called(f"execute {arguments[0]}", lambda: super(SqliteCursor, self).execute(*arguments))

    def executemany(self, *arguments: Any) -> Any:
        return self._called(f"executemany {arguments[0]}", lambda: super(SqliteCursor, self).executemany(*arguments))

    def fetchone(self) -> Any:
        return self._called("fetchone", super().fetchone)

    def fetchall(self) -> Any:
        return self._called("fetchall", super().fetchall)

    def fetchmany(self, *arguments: Any) -> Any:
        return self._called("fetchmany", lambda: super(SqliteCursor, self).fetchmany(*arguments))

    def _called(self, call: str, run: Callable[[], Result]) -> Result:
        try:
            return _sqlite(call, run)
        except sqlite3.Error:
            # SQLite ends a statement that failed; left in the midst of its rows, it would go on reading what was then.
            super().execute("SELECT 1 WHERE 0")
            raise


class SqliteConnection(sqlite3.Connection):
    def cursor(self, factory: Any = SqliteCursor) -> Any:
        return super().cursor(factory)

    def execute(self, *arguments: Any) -> Any:
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        return self.cursor().executemany(*arguments)

    def commit(self) -> None:
        _sqlite("commit", super().commit)

    def rollback(self) -> None:
        _sqlite("rollback", super().rollback)


class PostgresCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        return _postgres(
            self, f"execute {query}", lambda: super(PostgresCursor, self).execute(query, *arguments, **options)
        )

    def executemany(self, query: Any, *arguments: Any, **options: Any) -> Any:
        return _postgres(
            self, f"executemany {query}", lambda: super(PostgresCursor, self).executemany(query, *arguments, **options)
        )


class PostgresConnection(psycopg.Connection[Any]):
    def wait(self, running: Any, *arguments: Any, **options: Any) -> Any:
        def run() -> Any:
            return super(PostgresConnection, self).wait(running, *arguments, **options)

        # All else that waits is part of a call that is counted.
        is_call = getattr(running, "gi_code", None) is PreparedCursor.running.__code__
        return _postgres(self, "run", run) if is_call else run()

    def commit(self) -> None:
        _postgres(self, "commit", super().commit)

    def rollback(self) -> None:
        _postgres(self, "rollback", super().rollback)


def _postgres(of: PostgresCursor | PostgresConnection, call: str, run: Callable[[], Result]) -> Result:
    if not FUSE.burns(call):
        return FUSE.unharmed(run)
    connection = of.connection if isinstance(of, PostgresCursor) else of
    match FUSE.fault:
        case Fault.REFUSED if call not in {"commit", "rollback"}:
            # From the server itself, so that the transaction is spoilt as by any other error.
            psycopg.Cursor(connection).execute(_DISK_FULL)
            raise AssertionError("the server did not fail")
        case Fault.REFUSED | Fault.CUT:
            _cut(connection)
            return run()
        case Fault.UNANSWERED:
            run()
            _cut(connection)
            psycopg.Cursor(connection).execute("SELECT 1")
            raise AssertionError("the connection is still there")


_DISK_FULL = (
    "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
)


def _cut(connection: psycopg.Connection[Any]) -> None:
    """Have the network lose a connection, with neither end being told."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
