"""The index of open work, as worklists read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, literal_column, select, tuple_, union_all
from sqlalchemy import Row as ResultRow

from caseway.adapters.sql.column import instant_text
from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import read_case
from caseway.adapters.sql.statement import COUNT, HOLD_LOAD
from caseway.adapters.sql.table import case, work
from caseway.engine.case import Load
from caseway.engine.worklist import Found, Listed, WorkQuery

PAGE = 100
"""How many rows of the index are read at a time, and the cases that they are about with them."""

_FIELDS = ("case", "process", "state", "item", "role", "person", "kind", "due", "opened_at")
_ORDER = ("due", "opened_at", "case", "state", "item")


def count(cursor: Cursor, process: str, person: str, *, hold: bool = False) -> Load:
    """Count how much claimed work of a process a person has; with `hold`, keep all others from giving them some meanwhile."""
    of = {"load_process": process, "load_person": person}
    if hold and cursor.speaks == "postgresql":
        cursor.change(
            HOLD_LOAD, of
        )  # in a statement of its own: the next one sees what was written while this one waited
    held, revision = cursor.rows(COUNT, of)[0]
    return Load(process, person, int(held), int(revision or 0))


def page(connection: Connection, query: WorkQuery, after: Found | None) -> Sequence[Found]:
    """Return the next rows of a person's index, in their order, with their cases."""
    rows = connection.execute(_page(query, after)).all()
    return [Found(listed(row), read_case(row.document)) for row in rows]


def _page(query: WorkQuery, after: Found | None) -> Select[Any]:
    arms = [_arm(which, query, after) for which in _whose(query)]
    rows = union_all(*(select(arm.subquery()) for arm in arms)).subquery("open")
    order = [rows.c[name] for name in _ORDER]
    first = select(rows).order_by(*order).limit(_limit()).subquery("first")
    return (
        select(first, case.c.document)
        .join(case, case.c.id == first.c.case)
        .order_by(*(first.c[name] for name in _ORDER))
    )


def _whose(query: WorkQuery) -> Iterator[ColumnElement[bool]]:
    """Yield what selects the rows of a person, and those of each role, each by an index of its own."""
    yield work.c.person == query.person
    for role in sorted(query.roles):
        yield work.c.person.is_(None) & (work.c.role == role)


def _arm(which: ColumnElement[bool], query: WorkQuery, after: Found | None) -> Select[Any]:
    order = [work.c[name] for name in _ORDER]
    rows = select(*(work.c[name] for name in _FIELDS)).where(which).order_by(*order).limit(_limit())
    if query.process is not None:
        rows = rows.where(work.c.process == query.process)
    if after is not None:
        row = after.row
        last = (instant_text(row.due), instant_text(row.opened_at), row.case, row.state, row.item)
        rows = rows.where(tuple_(*order) > tuple_(*last))
    return rows


def _limit() -> ColumnElement[int]:
    # Written out, since PostgreSQL plans without the values that are bound, and would sort all that follow.
    return literal_column(str(PAGE))


def listed(row: ResultRow[Any]) -> Listed:
    """Read a row of the index."""
    return Listed(**{name: getattr(row, name) for name in _FIELDS})
