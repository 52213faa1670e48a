"""The one read of an event: the case, and what the event id did before."""

from __future__ import annotations

from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import read_case, read_entry
from caseway.adapters.sql.statement import LOAD
from caseway.engine.errors import UnknownCase
from caseway.engine.ports import Loaded


def load(cursor: Cursor, case: str, event: str) -> Loaded:
    """Read a case, and the recorded outcome of an event id where there is one."""
    rows = cursor.rows(LOAD, {"wanted_case": case, "wanted_event": event})
    if not rows:
        raise UnknownCase(f"There is no case {case}.", case=case)
    stored, known = rows[0]
    return Loaded(read_case(stored), None if known is None else read_entry(known))
