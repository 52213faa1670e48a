"""From an old revision to the newest: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.migration.backup import copy_beside
from caseway.adapters.sql.migration.sign import assert_known, made, sign
from caseway.adapters.sql.trouble import Place, told
from caseway.engine.errors import CasewayError, WorldError

_LOCK = 0x63617365776179
"""The number of the advisory lock under which tables are made and upgraded in PostgreSQL: "caseway" in ASCII."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done to a database: revisions before and after, and the copy of an SQLite file as it was before."""

    before: str
    after: str
    copy: Path | None = None


def upgrade(engine: Engine, place: Place) -> Upgrade:
    """Bring the tables of a database to the newest revision, in one transaction; an SQLite file is copied first.

    Raises WorldError where that fails: then the database is as it was.
    """
    copy = None
    before = ""
    is_begun = is_done = False
    try:
        with told(place), alone(engine) as connection:
            found = made(sign(connection, place), place)
            before = found.revision
            if found.is_current:
                return Upgrade(before, before)
            assert_known(found, place)
            copy = copy_beside(connection, place, plan.SHIPPED.newest)
            is_begun = True
            _migrate(connection)
            is_done = True
    except Exception as error:
        if not is_begun:
            raise
        raise _not_upgraded(place, before, copy, error, is_done=is_done) from error
    return Upgrade(before, plan.SHIPPED.newest, copy)


def _migrate(connection: Connection) -> None:
    from caseway.adapters.sql.migration import script  # noqa: PLC0415  # Alembic is imported by those who upgrade

    script.run(connection, plan.SHIPPED)
    if connection.dialect.name == "sqlite":
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if orphan is not None:
            raise ValueError(f"row {orphan[1]} of {orphan[0]} would refer to nothing in {orphan[2]}")


def _not_upgraded(place: Place, before: str, copy: Path | None, error: Exception, *, is_done: bool) -> WorldError:
    """Say why; `is_done` means that the commit failed, whose outcome only an SQLite file's program knows."""
    cause = error.__cause__ if isinstance(error, CasewayError) and error.__cause__ else error
    reason = str(cause.orig) if isinstance(cause, DBAPIError) else f"{type(cause).__name__}: {cause}"
    wanted = plan.SHIPPED.newest
    if is_done and copy is None:
        what = f"was upgraded from revision {before} to {wanted}, but did not say that it kept that; ask `caseway db status`."
    else:
        what = f"could not be upgraded from revision {before} to {wanted}, and is as it was before."
    where = f" A copy of it is in {copy}." if copy else ""
    return WorldError(
        f"{place} {what}{where} The reason: {reason.strip()}",
        database=place.name,
        revision=before,
        wanted=wanted,
        copy=None if copy is None else str(copy),
    )


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """Lend a connection in a transaction in which nobody else makes or upgrades tables."""
    if engine.dialect.name != "sqlite":
        with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            lock(connection)
            yield connection
        return
    with engine.connect() as connection:
        # A table is changed by copying it and dropping the old one. SQLite would empty all that refers to it, and cannot be
        # told not to inside a transaction.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")


def lock(connection: Connection) -> None:
    """Wait until nobody else makes or upgrades tables. SQLite has one writer anyhow."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
