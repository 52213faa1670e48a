"""What the book says, and what journals and batches say that it should say.

Each page is read in one statement, so that what is written meanwhile is in all of it or in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, literal_column, select, union_all

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.row import read_entry, read_paid, read_posting
from caseway.adapters.sql.settlement import read_batch, read_rejection
from caseway.adapters.sql.table import batch, case, journal, once, posting, rejection
from caseway.adapters.sql.trouble import damaged
from caseway.engine.evidence import Evidence
from caseway.engine.outcome import Entry
from caseway.engine.paid import Way, net
from caseway.engine.posting import Posting, once_keys, postings
from caseway.engine.settlement import Batch, Rejection, batch_postings, rejection_postings

CASES = 200
"""How many cases are looked at together."""

BATCHES = 5
"""How many batches are read at a time: each has thousands of lines."""

_COLUMNS = tuple(column for column in posting.c if column.name != "seq")
_TOLD = 2
"""How many columns come before those of a posting: what a row is, and what it says."""
_PAYS = '"payout"'
"""What the document of a journal's line has in it where it pays or takes back."""


@dataclass(slots=True)
class _Source:
    """What was found about a case or a batch."""

    expected: list[Posting] = field(default_factory=list)
    found: list[Posting] = field(default_factory=list)
    owed: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    kept: dict[Way, int] = field(default_factory=dict)
    journal: list[Entry] = field(default_factory=list)

    def evidence(self, source: str) -> Evidence:
        paid = net(self.journal)
        return Evidence(source, _in_order(self.expected), _in_order(self.found), self.owed, self.taken, self.kept, paid)


def evidence(access: Access) -> Iterator[Evidence]:
    """Yield what there is to say of every case, then of every batch, then of postings that name neither."""
    for rows in _pages(access, case.c.id, _of_cases, CASES):
        yield from _told(_cases(rows))
    for rows in _pages(access, batch.c.id, _of_batches, BATCHES):
        yield from _told(_batches(rows))
    with access.reading() as connection:
        stray = connection.execute(_STRAY).all()
    if stray:
        yield _Source(found=[read_posting(row[_TOLD:]) for row in stray]).evidence("")


def _told(sources: dict[str, _Source]) -> Iterator[Evidence]:
    return (sources[source].evidence(source) for source in sorted(sources))


def _cases(rows: Iterable[Row[Any]]) -> dict[str, _Source]:
    sources: defaultdict[str, _Source] = defaultdict(_Source)
    for row in rows:
        if row.what == "posting":
            sources[row.case].found.append(read_posting(row[_TOLD:]))
        elif row.what == "key":
            sources[row.case].taken[row.told] = row.effect
        elif row.what == "case":
            if kept := read_paid(row.told):
                sources[row.case].kept = kept
        else:
            _add_entry(sources, row)
    return sources


def _add_entry(sources: dict[str, _Source], row: Row[Any]) -> None:
    entry = read_entry(row.told)
    expected, owed = list(postings(entry)), once_keys(entry)
    if expected or owed:
        sources[row.case].expected += expected
        sources[row.case].owed |= owed
        sources[row.case].journal.append(entry)


def _batches(rows: Iterable[Row[Any]]) -> dict[str, _Source]:
    sources: defaultdict[str, _Source] = defaultdict(_Source)
    batches: dict[str, Batch] = {}
    rejections: list[Rejection] = []
    for row in rows:
        if row.what == "posting":
            sources[row.batch].found.append(read_posting(row[_TOLD:]))
        elif row.what == "batch":
            batches[row.batch] = read_batch(row.told)
        else:
            # By its key, as nothing else can be there for that line: what it says itself may have been changed.
            rejections.append(replace(read_rejection(row.told), batch=row.batch, number=row.line))
    for each in batches.values():
        sources[each.id].expected += batch_postings(each)
    for one in rejections:
        sources[one.batch].expected += rejection_postings(_rejected(batches.get(one.batch), one), one)
    return sources


def _rejected(whole: Batch | None, one: Rejection) -> Batch:
    """Return the batch of a rejection. WorldError: there is none, or it has no such line."""
    if whole is None or not 1 <= one.number <= len(whole.lines):
        raise damaged("a rejection", LookupError(f"there is no line {one.number} of a batch {one.batch}"))
    return whole


def _pages(access: Access, key: ColumnElement[str], wanted: Any, size: int) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows of so many sources at a time, and of all that lie between them in order: also those that are not there."""
    ids = select(key).order_by(key).limit(literal_column(str(size)))
    after: str | None = None
    while True:
        with access.reading() as connection:
            page = connection.execute(ids if after is None else ids.where(key > after)).scalars().all()
            upto = page[-1] if len(page) == size else None
            statement = wanted(is_first=after is None, is_last=upto is None)
            rows = connection.execute(statement, {"after": after, "upto": upto}).all()
        yield rows
        if upto is None:
            return
        after = upto


@cache
def _of_cases(*, is_first: bool, is_last: bool) -> CompoundSelect[Any]:
    def within(key: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return _between(key, is_first=is_first, is_last=is_last)

    posted = _row("posting").where(posting.c.case.is_not(None), *within(posting.c.case))
    lines = _row("entry", journal.c.document, case=journal.c.case)
    keys = _row("key", once.c.key, case=once.c.case, effect=once.c.effect)
    cases = _row("case", case.c.document, case=case.c.id)
    return union_all(
        posted,
        lines.where(journal.c.document.contains(_PAYS, autoescape=True), *within(journal.c.case)),
        keys.where(*within(once.c.case)),
        cases.where(*within(case.c.id)),
    )


@cache
def _of_batches(*, is_first: bool, is_last: bool) -> CompoundSelect[Any]:
    def within(key: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return _between(key, is_first=is_first, is_last=is_last)

    posted = _row("posting").where(posting.c.case.is_(None), posting.c.batch.is_not(None), *within(posting.c.batch))
    batches = _row("batch", batch.c.document, batch=batch.c.id).where(*within(batch.c.id))
    rejections = _row("rejection", rejection.c.document, batch=rejection.c.batch, line=rejection.c.number).where(
        *within(rejection.c.batch)
    )
    return union_all(posted, batches, rejections)


def _between(key: ColumnElement[str], *, is_first: bool, is_last: bool) -> list[ColumnElement[bool]]:
    after = [] if is_first else [key > bindparam("after")]
    return after if is_last else [*after, key <= bindparam("upto")]


def _row(what: str, told: ColumnElement[str] | None = None, **known: ColumnElement[Any]) -> Select[Any]:
    """Return rows that have every column of a posting, `what` they are, and what is `told` in them."""
    nothing: ColumnElement[Any] = literal_column("NULL")
    columns = [known.get(each.name, nothing).label(each.name) for each in _COLUMNS] if known else list(_COLUMNS)
    document = literal_column("NULL") if told is None else told
    return select(literal_column(f"'{what}'").label("what"), document.label("told"), *columns)


_STRAY = _row("posting").where(posting.c.case.is_(None), posting.c.batch.is_(None))


def _in_order(lines: Iterable[Posting]) -> tuple[Posting, ...]:
    return tuple(sorted(lines, key=attrgetter("effect", "line")))
