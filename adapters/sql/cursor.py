"""Ways to run a statement: through SQLAlchemy, or compiled once and on the driver's own cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn, Protocol

from sqlalchemy import ClauseElement, Connection, Dialect, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Cursor(Protocol):
    """Runs statements declared in Core. Values are bound by name, in the form that the driver takes them."""

    @property
    def speaks(self) -> str:
        """The name of the dialect: `postgresql` or `sqlite`."""

    def rows(self, statement: Executable, values: Values) -> Sequence[Sequence[Any]]:
        """Run a statement and return its rows."""

    def change(self, statement: Executable, values: Values) -> int:
        """Run a statement and return how many rows it changed."""

    def change_all(self, statement: Executable, values: Sequence[Values]) -> int:
        """Run a statement for each of the values and return how many rows it changed in all."""


class CoreCursor:
    """Runs statements as SQLAlchemy does: with whatever driver, and with whatever listens on the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.speaks = connection.dialect.name

    def rows(self, statement: Executable, values: Values) -> Sequence[Sequence[Any]]:
        return self._connection.execute(statement, dict(values)).all()

    def change(self, statement: Executable, values: Values) -> int:
        return self._connection.execute(statement, dict(values)).rowcount

    def change_all(self, statement: Executable, values: Sequence[Values]) -> int:
        return self._connection.execute(statement, [dict(each) for each in values]).rowcount


class DriverCursor:
    """Runs statements on the driver's cursor of a connection that SQLAlchemy made.

    Whoever makes one has seen to the transaction: SQLAlchemy does not hear of what runs here and begins none.
    """

    def __init__(self, connection: Connection) -> None:
        self.speaks = connection.dialect.name
        self._connection = connection
        driver: Any = connection.connection.driver_connection
        self._driver = driver
        self._cursor: Any = driver.cursor()
        self._failure: type[Exception] = connection.dialect.loaded_dbapi.Error

    def rows(self, statement: Executable, values: Values) -> Sequence[Sequence[Any]]:
        text = compiled(statement, self.speaks)
        try:
            self._cursor.execute(text, values)
            found: list[Sequence[Any]] = self._cursor.fetchall()
        except self._failure as error:
            self._raise(error, text)
        return found

    def change(self, statement: Executable, values: Values) -> int:
        text = compiled(statement, self.speaks)
        try:
            self._cursor.execute(text, values)
            changed: int = self._cursor.rowcount
        except self._failure as error:
            self._raise(error, text)
        return changed

    def change_all(self, statement: Executable, values: Sequence[Values]) -> int:
        text = compiled(statement, self.speaks)
        try:
            self._cursor.executemany(text, values)
            changed: int = self._cursor.rowcount
        except self._failure as error:
            self._raise(error, text)
        return changed

    def run(self, text: str) -> None:
        """Run a statement as it is written."""
        try:
            self._cursor.execute(text)
        except self._failure as error:
            self._raise(error, text)

    def _raise(self, error: Exception, text: str) -> NoReturn:
        """Raise what SQLAlchemy would have raised, and as it does, let go of a connection that is lost."""
        dialect = self._connection.dialect
        lost = dialect.is_disconnect(error, self._driver, self._cursor)  # type: ignore[arg-type]  # the driver's own error
        if lost:
            self._connection.invalidate(error)
        raise DBAPIError.instance(
            text, None, error, self._failure, connection_invalidated=lost, dialect=dialect
        ) from error


@cache
def compiled(statement: Executable, speaks: str) -> str:
    """Compile a statement. What is run again and again is declared once, so the cache does not grow."""
    assert isinstance(statement, ClauseElement)
    return str(statement.compile(dialect=_dialect(speaks)))


@cache
def _dialect(speaks: str) -> Dialect:
    if speaks == "postgresql":
        return psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
    return sqlite.dialect(paramstyle="named")
