"""Bank details kept in an SQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.page import PAGE, pages
from caseway.adapters.sql.settlement import payee_change_row, payee_row, read_payee, read_payee_change
from caseway.adapters.sql.table import payee, payee_change
from caseway.engine.payee import Payee, PayeeChange, change

_ALL = select(payee.c.id, payee.c.document)
_SOME = _ALL.where(payee.c.id.in_(bindparam("wanted", expanding=True))).order_by(payee.c.id)
_CHANGES = (
    select(payee_change.c.at, payee_change.c.document)
    .where(payee_change.c.payee == bindparam("wanted"))
    .order_by(payee_change.c.seq)
)
_ADD_CHANGE = insert(payee_change)
_REMOVE = delete(payee).where(payee.c.id == bindparam("wanted"))


class SqlPayeeRegistry:
    """A registry in the tables of a store. Threads may share it where they may share the store."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        if ids is not None:
            return self._some(ids)
        return (read_payee(row.id, row.document) for row in pages(self._access, _ALL, [payee.c.id]))

    def keep(self, payees: Sequence[Payee], at: datetime, by: str | None = None) -> None:
        last = {each.id: each for each in payees}
        with self._access.writing() as connection:
            before = {each.id: each for some in _pages(last) for each in _found(connection, some)}
            # In order of id, as everybody takes locks.
            changed = [each for id_, each in sorted(last.items()) if before.get(id_) != each]
            if changed:
                connection.execute(_KEEP[self._access.speaks], [payee_row(each, at) for each in changed])
                rows = [payee_change_row(change(each.id, each, at, by)) for each in changed]
                connection.execute(_ADD_CHANGE, rows)

    def remove(self, id: str, at: datetime, by: str | None = None) -> bool:  # noqa: A002 - the port's name
        with self._access.writing() as connection:
            was_there = connection.execute(_REMOVE, {"wanted": id}).rowcount > 0
            if was_there:
                connection.execute(_ADD_CHANGE, payee_change_row(change(id, None, at, by)))
        return was_there

    def changes(self, id: str) -> Sequence[PayeeChange]:  # noqa: A002 - the port's name
        with self._access.reading() as connection:
            rows = connection.execute(_CHANGES, {"wanted": id}).all()
        return [read_payee_change(id, row.at, row.document) for row in rows]

    def _some(self, ids: Collection[str]) -> Iterator[Payee]:
        for some in _pages(ids):
            with self._access.reading() as connection:
                found = _found(connection, some)
            yield from found


def _pages(ids: Collection[str]) -> Iterator[list[str]]:
    waiting = iter(sorted(set(ids)))
    while some := list(islice(waiting, PAGE)):
        yield some


def _found(connection: Connection, some: list[str]) -> list[Payee]:
    rows = connection.execute(_SOME, {"wanted": some}).all()
    return [read_payee(row.id, row.document) for row in rows]


def _kept(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that writes bank details over those that were there before."""
    told = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[payee.c.id], set_={"document": told.document, "updated_at": told.updated_at}
    )


_KEEP = {"sqlite": _kept(sqlite.insert(payee)), "postgresql": _kept(postgresql.insert(payee))}
