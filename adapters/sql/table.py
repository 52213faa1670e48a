"""The tables. Every name begins with `caseway_`, so that they can live in a host's database."""

from __future__ import annotations

from datetime import UTC, datetime

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

AT_ONCE = datetime(1, 1, 1, tzinfo=UTC)
"""The `not_before` of what may go out at once: an instant that is over, so that one comparison tells all."""

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
    Column("not_before", Instant, nullable=False),
)
waiting = outbox.c.delivered_at.is_(None) & outbox.c.set_aside.is_(False)
Index("caseway_outbox_waiting", outbox.c.seq, sqlite_where=waiting, postgresql_where=waiting)
# However much is to be tried again later, finding what may go out now costs no more.
Index("caseway_outbox_ready", outbox.c.not_before, outbox.c.seq, sqlite_where=waiting, postgresql_where=waiting)
Index(
    "caseway_outbox_line",
    outbox.c.case,
    outbox.c.recipient,
    outbox.c.seq,
    sqlite_where=waiting,
    postgresql_where=waiting,
)

# The directory of those who have none of their own.
person = Table(
    "caseway_person",
    metadata,
    Column("id", Key, primary_key=True),
    Column("document", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# The work that is open: rows go when an offer closes, so that a worklist costs nothing for all that is done. `due` is never empty,
# since databases do not agree on where nothing sorts.
work = Table(
    "caseway_work",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("case", Key, ForeignKey(case.c.id), nullable=False),
    Column("process", Key, nullable=False),
    Column("state", Key, nullable=False),
    Column("item", Key, nullable=False),
    Column("role", Key),
    Column("person", Key),
    Column("kind", Key, nullable=False),
    Column("due", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Index("caseway_work_case", "case"),
)
is_named = work.c.person.is_not(None)
is_anybodys = work.c.person.is_(None)
_IN_ORDER = (work.c.due, work.c.opened_at, work.c.case)
Index("caseway_work_person", work.c.person, *_IN_ORDER, sqlite_where=is_named, postgresql_where=is_named)
Index("caseway_work_role", work.c.role, *_IN_ORDER, sqlite_where=is_anybodys, postgresql_where=is_anybodys)

# Moved by one whenever somebody is given work whose amount is bounded, so that two such gifts at one moment exclude each other.
load = Table(
    "caseway_load",
    metadata,
    Column("process", Key, primary_key=True),
    Column("person", Key, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)

batch = Table(
    "caseway_batch",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("id", Key, nullable=False, unique=True),
    Column("at", Instant, nullable=False),
    Column("unit", Key, nullable=False),
    Column("document", Text, nullable=False),
    Column("seal", Text, nullable=False),  # digests of the whole document and of its lines
)
rejection = Table(
    "caseway_rejection",
    metadata,
    Column("batch", Key, ForeignKey(batch.c.id), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("seal", Text, nullable=False),  # the digest of the document
)

# Bank details of the owners of accounts. No process sees them, and batches keep a copy of their own.
payee = Table(
    "caseway_payee",
    metadata,
    Column("id", Key, primary_key=True),
    Column("document", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
)

# Who changed them when. Only ever added to, and nothing refers to a payee: it stays where they are removed.
payee_change = Table(
    "caseway_payee_change",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("payee", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    Index("caseway_payee_change_payee", "payee", "seq"),
)

# Only ever added to. A line names a case, with what it stands at, or a batch.
posting = Table(
    "caseway_posting",
    metadata,
    Column("seq", Sequence, primary_key=True),
    Column("effect", Key, nullable=False),
    Column("line", Integer, nullable=False),
    Column("kind", Key, nullable=False),
    Column("at", Instant, nullable=False),
    Column("owner", Key, nullable=False),
    Column("account", Key, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("unit", Key, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("case", Key, ForeignKey(case.c.id)),
    Column("revision", BigInteger),
    Column("process", Key),
    Column("version", Integer),
    Column("payout", Key),
    Column("implements", Text, nullable=False),
    Column("batch", Key, ForeignKey(batch.c.id)),
    UniqueConstraint("effect", "line"),
    Index("caseway_posting_case", "case", "seq"),
    Index("caseway_posting_owner", "owner", "seq"),
)
is_settled = posting.c.batch.is_not(None)
Index("caseway_posting_batch", posting.c.batch, posting.c.seq, sqlite_where=is_settled, postgresql_where=is_settled)

# Keys of payouts that are paid once, and never again. No row ever goes.
once = Table(
    "caseway_once",
    metadata,
    Column("key", Key, primary_key=True),
    Column("effect", Key, nullable=False),
    Column("case", Key, ForeignKey(case.c.id), nullable=False),
    Index("caseway_once_case", "case"),
)

# The sums of the postings up to the newest mark. Steps write neither: no account is a row that everybody waits for.
checkpoint = Table(
    "caseway_checkpoint",
    metadata,
    Column("owner", Key, primary_key=True),
    Column("account", Key, primary_key=True),
    Column("unit", Key, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
mark = Table(
    "caseway_checkpoint_mark",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
)
