"""Opening the database: one writer and query-only readers on SQLite, one pool on PostgreSQL; whole transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

T = TypeVar("T")


class StoreError(Exception):
    """The database could not do it; nothing was changed."""


class StoreFull(StoreError):
    """No room is left on the disk: nothing was changed, and nothing may leave until there is room again."""


class CommitUnknown(Exception):
    """A COMMIT failed: nobody knows whether it happened. The process must end and read again."""


class Engine:
    """Runs whole transactions. A cancelled caller never cancels a COMMIT."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._writer, self._reader = _sqlite(url) if self.sqlite else _postgres(url)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in one writing transaction, shielded from cancellation. Raises StoreError, CommitUnknown."""
        return await asyncio.shield(asyncio.ensure_future(self._write(work)))

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        try:
            async with self._writer.connect() as connection:
                transaction = await connection.begin()
                try:
                    result = await work(connection)
                except BaseException:
                    await transaction.rollback()
                    raise
                await self._commit(transaction.commit)
                return result
        except OperationalError as error:
            raise _told(error) from error

    async def _commit(self, commit: Callable[[], Awaitable[None]]) -> None:
        try:
            await commit()
        except DBAPIError as error:
            if isinstance(_told(error), StoreFull):
                raise
            raise CommitUnknown(str(error.orig)) from error

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` on one consistent snapshot; it cannot write."""
        try:
            async with self._reader.connect() as connection:
                return await work(connection)
        except OperationalError as error:
            raise _told(error) from error

    async def close(self) -> None:
        """Let go of every connection."""
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()


def _told(error: DBAPIError) -> StoreError:
    words = str(error.orig)
    if "disk is full" in words or "No space left" in words or "disk full" in words:
        return StoreFull(words)
    return StoreError(words)


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
    address = make_url(url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(address, pool_size=8, max_overflow=8, pool_pre_ping=True)
    return engine, engine
