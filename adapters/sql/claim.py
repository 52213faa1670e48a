"""What is due, and claims on it that no two workers share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    exists,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)

from caseway.adapters.sql.row import read_due, read_outgoing
from caseway.adapters.sql.table import AT_ONCE, can_fire, case, definition, outbox, timer, waiting
from caseway.engine.effect import Message
from caseway.engine.outbox import ready
from caseway.engine.ports import DueTimer, Outgoing

_PROCESS = select(definition.c.process).distinct().subquery("known")
_FIRST = select(func.min(timer.c.due)).where(timer.c.process == _PROCESS.c.process, can_fire).scalar_subquery()
_OLDEST = select(_PROCESS.c.process, _FIRST)

_TIMER: tuple[ColumnElement[Any], ...] = (timer.c.case, timer.c.id, timer.c.name, timer.c.due)
_IS_DUE = (timer.c.due <= bindparam("now"), can_fire)
_DUE = (
    select(*_TIMER)
    .where(timer.c.process == bindparam("of_process"), *_IS_DUE)
    .order_by(timer.c.due, timer.c.id)
    .limit(bindparam("most"))
)

_DUE_PROCESS = (
    func.unnest(bindparam("processes", type_=ARRAY(Text()))).table_valued("process").render_derived(name="due")
)
# The case is locked, not the timer: only who holds the case writes its timers, so nobody who claims ever waits for another.
_SHARE = (
    select(*_TIMER, case.c.document)
    .join(case, case.c.id == timer.c.case)
    .where(timer.c.process == _DUE_PROCESS.c.process, *_IS_DUE)
    .order_by(timer.c.due, timer.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=case, skip_locked=True, key_share=True)
    .lateral("share")
)
_CLAIM = select(_SHARE).select_from(_DUE_PROCESS.join(_SHARE, true()))

_MESSAGE: tuple[ColumnElement[Any], ...] = (
    outbox.c.case,
    outbox.c.document,
    outbox.c.attempts,
    outbox.c.error,
    outbox.c.not_before,
)
_OUTGOING = select(*_MESSAGE).where(waiting).order_by(outbox.c.seq).limit(bindparam("most"))

_earlier = outbox.alias("earlier")
_HAS_EARLIER = exists(
    select(literal(1)).where(
        _earlier.c.delivered_at.is_(None),
        _earlier.c.set_aside.is_(False),
        _earlier.c.case == outbox.c.case,
        _earlier.c.recipient == outbox.c.recipient,
        _earlier.c.seq < outbox.c.seq,
    )
)
_HEADS = (
    select(outbox.c.case, outbox.c.recipient)
    .where(waiting, outbox.c.not_before <= bindparam("now"), ~_HAS_EARLIER)
    .order_by(outbox.c.not_before, outbox.c.seq)
    .limit(bindparam("most"))
)
# Who holds the first of a line has all of it. On SQLite the transaction holds everything, and this asks for no locks.
_HELD_HEADS = _HEADS.with_for_update(of=outbox, skip_locked=True)
_TO_CASE = outbox.c.recipient.startswith("case:")
_BEHIND = select(*_MESSAGE).where(waiting).order_by(outbox.c.seq).limit(bindparam("most"))
_LINE = tuple_(outbox.c.case, outbox.c.recipient)


def oldest_due(connection: Connection) -> Mapping[str, datetime]:
    """Return when the next timer of each process is due, of those that have one."""
    rows = connection.execute(_OLDEST).all()
    return {process: due for process, due in rows if due is not None}


def due_processes(connection: Connection, now: datetime) -> Sequence[str]:
    """Return the processes of which something is due, the longest overdue first. Costs a look at an index for each."""
    oldest = oldest_due(connection)
    return sorted((each for each in oldest if oldest[each] <= now), key=lambda each: oldest[each])


def due_timers(connection: Connection, now: datetime, limit: int) -> Sequence[DueTimer]:
    """Return the first timers that are due, of whatever process."""
    return _due_of(connection, due_processes(connection, now), now, limit)[: max(limit, 0)]


def claim_timers(
    connection: Connection, processes: Sequence[str], now: datetime, limit: int
) -> tuple[Sequence[DueTimer], Mapping[str, str]]:
    """Claim the first timers due of each process, an equal share of `limit` for each; return the documents of their cases.

    Cases that somebody else holds are passed over. On SQLite the transaction holds everything, and no document is read ahead.
    """
    of = processes[: max(limit, 0)]
    if not of:
        return [], {}
    share = limit // len(of)
    if connection.dialect.name != "postgresql":
        return _due_of(connection, of, now, share), {}
    rows = connection.execute(_CLAIM, {"processes": of, "now": now, "most": share}).all()
    return _in_due_order(map(read_due, rows)), {row.case: row.document for row in rows}


def waiting_messages(connection: Connection, limit: int) -> Sequence[Outgoing]:
    """Return the first messages that wait for their delivery."""
    return [read_outgoing(row) for row in connection.execute(_OUTGOING, {"most": max(limit, 0)})]


def is_ready(connection: Connection, now: datetime, *, only_to_cases: bool) -> bool:
    """Say whether there is a message that may be delivered."""
    heads = _HEADS.where(_TO_CASE) if only_to_cases else _HEADS
    return connection.execute(heads, {"now": now, "most": 1}).first() is not None


def claim_messages(
    connection: Connection, limit: int, now: datetime, until: datetime, *, only_to_cases: bool
) -> Sequence[Outgoing]:
    """Claim the first messages that may be delivered, so that nobody else gets them before `until`.

    Messages of a case to one recipient stand in line. Who holds the first of a line has all of it that is claimed: as long as the
    first may not be delivered, nobody gets to those behind it.
    """
    wanted = _HELD_HEADS.where(_TO_CASE) if only_to_cases else _HELD_HEADS
    heads = connection.execute(wanted, {"now": now, "most": max(limit, 0)}).all()
    if not heads:
        return []
    lines = _BEHIND.where(_LINE.in_([tuple(head) for head in heads]))
    waiting_there = (read_outgoing(row) for row in connection.execute(lines, {"most": limit}))
    claimed = [each for each in ready(waiting_there, now) if not (only_to_cases and isinstance(each.message, Message))]
    connection.execute(
        update(outbox).where(outbox.c.effect.in_([each.message.id for each in claimed])).values(not_before=until)
    )
    return claimed


def release_messages(connection: Connection, effects: Collection[str], until: datetime) -> None:
    """Give back what was claimed until then, but for what was delivered, has failed or was claimed again since."""
    connection.execute(
        update(outbox)
        .where(waiting, outbox.c.effect.in_(effects), outbox.c.not_before == until)
        .values(not_before=AT_ONCE)
    )


def _due_of(connection: Connection, processes: Sequence[str], now: datetime, most: int) -> Sequence[DueTimer]:
    values = {"now": now, "most": max(most, 0)}
    found = [row for process in processes for row in connection.execute(_DUE, values | {"of_process": process})]
    return _in_due_order(map(read_due, found))


def _in_due_order(timers: Iterable[DueTimer]) -> Sequence[DueTimer]:
    return sorted(timers, key=lambda each: (each.timer.due, each.timer.id))
