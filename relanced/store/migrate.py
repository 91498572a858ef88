"""Bringing a database to the schema of this version. A schema that is older or newer is never worked on."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store.engine import Engine, StoreError


class WrongSchema(StoreError):
    """The database has another schema than this version of relanced knows."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this version knows."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


async def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to this version, in one transaction. Returns the revisions before and after."""

    def work(connection: Connection) -> str | None:
        before = MigrationContext.configure(connection).get_current_revision()
        command.upgrade(_config(connection), "head")
        return before

    async def run(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(work)

    return await engine.write(run), head()


async def is_empty(engine: Engine) -> bool:
    """Whether no relanced was ever born in this database."""

    async def run(connection: AsyncConnection) -> bool:
        return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision()) is None

    return await engine.read(run)


async def check(engine: Engine) -> None:
    """Refuse a schema that is not exactly ours. Raises WrongSchema saying what to do."""

    async def run(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())

    found, wanted = await engine.read(run), head()
    if found is None:
        raise WrongSchema("the database is empty: relanced db upgrade")
    if found != wanted:
        known = {s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions()}
        todo = (
            "relanced db upgrade"
            if found in known
            else "this database belongs to a newer relanced: upgrade the program"
        )
        raise WrongSchema(f"the database has schema {found}, this relanced knows {wanted}: {todo}")


async def drift(engine: Engine) -> None:
    """Compare the migrations with the tables the code believes in. Raises alembic's CommandError."""

    async def run(connection: AsyncConnection) -> None:
        await connection.run_sync(lambda c: command.check(_config(c)))

    await engine.read(run)
