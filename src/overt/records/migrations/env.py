"""What Alembic runs: the migrations, on the connection it was given."""

from alembic import context

from overt.records.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, compare_type=True, render_as_batch=True
)
context.run_migrations()
