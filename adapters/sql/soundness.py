"""Whether a database still says what was written to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select
from sqlalchemy.exc import DatabaseError

from caseway.adapters.sql.database import reach
from caseway.adapters.sql.migration import plan
from caseway.adapters.sql.migration.sign import Sign, made, sign
from caseway.adapters.sql.row import read_case
from caseway.adapters.sql.table import case, journal, posting, work
from caseway.adapters.sql.trouble import told
from caseway.adapters.sql.worklist import listed
from caseway.engine.worklist import Listed, index

SAMPLE = 1000
"""How many of the newest cases are looked at where not all are."""

NAMED = 5
"""How many of the things that are wrong are named."""

_DOCUMENTS: Select[Any] = select(case.c.id, case.c.document).limit(SAMPLE)
_LISTED = select(work).where(work.c.case.in_(bindparam("wanted", expanding=True)))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: whether all is well there, and a phrase that says so, or what is wrong."""

    check: str
    is_sound: bool
    told: str


def check(url: str, *, full: bool = False) -> list[Finding]:
    """Check a database: its revision, its file, its tables, its journals and open work; all cases and the ledger only with `full`."""
    engine, place = reach(url, create=False)
    try:
        with told(place), engine.connect() as connection:
            found = made(sign(connection, place), place)
            return list(_findings(connection, found, full=full))
    finally:
        engine.dispose()


def _findings(connection: Connection, found: Sign, *, full: bool) -> Iterator[Finding]:
    yield _revision(found)
    if connection.dialect.name == "sqlite":
        yield _file(connection, full=full)
    if not found.is_current:  # the rest would ask for tables that are not there, or not yet
        return
    yield _tables(connection)
    yield _journals(connection, full=full)
    yield _work(connection, full=full)
    if full:
        yield _gaps(connection)
        yield _ledger(connection)


def _revision(found: Sign) -> Finding:
    newest = plan.SHIPPED.newest
    if found.is_current:
        return Finding("revision", True, f"{newest}, as this Caseway works with")
    if found.is_known:
        return Finding("revision", False, f"{found.revision}; upgrade it to {newest} with `caseway db upgrade`")
    return Finding("revision", False, f"{found.revision}, which this Caseway does not know; upgrade Caseway")


def _file(connection: Connection, *, full: bool) -> Finding:
    try:
        rows = connection.exec_driver_sql(f"PRAGMA {'integrity_check' if full else 'quick_check'}({NAMED})").all()
        wrong = [str(row[0]) for row in rows if row[0] != "ok"]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(NAMED) if not wrong else ()
    except DatabaseError as error:  # too damaged even to be checked
        wrong, orphans = [str(error.orig)], ()
    wrong += [f"row {row} of {table} refers to nothing in {of}" for table, row, of, _ in orphans]
    return _finding("file", wrong, "whole", "damaged; restore a copy")


def _tables(connection: Connection) -> Finding:
    from caseway.adapters.sql.migration.script import differences  # noqa: PLC0415 - Alembic is imported by those who need it

    return _finding("tables", differences(connection), "as Caseway made them", "changed by something else")


def _journals(connection: Connection, *, full: bool) -> Finding:
    """Compare the revision of each case with the last line of its journal."""
    last = select(func.max(journal.c.revision)).where(journal.c.case == case.c.id).scalar_subquery()
    looked = select(case.c.id, case.c.revision, last.label("last"))
    if not full:
        looked = looked.order_by(case.c.opened_at.desc(), case.c.id.desc()).limit(SAMPLE)
    each = looked.subquery()
    wrong = [
        f"case {row.id} has revision {row.revision}, its journal ends at {row.last}"
        for row in _first(connection, select(each).where(each.c.revision != func.coalesce(each.c.last, 0)))
    ]
    count = connection.execute(select(func.count()).select_from(each)).scalar_one()
    which = "all" if full else "the newest"
    return _finding("journals", wrong, f"agree with their cases ({which}: {count})", "do not agree with their cases")


def _work(connection: Connection, *, full: bool) -> Finding:
    """Compare the index of open work with what each case says."""
    wrong: list[str] = []
    count = 0
    for rows in _documents(connection, full=full):
        count += len(rows)
        found: defaultdict[str, set[Listed]] = defaultdict(set)
        for row in connection.execute(_LISTED, {"wanted": [each.id for each in rows]}):
            found[row.case].add(listed(row))
        cases = (read_case(row.document) for row in rows)
        wrong += [f"case {each.id}" for each in cases if set(index(each)) != found[each.id]]
        if len(wrong) > NAMED:
            break
    which = "all" if full else "the newest"
    return _finding("work", wrong, f"listed as the cases have it ({which}: {count})", "not listed as it is offered")


def _documents(connection: Connection, *, full: bool) -> Iterator[Sequence[Row[Any]]]:
    """Yield the documents of the newest cases, or of all, page by page."""
    if not full:
        yield connection.execute(_DOCUMENTS.order_by(case.c.opened_at.desc(), case.c.id.desc())).all()
        return
    page = _DOCUMENTS.order_by(case.c.id)
    while rows := connection.execute(page).all():
        yield rows
        page = _DOCUMENTS.where(case.c.id > rows[-1].id).order_by(case.c.id)


def _gaps(connection: Connection) -> Finding:
    lines = func.count()
    per_case = select(journal.c.case.label("id"), lines.label("lines"), func.max(journal.c.revision).label("last"))
    gaps = per_case.group_by(journal.c.case).having(lines != func.max(journal.c.revision))
    wrong = [f"case {row.id} has {row.lines} lines for {row.last} revisions" for row in _first(connection, gaps)]
    return _finding("lines", wrong, "one for each revision", "missing")


def _ledger(connection: Connection) -> Finding:
    total = func.sum(posting.c.amount)
    open_books = (
        select(posting.c.effect, posting.c.unit, total.label("total"))
        .group_by(posting.c.effect, posting.c.unit)
        .having(total != 0)
    )
    wrong = [f"{row.effect} sums to {row.total} {row.unit}" for row in _first(connection, open_books)]
    return _finding("ledger", wrong, "all that was moved sums to zero", "does not sum to zero")


def _first(connection: Connection, wrong: Select[Any]) -> Sequence[Row[Any]]:
    return connection.execute(wrong.limit(NAMED + 1)).all()


def _finding(check: str, wrong: Sequence[str], well: str, ill: str) -> Finding:
    more = "; and more" if len(wrong) > NAMED else ""
    return Finding(check, not wrong, f"{ill}: {'; '.join(wrong[:NAMED])}{more}" if wrong else well)
