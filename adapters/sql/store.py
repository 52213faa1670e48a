"""Cases kept in an SQL database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from caseway.adapters.sql import backlog as waiting_work
from caseway.adapters.sql import redaction, worklist
from caseway.adapters.sql.access import Access, Joined, Own, Within
from caseway.adapters.sql.batch import Batch
from caseway.adapters.sql.book import SqlBook
from caseway.adapters.sql.claim import (
    claim_messages,
    claim_timers,
    due_processes,
    due_timers,
    is_ready,
    release_messages,
    waiting_messages,
)
from caseway.adapters.sql.database import prepare, reach, ready
from caseway.adapters.sql.directory import SqlDirectory
from caseway.adapters.sql.migration.backup import file_of
from caseway.adapters.sql.migration.copies import redact_copies
from caseway.adapters.sql.notice import await_due
from caseway.adapters.sql.page import pages
from caseway.adapters.sql.payees import SqlPayeeRegistry
from caseway.adapters.sql.row import (
    document,
    read_entry,
    read_journal_line,
    read_line,
    record,
    state_mark,
)
from caseway.adapters.sql.table import AT_ONCE, case, definition, journal, outbox
from caseway.adapters.sql.trouble import Place
from caseway.engine.backlog import Backlog, SetAside
from caseway.engine.case import Load
from caseway.engine.effect import Outbound
from caseway.engine.errors import InvalidInput, VersionChanged
from caseway.engine.outcome import Entry, JournalLine, Step
from caseway.engine.ports import CaseLine, CaseQuery, DueTimer, Loaded, Outgoing
from caseway.engine.worklist import Found, WorkQuery

LINES = 2000
"""How many lines of journals are read at a time where all of them are."""

# By the index of the cases first, and then each one's lines by theirs: so databases do it where the place to go on from is a case.
_HISTORIES = (
    select(journal.c.case, journal.c.revision, journal.c.document)
    .join_from(case, journal, journal.c.case == case.c.id)
    .where(case.c.id >= bindparam("last_case"))
    .where(or_(case.c.id > bindparam("last_case"), journal.c.revision > bindparam("last_revision")))
    .order_by(case.c.id, journal.c.revision)
)
_JOURNAL = select(journal.c.revision, journal.c.document)
_UNDELIVERED = outbox.c.effect == bindparam("id"), outbox.c.delivered_at.is_(None)
_DELIVER = update(outbox).where(*_UNDELIVERED).values(delivered_at=bindparam("now"), set_aside=False)
_FAIL = (
    update(outbox)
    .where(*_UNDELIVERED)
    .values(
        attempts=outbox.c.attempts + 1,
        error=bindparam("reason"),
        set_aside=bindparam("aside"),
        not_before=bindparam("earliest"),
    )
)
_CASES = select(*(column for column in case.c if column.name not in {"document", "definition"}))
_DEFINITION = select(definition.c.content).where(definition.c.hash == bindparam("hash"))
_OF_VERSION = and_(definition.c.process == bindparam("process"), definition.c.version == bindparam("version"))
_RIVALS = select(definition.c.hash).where(or_(definition.c.hash == bindparam("hash"), _OF_VERSION))
_KEEP = insert(definition)
_KEEP_UNLESS_KEPT = postgresql.insert(definition).on_conflict_do_nothing()


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
            return cls(access, rehearsal=ready(engine, place, create=create, rehearsal=rehearsal))
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

    def load(self, case: str, event: str, person: str = "") -> Loaded:
        return self._access.load(case, event, person)

    def commit(self, step: Step) -> Entry:
        return self._access.commit(step)

    @contextmanager
    def locked(self, wanted: Sequence[tuple[str, str]]) -> Iterator[SqlStore]:
        if isinstance(self._access, Within):  # more of what this block holds already
            self._access.hold(wanted)
            yield self
            return
        with self._access.writing() as connection:
            batch = Batch(self._access.cursor(connection))
            batch.hold(wanted)
            yield self._within(connection, batch)
            batch.flush()

    @contextmanager
    def claimed(self, now: datetime, limit: int) -> Iterator[tuple[Sequence[DueTimer], SqlStore]]:
        with self._access.reading() as connection:
            processes = due_processes(connection, now)
        if not processes:  # most passes find nothing, and need no lock to see that
            yield (), self
            return
        with self._access.writing() as connection:
            batch = Batch(self._access.cursor(connection))
            due, documents = claim_timers(connection, processes, now, limit)
            batch.take(documents)
            yield due, self._within(connection, batch)
            batch.flush()

    @contextmanager
    def claimed_messages(
        self, limit: int, now: datetime, until: datetime, *, only_to_cases: bool = False
    ) -> Iterator[tuple[Sequence[Outgoing], SqlStore]]:
        with self._access.reading() as connection:
            nothing = limit <= 0 or not is_ready(connection, now, only_to_cases=only_to_cases)
        if nothing:  # most passes find nothing, and need not write to see that
            yield (), self
            return
        claimed: Sequence[Outgoing] = ()
        try:
            with self._access.writing() as connection:
                claimed = claim_messages(connection, limit, now, until, only_to_cases=only_to_cases)
            yield claimed, self
        finally:
            if claimed:  # also where nobody knows whether the claim was written
                with self._access.writing() as connection:
                    release_messages(connection, [each.message.id for each in claimed], until)

    def await_due(self, seconds: float, until: datetime, pause: Callable[[float], Any]) -> None:
        if self._access.speaks != "postgresql":
            pause(seconds)
            return
        with self._access.reading() as connection:
            await_due(connection, seconds, until, pause, lambda: (self.next_due() or until) < until)

    def journal(self, case: str) -> Iterator[Entry]:
        rows = pages(self._access, _JOURNAL.where(journal.c.case == case), [journal.c.revision])
        return (read_entry(row.document) for row in rows)

    def histories(
        self, process: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[JournalLine]:
        wanted = _HISTORIES.where(case.c.process == process)
        if until is not None:
            wanted = wanted.where(case.c.opened_at < until)
        if since is not None:
            wanted = wanted.where(or_(case.c.final.is_(False), case.c.last_at >= since))
        # Written out, since PostgreSQL plans without the values that are bound, and would sort all that follow.
        page = wanted.limit(literal_column(str(LINES)))
        return (read_journal_line(text) for text in self._lines(page))

    def due(self, now: datetime, limit: int) -> Sequence[DueTimer]:
        with self._access.reading() as connection:
            return due_timers(connection, now, limit)

    def outgoing(self, limit: int) -> Sequence[Outgoing]:
        with self._access.reading() as connection:
            return waiting_messages(connection, limit)

    def delivered(self, effect: str, at: datetime) -> None:
        with self._access.writing() as connection:
            connection.execute(_DELIVER, {"id": effect, "now": at})

    def undelivered(self, effect: str, error: str, *, set_aside: bool, not_before: datetime | None = None) -> None:
        failed = {"id": effect, "reason": error, "aside": set_aside, "earliest": not_before or AT_ONCE}
        with self._access.writing() as connection:
            connection.execute(_FAIL, failed)

    def next_due(self) -> datetime | None:
        with self._access.reading() as connection:
            return waiting_work.next_due(connection)

    def backlog(self, now: datetime) -> Backlog:
        with self._access.reading() as connection:
            return waiting_work.backlog(connection, now)

    def set_aside(self, limit: int, case: str | None = None) -> Sequence[SetAside]:
        with self._access.reading() as connection:
            return waiting_work.set_aside(connection, limit, case)

    def put_back(self, case: str, effect: str) -> bool:
        with self._access.writing() as connection:
            return waiting_work.put_back(connection, case, effect)

    def cases(self, query: CaseQuery) -> Iterator[CaseLine]:
        rows = pages(self._access, _CASES.where(*_filters(query)), [case.c.opened_at, case.c.id])
        return map(read_line, rows if query.limit is None else islice(rows, max(query.limit, 0)))

    def count(self, process: str, person: str) -> Load:
        return self._access.count(process, person)

    def worklist(self, query: WorkQuery) -> Iterator[Found]:
        last: Found | None = None
        while True:
            with self._access.reading() as connection:
                found = worklist.page(connection, query, last)
            yield from found
            if len(found) < worklist.PAGE:
                return
            last = found[-1]

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        return self._access.taken(keys)

    def book(self) -> SqlBook:
        return SqlBook(self._access)

    def payees(self) -> SqlPayeeRegistry:
        return SqlPayeeRegistry(self._access)

    def keep_definition(self, hash: str, process: str, version: int, content: Mapping[str, Any]) -> None:  # noqa: A002 - the port's name
        if hash in self._access.kept:
            return
        row = {"hash": hash, "process": process, "version": version}
        with self._access.reading() as connection:
            is_kept = _is_kept(connection, row)
        if not is_kept:
            self._keep(row | {"content": document(content, f"{process} version {version}")})
        if isinstance(self._access, Own):  # a caller may still undo what was kept in his transaction
            self._access.kept.add(hash)

    def definition(self, hash: str) -> Mapping[str, Any] | None:  # noqa: A002 - the port's name
        row = self._row(_DEFINITION, {"hash": hash})
        return None if row is None else record(row.content, f"the definition {hash}")

    def sent(self, case: str) -> Sequence[Outgoing]:
        with self._access.reading() as connection:
            return redaction.sent(connection, case)

    def rewrite(
        self, case: str, lines: Sequence[Entry], messages: Sequence[Outbound], quoting: Callable[[str], str]
    ) -> None:
        with self._access.writing() as connection:
            redaction.rewrite(connection, case, lines, messages, quoting)

    def redact_copies(self, step: Step) -> Sequence[str]:
        with self._access.reading() as connection:
            file = file_of(connection)
        return [] if file is None else redact_copies(file, step, self._access.place)

    def directory(self) -> SqlDirectory:
        return SqlDirectory(self._access)

    def rehearsal(self) -> bool:
        return self._rehearsal

    def close(self) -> None:
        self._access.close()

    def _keep(self, row: Mapping[str, Any]) -> None:
        with self._access.writing() as connection:
            if not _is_kept(connection, row):
                connection.execute(_KEEP_UNLESS_KEPT if self._access.speaks == "postgresql" else _KEEP, row)
                _is_kept(connection, row)  # on PostgreSQL somebody else may have been first, with other content

    def _within(self, connection: Connection, batch: Batch) -> SqlStore:
        return SqlStore(Within(connection, batch, self._access.place), rehearsal=self._rehearsal)

    def _row(self, statement: Select[Any], values: Mapping[str, Any]) -> Row[Any] | None:
        with self._access.reading() as connection:
            return connection.execute(statement, values).first()

    def _rows(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with self._access.reading() as connection:
            return connection.execute(statement, values).all()

    def _lines(self, histories: Select[Any]) -> Iterator[str]:
        """Yield the documents of many journals, case by case."""
        after = {"last_case": "", "last_revision": 0}
        while rows := self._rows(histories, after):
            yield from (row.document for row in rows)
            if len(rows) < LINES:
                return
            after = {"last_case": rows[-1].case, "last_revision": rows[-1].revision}


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
