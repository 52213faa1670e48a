"""What the book says, and what journals and batches say that it should say.

Each page is read in one statement, so that what is written meanwhile is in all of it or in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Executable,
    Row,
    Select,
    String,
    bindparam,
    literal_column,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.exc import OperationalError

from caseway.adapters.sql.access import Access
from caseway.adapters.sql.row import read_entry, read_paid, read_posting, sound
from caseway.adapters.sql.settlement import read_batch, read_rejection
from caseway.adapters.sql.table import batch, case, journal, once, posting, rejection
from caseway.engine.errors import WorldError
from caseway.engine.evidence import Evidence, KeptBatch, KeptRejection, Unreadable
from caseway.engine.outcome import Entry
from caseway.engine.paid import Way, net
from caseway.engine.posting import Posting, once_keys, postings
from caseway.engine.seal import seal_from_text
from caseway.engine.settlement import batch_postings, rejection_postings

CASES = 200
"""How many cases are looked at together."""

BATCHES = 5
"""How many batches are read at a time: each has thousands of lines."""

# An instant is read as text, so that one that is none spoils its own row alone.
_COLUMNS = tuple(
    type_coerce(column, String).label("at") if column.name == "at" else column
    for column in posting.c
    if column.name != "seq"
)
_TOLD = 2
"""How many columns come before those of a posting: what a row is, and what it says."""
_AT = 3
"""Where in a posting its instant stands."""
_PAYS = '"payout"'
"""What the document of a journal's line has in it where it pays or takes back."""

