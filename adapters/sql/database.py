"""Databases of our own: reached, made, and recognised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, insert, inspect, make_url
from sqlalchemy.exc import ArgumentError

from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.migration.backup import file_of
from caseway.adapters.sql.migration.sign import Sign, assert_current, assert_fit, made, sign
from caseway.adapters.sql.migration.upgrade import alone, lock, upgrade
from caseway.adapters.sql.table import meta, metadata
from caseway.adapters.sql.trouble import Place, told
from caseway.engine.errors import InvalidInput, WorldError

PATIENCE = 5.0
"""How many seconds SQLite waits for another writer, unless the URL says `?timeout=`."""

_TRIES = 20
"""How often to ask for the write-ahead log, waiting for the present writer in between."""


def reach(url: str, *, create: bool) -> tuple[Engine, Place]:
    """Make an engine for a database URL. Nothing is connected yet, but a file that cannot be there is refused."""
    address = _address(url)
    place = Place(_name(address))
    match address.drivername:
        case "postgresql+psycopg":
            return _postgresql(address), place
        case "sqlite" | "sqlite+pysqlite":
            return _sqlite(address, place, create=create), place
    raise InvalidInput(
        f'"{place.name}" names a kind of database that is not known here. SQLite is, and PostgreSQL by psycopg: '
        "sqlite:///caseway.db, postgresql://user:password@host/name."
    )


def _sqlite(address: URL, place: Place, *, create: bool) -> Engine:
    _assert_reachable(address, place, create=create)
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False}}
    if "timeout" not in address.query:
        options["connect_args"]["timeout"] = PATIENCE
    if _in_memory(address):
        # Such a database lasts as long as its one connection: whoever comes second waits for it.
        options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": PATIENCE}
    engine = _engine(address, options)
    event.listen(engine, "connect", _set_up)
    return engine


def ready(engine: Engine, place: Place, *, create: bool, rehearsal: bool) -> bool:
    """Have a database of our own ready to work with; return whether it is for rehearsals.

    Its tables are made where there are none and `create` allows it. A file that Caseway made is upgraded, after a copy.
    """
    with told(place):
        with engine.connect() as connection:
            found = sign(connection, place)
        if found is None and create:
            with alone(engine) as connection:
                found = sign(connection, place) or _make(
                    connection, rehearsal=rehearsal, embedded=_is_empty(connection)
                )
        found = made(found, place)
        assert_fit(found, place, rehearsal=rehearsal)
        if found.is_embedded and found.is_known and not found.is_current:
            upgrade(engine, place)
        else:
            assert_current(found, place)
        return found.rehearses


def prepare(connection: Connection, place: Place, *, create: bool, rehearsal: bool) -> bool:
    """Make our tables in a caller's transaction where there are none, and else recognise them.

    Return whether the database is for rehearsals.
    """
    found = sign(connection, place)
    if found is None and create:
        lock(connection)
        found = sign(connection, place) or _make(connection, rehearsal=rehearsal, embedded=False)
    found = made(found, place)
    assert_fit(found, place, rehearsal=rehearsal)
    assert_current(found, place)
    return found.rehearses


def _make(connection: Connection, *, rehearsal: bool, embedded: bool) -> Sign:
    """Make today's tables as the scripts of all revisions would, without the time that Alembic takes to import."""
    new = Sign(plan.SHIPPED.newest, {"rehearsal": str(int(rehearsal)), "embedded": str(int(embedded))})
    metadata.create_all(connection)
    plan.version.create(connection)
    connection.execute(insert(plan.version), {"version_num": new.revision})
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in new.meta.items()])
    return new


def _is_empty(connection: Connection) -> bool:
    """Say whether this is an SQLite file in which nobody has tables yet."""
    return file_of(connection) is not None and not inspect(connection).get_table_names()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        shown = f'"{url}"' if "@" not in url else "What was given"  # there may be a password in it
        raise InvalidInput(
            f"{shown} is not a database URL. Write one like sqlite:///caseway.db, sqlite:////srv/caseway.db for a full path, "
            "or postgresql://user:password@host/name.",
        ) from error
    # Without a driver, SQLAlchemy's choice depends on its version.
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


def _engine(address: URL, options: Mapping[str, Any]) -> Engine:
    shown = address.render_as_string(hide_password=True)
    try:
        return create_engine(address, **options)
    except ImportError as error:
        raise InvalidInput(
            f'"{shown}" needs the Python module "{error.name}": pip install "caseway[postgresql]".'
        ) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise InvalidInput(f'"{shown}" is not a database URL that can be used: {error}') from error


def _postgresql(address: URL) -> Engine:
    engine = _engine(address, {"pool_pre_ping": True, "max_overflow": 20})
    numbers: Any = engine.dialect.loaded_dbapi.types.numeric

    def set_up(driver: Any, _record: object) -> None:
        _set_up_postgresql(driver)
        driver.adapters.register_dumper(
            int, numbers.Int8Dumper
        )  # one size, so that no statement is planned for several

    event.listen(engine, "connect", set_up)
    return engine


def _name(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return address.database or ":memory:"
    shown = address.set(drivername=address.get_backend_name()) if "+" in address.drivername else address
    return shown.difference_update_query(["password"]).render_as_string(hide_password=True)


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


def _set_up_postgresql(driver: Any) -> None:
    """Have the server run our statements as they are meant, whatever it is set to otherwise.

    Each of them finds its rows by an index. A plan that was made while a table was empty is kept when it is full: so it must
    not be one that walks through the table.
    """
    driver.autocommit = True
    driver.execute(
        "SET client_encoding = 'UTF8'; SET default_transaction_isolation = 'read committed'; "
        "SET plan_cache_mode = force_generic_plan; SET jit = off; "
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"
    )
    driver.autocommit = False
    driver.prepare_threshold = 0  # from now on, plan every statement once


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
