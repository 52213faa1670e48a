"""The ledger kept in an SQL database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Table, bindparam, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from caseway.adapters.sql import checkpoint, evidence
from caseway.adapters.sql.access import Access, Within
from caseway.adapters.sql.batch import Batch as Steps
from caseway.adapters.sql.checkpoint import ISOLATION, READ_COMMITTED
from caseway.adapters.sql.page import pages
from caseway.adapters.sql.payees import SqlPayeeRegistry
from caseway.adapters.sql.row import posting_row, read_posting
from caseway.adapters.sql.settlement import batch_row, read_batch, read_rejection, rejection_row
from caseway.adapters.sql.statement import POST
from caseway.adapters.sql.table import batch, posting, rejection
from caseway.adapters.sql.trouble import Place, is_repetition
from caseway.engine.errors import CaseConflict, InvalidInput
from caseway.engine.evidence import Checkpointed, Evidence
from caseway.engine.posting import Balance, Posting, PostingQuery
from caseway.engine.seal import Seal, seal_from_text
from caseway.engine.settlement import Batch, Rejection, batch_postings, rejection_postings

_CLOSING = 0x636C6F7365
"""The number of the advisory lock under which PostgreSQL settles: "close" in ASCII."""

_EVERYTHING = PostingQuery()
_POSTINGS = select(posting)  # seq first, then the columns of a Posting in their order
_SEAL = select(batch.c.seal).where(batch.c.id == bindparam("wanted"))
_BATCH = select(batch.c.document).where(batch.c.id == bindparam("wanted"))
_REJECTIONS = select(rejection.c.document).where(rejection.c.batch == bindparam("wanted")).order_by(rejection.c.number)
_NEWEST = select(func.max(posting.c.at)).where(
    posting.c.account == bindparam("wanted"), posting.c.unit == bindparam("of_unit")
)
_ALONE = select(func.pg_advisory_xact_lock(literal_column(str(_CLOSING))))


class SqlBook:
    """A book in the tables of a store. Threads may share it where they may share the store."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def postings(self, query: PostingQuery = _EVERYTHING) -> Iterator[Posting]:
        rows = pages(self._access, _POSTINGS.where(*_filters(query)), [posting.c.seq])
        return (read_posting(row[1:], row[0]) for row in rows)

    def balances(
        self, *, owner: str | None = None, account: str | None = None, unit: str | None = None
    ) -> Iterator[Balance]:
        with self._access.reading() as connection:
            rows = connection.execute(checkpoint.sums(owner, account, unit)).all()
        return (Balance(row.owner, row.account, row.unit, int(row.amount)) for row in rows)

    def newest(self, account: str, unit: str) -> datetime | None:
        with self._access.reading() as connection:
            newest: datetime | None = connection.execute(_NEWEST, {"wanted": account, "of_unit": unit}).scalar()
        return newest

    def checkpoint(self, at: datetime, *, least: int = 1) -> int:
        return checkpoint.advance(self._access, at, least)

    def evidence(self) -> Iterator[Evidence]:
        return evidence.evidence(self._access)

    def checkpointed(self) -> Iterator[Checkpointed]:
        with self._access.reading() as connection:
            rows = checkpoint.compared(connection)
        return (Checkpointed(row.owner, row.account, row.unit, _exact(row.kept), _exact(row.summed)) for row in rows)

    def stray_mark(self) -> int | None:
        with self._access.reading() as connection:
            mark: int | None = connection.execute(checkpoint.stray_mark()).scalar()
        return mark

    @contextmanager
    def closing(self) -> Iterator[SqlBook]:
        with self._access.writing() as connection:
            if self._access.speaks == "postgresql":  # on SQLite whoever writes is alone
                _assert_up_to_date(connection, self._access.place)
                connection.execute(_ALONE)
            steps = Steps(self._access.cursor(connection))
            yield SqlBook(Within(connection, steps, self._access.place))

    def add_batch(self, batch: Batch) -> None:
        with self._access.writing() as connection:
            if not connection.execute(_ADD_BATCH[self._access.speaks], batch_row(batch)).rowcount:
                told = f"There is a batch {batch.id} already; give the new one another id."
                raise CaseConflict(told, batch=batch.id)
            _post(connection, batch.id, batch_postings(batch))

    def add_rejection(self, batch: Batch, rejection: Rejection) -> None:
        with self._access.writing() as connection:
            if not connection.execute(_ADD_REJECTION[self._access.speaks], rejection_row(rejection)).rowcount:
                told = f"Line {rejection.number} of batch {batch.id} was rejected already."
                raise CaseConflict(told, batch=batch.id)
            _post(connection, batch.id, rejection_postings(batch, rejection))

    def batch(self, id: str) -> Batch | None:  # noqa: A002 - the port's name
        with self._access.reading() as connection:
            text = connection.execute(_BATCH, {"wanted": id}).scalar()
        return None if text is None else read_batch(text)

    def seal(self, batch: str) -> Seal | None:
        with self._access.reading() as connection:
            text = connection.execute(_SEAL, {"wanted": batch}).scalar()
        return None if text is None else seal_from_text(text)

    def batches(self) -> Iterator[Batch]:
        newest_first = (-batch.c.seq).label("place")
        rows = pages(self._access, select(newest_first, batch.c.document), [newest_first], evidence.BATCHES)
        return (read_batch(row.document) for row in rows)

    def rejections(self, batch: str) -> Sequence[Rejection]:
        with self._access.reading() as connection:
            return [read_rejection(text) for text in connection.execute(_REJECTIONS, {"wanted": batch}).scalars()]

    def payees(self) -> SqlPayeeRegistry:
        return SqlPayeeRegistry(self._access)


def _exact(total: Any) -> int:
    """Return a sum as a whole number, where it is one: SQLite keeps any number in any column, and sums that."""
    whole: int = int(total) if isfinite(total) else total
    return whole


def _filters(query: PostingQuery) -> Iterator[ColumnElement[bool]]:
    for name in ("case", "owner", "unit", "batch"):
        if (wanted := getattr(query, name)) is not None:
            yield posting.c[name] == wanted
    if query.since is not None:
        yield posting.c.at >= query.since
    if query.until is not None:
        yield posting.c.at < query.until


def _assert_up_to_date(connection: Connection, place: Place) -> None:
    """Refuse a caller's transaction that would go on seeing balances as they were before somebody else settled them."""
    isolation = connection.execute(ISOLATION).scalar()
    if isolation != READ_COMMITTED:
        raise InvalidInput(
            f"{place} is reached through a transaction of the isolation {isolation}, which may not see what was settled a moment "
            f"ago. Settle in one of the isolation {READ_COMMITTED}.",
            isolation=isolation,
        )


def _post(connection: Connection, batch: str, lines: Iterator[Posting]) -> None:
    try:
        connection.execute(POST, [posting_row(line) for line in lines])
    except IntegrityError as error:
        if not is_repetition(error):
            raise
        told = f"The postings of batch {batch} are there already, and something else than Caseway wrote them."
        raise CaseConflict(told, batch=batch) from error


def _added(table: Table) -> Mapping[str, Executable]:
    """Return the statements that add a row unless there is one of its key, and tell how many they added."""
    return {
        speaks: dialect.insert(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
        for speaks, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
    }


_ADD_BATCH = _added(batch)
_ADD_REJECTION = _added(rejection)
