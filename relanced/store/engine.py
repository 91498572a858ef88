"""Opening the database: one writer and query-only readers on SQLite, one pool on PostgreSQL; whole transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction, create_async_engine

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

_TRIES = 3
_AGAIN = ("40P01", "40001")  # PostgreSQL: a deadlock it has broken, two transactions it could not put in order


class StoreError(Exception):
    """The database could not do it; nothing was changed."""


class StoreFull(StoreError):
    """No room is left on the disk: nothing was changed, and nothing may leave until there is room again."""


class Conflict(StoreError):
    """A key of the database refused it: what was asked for is there already. Nothing was changed."""


class CommitUnknown(Exception):
    """A COMMIT failed: nobody knows whether it happened. The process must end and read again."""


class Engine:
    """Runs whole transactions. A cancelled caller never cancels a COMMIT."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._writer, self._reader = _sqlite(url) if self.sqlite else _postgres(url)
        self._writing: set[asyncio.Task[Any]] = set()
        self._lost: CommitUnknown | None = None

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one writing transaction. Raises StoreError, CommitUnknown.

        `work` may be run again when PostgreSQL breaks a deadlock: it keeps nothing from one run to the next.
        """
        self._still_known()
        task = asyncio.ensure_future(self._write(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; it cannot write. Raises StoreError, CommitUnknown."""
        self._still_known()
        async with aclosing(await _connected(self._reader)) as connection:
            try:
                return await work(connection)
            except StatementError as error:
                raise _told(error) from error

    def _still_known(self) -> None:
        if self._lost:
            raise self._lost

    async def _write(self, work: Work[T]) -> T:
        tries = 0
        while True:
            try:
                return await self._transact(work)
            except StatementError as error:
                tries += 1
                if tries == _TRIES or getattr(error.orig, "sqlstate", None) not in _AGAIN:
                    raise _told(error) from error

    async def _transact(self, work: Work[T]) -> T:
        async with aclosing(await _connected(self._writer)) as connection:
            transaction = await connection.begin()
            try:
                result = await work(connection)
            except BaseException:
                await transaction.rollback()
                raise
            await self._commit(transaction)
            return result

    async def _commit(self, transaction: AsyncTransaction) -> None:
        try:
            await transaction.commit()
        except Exception as error:
            if isinstance(error, StatementError) and isinstance(_told(error), StoreFull):
                await transaction.rollback()
                raise
            self._lost = CommitUnknown(f"a COMMIT failed, and nobody knows whether it happened: {error}")
            raise self._lost from error

    async def close(self) -> None:
        """Let what is being written end, then let go of every connection."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._writer.dispose()
        if self.sqlite:
            await self._reader.dispose()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except Exception as error:
        raise StoreError(f"the database cannot be reached: {getattr(error, 'orig', None) or error}") from error


def _told(error: StatementError) -> Exception:
    """What the driver said, in our terms; what our own types refused, as they said it."""
    words = str(error.orig)
    if not isinstance(error, DBAPIError):
        return ValueError(words)
    if isinstance(error, IntegrityError):
        return Conflict(words)
    full = ("disk is full", "No space left", "disk full")
    return StoreFull(words) if any(f in words for f in full) else StoreError(words)


def _sqlite(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """Two engines: one connection that writes, a few that can only read."""
    address = make_url(url).set(drivername="sqlite+aiosqlite")
    writer = create_async_engine(address, pool_size=1, max_overflow=0, pool_timeout=120)
    reader = create_async_engine(address, pool_size=4, max_overflow=4, pool_timeout=120)
    _prepare(writer, "BEGIN IMMEDIATE", query_only=False)
    _prepare(reader, "BEGIN", query_only=True)
    return writer, reader


def _prepare(engine: AsyncEngine, begin: str, query_only: bool) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            cursor.execute(f"PRAGMA {pragma}")
        if query_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _postgres(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    """One pool: what writes sees what was committed last, what reads sees one moment."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    cache = {"prepared_statement_cache_size": 500}
    engine = create_async_engine(address, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=cache)
    return engine, engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
