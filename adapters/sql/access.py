"""Ways to a database: connections of our own, or the caller's."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, NestedTransaction
from sqlalchemy.exc import DBAPIError

from caseway.adapters.sql.batch import Batch
from caseway.adapters.sql.commit import commit
from caseway.adapters.sql.cursor import CoreCursor, Cursor, DriverCursor
from caseway.adapters.sql.load import load
from caseway.adapters.sql.prepared import PreparedCursor
from caseway.adapters.sql.taken import taken
from caseway.adapters.sql.trouble import Place, told
from caseway.adapters.sql.worklist import count
from caseway.engine.case import Load
from caseway.engine.errors import InvalidInput
from caseway.engine.outcome import Entry, Step
from caseway.engine.ports import Loaded

SPARE = 8
"""How many connections are kept ready for events; a database in memory has but one, and keeps none."""

Found = TypeVar("Found")


class Access(Protocol):
    """Lends a connection. What is written in one `writing` block is kept together, or not at all if it raises.

    `load` and `commit` are what every event needs, `count` and `taken` what some do, done in the quickest way that there is.
    `kept` holds hashes of definitions that are known to be in the database for good.
    """

    place: Place
    speaks: str

    @property
    def kept(self) -> Collection[str]: ...

    def reading(self) -> AbstractContextManager[Connection]: ...
    def writing(self) -> AbstractContextManager[Connection]: ...
    def cursor(self, connection: Connection) -> Cursor: ...
    def load(self, case: str, event: str, person: str) -> Loaded: ...
    def commit(self, step: Step) -> Entry: ...
    def count(self, process: str, person: str) -> Load: ...
    def taken(self, keys: Collection[str]) -> Mapping[str, str]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Held:
    """A connection kept ready for events, each statement by itself, and the driver's cursor on it."""

    connection: Connection
    cursor: DriverCursor


class Own:
    """Connections of our own, each block in a transaction of its own. Threads may share it."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self.place = place
        self.speaks = engine.dialect.name
        self._engine = engine
        self._alone = engine.execution_options(isolation_level="AUTOCOMMIT") if self.speaks == "postgresql" else engine
        self._quick = PreparedCursor if self.speaks == "postgresql" else DriverCursor
        self._spare: list[_Held] = []
        self._spares = SPARE if getattr(engine.pool, "size", lambda: 0)() > 1 else 0
        self._process = os.getpid()
        self.kept: set[str] = set()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        self._assert_same_process()
        with told(self.place), self._alone.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self._assert_same_process()
        with told(self.place, writing=True), self._engine.begin() as connection:
            if self.speaks == "sqlite":
                # Take the write lock at once, so that no transaction finds out halfway that another one came first.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def cursor(self, connection: Connection) -> Cursor:
        return DriverCursor(connection)

    def load(self, case: str, event: str, person: str) -> Loaded:
        return self._asked(lambda cursor: load(cursor, case, event, person))

    def commit(self, step: Step) -> Entry:
        with told(self.place, writing=True):
            return self._with_held(lambda cursor: self._commit(cursor, step))

    def count(self, process: str, person: str) -> Load:
        return self._asked(lambda cursor: count(cursor, process, person))

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        return self._asked(lambda cursor: taken(cursor, keys))

    def close(self) -> None:
        self._spares = 0
        self._let_go()

    def _commit(self, cursor: DriverCursor, step: Step) -> Entry:
        if self.speaks == "postgresql":  # one statement, which is a transaction by itself
            return commit(cursor, step)
        cursor.run("BEGIN IMMEDIATE")
        line = commit(cursor, step)
        cursor.run("COMMIT")
        return line

    def _asked(self, ask: Callable[[DriverCursor], Found]) -> Found:
        """Read something. Where the connection turns out to be lost, which nobody could know, ask again on a new one."""
        with told(self.place):
            try:
                return self._with_held(ask)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._with_held(ask)

    def _with_held(self, do: Callable[[DriverCursor], Found]) -> Found:
        self._assert_same_process()
        try:
            held = self._spare.pop()
        except IndexError:
            connection = self._alone.connect()
            held = _Held(connection, self._quick(connection))
        try:
            done = do(held.cursor)
        except DBAPIError as error:
            held.connection.close()  # which undoes what was begun
            if error.connection_invalidated:
                self._let_go()  # where one is lost, the others most likely are
            raise
        except BaseException:
            held.connection.close()
            raise
        if len(self._spare) < self._spares:
            self._spare.append(held)
        else:
            held.connection.close()
        return done

    def _let_go(self) -> None:
        """Close every connection that is not in use."""
        spare, self._spare = self._spare, []
        for held in spare:
            held.connection.close()
        self._engine.dispose()

    def _assert_same_process(self) -> None:
        """Leave the connections to the process that made them, where this one is a fork of it."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._inherited = self._spare  # not closed, and not forgotten: either would end them for their owner
            self._spare = []
            self._engine.dispose(close=False)


