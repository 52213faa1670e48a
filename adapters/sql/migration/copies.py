"""The copies of an SQLite file that were made before upgrades, when content is taken out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from caseway.adapters.sql.row import document, record
from caseway.adapters.sql.trouble import Place
from caseway.engine.case_record import Record, case_from_record, case_record
from caseway.engine.effect import OUTBOUND
from caseway.engine.effect_record import effect_from_record, effect_record
from caseway.engine.erasure import Erasure
from caseway.engine.errors import WorldError
from caseway.engine.journal import entry_from_record, entry_record
from caseway.engine.outcome import Step

_TABLES = {
    "case": ("id", ("document",)),
    "journal": ("case", ("document",)),
    "outbox": ("case", ("document", "recipient", "error")),
    "timer": ("case", ("fault",)),
}
"""By table: which column names the case, and which ones may hold content."""


def copies_of(file: Path) -> Iterator[Path]:
    """Yield the copies that lie beside a file."""
    return (path for path in sorted(file.parent.glob(f"{_escaped(file.name)}.before-*")) if _is_copy(path))


def redact_copies(file: Path, step: Step, place: Place) -> Sequence[str]:
    """Take what a step erases out of every copy that holds its case; return the names of those that were rewritten.

    A copy may be of any revision: what it has no table or column for, it cannot hold. Afterwards the file holds the old bytes nowhere.
    """
    return [str(copy) for copy in copies_of(file) if _redact(copy, step, place)]


def _redact(copy: Path, step: Step, place: Place) -> bool:
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN IMMEDIATE")
            changed = sum(_redact_table(connection, table, step) for table in _TABLES)
            connection.execute("COMMIT")
            if changed:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (OSError, sqlite3.Error) as error:
        raise WorldError(
            f"Nothing was redacted in {place}, because the copy {copy}, made before an upgrade, could not be: {error}. "
            "Make it writable, or remove it if nobody needs it.",
            database=place.name,
            copy=str(copy),
        ) from error
    return bool(changed)


def _redact_table(connection: sqlite3.Connection, table: str, step: Step) -> int:
    key, wanted = _TABLES[table]
    there = {row[1] for row in connection.execute(f"PRAGMA table_info(caseway_{table})")}
    names = [name for name in wanted if name in there]
    if key not in there or not names:
        return 0
    columns = ", ".join(f'"{name}"' for name in names)
    changed = 0
    # The names are our own.
    query = f'SELECT rowid, {columns} FROM caseway_{table} WHERE "{key}" = ?'  # noqa: S608
    for rowid, *values in connection.execute(query, (step.after.id,)).fetchall():
        made = [_erased(table, name, value, step.erasures) for name, value in zip(names, values, strict=True)]
        if made != values:
            settings = ", ".join(f'"{name}" = ?' for name in names)
            connection.execute(f"UPDATE caseway_{table} SET {settings} WHERE rowid = ?", (*made, rowid))  # noqa: S608
            changed += 1
    return changed


def _erased(table: str, column: str, text: str | None, erasures: Sequence[Erasure]) -> str | None:
    if text is None:
        return None
    if column != "document":
        for erasure in erasures:
            text = erasure.quoting(text)
        return text
    of = f"a row of caseway_{table} in a copy"
    kept = record(text, of)
    made = kept
    for erasure in erasures:
        made = _document(table, made, erasure)
    return text if made == kept else document(made, of)


def _document(table: str, kept: Record, erasure: Erasure) -> Any:
    """Return a document without what is erased; one of a form that is not known any more, without its texts."""
    try:
        return _DOCUMENTS[table](kept, erasure)
    except (AttributeError, KeyError, TypeError, ValueError):
        data = kept.get("data") if isinstance(kept, dict) else None
        return dict(erasure.record(kept)) | ({"data": erasure.data(data)} if isinstance(data, dict) else {})


def _case(kept: Record, erasure: Erasure) -> Record:
    return kept | _changed(kept, case_record(erasure.case(case_from_record(kept))))


def _line(kept: Record, erasure: Erasure) -> Record:
    return kept | _changed(kept, entry_record(erasure.entry(entry_from_record(kept))))


def _effect(kept: Record, erasure: Erasure) -> Record:
    effect = effect_from_record(kept)
    if not isinstance(effect, OUTBOUND):
        raise TypeError(f"{effect.id} is nothing that leaves a case")
    return kept | _changed(kept, effect_record(erasure.effect(effect)))


def _changed(kept: Record, made: Record) -> Record:
    """Return what is to be written of a record that was read and written again: only fields that it had before."""
    return {name: value for name, value in made.items() if name in kept}


_DOCUMENTS: Mapping[str, Callable[[Record, Erasure], Record]] = {"case": _case, "journal": _line, "outbox": _effect}


def _escaped(name: str) -> str:
    """Return a name as a pattern that matches it alone."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _is_copy(path: Path) -> bool:
    return path.is_file() and not path.name.endswith((".part", "-wal", "-shm", "-journal"))
