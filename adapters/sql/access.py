"""Ways to a connection: our own, or the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, NestedTransaction

from caseway.adapters.sql.trouble import Place, told
from caseway.engine.errors import InvalidInput


class Access(Protocol):
    """Lends a connection. What is written in one `writing` block is kept together, or not at all if it raises."""

    place: Place

    def reading(self) -> AbstractContextManager[Connection]: ...
    def writing(self) -> AbstractContextManager[Connection]: ...
    def close(self) -> None: ...


class Own:
    """Connections of our own, each block in a transaction of its own. Threads may share it."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.place = place
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with told(self.place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with told(self.place), self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                # Take the write lock at once, so that no transaction finds out halfway that another one came first.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        self._engine.dispose()


class Within:
    """A connection inside a writing block that somebody else begins and ends."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with told(self.place):
            yield self._connection

    writing = reading

    def close(self) -> None:
        """Leave the connection to whoever began the block."""


class Joined:
    """The caller's connection and open transaction, which the caller ends; each writing block is a savepoint in it."""

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with told(self.place):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with told(self.place):
            _begin_late(self._connection, self.place)
            savepoint = self._connection.begin_nested()
            try:
                yield self._connection
                savepoint.commit()
            except BaseException:
                _undo(self._connection, savepoint)
                raise

    def close(self) -> None:
        """Leave the connection to the caller."""


def _begin_late(connection: Connection, place: Place) -> None:
    """Begin in earnest the transaction that SQLAlchemy takes to be open, where the SQLite driver has put that off.

    Until its first INSERT the driver sends no BEGIN. A SAVEPOINT sent before that would be the transaction, and releasing it
    a commit: behind the caller's back.
    """
    if not connection.in_transaction():
        connection.exec_driver_sql(
            "SELECT 1"
        ).scalar()  # now SQLAlchemy has begun one, and so has a caller's own listener
    if connection.dialect.name != "sqlite":
        return
    driver = _driver(connection)
    if driver.in_transaction:
        return
    if driver.isolation_level is None:
        raise InvalidInput(
            f"{place} is reached through a connection that commits every statement by itself (autocommit), so there is no "
            "transaction to join. Pass a connection with an open transaction.",
        )
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _undo(connection: Connection, savepoint: NestedTransaction) -> None:
    """Go back to the savepoint, if it is there: where a disk is full or failing, SQLite has undone the whole transaction.

    Then nothing that follows may pass for a part of it, so the connection takes nothing more until the caller rolls back.
    """
    if connection.dialect.name == "sqlite" and not _driver(connection).in_transaction:
        connection.invalidate()
    elif savepoint.is_active:
        savepoint.rollback()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
