"""A revision for tests: a new table, and a column that is filled from what is there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("caseway_hint", sa.Column("case", sa.Text, sa.ForeignKey("caseway_case.id"), primary_key=True))
    with op.batch_alter_table("caseway_case") as table:  # SQLite drops the table, and makes it again
        table.add_column(sa.Column("marked", sa.Text, nullable=False, server_default=""))
        table.alter_column("assignee", type_=sa.String(200))
    op.execute("UPDATE caseway_case SET marked = id || '!'")
