"""A revision for tests that fails when half of it is done."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("caseway_hint", sa.Column("case", sa.Text, primary_key=True))
    op.execute("UPDATE caseway_case SET state = 'lost'")
    op.execute("UPDATE caseway_case SET no_such_column = 1")
