"""The tables of the first release.

Everything is spelt out, types included: what the rest of the code means by a name may change, what stands here may not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.String(27)
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "caseway_meta",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "caseway_definition",
        sa.Column("hash", KEY, primary_key=True),
        sa.Column("process", KEY, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.UniqueConstraint("process", "version"),
    )
    op.create_table(
        "caseway_case",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("process", KEY, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("definition", KEY, sa.ForeignKey("caseway_definition.hash"), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("final", sa.Boolean, nullable=False),
        sa.Column("assignee", KEY),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("caseway_case_opened", "caseway_case", ["opened_at", "id"])
    op.create_table(
        "caseway_journal",
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id"), primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("case", "event_id"),
    )
    op.create_table(
        "caseway_timer",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id"), nullable=False),
        sa.Column("process", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("due", INSTANT, nullable=False),
        sa.Column("fault", sa.Text),
    )
    can_fire = sa.text("fault IS NULL")
    op.create_index(
        "caseway_timer_due", "caseway_timer", ["process", "due", "id"], sqlite_where=can_fire, postgresql_where=can_fire
    )
    op.create_table(
        "caseway_awaited",
        sa.Column("worker", KEY, primary_key=True),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_table(
        "caseway_outbox",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("effect", KEY, nullable=False, unique=True),
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id"), nullable=False),
        sa.Column("recipient", KEY, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("set_aside", sa.Boolean, nullable=False),
        sa.Column("delivered_at", INSTANT),
        sa.Column("not_before", INSTANT, nullable=False),
    )
    waiting = sa.and_(sa.column("delivered_at").is_(None), sa.column("set_aside").is_(sa.false()))
    op.create_index("caseway_outbox_waiting", "caseway_outbox", ["seq"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index(
        "caseway_outbox_ready",
        "caseway_outbox",
        ["not_before", "seq"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "caseway_outbox_line",
        "caseway_outbox",
        ["case", "recipient", "seq"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "caseway_person",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "caseway_work",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id"), nullable=False),
        sa.Column("process", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("item", KEY, nullable=False),
        sa.Column("role", KEY),
        sa.Column("person", KEY),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("due", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
    )
    op.create_index("caseway_work_case", "caseway_work", ["case"])
    is_named, is_anybodys = sa.text("person IS NOT NULL"), sa.text("person IS NULL")
    in_order = ["due", "opened_at", "case"]
    op.create_index(
        "caseway_work_person", "caseway_work", ["person", *in_order], sqlite_where=is_named, postgresql_where=is_named
    )
    op.create_index(
        "caseway_work_role", "caseway_work", ["role", *in_order], sqlite_where=is_anybodys, postgresql_where=is_anybodys
    )
    op.create_table(
        "caseway_load",
        sa.Column("process", KEY, primary_key=True),
        sa.Column("person", KEY, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "caseway_batch",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("id", KEY, nullable=False, unique=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("unit", KEY, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
    )
    op.create_table(
        "caseway_rejection",
        sa.Column("batch", KEY, sa.ForeignKey("caseway_batch.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("seal", sa.Text, nullable=False),
    )
    op.create_table(
        "caseway_payee",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_table(
        "caseway_payee_change",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("payee", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_index("caseway_payee_change_payee", "caseway_payee_change", ["payee", "seq"])
    op.create_table(
        "caseway_posting",
        sa.Column("seq", SEQUENCE, primary_key=True),
        sa.Column("effect", KEY, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("owner", KEY, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("unit", KEY, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id")),
        sa.Column("revision", sa.BigInteger),
        sa.Column("process", KEY),
        sa.Column("version", sa.Integer),
        sa.Column("payout", KEY),
        sa.Column("implements", sa.Text, nullable=False),
        sa.Column("batch", KEY, sa.ForeignKey("caseway_batch.id")),
        sa.UniqueConstraint("effect", "line"),
    )
    op.create_index("caseway_posting_case", "caseway_posting", ["case", "seq"])
    op.create_index("caseway_posting_owner", "caseway_posting", ["owner", "seq"])
    is_settled = sa.text("batch IS NOT NULL")
    op.create_index(
        "caseway_posting_batch",
        "caseway_posting",
        ["batch", "seq"],
        sqlite_where=is_settled,
        postgresql_where=is_settled,
    )
    op.create_table(
        "caseway_once",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("effect", KEY, nullable=False),
        sa.Column("case", KEY, sa.ForeignKey("caseway_case.id"), nullable=False),
    )
    op.create_index("caseway_once_case", "caseway_once", ["case"])
    op.create_table(
        "caseway_checkpoint",
        sa.Column("owner", KEY, primary_key=True),
        sa.Column("account", KEY, primary_key=True),
        sa.Column("unit", KEY, primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "caseway_checkpoint_mark",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, nullable=False),
    )
