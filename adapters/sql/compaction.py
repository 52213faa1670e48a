"""A database without the room that rows of old took, and so without what still stands there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from caseway.adapters.sql.database import reach
from caseway.adapters.sql.migration.sign import made, sign
from caseway.adapters.sql.table import metadata
from caseway.adapters.sql.trouble import Place, told
from caseway.engine.errors import WorldError

_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": (
        "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint "
        "FROM pg_class WHERE relkind = 'r' AND starts_with(relname, 'caseway_') AND pg_table_is_visible(oid)"
    ),
}


@dataclass(frozen=True, slots=True)
class Compaction:
    """What compacting came to: the size before and after, of the SQLite file or of our tables in PostgreSQL, in bytes."""

    before: int
    after: int


def compact(url: str) -> Compaction:
    """Write the tables anew, so that nothing is left of rows that were changed or deleted.

    Of SQLite the whole file, and the write-ahead log is emptied into it. Of PostgreSQL our tables, each locked meanwhile. Raises WorldError
    where others are in the way.
    """
    engine, place = reach(url, create=False)
    alone = engine.execution_options(isolation_level="AUTOCOMMIT") if engine.dialect.name == "postgresql" else engine
    try:
        with told(place, writing=True), alone.connect() as connection:
            made(sign(connection, place), place)
            before = _size(connection)
            _COMPACT[engine.dialect.name](connection, place)
            return Compaction(before, _size(connection))
    finally:
        _end(engine)


def _sqlite(connection: Connection, place: Place) -> None:
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    connection.exec_driver_sql("VACUUM")
    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    if busy:
        raise WorldError(
            f"{place} was written anew, and its write-ahead log (the file ending in -wal) was not emptied, because others are reading. "
            "End the workers and whatever else has it open, and compact it again.",
            database=place.name,
        )


def _postgresql(connection: Connection, place: Place) -> None:  # noqa: ARG001 - as the other
    for table in metadata.sorted_tables:
        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table.name}")


_COMPACT = {"sqlite": _sqlite, "postgresql": _postgresql}


def _size(connection: Connection) -> int:
    size: int = connection.exec_driver_sql(_SIZES[connection.dialect.name]).scalar_one()
    return size


def _end(engine: Engine) -> None:
    engine.dispose()
