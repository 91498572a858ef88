"""From nothing to the schema of this version, and never a step on a schema nobody knows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store import migrate
from relanced.store.engine import Engine
from relanced.store.migrate import WrongSchema
from relanced.store.opening import Store
from relanced.store.tables import metadata
from tests.postgres import Cluster
from tests.store.books import NOW
from tests.store.rows import run


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path, postgres: Cluster) -> AsyncIterator[str]:
    """Where a database is in which nobody has been."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'relanced.db'}"
        return
    server = await asyncpg.connect(postgres.url("postgres"))
    await server.execute("CREATE DATABASE empty")
    yield postgres.url("empty")
    await server.execute("DROP DATABASE empty WITH (FORCE)")
    await server.close()


async def _tables(engine: Engine) -> set[str]:
    async def work(connection: AsyncConnection) -> set[str]:
        return set(await connection.run_sync(lambda c: inspect(c).get_table_names()))

    return await engine.read(work)


async def test_an_empty_database_is_brought_to_the_schema_of_this_version(empty: str) -> None:
    engine = Engine(empty)
    assert await migrate.is_empty(engine)
    with pytest.raises(WrongSchema, match="the database is empty: relanced db upgrade"):
        await migrate.check(engine)
    assert await migrate.upgrade(engine) == (None, migrate.head())
    await migrate.check(engine)
    assert not await migrate.is_empty(engine)
    assert await _tables(engine) == {*metadata.tables, "alembic_version"}
    assert await migrate.upgrade(engine) == (migrate.head(), migrate.head())
    await engine.close()


async def test_the_migrations_lead_to_the_tables_the_code_believes_in(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    await migrate.drift(store.engine)
    assert capsys.readouterr().out == ""


async def test_what_the_code_takes_for_a_partial_index_is_one(store: Store) -> None:
    wanted = {(i.name, _bare(i.info["where"])) for t in metadata.tables.values() for i in t.indexes if i.info}
    assert len(wanted) > 25
    assert await _partial(store.engine) == wanted


async def _partial(engine: Engine) -> set[tuple[object, str]]:
    """The partial indexes of a database, as it tells them itself."""
    listed = {
        True: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        False: "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    }[engine.sqlite]

    async def work(connection: AsyncConnection) -> set[tuple[object, str]]:
        found = (await connection.execute(text(listed))).all()
        return {(name, _bare(said.partition(" WHERE ")[2])) for name, said in found if " WHERE " in said}

    return await engine.read(work)


def _bare(clause: str) -> str:
    """Without what PostgreSQL adds to it: casts, brackets, and LIKE under another name."""
    said = re.sub(r"::\w+(\[\])?", "", clause).replace("~~", "LIKE")
    return re.sub(r"[()\s]", "", said)


async def test_a_table_that_drifted_is_found(store: Store) -> None:
    await run(store, text("ALTER TABLE tasks ADD COLUMN colour VARCHAR"))
    with pytest.raises(Exception, match=r"New upgrade operations detected.*colour"):
        await migrate.drift(store.engine)


async def test_a_newer_schema_is_never_worked_on(store: Store) -> None:
    await run(store, text("UPDATE alembic_version SET version_num = '0999'"))
    words = "the database has schema 0999, this relanced knows 0001: this database belongs to a newer relanced"
    for act in (migrate.check(store.engine), migrate.upgrade(store.engine)):
        with pytest.raises(WrongSchema, match=words):
            await act


async def test_fault_23_an_upgrade_that_is_interrupted_leaves_nothing_and_is_done_again(empty: str) -> None:
    engine = Engine(empty)

    async def half(connection: AsyncConnection) -> None:
        await connection.run_sync(migrate.bring_up)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await engine.write(half)
    assert await _tables(engine) == set()
    await migrate.upgrade(engine)
    await migrate.check(engine)
    await engine.close()


async def test_daemons_that_start_together_upgrade_once(postgres: Cluster) -> None:
    server = await asyncpg.connect(postgres.url("postgres"))
    await server.execute("CREATE DATABASE together")
    stores = [Store(postgres.url("together")) for _ in range(4)]
    done = await asyncio.gather(*(migrate.upgrade(s.engine) for s in stores))
    assert sorted(before or "" for before, _ in done) == ["", *["0001"] * 3]
    assert {(await s.house.born("live", NOW)).mode for s in stores} == {"live"}
    for store in stores:
        await store.close()
    await server.execute("DROP DATABASE together WITH (FORCE)")
    await server.close()
