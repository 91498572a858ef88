"""How Alembic meets the database: on the connection it is handed, never on one of its own."""

from alembic import context
from sqlalchemy import text

from relanced.store.tables import metadata

for index in (index for table in metadata.tables.values() for index in table.indexes if index.info):
    for engine in ("sqlite", "postgresql"):
        index.dialect_options[engine]["where"] = text(index.info["where"])
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
