"""Alembic runs this for each command; the program passes its open connection."""

from alembic import context
from sqlalchemy import Connection

from streamsvc.school.io.tables import Table

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite can't alter a column in place
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
