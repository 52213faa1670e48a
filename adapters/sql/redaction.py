"""What was written, changed in place: the one thing that redactions do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from caseway.adapters.sql.row import journal_row, outbox_row, read_outgoing
from caseway.adapters.sql.table import journal, outbox
from caseway.engine.effect import Outbound
from caseway.engine.outbox import ADDRESSLESS
from caseway.engine.outcome import Entry
from caseway.engine.ports import Outgoing

_SENT = (
    select(outbox.c.case, outbox.c.document, outbox.c.attempts, outbox.c.error, outbox.c.not_before)
    .where(outbox.c.case == bindparam("of_case"))
    .order_by(outbox.c.seq)
)
_LINE = (
    update(journal)
    .where(journal.c.case == bindparam("journal_case"), journal.c.revision == bindparam("journal_revision"))
    .values(document=bindparam("journal_document"))
)
_OF_EFFECT = outbox.c.effect == bindparam("outbox_effect")
_MESSAGE = (
    update(outbox)
    .where(_OF_EFFECT)
    .values(recipient=bindparam("outbox_recipient"), document=bindparam("outbox_document"))
)
_ADDRESSLESS = (
    update(outbox)
    .where(_OF_EFFECT, outbox.c.delivered_at.is_(None), outbox.c.recipient != bindparam("outbox_recipient"))
    .values(set_aside=True, error=ADDRESSLESS)
)
_ERRORS = select(outbox.c.effect, outbox.c.error).where(
    outbox.c.case == bindparam("of_case"), outbox.c.error.is_not(None)
)
_ERROR = update(outbox).where(_OF_EFFECT).values(error=bindparam("new_error"))


def sent(connection: Connection, case: str) -> Sequence[Outgoing]:
    """Return all that a case ever put into the outbox, in order."""
    rows: Sequence[Any] = connection.execute(_SENT, {"of_case": case}).all()
    return [read_outgoing(row) for row in rows]


def rewrite(
    connection: Connection,
    case: str,
    lines: Sequence[Entry],
    messages: Sequence[Outbound],
    quoting: Callable[[str], str],
) -> None:
    """Write lines of a journal and messages in the stead of what there is."""
    for line in lines:
        row = journal_row(line)
        del row["journal_event_id"]
        connection.execute(_LINE, row)
    for message in messages:
        row = outbox_row(case, message)
        del row["outbox_case"]
        connection.execute(_ADDRESSLESS, {name: row[name] for name in ("outbox_effect", "outbox_recipient")})
        connection.execute(_MESSAGE, row)
    for effect, error in connection.execute(_ERRORS, {"of_case": case}).all():
        told = quoting(error)
        if told != error:
            connection.execute(_ERROR, {"outbox_effect": effect, "new_error": told})
