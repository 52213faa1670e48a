"""What waits for workers and for persons, read from the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select, update

from caseway.adapters.sql.row import read_entry, read_outgoing
from caseway.adapters.sql.table import AT_ONCE, can_fire, definition, journal, outbox, timer, waiting
from caseway.engine.backlog import COUNTED, Backlog, Queue, SetAside, not_relayed, sent_at_revision

_failed = timer.c.fault.is_not(None)
_given_up = outbox.c.set_aside.is_(True) & outbox.c.delivered_at.is_(None)

# Process by process, as the index of timers is ordered.
_NEXT_DUE = select(
    definition.c.process,
    select(func.min(timer.c.due)).where(can_fire, timer.c.process == definition.c.process).scalar_subquery(),
).distinct()
_OLDEST_MESSAGE = select(outbox.c.case, outbox.c.effect).where(waiting).order_by(outbox.c.seq).limit(1)
_ENTRY = select(journal.c.document).where(
    journal.c.case == bindparam("of_case"), journal.c.revision == bindparam("at_revision")
)
_FAILED_TIMERS = select(timer).where(_failed).order_by(timer.c.due, timer.c.id)
_FAILED_MESSAGES = select(outbox).where(_given_up).order_by(outbox.c.seq)
_PUT_BACK = (
    update(outbox)
    .where(_given_up, outbox.c.case == bindparam("of_case"), outbox.c.effect == bindparam("of_effect"))
    .values(set_aside=False, attempts=0, error=None, not_before=AT_ONCE)
)


def next_due(connection: Connection) -> datetime | None:
    """Read when the next timer that can fire is due."""
    return min(_first_due(connection).values(), default=None)


def backlog(connection: Connection, now: datetime) -> Backlog:
    """Read what waits at `now`."""
    first = _first_due(connection)
    next_due = min(first.values(), default=None)
    due = _count_due(connection, [process for process, at in first.items() if at <= now], now)
    oldest = connection.execute(_OLDEST_MESSAGE).first()
    return Backlog(
        due=Queue(due, next_due if due else None),
        waiting=Queue(_count(connection, waiting), _sent_at(connection, oldest.case, oldest.effect))
        if oldest
        else Queue(),
        next_due=next_due,
        timers_set_aside=_count(connection, _failed),
        messages_set_aside=_count(connection, _given_up),
        failing=_count(connection, waiting & (outbox.c.attempts > 0)) if oldest else 0,
    )


def set_aside(connection: Connection, limit: int, case: str | None) -> Sequence[SetAside]:
    """Read what waits for a person: timers in due order, then messages in order of writing."""
    timers = list(_failed_timers(connection, limit, case))
    return [*timers, *_failed_messages(connection, limit - len(timers), case)]


def put_back(connection: Connection, case: str, effect: str) -> bool:
    """Put a message that was set aside back among those that wait, and say whether there was one."""
    return connection.execute(_PUT_BACK, {"of_case": case, "of_effect": effect}).rowcount > 0


def _first_due(connection: Connection) -> Mapping[str, datetime]:
    """Read when the next timer of each process is due; processes without one are left out."""
    return {process: at for process, at in map(tuple, connection.execute(_NEXT_DUE)) if at is not None}


def _count_due(connection: Connection, processes: Iterable[str], now: datetime) -> int:
    due = 0
    for process in processes:
        if due < COUNTED:
            due += _count(connection, can_fire & (timer.c.process == process) & (timer.c.due <= now))
    return min(due, COUNTED)


def _failed_timers(connection: Connection, limit: int, case: str | None) -> Iterator[SetAside]:
    wanted = _FAILED_TIMERS if case is None else _FAILED_TIMERS.where(timer.c.case == case)
    for row in connection.execute(wanted.limit(max(limit, 0))):
        yield SetAside("timer", row.id, row.case, row.name, row.due, row.fault)


def _failed_messages(connection: Connection, limit: int, case: str | None) -> Iterator[SetAside]:
    wanted = _FAILED_MESSAGES if case is None else _FAILED_MESSAGES.where(outbox.c.case == case)
    for row in connection.execute(wanted.limit(max(limit, 0))).all():
        effect = read_outgoing(row).message
        yield not_relayed(effect, row.case, _sent_at(connection, row.case, effect.id), row.error or "")


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    """Count rows, no further than COUNTED: the rest is not looked at."""
    found = select(literal(1)).where(which).limit(COUNTED).subquery()
    counted: Any = connection.execute(select(func.count()).select_from(found)).scalar()
    return int(counted)


def _sent_at(connection: Connection, case: str, effect: str) -> datetime | None:
    """Return when a message was sent: the instant of the step that its id names."""
    revision = sent_at_revision(effect)
    if revision is None:
        return None
    text = connection.execute(_ENTRY, {"of_case": case, "at_revision": revision}).scalar()
    return None if text is None else read_entry(text).at
