"""The tables. Every name begins with `caseway_`, so that they can live in a host's database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

from caseway.adapters.sql.column import Instant, Key, Sequence

metadata = MetaData()
"""What the newest revision comes to: whoever changes a table here adds a revision in `migration/versions`, too."""

meta = Table(
    "caseway_meta",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", Text, nullable=False),
)

definition = Table(
    "caseway_definition",
    metadata,
    Column("hash", Key, primary_key=True),
    Column("process", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),
    UniqueConstraint("process", "version"),
)

# What a list shows or filters by has a column; `document` holds the whole case as JSON and is what `load` believes.
# No index covers a column that changes, so that PostgreSQL can update a row in place.
case = Table(
    "caseway_case",
    metadata,
    Column("id", Key, primary_key=True),
    Column("process", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("definition", Key, ForeignKey(definition.c.hash), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("assignee", Key),
    Column("state", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    Index("caseway_case_opened", "opened_at", "id"),
    postgresql_with={"fillfactor": 70},  # room on each page for the next revision of its cases
)

journal = Table(
    "caseway_journal",
    metadata,
    Column("case", Key, ForeignKey(case.c.id), primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", Key, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("case", "event_id"),
)

timer = Table(
    "caseway_timer",
    metadata,
    Column("id", Key, primary_key=True),
    Column("case", Key, ForeignKey(case.c.id), nullable=False),
    Column("process", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("due", Instant, nullable=False),
    Column("fault", Text),
)
can_fire = timer.c.fault.is_(None)
# By process first, so that each can be given its share however much is due in the others.
Index(
    "caseway_timer_due",
    timer.c.process,
    timer.c.due,
    timer.c.id,
    sqlite_where=can_fire,
    postgresql_where=can_fire,
)

# Until when each worker waits that has nothing to do: a timer due sooner is worth waking it, and no other is.
awaited = Table(
    "caseway_awaited",
    metadata,
    Column("worker", Key, primary_key=True),
    Column("until", Instant, nullable=False),
)

outbox = Table(
    "caseway_outbox",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("effect", Key, nullable=False, unique=True),
    Column("case", Key, ForeignKey(case.c.id), nullable=False),
    Column("recipient", Key, nullable=False),
    Column("document", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("set_aside", Boolean, nullable=False, default=False),
    Column("delivered_at", Instant),
)
waiting = outbox.c.delivered_at.is_(None) & outbox.c.set_aside.is_(False)
Index("caseway_outbox_waiting", outbox.c.seq, sqlite_where=waiting, postgresql_where=waiting)
Index(
    "caseway_outbox_line",
    outbox.c.case,
    outbox.c.recipient,
    outbox.c.seq,
    sqlite_where=waiting,
    postgresql_where=waiting,
)

posting = Table(
    "caseway_posting",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("effect", Key, nullable=False),
    Column("line", Integer, nullable=False),
    Column("case", Key, ForeignKey(case.c.id), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("process", Key, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("owner", Key, nullable=False),
    Column("account", Key, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("unit", Key, nullable=False),
    Column("payout", Key, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("implements", Text, nullable=False),
    UniqueConstraint("effect", "line"),
    Index("caseway_posting_case", "case"),
    Index("caseway_posting_owner", "owner", "account", "unit"),
)
