"""Long answers, read a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, literal, literal_column, tuple_

from caseway.adapters.sql.access import Access

PAGE = 200
"""How many rows of a long answer are read at a time; no transaction stays open between two pages."""


def pages(
    access: Access, wanted: Select[Any], keys: Sequence[ColumnElement[Any]], size: int = PAGE
) -> Iterator[Row[Any]]:
    """Yield all rows in the order of `keys`, which no two rows share."""
    # Written out, since PostgreSQL plans without the values that are bound, and would sort all that follow.
    page = ordered = wanted.order_by(*keys).limit(literal_column(str(size)))
    while True:
        with access.reading() as connection:
            rows = connection.execute(page).all()
        yield from rows
        if len(rows) < size:
            return
        last = [literal(getattr(rows[-1], key.name), key.type) for key in keys]
        page = ordered.where(tuple_(*keys) > tuple_(*last) if len(keys) > 1 else keys[0] > last[0])
