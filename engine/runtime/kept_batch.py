"""Batches as the book keeps them: found, or refused in words that help."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import count

from caseway.engine.errors import Refused
from caseway.engine.plan import Terms, other_terms
from caseway.engine.ports import Book
from caseway.engine.seal import sealed
from caseway.engine.settlement import (
    Batch,
    BatchLine,
    ambiguous_line,
    broken_seal,
    reused,
    unknown_batch,
    unknown_payee,
)


def repeated_batch(book: Book, batch: str, terms: Terms) -> Batch | None:
    """Return the batch of an id, where there is one; raise Refused where something else is asked for, or it is not as it was settled."""
    known = book.batch(batch)
    if known is None:
        return None
    assert_as_settled(book, known)
    differing = other_terms(known, terms)
    if differing:
        raise Refused(reused(known, differing))
    return known


def known_batch(book: Book, id_: str) -> Batch:
    found = book.batch(id_)
    if found is None:
        raise Refused(unknown_batch(id_, next(book.batches(), None)))
    return found


def newest_seal(book: Book) -> str | None:
    """Return the seal of the batch that was settled last, of whatever unit; None: there is none."""
    newest = next(book.batches(), None)
    seal = None if newest is None else book.seal(newest.id)
    return None if seal is None else seal.whole


def line_named(batch: Batch, lines: Sequence[BatchLine], name: str) -> BatchLine:
    """Return the one line of those that have a name; raise Refused where there is none, or more than one."""
    if len(lines) > 1:
        raise Refused(ambiguous_line(batch, name))
    if not lines:
        raise Refused(unknown_payee(batch, name))
    return lines[0]


def assert_as_settled(book: Book, batch: Batch) -> None:
    """Refuse to make anything of a batch that does not fit its seal."""
    seal = book.seal(batch.id)
    if seal is None:
        raise Refused(unknown_batch(batch.id, next(book.batches(), None)))
    if seal != sealed(batch):
        raise Refused(broken_seal(batch))


def last_batch(book: Book, unit: str) -> Batch | None:
    return next((batch for batch in book.batches() if batch.unit == unit), None)


def free_id(book: Book, unit: str, at: datetime) -> str:
    """Return the next id of the day."""
    day = f"{re.sub('[^A-Za-z0-9]', '', unit)}-{at:%Y%m%d}"
    return next(id_ for number in count(1) if book.batch(id_ := f"{day}-{number}") is None)
