"""Rows into tables: where databases differ most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.exc import IntegrityError

from caseway.adapters.sql import statement
from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import Row, document
from caseway.adapters.sql.trouble import is_repetition, violated
from caseway.engine.errors import CaseConflict, CasewayError, UnknownProcess
from caseway.engine.outcome import Step


@dataclass(slots=True)
class Rows:
    """What is to be written, table by table: of one step, or of many."""

    opened: list[Row] = field(default_factory=list)
    moved: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)
    armed: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    postings: list[Row] = field(default_factory=list)
    taken: list[Row] = field(default_factory=list)
    unlisted: list[Row] = field(default_factory=list)
    listed: list[Row] = field(default_factory=list)
    loads: list[Row] = field(default_factory=list)


def write(cursor: Cursor, rows: Rows) -> bool:
    """Write rows, and say whether every case had the revision that its row states; if not, the caller undoes all.

    On PostgreSQL one step is one statement, which writes nothing where the case has moved.
    """
    if cursor.speaks == "postgresql":
        return _write_at_once(cursor, rows) if len(rows.journal) == 1 else _write_lists(cursor, rows)
    return _write_each(cursor, rows)


def _write_at_once(cursor: Cursor, rows: Rows) -> bool:
    values = (rows.opened or rows.moved)[0] | rows.journal[0]
    for name in ("gone", "armed", "changed", "messages", "postings", "taken", "unlisted", "listed"):
        some = getattr(rows, name)
        if some:
            values[name] = document(some, name)
    if rows.armed:
        values["earliest"] = _earliest(rows)
    if rows.loads:
        values |= rows.loads[0]
    at_once = statement.step_at_once(
        opens=bool(rows.opened),
        disarms=bool(rows.gone),
        arms=bool(rows.armed),
        changes=bool(rows.changed),
        sends=bool(rows.messages),
        posts=bool(rows.postings),
        takes=bool(rows.taken),
        unlists=bool(rows.unlisted),
        lists=bool(rows.listed),
        gives=bool(rows.loads),
    )
    return bool(cursor.rows(at_once, values))


def _write_lists(cursor: Cursor, rows: Rows) -> bool:
    _assert_all_kept(cursor, rows)
    if rows.moved and cursor.change(statement.MOVE_ALL, {"moved": document(rows.moved, "moved")}) != len(rows.moved):
        return False
    if not _are_given(cursor, rows):
        return False
    for to_all, name in (
        (statement.OPEN_ALL, "opened"),
        (statement.WRITE_ALL, "journal"),
        (statement.DISARM_ALL, "gone"),
        (statement.ARM_ALL, "armed"),
        (statement.CHANGE_ALL, "changed"),
        (statement.SEND_ALL, "messages"),
        (statement.POST_ALL, "postings"),
        (statement.TAKE_ALL, "taken"),
        (statement.UNLIST_ALL, "unlisted"),
        (statement.LIST_ALL, "listed"),
    ):
        some = getattr(rows, name)
        if some:
            cursor.change(to_all, {name: document(some, name)})
    if rows.armed:
        cursor.rows(statement.NOTICE, {"earliest": _earliest(rows)})
    return True


def _earliest(rows: Rows) -> str:
    """Return when the first of the armed timers is due, in the text of the table, which sorts as time does."""
    return min(str(row["timer_due"]) for row in rows.armed)


def _write_each(cursor: Cursor, rows: Rows) -> bool:
    _assert_all_kept(cursor, rows)
    if _change(cursor, statement.MOVE, rows.moved) != len(rows.moved) or not _are_given(cursor, rows):
        return False
    for to_each, some in (
        (statement.OPEN, rows.opened),
        (statement.WRITE, rows.journal),
        (statement.DISARM, rows.gone),
        (statement.ARM, rows.armed),
        (statement.CHANGE, rows.changed),
        (statement.SEND, rows.messages),
        (statement.POST, rows.postings),
        (statement.TAKE, rows.taken),
        (statement.UNLIST, rows.unlisted),
        (statement.LIST, rows.listed),
    ):
        _change(cursor, to_each, some)
    return True


def _change(cursor: Cursor, each: Executable, rows: Sequence[Row]) -> int:
    if not rows:
        return 0
    return cursor.change(each, rows[0]) if len(rows) == 1 else cursor.change_all(each, rows)


def _are_given(cursor: Cursor, rows: Rows) -> bool:
    """Say whether nobody else was given work since that of these persons was counted."""
    give = statement.GIVE_ON_POSTGRESQL if cursor.speaks == "postgresql" else statement.GIVE_ON_SQLITE
    return all(cursor.change(give, row) == 1 for row in rows.loads)


def _assert_all_kept(cursor: Cursor, rows: Rows) -> None:
    """Look for the definitions that cases come to: a caller's connection to SQLite may check no references."""
    for row in rows.opened:
        _assert_kept(cursor, row)
    for row in rows.moved:
        if row["case_definition"] != row["case_pinned"]:
            _assert_kept(cursor, row)


def _assert_kept(cursor: Cursor, row: Mapping[str, Any]) -> None:
    if not cursor.rows(statement.KEPT, {"wanted_hash": row["case_definition"]}):
        raise never_kept(row["case_id"], row["case_process"], row["case_version"], row["case_definition"])


def never_kept(case: str, process: str, version: int, definition: str) -> UnknownProcess:
    """Say that a case was to be opened on, or moved to, a definition that is not there."""
    return UnknownProcess(
        f"{process} version {version} ({definition}) was never kept; "
        f"keep the definition before opening case {case} on it.",
        process=process,
        version=version,
    )


@contextmanager
def no_repetitions() -> Iterator[None]:
    """Say for many steps what the database's own keys do not let in."""
    try:
        yield
    except IntegrityError as error:
        if not is_repetition(error):
            raise
        raise CaseConflict(
            "One of several steps repeats what is written already, so none of them was written; send each event by itself.",
            table=violated(error),
        ) from error


def repeated(step: Step, table: str) -> CasewayError:
    """Say in the words of a step what the keys of a table do not let in."""
    after, event = step.after, step.event.id
    match table:
        case "definition":
            return never_kept(after.id, after.process, after.version, after.definition)
        case "case":
            told = f"Case {after.id} exists already; give the new one another id."
        case "journal":
            told = f'The journal of case {after.id} has the event id "{event}" already; read the case again for its outcome.'
        case "once":
            told = f"Case {after.id} was to pay what was paid already for the same once key; read the case again and repeat the event."
        case _:
            told = f"Case {after.id} was to write effects that are written already; read the case again."
    return CaseConflict(told, case=after.id, event=event)
