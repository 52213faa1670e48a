"""Databases of our own: reached, made, and recognised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from caseway.adapters.sql.table import SCHEMA, meta, metadata
from caseway.adapters.sql.trouble import Place
from caseway.engine.errors import InvalidInput, WorldError

PATIENCE = 5.0
"""How many seconds SQLite waits for another writer, unless the URL says `?timeout=`."""

_TRIES = 20
"""How often to ask for the write-ahead log, waiting for the present writer in between."""


def reach(url: str, *, create: bool) -> tuple[Engine, Place]:
    """Make an engine for a database URL. Nothing is connected yet, but a file that cannot be there is refused."""
    address = _address(url)
    place = Place(_name(address))
    if address.get_backend_name() != "sqlite":
        return _engine(address, {}), place
    _assert_reachable(address, place, create=create)
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if "timeout" not in address.query:
        options["connect_args"]["timeout"] = PATIENCE
    if _in_memory(address):
        # Such a database lasts as long as its one connection: whoever comes second waits for it.
        options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": PATIENCE}
    engine = _engine(address, options)
    event.listen(engine, "connect", _set_up)
    return engine, place


def prepare(connection: Connection, place: Place, *, create: bool, rehearsal: bool) -> bool:
    """Make our tables where there are none, and else recognise them. Return whether the database is for rehearsals."""
    if not has_tables(connection):
        if not create:
            raise WorldError(
                f"{place} has no tables of Caseway. Create them with `caseway db init`.", database=place.name
            )
        metadata.create_all(connection)
        rows = [{"key": "schema", "value": str(SCHEMA)}, {"key": "rehearsal", "value": str(int(rehearsal))}]
        connection.execute(insert(meta), rows)
        return rehearsal
    return _recognise(connection, place, rehearsal=rehearsal)


def has_tables(connection: Connection) -> bool:
    """Say whether a database has tables of ours."""
    return inspect(connection).has_table(meta.name)


def _recognise(connection: Connection, place: Place, *, rehearsal: bool) -> bool:
    """Read what a database says of itself. Return whether it is for rehearsals."""
    known = {row.key: row.value for row in connection.execute(select(meta.c.key, meta.c.value))}
    schema = known.get("schema", "")
    if not schema.isdecimal() or int(schema) < 1:
        raise WorldError(
            f"{place} does not say which version its tables have; restore a copy of it.", database=place.name
        )
    if int(schema) > SCHEMA:
        raise WorldError(
            f"{place} has tables of version {schema}; this Caseway knows those up to version {SCHEMA}. Upgrade Caseway.",
            database=place.name,
            schema=int(schema),
        )
    rehearses = known.get("rehearsal") == "1"
    if rehearsal and not rehearses:
        raise InvalidInput(
            f"{place} holds real cases and cannot become one for rehearsals. Name a new database to rehearse in.",
            database=place.name,
        )
    return rehearses


def _address(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        shown = f'"{url}"' if "@" not in url else "What was given"  # there may be a password in it
        raise InvalidInput(
            f"{shown} is not a database URL. Write one like sqlite:///caseway.db, or sqlite:////srv/caseway.db for a full path.",
        ) from error


def _engine(address: URL, options: Mapping[str, Any]) -> Engine:
    shown = address.render_as_string(hide_password=True)
    try:
        return create_engine(address, **options)
    except NoSuchModuleError as error:
        raise InvalidInput(
            f'"{shown}" names a kind of database that is not known here. SQLite is: sqlite:///caseway.db.'
        ) from error
    except ImportError as error:
        raise InvalidInput(f'"{shown}" needs the Python module "{error.name}", which is not installed.') from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise InvalidInput(f'"{shown}" is not a database URL that can be used: {error}') from error


def _name(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return address.database or ":memory:"
    return address.render_as_string(hide_password=True)


def _in_memory(address: URL) -> bool:
    name = address.database or ":memory:"
    return name == ":memory:" or name.startswith("file::memory:") or address.query.get("mode") == "memory"


def _assert_reachable(address: URL, place: Place, *, create: bool) -> None:
    if _in_memory(address) or place.name.startswith("file:"):  # SQLite reads a file's own URI by rules of its own
        return
    if "\0" in place.name:
        raise InvalidInput(f"{address.database!r} cannot be the name of a file: it holds a zero character.")
    file = Path(place.name)
    try:
        folder_is_there, is_there, is_folder = file.parent.is_dir(), file.exists(), file.is_dir()
    except (OSError, ValueError) as error:
        raise WorldError(f"{place} cannot be opened: {error}.", database=place.name) from error
    if is_folder:
        raise WorldError(f"{place} is a folder. Name a file in it.", database=place.name)
    if not folder_is_there:
        raise WorldError(
            f"{place} cannot be opened: there is no folder {file.parent}. Create it first.", database=place.name
        )
    if not is_there and not create:
        raise WorldError(f"{place} does not exist. Create it with `caseway db init`.", database=place.name)


def _set_up(driver: Any, _record: object) -> None:
    # The driver begins nothing by itself: whoever writes does. A single read needs no transaction in SQLite.
    driver.isolation_level = None
    driver.execute("PRAGMA foreign_keys = ON")
    driver.execute("PRAGMA synchronous = FULL")  # it holds money: what is committed has reached the disk
    _write_ahead(driver)


def _write_ahead(driver: Any) -> None:
    """Have readers and the writer not stop each other.

    Of several programs that open a new database at the same moment, SQLite lets one switch it over and tells the others
    at once that it is locked, however patient they are. Beginning to write does wait.
    """
    for _ in range(_TRIES):
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except driver.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY":
                raise
            driver.execute("BEGIN IMMEDIATE")
            driver.execute("ROLLBACK")
        else:
            return
    driver.execute("PRAGMA journal_mode = WAL")
