"""The one write of a step: case, journal, timers, outbox, postings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Executable, bindparam, insert, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import IntegrityError

from caseway.adapters.sql.row import Row, case_row, changed_timer_row, journal_row, outbox_row, posting_row, timer_row
from caseway.adapters.sql.table import case, definition, journal, outbox, posting, timer
from caseway.engine import ledger
from caseway.engine.effect import Message
from caseway.engine.errors import CaseConflict, UnknownProcess
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, Step

_MOVED = [column.name for column in case.c if column.name not in {"id", "opened_at"}]

_KEPT = select(definition.c.hash).where(definition.c.hash == bindparam("hash"))
_OPEN_CASE = insert(case)
_MOVE_CASE = (
    update(case)
    .where(case.c.id == bindparam("at_id"), case.c.revision == bindparam("at_revision"))
    .values({name: bindparam(name) for name in _MOVED})
)
_WRITE_JOURNAL = insert(journal)
_ARM = insert(timer)
_DISARM = delete_from(timer).where(timer.c.id == bindparam("timer_id"))
_CHANGE_TIMER = (
    update(timer)
    .where(timer.c.id == bindparam("at_id"))
    .values({name: bindparam(name) for name in ("name", "due", "fault")})
)
_SEND = insert(outbox)
_POST = insert(posting)


def commit(connection: Connection, step: Step) -> Entry:
    """Write a step through a connection whose transaction the caller undoes if this raises."""
    before, after = step.before, step.after
    opening = not before.revision
    if opening or before.definition != after.definition:
        _assert_kept(connection, step)
    if opening:
        with _no_repetition(f"Case {after.id} exists already; give the new one another id.", step):
            connection.execute(_OPEN_CASE, case_row(step))
    else:
        _move(connection, step)
    recorded = f'The journal of case {after.id} has the event id "{step.event.id}" already; read the case again for its outcome.'
    line = entry(step)
    with _no_repetition(recorded, step):
        connection.execute(_WRITE_JOURNAL, journal_row(line))
    with _no_repetition(f"Case {after.id} was to write effects that are written already; read the case again.", step):
        if before.timers != after.timers:
            _write_timers(connection, step)
        _write_all(
            connection, _SEND, [outbox_row(after.id, effect) for effect in step.effects if isinstance(effect, Message)]
        )
        _write_all(connection, _POST, [posting_row(posted) for posted in ledger.postings(step)])
    return line


def _assert_kept(connection: Connection, step: Step) -> None:
    after = step.after
    if connection.execute(_KEPT, {"hash": after.definition}).first() is None:
        raise UnknownProcess(
            f"{after.process} version {after.version} ({after.definition}) was never kept; "
            f"keep the definition before opening case {after.id} on it.",
            process=after.process,
            version=after.version,
        )


def _move(connection: Connection, step: Step) -> None:
    row = case_row(step)
    del row["opened_at"]
    id, revision = row.pop("id"), step.before.revision  # noqa: A001 - the glossary's word
    moved = connection.execute(_MOVE_CASE, row | {"at_id": id, "at_revision": revision})
    if moved.rowcount != 1:
        raise CaseConflict(
            f"Case {id} was moved by somebody else after it was read at revision {revision}; "
            "read it again and repeat the event.",
            case=id,
            revision=revision,
        )


def _write_timers(connection: Connection, step: Step) -> None:
    before, after = {t.id: t for t in step.before.timers}, {t.id: t for t in step.after.timers}
    gone = [{"timer_id": timer_id} for timer_id in before.keys() - after.keys()]
    armed = [timer_row(step.after.id, t) for t in after.values() if t.id not in before]
    changed = [t for t in after.values() if t.id in before and before[t.id] != t]
    _write_all(connection, _DISARM, gone)
    _write_all(connection, _ARM, armed)
    _write_all(connection, _CHANGE_TIMER, [changed_timer_row(t) for t in changed])


def _write_all(connection: Connection, statement: Executable, rows: list[Row]) -> None:
    if rows:
        connection.execute(statement, rows if len(rows) > 1 else rows[0])


@contextmanager
def _no_repetition(sentence: str, step: Step) -> Iterator[None]:
    """Say that a key is taken already in the words of `sentence`."""
    try:
        yield
    except IntegrityError as error:
        raise CaseConflict(sentence, case=step.after.id, event=step.event.id) from error