class Within:
    """A connection inside a writing block that somebody else begins and ends, and the steps that wait to be written there."""

    kept: Collection[str] = ()

    def __init__(self, connection: Connection, batch: Batch, place: Place) -> None:
        self.place = place
        self.speaks = connection.dialect.name
        self._connection = connection
        self._batch = batch

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with told(self.place):
            self._batch.flush()  # whoever reads sees what was committed before
            yield self._connection

    writing = reading

    def cursor(self, connection: Connection) -> Cursor:
        return CoreCursor(connection)

    def hold(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Hold more cases, until the block ends."""
        with self.writing():
            self._batch.hold(wanted)

    def load(self, case: str, event: str, person: str) -> Loaded:
        with told(self.place):
            return self._batch.load(case, event, person)

    def commit(self, step: Step) -> Entry:
        with told(self.place):
            return self._batch.add(step)

    def count(self, process: str, person: str) -> Load:
        with self.reading() as connection:
            return count(CoreCursor(connection), process, person, hold=True)

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        with told(self.place):
            return self._batch.taken(keys)

    def close(self) -> None:
        """Leave the connection to whoever began the block."""


class Joined:
    """The caller's connection and open transaction, which the caller ends; each writing block is a savepoint in it."""

    kept: Collection[str] = ()

    def __init__(self, connection: Connection, place: Place) -> None:
        self.place = place
        self.speaks = connection.dialect.name
        self._connection = connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with told(self.place):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with told(self.place, writing=True):
            _begin_late(self._connection, self.place)
            savepoint = self._connection.begin_nested()
            try:
                yield self._connection
                savepoint.commit()
            except BaseException:
                _undo(self._connection, savepoint)
                raise

    def cursor(self, connection: Connection) -> Cursor:
        return CoreCursor(connection)

    def load(self, case: str, event: str, person: str) -> Loaded:
        with self.reading() as connection:
            return load(CoreCursor(connection), case, event, person)

    def commit(self, step: Step) -> Entry:
        with self.writing() as connection:
            return commit(CoreCursor(connection), step)

    def count(self, process: str, person: str) -> Load:
        with self.reading() as connection:
            return count(CoreCursor(connection), process, person)

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        with self.reading() as connection:
            return taken(CoreCursor(connection), keys)

    def close(self) -> None:
        """Leave the connection to the caller."""


def _begin_late(connection: Connection, place: Place) -> None:
    """Begin in earnest the transaction that SQLAlchemy takes to be open, where the SQLite driver has put that off.

    Until its first INSERT the driver sends no BEGIN. A SAVEPOINT sent before that would be the transaction, and releasing it
    a commit: behind the caller's back.
    """
    if not connection.in_transaction():
        # Now SQLAlchemy has begun one, and so has a caller's own listener.
        connection.exec_driver_sql("SELECT 1").scalar()
    driver = _driver(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite and driver.in_transaction:
        return
    if driver.isolation_level is None if is_sqlite else getattr(driver, "autocommit", False):
        raise InvalidInput(
            f"{place} is reached through a connection that commits every statement by itself (autocommit), so there is no "
            "transaction to join. Pass a connection with an open transaction.",
        )
    if is_sqlite:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _undo(connection: Connection, savepoint: NestedTransaction) -> None:
    """Go back to the savepoint, if it is there: where a disk is full or failing, SQLite has undone the whole transaction.

    Then nothing that follows may pass for a part of it, so the connection takes nothing more until the caller rolls back.
    """
    if connection.invalidated:
        return
    if connection.dialect.name == "sqlite" and not _driver(connection).in_transaction:
        connection.invalidate()
    elif savepoint.is_active:
        savepoint.rollback()


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
