"""Whole transactions on either database. A cancelled caller never cancels a COMMIT."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.engine import make_url

from relanced.store.errors import CommitUnknown, Conflict, StoreError, StoreFull

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

__all__ = ["CommitUnknown", "Conflict", "Engine", "StoreError", "StoreFull"]

T = TypeVar("T")
Work = Callable[["AsyncConnection"], Coroutine[Any, Any, T]]


class Database(Protocol):
    """One of the two: SQLite, PostgreSQL."""

    async def write(self, work: Work[T]) -> T:
        """One writing transaction. Raises StoreError, CommitUnknown."""

    async def read(self, work: Work[T]) -> T:
        """One consistent snapshot. Raises StoreError."""

    async def close(self) -> None:
        """Let go of every connection."""


class Engine:
    """Runs whole transactions, until a COMMIT fails: from then on nobody knows what the database holds."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._database = self._chosen()
        self._writing: set[asyncio.Task[Any]] = set()
        self._lost: CommitUnknown | None = None

    def _chosen(self) -> Database:
        if self.sqlite:
            from relanced.store.sqlite import Sqlite

            return Sqlite(self.url)
        from relanced.store.postgres import Postgres

        return Postgres(self.url)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one writing transaction. Raises StoreError, CommitUnknown.

        `work` waits for nothing but its database, and may be run again when PostgreSQL breaks a deadlock: it keeps
        nothing from one run to the next.
        """
        self._still_known()
        task = asyncio.ensure_future(self._write(work))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def _write(self, work: Work[T]) -> T:
        try:
            return await self._database.write(work)
        except CommitUnknown as lost:
            self._lost = lost
            raise

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent snapshot; it cannot write. Raises StoreError, CommitUnknown."""
        self._still_known()
        return await self._database.read(work)

    def _still_known(self) -> None:
        if self._lost:
            raise self._lost

    async def close(self) -> None:
        """Let what is being written end, then let go of every connection."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self._database.close()
