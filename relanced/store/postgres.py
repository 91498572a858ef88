"""PostgreSQL: one pool. What writes sees what was committed last, what reads sees one moment."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from sqlalchemy.engine import URL
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction, create_async_engine

from relanced.store.errors import told, unknown, unreachable

T = TypeVar("T")
Work = Callable[[AsyncConnection], Coroutine[Any, Any, T]]

_TRIES = 3
_AGAIN = ("40P01", "40001")  # a deadlock it has broken, two transactions it could not put in order


class Postgres:
    """Runs transactions on pooled connections."""

    def __init__(self, url: URL) -> None:
        address = url.set(drivername="postgresql+asyncpg")
        cache = {"prepared_statement_cache_size": 500}
        self._writer = create_async_engine(address, pool_size=8, max_overflow=8, pool_pre_ping=True, connect_args=cache)
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def write(self, work: Work[T]) -> T:
        """One writing transaction, tried again when it was the victim of a deadlock."""
        tries = 0
        while True:
            try:
                return await self._transact(work)
            except StatementError as error:
                tries += 1
                if tries == _TRIES or getattr(error.orig, "sqlstate", None) not in _AGAIN:
                    raise told(error) from error

    async def _transact(self, work: Work[T]) -> T:
        async with aclosing(await _connected(self._writer)) as connection:
            transaction = await connection.begin()
            try:
                result = await work(connection)
            except BaseException:
                await transaction.rollback()
                raise
            await _commit(transaction)
            return result

    async def read(self, work: Work[T]) -> T:
        """One consistent snapshot. A connection that ends while it is given back has not been read from for certain."""
        try:
            async with aclosing(await _connected(self._reader)) as connection:
                return await work(connection)
        except StatementError as error:
            raise told(error) from error

    async def close(self) -> None:
        """Let go of the pool."""
        await self._writer.dispose()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except Exception as error:
        raise unreachable(error) from error


async def _commit(transaction: AsyncTransaction) -> None:
    try:
        await transaction.commit()
    except Exception as error:
        raise unknown(error) from error
