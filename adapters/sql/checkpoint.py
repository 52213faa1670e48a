"""Sums of the postings up to a mark, so that balances need not add up all that ever was.

Steps know nothing of them. On PostgreSQL a step that began before another may end after it, with lower numbers: a mark is only where all
below it are there for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    Table,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.evidence import legible
from caseway.adapters.sql.table import checkpoint, mark, posting

LINES = 10_000
"""How many postings are summed in one transaction: on SQLite everybody else waits for it."""

PATIENCE = 50
"""How many milliseconds PostgreSQL waits for the steps that are being written to end. Those that come meanwhile wait with it."""

_LOCK = 0x636865636B
"""The number of the advisory lock under which PostgreSQL advances the mark: "check" in ASCII."""

ACCOUNT = ("owner", "account", "unit")
"""The columns that name an account."""

_NO: ColumnElement[int] = literal_column("0", BigInteger)
_MARKED = func.coalesce(select(func.max(mark.c.seq)).scalar_subquery(), _NO)
_SINCE = posting.c.seq > _MARKED
# In their order and no more than so many, so that databases find them by their numbers, and do not walk through all there is.
_NEXT = (
    select(posting.c.seq, posting.c.owner, posting.c.account, posting.c.unit, posting.c.amount)
    .where(_SINCE)
    .order_by(posting.c.seq)
    .limit(literal_column(str(LINES)))
    .subquery()
)
_DONE = _NEXT.c.seq <= bindparam("upto")
_ROUND = select(func.count(), func.max(_NEXT.c.seq)).select_from(_NEXT).where(_DONE)
_WAITING = select(func.count()).select_from(select(posting.c.seq).where(_SINCE).limit(bindparam("most")).subquery())
_NEWEST = select(func.max(posting.c.seq))
_MAY_ADVANCE = select(func.pg_try_advisory_xact_lock(literal_column(str(_LOCK))))
ISOLATION = select(func.current_setting("transaction_isolation"))
READ_COMMITTED = "read committed"
_BUSY = "55P03"


class _Compared(NamedTuple):
    """A row of the comparison."""

    owner: str
    account: str
    unit: str
    kept: Any
    summed: Any


def advance(access: Access, at: datetime, least: int) -> int:
    """Take into the sums what was written since the mark, where that is at least so many lines, and return how many it were.

    Nothing, where somebody else does so, or where the steps that are being written do not end in time.
    """
    enough = max(least, 1)
    with access.reading() as connection:
        if connection.execute(_WAITING, {"most": enough}).scalar_one() < enough:
            return 0
    with access.writing() as connection:
        upto = _complete(connection)
    lines = 0
    while upto is not None:
        with access.writing() as connection:
            taken = _advance(connection, upto, at)
        lines += taken
        if taken < LINES:
            break
    return lines


def sums(owner: str | None = None, account: str | None = None, unit: str | None = None) -> Select[Any]:
    """Return the statement that reads the balances of accounts, from checkpoint and postings at one moment."""
    wanted = {name: told for name, told in zip(ACCOUNT, (owner, account, unit), strict=True) if told is not None}
    kept = select(*_account(checkpoint), checkpoint.c.amount).where(*_only(checkpoint, wanted))
    since = select(*_account(posting), posting.c.amount).where(_SINCE, *_only(posting, wanted))
    both = union_all(kept, since).subquery()
    return _summed(both).order_by(*_account(both))


def compared(connection: Connection) -> Sequence[Any]:
    """Return what is kept of every account beside what its postings up to the mark sum to, in order of owner, account and unit."""
    try:
        return legible(connection, comparison())
    except OperationalError as error:
        if "integer overflow" not in str(
            error.orig
        ):  # SQLite's, of sums beyond 64 bits: only what somebody changed comes to that
            raise
    sums: defaultdict[tuple[str, ...], list[Any]] = defaultdict(lambda: [0, 0])
    for *account, kept, summed in connection.execute(select(_kept_and_posted())):
        sums[tuple(account)][0] += kept
        sums[tuple(account)][1] += summed
    return [_Compared(*account, *both) for account, both in sorted(sums.items())]


def comparison() -> Select[Any]:
    """Return the statement that reads what is kept of every account beside what its postings up to the mark sum to."""
    both = _kept_and_posted()
    names = _account(both)
    told: list[ColumnElement[Any]] = [func.sum(both.c[name]).label(name) for name in ("kept", "summed")]
    return select(*names, *told).group_by(*names).order_by(*names)


def _kept_and_posted() -> Subquery:
    kept = select(*_account(checkpoint), checkpoint.c.amount.label("kept"), _NO.label("summed"))
    since = select(*_account(posting), _NO, posting.c.amount).where(posting.c.seq <= _MARKED)
    return union_all(kept, since).subquery()


def stray_mark() -> Select[Any]:
    """Return the statement that reads the mark, where no posting has its number."""
    newest = select(func.max(mark.c.seq)).scalar_subquery()
    is_there = select(posting.c.seq).where(posting.c.seq == mark.c.seq).exists()
    return select(mark.c.seq).where(mark.c.seq == newest, ~is_there)


def _account(table: FromClause) -> list[ColumnElement[Any]]:
    return [table.c[name] for name in ACCOUNT]


def _only(table: Table, wanted: dict[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == told for name, told in wanted.items()]


def _summed(table: FromClause) -> Select[Any]:
    names = _account(table)
    return select(*names, func.sum(table.c.amount).label("amount")).group_by(*names)


def _complete(connection: Connection) -> int | None:
    """Return a number up to which every posting that will ever be there is there; None where that cannot be told now."""
    if connection.dialect.name != "postgresql":  # whose writers come one by one
        return connection.execute(_NEWEST).scalar()
    if connection.execute(ISOLATION).scalar() != READ_COMMITTED:  # of a caller: what is there may not be seen yet
        return None
    savepoint = connection.begin_nested()
    try:
        # Got when every transaction that has written postings has ended; and let go of as the savepoint is undone.
        connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE}"))
        connection.execute(text("LOCK TABLE caseway_posting IN SHARE MODE"))
        newest: int | None = connection.execute(_NEWEST).scalar()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _BUSY:
            raise
        newest = None
    finally:
        if savepoint.is_active:
            savepoint.rollback()
    return newest


def _advance(connection: Connection, upto: int, at: datetime) -> int:
    """Move the mark over the next lines, and return how many they are."""
    if connection.dialect.name == "postgresql" and not connection.execute(_MAY_ADVANCE).scalar():
        return 0
    lines, last = connection.execute(_ROUND, {"upto": upto}).one()
    if lines:
        connection.execute(_ADD[connection.dialect.name], {"upto": last})
        connection.execute(insert(mark), {"seq": last, "at": at})
    return int(lines)


def _added(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that adds the postings from the mark on to what is kept."""
    added = insert.from_select([*ACCOUNT, "amount"], _summed(_NEXT).where(_DONE))
    return added.on_conflict_do_update(
        index_elements=list(ACCOUNT), set_={"amount": checkpoint.c.amount + added.excluded.amount}
    )


_ADD = {"sqlite": _added(sqlite.insert(checkpoint)), "postgresql": _added(postgresql.insert(checkpoint))}
