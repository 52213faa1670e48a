"""Bank details kept in an SQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.page import PAGE, pages
from caseway.adapters.sql.settlement import payee_row, read_payee
from caseway.adapters.sql.table import payee
from caseway.engine.payee import Payee

_ALL = select(payee.c.id, payee.c.document)
_SOME = _ALL.where(payee.c.id.in_(bindparam("wanted", expanding=True))).order_by(payee.c.id)
_REMOVE = delete(payee).where(payee.c.id == bindparam("wanted"))


class SqlPayeeRegistry:
    """A registry in the tables of a store. Threads may share it where they may share the store."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        if ids is not None:
            return self._some(ids)
        return (read_payee(row.id, row.document) for row in pages(self._access, _ALL, [payee.c.id]))

    def keep(self, payees: Sequence[Payee], at: datetime) -> None:
        last = {each.id: payee_row(each, at) for each in payees}
        if last:
            with self._access.writing() as connection:
                # In order of id, as everybody takes locks.
                connection.execute(_KEEP[self._access.speaks], [last[id_] for id_ in sorted(last)])

    def remove(self, id: str) -> bool:  # noqa: A002 - the port's name
        with self._access.writing() as connection:
            return connection.execute(_REMOVE, {"wanted": id}).rowcount > 0

    def _some(self, ids: Collection[str]) -> Iterator[Payee]:
        waiting = iter(sorted(set(ids)))
        while some := list(islice(waiting, PAGE)):
            with self._access.reading() as connection:
                rows = connection.execute(_SOME, {"wanted": some}).all()
            yield from (read_payee(row.id, row.document) for row in rows)


def _kept(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that writes bank details over those that were there before."""
    told = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[payee.c.id], set_={"document": told.document, "updated_at": told.updated_at}
    )


_KEEP = {"sqlite": _kept(sqlite.insert(payee)), "postgresql": _kept(postgresql.insert(payee))}
