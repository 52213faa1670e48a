"""Cases kept in an SQL database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from caseway.adapters.sql.access import Access, Joined, Own, Within
from caseway.adapters.sql.commit import commit
from caseway.adapters.sql.database import has_tables, prepare, reach
from caseway.adapters.sql.row import (
    document,
    read_case,
    read_due,
    read_entry,
    read_line,
    read_outgoing,
    read_posting,
    record,
    state_mark,
)
from caseway.adapters.sql.table import case, definition, journal, outbox, posting, timer, waiting
from caseway.adapters.sql.trouble import Place
from caseway.engine.errors import InvalidInput, UnknownCase, VersionChanged
from caseway.engine.outcome import Entry, Step
from caseway.engine.ports import CaseLine, CaseQuery, DueTimer, Loaded, Outgoing
from caseway.engine.posting import Balance, Posting

PAGE = 200
"""How many rows of a long answer are read at a time; no transaction stays open between two pages."""

_LOAD = (
    select(case.c.document.label("stored"), journal.c.document.label("known"))
    .select_from(case)
    .outerjoin(journal, and_(journal.c.case == case.c.id, journal.c.event_id == bindparam("event")))
    .where(case.c.id == bindparam("case"))
)
_LOCK = (
    select(case.c.id)
    .where(case.c.id.in_(bindparam("cases", expanding=True)))
    .order_by(case.c.id)  # everybody takes locks in this order, so that nobody waits for each other
    .with_for_update()
)
_JOURNAL = select(journal.c.revision, journal.c.document)
_DUE = (
    select(timer.c.case, timer.c.id, timer.c.name, timer.c.due)
    .where(timer.c.due <= bindparam("now"), timer.c.fault.is_(None))
    .order_by(timer.c.due, timer.c.id)
    .limit(bindparam("most"))
)
_OUTGOING = (
    select(outbox.c.case, outbox.c.document, outbox.c.attempts, outbox.c.error)
    .where(waiting)
    .order_by(outbox.c.seq)
    .limit(bindparam("most"))
)
_UNDELIVERED = outbox.c.effect == bindparam("id"), outbox.c.delivered_at.is_(None)
_DELIVER = update(outbox).where(*_UNDELIVERED).values(delivered_at=bindparam("now"), set_aside=False)
_FAIL = (
    update(outbox)
    .where(*_UNDELIVERED)
    .values(attempts=outbox.c.attempts + 1, error=bindparam("reason"), set_aside=bindparam("aside"))
)
_CASES = select(*(column for column in case.c if column.name not in {"document", "definition"}))
_POSTINGS = select(posting)
_BALANCES = select(posting.c.owner, posting.c.account, posting.c.unit, func.sum(posting.c.amount)).group_by(
    posting.c.owner, posting.c.account, posting.c.unit
)
_DEFINITION = select(definition.c.content).where(definition.c.hash == bindparam("hash"))
_OF_VERSION = and_(definition.c.process == bindparam("process"), definition.c.version == bindparam("version"))
_PINNED = select(definition.c.hash).where(_OF_VERSION)
_RIVALS = select(definition.c.hash).where(or_(definition.c.hash == bindparam("hash"), _OF_VERSION))
_KEEP = insert(definition)


class SqlStore:
    """A store in an SQL database. Threads may share one that was opened, and none that was joined."""

    def __init__(self, access: Access, *, rehearsal: bool) -> None:
        self._access = access
        self._rehearsal = rehearsal

    @classmethod
    def open(cls, url: str, *, create: bool = True, rehearsal: bool = False) -> SqlStore:
        """Open a database by its SQLAlchemy URL, making its tables where `create` allows it.

        `rehearsal` makes a new database one to rehearse in; a database of real cases cannot become one.
        """
        engine, place = reach(url, create=create)
        access = Own(engine, place)
        try:
            return cls(access, rehearsal=_prepare(access, create=create, rehearsal=rehearsal))
        except BaseException:
            access.close()
            raise

    @classmethod
    def over(cls, connection: Connection, *, create: bool = False) -> SqlStore:
        """Make a store of a caller's connection alone; it writes inside the caller's transaction and never ends it."""
        access = _joined(connection)
        if create:
            with access.writing() as writing:
                return cls(access, rehearsal=prepare(writing, access.place, create=True, rehearsal=False))
        with access.reading() as reading:
            return cls(access, rehearsal=prepare(reading, access.place, create=False, rehearsal=False))

    def join(self, connection: Any) -> SqlStore:
        """Return this store writing inside the transaction of a caller's SQLAlchemy connection to the same database."""
        return SqlStore(_joined(connection), rehearsal=self._rehearsal)

    def load(self, case: str, event: str) -> Loaded:
        row = self._row(_LOAD, {"case": case, "event": event})
        if row is None:
            raise UnknownCase(f"There is no case {case}.", case=case)
        return Loaded(read_case(row.stored), None if row.known is None else read_entry(row.known))

    def commit(self, step: Step) -> Entry:
        with self._access.writing() as connection:
            return commit(connection, step)

    @contextmanager
    def locked(self, wanted: Sequence[tuple[str, str]]) -> Iterator[SqlStore]:
        with self._access.writing() as connection:
            connection.execute(_LOCK, {"cases": sorted({name for name, _ in wanted})}).all()
            yield SqlStore(Within(connection, self._access.place), rehearsal=self._rehearsal)

    @contextmanager
    def claimed(self, now: datetime, limit: int) -> Iterator[tuple[Sequence[DueTimer], SqlStore]]:
        if not self.due(now, 1):  # most passes find nothing, and need no lock to see that
            yield (), self
            return
        with self.locked(()) as store:
            yield store.due(now, limit), store

    @contextmanager
    def claimed_messages(self, limit: int) -> Iterator[tuple[Sequence[Outgoing], SqlStore]]:
        yield self.outgoing(limit), self

    def journal(self, case: str) -> Iterator[Entry]:
        rows = self._pages(_JOURNAL.where(journal.c.case == case), [journal.c.revision])
        return (read_entry(row.document) for row in rows)

    def due(self, now: datetime, limit: int) -> Sequence[DueTimer]:
        return [read_due(row) for row in self._rows(_DUE, {"now": now, "most": max(limit, 0)})]

    def outgoing(self, limit: int) -> Sequence[Outgoing]:
        return [read_outgoing(row) for row in self._rows(_OUTGOING, {"most": max(limit, 0)})]

    def delivered(self, effect: str, at: datetime) -> None:
        with self._access.writing() as connection:
            connection.execute(_DELIVER, {"id": effect, "now": at})

    def undelivered(self, effect: str, error: str, *, set_aside: bool) -> None:
        with self._access.writing() as connection:
            connection.execute(_FAIL, {"id": effect, "reason": error, "aside": set_aside})

    def cases(self, query: CaseQuery) -> Iterator[CaseLine]:
        rows = self._pages(_CASES.where(*_filters(query)), [case.c.opened_at, case.c.id])
        return map(read_line, rows if query.limit is None else islice(rows, max(query.limit, 0)))

    def postings(self, *, case: str | None = None, owner: str | None = None) -> Iterator[Posting]:
        wanted = _POSTINGS
        if case is not None:
            wanted = wanted.where(posting.c.case == case)
        if owner is not None:
            wanted = wanted.where(posting.c.owner == owner)
        return map(read_posting, self._pages(wanted, [posting.c.seq]))

    def balances(self, *, owner: str | None = None) -> Iterator[Balance]:
        wanted = _BALANCES if owner is None else _BALANCES.where(posting.c.owner == owner)
        rows = self._rows(wanted, {})
        return (
            Balance(holder, account, unit, int(amount)) for holder, account, unit, amount in sorted(map(tuple, rows))
        )

    def keep_definition(self, hash: str, process: str, version: int, content: Mapping[str, Any]) -> None:  # noqa: A002 - the port's name
        row = {"hash": hash, "process": process, "version": version}
        with self._access.reading() as connection:
            if _is_kept(connection, row):
                return
        text = document(content, f"{process} version {version}")
        with self._access.writing() as connection:
            if not _is_kept(connection, row):
                connection.execute(_KEEP, row | {"content": text})

    def definition(self, hash: str) -> Mapping[str, Any] | None:  # noqa: A002 - the port's name
        row = self._row(_DEFINITION, {"hash": hash})
        return None if row is None else record(row.content, f"the definition {hash}")

    def pinned(self, process: str, version: int) -> str | None:
        row = self._row(_PINNED, {"process": process, "version": version})
        return None if row is None else row.hash

    def rehearsal(self) -> bool:
        return self._rehearsal

    def close(self) -> None:
        self._access.close()

    def _row(self, statement: Select[Any], values: Mapping[str, Any]) -> Row[Any] | None:
        with self._access.reading() as connection:
            return connection.execute(statement, values).first()

    def _rows(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with self._access.reading() as connection:
            return connection.execute(statement, values).all()

    def _pages(self, statement: Select[Any], keys: Sequence[ColumnElement[Any]]) -> Iterator[Row[Any]]:
        """Yield all rows in the order of `keys`, which no two rows share."""
        page = ordered = statement.order_by(*keys).limit(PAGE)
        while rows := self._rows(page, {}):
            yield from rows
            if len(rows) < PAGE:
                return
            last = [literal(getattr(rows[-1], key.name), key.type) for key in keys]
            page = ordered.where(tuple_(*keys) > tuple_(*last) if len(keys) > 1 else keys[0] > last[0])


def _prepare(access: Own, *, create: bool, rehearsal: bool) -> bool:
    with access.reading() as connection:
        if not create or has_tables(connection):
            return prepare(connection, access.place, create=False, rehearsal=rehearsal)
    with (
        access.writing() as connection
    ):  # somebody else may have made them since: that is looked at again under the lock
        return prepare(connection, access.place, create=True, rehearsal=rehearsal)


def _joined(connection: Any) -> Joined:
    if not isinstance(connection, Connection):
        raise InvalidInput(
            f"A store joins a connection of SQLAlchemy, not {type(connection).__name__}. "
            "Of a Session pass session.connection(); of an AsyncConnection use run_sync.",
        )
    return Joined(connection, Place(connection.engine.url.render_as_string(hide_password=True)))


def _is_kept(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Say whether a definition is there, raising VersionChanged where another one has its place."""
    hashes = set(connection.execute(_RIVALS, row).scalars())
    if hashes and row["hash"] not in hashes:
        process, version = row["process"], row["version"]
        raise VersionChanged(
            f"{process} version {version} was kept with other content ({', '.join(hashes)}, now {row['hash']}); "
            "a version in use never changes, so give the new content a new version number.",
            process=process,
            version=version,
        )
    return bool(hashes)


def _filters(query: CaseQuery) -> Iterator[ColumnElement[bool]]:
    if query.process is not None:
        yield case.c.process == query.process
    if query.closed is not None:
        yield case.c.closed.is_(query.closed)
    if query.assignee is not None:
        yield case.c.assignee == query.assignee
    if query.state is not None:
        # Not LIKE: SQLite's takes A for a, and an underscore for anything.
        yield case.c.state != func.replace(case.c.state, state_mark(query.state), "")
