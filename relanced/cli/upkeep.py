"""`relanced db`: bringing the schema up, and looking whether the database is sound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from relanced.cli.opening import load_config
from relanced.cli.printing import BAD_CONFIG, BUSY, Failed
from relanced.clock import WallClock
from relanced.store import guard, migrate
from relanced.store.backup import copy_sqlite
from relanced.store.engine import StoreError
from relanced.store.opening import Store
from relanced.store.soundness import unsound

T = TypeVar("T")


def upgrade(path: Path) -> str:
    """Migrate; says from where to where. Raises Failed, also when somebody owns the database."""

    async def work(store: Store) -> str:
        before, after = await migrate.upgrade(store.engine)
        return f"the schema is {after} already" if before == after else f"schema {before or 'none'} -> {after}"

    return asyncio.run(_with_store(path, work))


def copy_here(path: Path, target: Path) -> str:
    """Copy the database from its file, whoever works on it; says how large the copy is. Raises Failed."""
    source = Store(load_config(path).store.url()).file
    if source is None or not source.exists():
        raise Failed(
            "there is no database file to copy" if source else "PostgreSQL has its own tools for copies: pg_dump"
        )
    try:
        return f"{target}: {copy_sqlite(source, target)} bytes, stamped as a copy"
    except StoreError as error:
        raise Failed(str(error)) from None


def check_database(path: Path) -> list[str]:
    """What is wrong: schema, pages, journal chains. Empty when all is well."""

    async def work(store: Store) -> list[str]:
        await migrate.check(store.engine)
        return await unsound(store.engine)

    return asyncio.run(_with_store(path, work))


async def _with_store(path: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    config = load_config(path)
    try:
        store = Store(config.store.url())
    except OSError as error:
        raise Failed(f"the database's password cannot be read: {error}", BAD_CONFIG) from None
    lock = guard.Lock(store.file) if store.file else None
    intact = False
    try:
        if lock:
            lock.take("relanced db", WallClock().now())
        intact = store.file is not None and not guard.log_lost(config.state, store.file)
        return await work(store)
    except guard.Busy as error:
        raise Failed(str(error), BUSY) from None
    except StoreError as error:
        raise Failed(str(error), BAD_CONFIG) from None
    except OSError as error:
        raise Failed(f"the database cannot be opened: {error}", 1) from None
    finally:
        if intact:
            guard.ended(config.state)
        await store.close()
        if lock:
            lock.release()
