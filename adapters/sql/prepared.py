"""Statements run on PostgreSQL without what psycopg does around each: for the two that every event needs."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Executable

from caseway.adapters.sql.cursor import DriverCursor, Values, compiled

_PLACE = re.compile(r"%\((\w+)\)s")

Talk = Generator[Any, Any, Any]
"""A talk with the server that psycopg's `wait` carries on; it gives the server's result."""


class PreparedCursor(DriverCursor):
    """Runs statements that are prepared once for each connection, and then run by name.

    Values and results are texts; of numbers and truths, their text. The connection commits every statement by itself, and
    speaks UTF-8.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._psycopg: Any = connection.dialect.loaded_dbapi
        self._server = self._driver.pgconn
        self._done = (self._psycopg.pq.ExecStatus.TUPLES_OK, self._psycopg.pq.ExecStatus.COMMAND_OK)
        self._known: set[bytes] = connection.info.setdefault("caseway_prepared", set())

    def rows(self, statement: Executable, values: Values) -> Sequence[Sequence[str | None]]:
        prepared = _prepared(statement)
        try:
            told = [None if (value := values[name]) is None else str(value).encode() for name in prepared.names]
            if b"\0" in b"".join(filter(None, told)):  # where the server would take a text to end
                raise self._psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
            found = self._driver.wait(self.running(prepared, told))  # as psycopg waits: it can be interrupted
        except self._failure as error:
            self._raise(error, prepared.text)
        columns = range(found.nfields)
        return [[_text(found.get_value(row, column)) for column in columns] for row in range(found.ntuples)]

    def running(self, prepared: Prepared, told: Sequence[bytes | None]) -> Talk:
        """Run a statement, and have the server prepare it before that where it does not know it."""
        if prepared.name not in self._known:
            yield from self._preparing(prepared)
        try:
            return (yield from self._answering(prepared, told))
        except self._psycopg.errors.InvalidSqlStatementName:
            # Where psycopg rolls back, it has the server forget all that was prepared.
            yield from self._preparing(prepared)
            return (yield from self._answering(prepared, told))

    def _preparing(self, prepared: Prepared) -> Talk:
        self._server.send_prepare(prepared.name, prepared.text.encode())
        yield from self._result()
        self._known.add(prepared.name)

    def _answering(self, prepared: Prepared, told: Sequence[bytes | None]) -> Talk:
        self._server.send_query_prepared(prepared.name, told)
        return (yield from self._result())

    def _result(self) -> Talk:
        """Wait for the one result of a statement, or raise what the server says is wrong."""
        result = (yield from self._psycopg.generators.execute(self._server))[0]
        if result.status not in self._done:
            raise self._psycopg.errors.error_from_result(result)
        return result


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the server knows it, and the names of its values in their order."""

    name: bytes
    text: str
    names: tuple[str, ...]


@cache
def _prepared(statement: Executable) -> Prepared:
    named = compiled(statement, "postgresql")
    names = tuple(dict.fromkeys(_PLACE.findall(named)))
    text = _PLACE.sub(lambda place: f"${names.index(place[1]) + 1}", named).replace("%%", "%")
    return Prepared(f"caseway_{sha256(text.encode()).hexdigest()[:16]}".encode(), text, names)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()