_SENSELESS = (WorldError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What is raised where a row is read that something else than Caseway changed."""


@dataclass(slots=True)
class _Source:
    """What was found about a case or a batch."""

    expected: list[Posting] = field(default_factory=list)
    found: list[Posting] = field(default_factory=list)
    owed: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    kept: dict[Way, int] = field(default_factory=dict)
    journal: list[Entry] = field(default_factory=list)
    batch: KeptBatch | None = None
    rejections: list[KeptRejection] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def is_silent(self) -> bool:
        """Whether it is of a case that never moved anything."""
        said = (self.expected, self.found, self.owed, self.taken, self.kept, self.batch, self.unreadable)
        return not any(said)

    def evidence(self, source: str) -> Evidence:
        paid, unreadable = net(self.journal), tuple(self.unreadable)
        lines = _in_order(self.expected), _in_order(self.found)
        sent_back = tuple(sorted(self.rejections, key=attrgetter("number")))
        return Evidence(source, *lines, self.owed, self.taken, self.kept, paid, self.batch, sent_back, unreadable)


def evidence(access: Access) -> Iterator[Evidence]:
    """Yield what there is to say of every case, then of every batch, then of postings that name neither."""
    for rows in _pages(access, case.c.id, _of_cases, CASES):
        yield from _told(_cases(rows))
    for rows in _pages(access, batch.c.id, _of_batches, BATCHES):
        yield from _told(_batches(rows))
    with access.reading() as connection:
        stray = legible(connection, _STRAY)
    if stray:
        source = _Source()
        for row in stray:
            _take(source, row, _take_posting)
        yield source.evidence("")


def _told(sources: dict[str, _Source]) -> Iterator[Evidence]:
    return (sources[source].evidence(source) for source in sorted(sources) if not sources[source].is_silent)


def _cases(rows: Iterable[Row[Any]]) -> dict[str, _Source]:
    sources: defaultdict[str, _Source] = defaultdict(_Source)
    for row in rows:
        _take(sources[_name(row.case)], row, _OF_A_CASE[row.what])
    return sources


def _batches(rows: Iterable[Row[Any]]) -> dict[str, _Source]:
    sources: defaultdict[str, _Source] = defaultdict(_Source)
    rejections: list[Row[Any]] = []
    for row in rows:
        if row.what == "rejection":
            rejections.append(row)  # its batch may be yet to come
        else:
            _take(sources[_name(row.batch)], row, _OF_A_BATCH[row.what])
    for row in rejections:
        _take(sources[_name(row.batch)], row, _take_rejection)
    return sources


def _take(source: _Source, row: Row[Any], how: Callable[[_Source, Row[Any]], None]) -> None:
    """Take a row into what is known of its source; where it makes no sense, that is what is known of it."""
    try:
        how(source, row)
    except _SENSELESS as error:
        source.unreadable.append(Unreadable(_key(row), _why(error)))


def _take_posting(source: _Source, row: Row[Any]) -> None:
    values = list(row[_TOLD:])
    values[_AT] = datetime.fromisoformat(values[_AT])
    source.found.append(read_posting(values))


def _take_entry(source: _Source, row: Row[Any]) -> None:
    entry = read_entry(row.told)
    expected, owed = [sound(line) for line in postings(entry)], once_keys(entry)
    if expected or owed:
        _assert_texts(owed, owed.values(), *net([entry]))
        source.expected += expected
        source.owed |= owed
        source.journal.append(entry)


def _take_key(source: _Source, row: Row[Any]) -> None:
    _assert_texts((row.told, row.effect))
    source.taken[row.told] = row.effect


def _take_case(source: _Source, row: Row[Any]) -> None:
    if kept := read_paid(row.told):
        _assert_texts(*kept)
        source.kept = kept


def _take_batch(source: _Source, row: Row[Any]) -> None:
    whole = read_batch(row.told)
    source.expected += [sound(line) for line in batch_postings(whole)]
    columns = {"id": row.batch, "unit": row.unit, "at": _moment(row.at)}
    source.batch = KeptBatch(whole, seal_from_text(row.purpose), columns)


def _take_rejection(source: _Source, row: Row[Any]) -> None:
    # By its key, as nothing else can be there for that line: what it says itself may have been changed.
    told = read_rejection(row.told)
    one = replace(told, batch=row.batch, number=row.line)
    if source.batch is None and any("number" not in each.row and "batch" in each.row for each in source.unreadable):
        return  # nobody knows what its batch says
    if source.batch is None or not 1 <= one.number <= len(source.batch.batch.lines):
        raise LookupError(f"there is no line {one.number} of a batch {one.batch}")
    source.expected += [sound(line) for line in rejection_postings(source.batch.batch, one)]
    source.rejections.append(KeptRejection(told, row.purpose, row.line))


_Take = Callable[[_Source, Row[Any]], None]
_OF_A_CASE: Mapping[str, _Take] = {
    "posting": _take_posting,
    "entry": _take_entry,
    "key": _take_key,
    "case": _take_case,
}
_OF_A_BATCH: Mapping[str, _Take] = {"posting": _take_posting, "batch": _take_batch}

_KEYS: Mapping[str, Callable[[Row[Any]], dict[str, Any]]] = {
    "posting": lambda row: {"effect": row.effect, "line": row.line},
    "entry": lambda row: {"case": row.case, "revision": row.revision},
    "key": lambda row: {"once": row.told},
    "case": lambda row: {"case": row.case},
    "batch": lambda row: {"batch": row.batch},
    "rejection": lambda row: {"batch": row.batch, "number": row.line},
}


def _key(row: Row[Any]) -> dict[str, Any]:
    """Return the key that names a row."""
    return _KEYS[row.what](row)


def _why(error: Exception) -> str:
    told = error.facts.get("reason") if isinstance(error, WorldError) else None
    return str(told or error)


def _name(source: Any) -> str:
    return source if isinstance(source, str) else repr(source)


def _moment(text: Any) -> Any:
    """Return the instant that a column says, or what it says where that is none."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text


def _assert_texts(*several: Iterable[Any]) -> None:
    for texts in several:
        for text in texts:
            if not isinstance(text, str):
                raise TypeError(f"{text!r} is no text")


def _pages(access: Access, key: ColumnElement[str], wanted: Any, size: int) -> Iterator[Sequence[Row[Any]]]:
    """Yield the rows of so many sources at a time, and of all that lie between them in order: also those that are not there."""
    ids = select(key).order_by(key).limit(literal_column(str(size)))
    after: str | None = None
    while True:
        with access.reading() as connection:
            page = [row[0] for row in legible(connection, ids if after is None else ids.where(key > after))]
            upto = page[-1] if len(page) == size else None
            statement = wanted(is_first=after is None, is_last=upto is None)
            rows = legible(connection, statement, {"after": after, "upto": upto})
        yield rows
        if upto is None:
            return
        after = upto


def legible(
    connection: Connection, statement: Executable, values: Mapping[str, Any] | None = None
) -> Sequence[Row[Any]]:
    """Return all rows of a statement; of a text that SQLite holds and that is no UTF-8 as much as can be read."""
    try:
        return connection.execute(statement, values).all()
    except OperationalError as error:
        if connection.dialect.name != "sqlite" or "decode" not in str(error.orig):
            raise
    driver: Any = connection.connection.driver_connection
    before, driver.text_factory = driver.text_factory, lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        return connection.execute(statement, values).all()
    finally:
        driver.text_factory = before


@cache
def _of_cases(*, is_first: bool, is_last: bool) -> CompoundSelect[Any]:
    def within(key: ColumnElement[str]) -> list[ColumnElement[bool]]:
        return _between(key, is_first=is_first, is_last=is_last)

    posted = _row("posting").where(posting.c.case.is_not(None), *within(posting.c.case))
    lines = _row("entry", journal.c.document, case=journal.c.case, revision=journal.c.revision)
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
    columns = {"unit": batch.c.unit, "at": type_coerce(batch.c.at, String), "purpose": batch.c.seal}
    batches = _row("batch", batch.c.document, batch=batch.c.id, **columns).where(*within(batch.c.id))
    key = {"batch": rejection.c.batch, "line": rejection.c.number}
    rejections = _row("rejection", rejection.c.document, **key, purpose=rejection.c.seal).where(
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
