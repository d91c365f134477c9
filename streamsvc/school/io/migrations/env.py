"""Alembic runs this for each command; the program passes its open connection."""

from alembic import context
from sqlalchemy import Connection

from streamsvc.school.io.tables import Table

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Table.metadata,
    compare_type=True,
    # not in batches: those make a table anew and drop the old one, with the rows that refer to it
    render_as_batch=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
