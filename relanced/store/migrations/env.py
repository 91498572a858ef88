"""How Alembic meets the database: on the connection it is handed, never on one of its own."""

from alembic import context

from relanced.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
