"""What Alembic runs, and finds by this name: the scripts of the revisions, on the connection that it was given."""

from alembic import context

from caseway.adapters.sql.migration.plan import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite's is, too, since no driver of ours begins or commits by itself
)
with context.begin_transaction():  # whoever gave the connection has begun one, and ends it
    context.run_migrations()
