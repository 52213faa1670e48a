"""The one read of an event: the case, what the event id did before, and who sends it."""

from __future__ import annotations

from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import read_case, read_entry, read_person
from caseway.adapters.sql.statement import LOAD, LOAD_BOTH
from caseway.engine.errors import UnknownCase
from caseway.engine.ports import Loaded


def load(cursor: Cursor, case: str, event: str, person: str = "") -> Loaded:
    """Read a case, the recorded outcome of an event id where there is one, and a person of our directory where one is named."""
    wanted = {"wanted_case": case, "wanted_event": event}
    rows = cursor.rows(LOAD_BOTH, wanted | {"wanted_person": person}) if person else cursor.rows(LOAD, wanted)
    if not rows:
        raise UnknownCase(f"There is no case {case}.", case=case)
    stored, known, *named = rows[0]
    return Loaded(
        read_case(stored),
        None if known is None else read_entry(known),
        read_person(named[0]) if named and named[0] is not None else None,
    )
