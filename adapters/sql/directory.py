"""Persons kept in an SQL database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.row import person_row, read_person
from caseway.adapters.sql.table import person
from caseway.engine.person import Person

PAGE = 500
"""How many persons are read or written at a time."""

_ONE = select(person.c.document).where(person.c.id == bindparam("wanted"))
_SOME = select(person.c.id, person.c.document).where(person.c.id.in_(bindparam("wanted", expanding=True)))
_PAGE = select(person.c.id, person.c.document).where(person.c.id > bindparam("last")).order_by(person.c.id).limit(PAGE)
_REMOVE = delete(person).where(person.c.id == bindparam("wanted"))


class SqlDirectory:
    """A directory in the tables of a store. Threads may share it where they may share the store."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def person(self, id: str) -> Person | None:  # noqa: A002 - the glossary's word
        with self._access.reading() as connection:
            found = connection.execute(_ONE, {"wanted": id}).scalar()
        return None if found is None else read_person(found)

    def persons(self, *, role: str | None = None, tag: str | None = None) -> Iterator[Person]:
        """Yield persons page by page; no transaction stays open between two pages."""
        last = ""
        while True:
            with self._access.reading() as connection:
                rows = connection.execute(_PAGE, {"last": last}).all()
            yield from (found for row in rows if (found := read_person(row.document)).fits(role, tag))
            if len(rows) < PAGE:
                return
            last = rows[-1].id

    def known(self, ids: Collection[str]) -> Mapping[str, Person]:
        with self._access.reading() as connection:
            return {id_: read_person(text) for id_, text in _documents(connection, ids).items()}

    def keep(self, persons: Sequence[Person], at: datetime) -> Sequence[str]:
        rows = {
            each.id: person_row(each, at) for each in sorted(persons, key=lambda each: each.id)
        }  # as locks are taken
        with self._access.writing() as connection:
            before = _documents(connection, rows)
            new = [row for row in rows.values() if before.get(row["id"]) != row["document"]]
            if new:
                connection.execute(_KEEP[self._access.speaks], new)
        return [row["id"] for row in new]

    def remove(self, id: str) -> bool:  # noqa: A002 - the glossary's word
        with self._access.writing() as connection:
            return connection.execute(_REMOVE, {"wanted": id}).rowcount > 0


def _documents(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the documents of persons by their ids."""
    found: dict[str, str] = {}
    waiting = iter(ids)
    while some := list(islice(waiting, PAGE)):
        found.update((row.id, row.document) for row in connection.execute(_SOME, {"wanted": some}))
    return found


def _kept(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that writes a person over the one who was there before."""
    told = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[person.c.id], set_={"document": told.document, "updated_at": told.updated_at}
    )


_KEEP = {"sqlite": _kept(sqlite.insert(person)), "postgresql": _kept(postgresql.insert(person))}
