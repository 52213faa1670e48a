"""A copy of an SQLite file, made beside it before its tables change."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from caseway.adapters.sql.trouble import Place
from caseway.engine.errors import WorldError


def file_of(connection: Connection) -> Path | None:
    """Return the file that a connection to SQLite works on, or None where the database is in memory or not SQLite's."""
    if connection.dialect.name != "sqlite":
        return None
    files = {row[1]: row[2] for row in connection.exec_driver_sql("PRAGMA database_list")}
    return Path(files["main"]) if files.get("main") else None


def copy_beside(connection: Connection, place: Place, revision: str) -> Path | None:
    """Copy the committed content of an SQLite file to FILE.before-REVISION, and return where that is.

    An earlier copy of this name, from an upgrade that failed, gives way only to one that is whole and sound.
    """
    file = file_of(connection)
    if file is None:
        return None
    copy = file.with_name(f"{file.name}.before-{revision}")
    part = copy.with_name(f"{copy.name}.part")
    try:
        _copy(file, part)
        part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise WorldError(
            f"{place} was not upgraded, because it could not be copied to {copy} first: {error}.",
            database=place.name,
            copy=str(copy),
        ) from error
    return copy


def _copy(file: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    # Nobody else may read it, until all may who may read the file.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    # Through a connection of its own: SQLite makes one that has begun to write wait for itself.
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as source,
        closing(sqlite3.connect(part, isolation_level=None)) as target,
    ):
        source.backup(target)
        verdict = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the file is damaged ({verdict})")
    shutil.copymode(file, part)
