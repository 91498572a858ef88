"""Bringing a database to the schema of this version. A schema that is older or newer is never worked on."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from relanced.store.engine import Engine, StoreError

if TYPE_CHECKING:  # alembic is only imported to migrate: most starts look at the revision and go on
    from alembic.config import Config
    from sqlalchemy.ext.asyncio import AsyncConnection

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x72656C61  # of several daemons that start together on one PostgreSQL


class WrongSchema(StoreError):
    """The database has another schema than this version of relanced knows."""


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this version knows."""
    return max(_known())


def _known() -> set[str]:
    """Every migration is a file that begins with its revision; they follow each other in the order of their names."""
    return {file.name.partition("_")[0] for file in (_MIGRATIONS / "versions").glob("[0-9]*_*.py")}


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


async def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to this version, in one transaction. Returns the revisions before and after.

    Raises WrongSchema for a database of a newer version.
    """

    async def run(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(bring_up)

    return await engine.write(run), head()


def bring_up(connection: Connection) -> str | None:
    """The same on a connection, whose transaction is the caller's. Returns the revision before."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
    before = _found(connection)
    if before is not None and before not in _known():
        raise _newer(before)
    command.upgrade(_config(connection), "head")
    return before


async def is_empty(engine: Engine) -> bool:
    """Whether no relanced was ever born in this database."""
    return await _revision(engine) is None


async def check(engine: Engine) -> None:
    """Refuse a schema that is not exactly ours. Raises WrongSchema saying what to do."""
    found = await _revision(engine)
    if found is None:
        raise WrongSchema("the database is empty: relanced db upgrade")
    if found not in _known():
        raise _newer(found)
    if found != head():
        raise WrongSchema(f"the database has schema {found}, this relanced knows {head()}: relanced db upgrade")


async def _revision(engine: Engine) -> str | None:
    async def run(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(_found)

    return await engine.read(run)


def _newer(found: str) -> WrongSchema:
    todo = "this database belongs to a newer relanced: upgrade the program"
    return WrongSchema(f"the database has schema {found}, this relanced knows {head()}: {todo}")


async def drift(engine: Engine) -> None:
    """Compare the migrations with the tables the code believes in. Raises alembic's CommandError."""
    from alembic import command

    async def run(connection: AsyncConnection) -> None:
        await connection.run_sync(lambda c: command.check(_config(c)))

    await engine.read(run)
