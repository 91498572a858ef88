"""SQLite: one thread that writes, a few that can only read. A whole transaction is one visit to its thread.

Measured: statement by statement through an event loop, half of the time of a transaction went into the visits.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from msgspec.json import encode
from sqlalchemy import Connection, CursorResult, Executable, RootTransaction, create_engine, event
from sqlalchemy import Engine as Pool
from sqlalchemy.engine import URL
from sqlalchemy.exc import StatementError

from relanced.store.errors import StoreError, StoreFull, told, unknown, unreachable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Work = Callable[["AsyncConnection"], Coroutine[Any, Any, T]]

READERS = 4
OLDEST = (3, 35, 0)  # the first with RETURNING
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "wal_autocheckpoint=4000",  # pages: a burst of letters is not copied into place after every few of them
    "cache_size=-16000",  # KiB
)


class Sqlite:
    """Runs transactions in threads of their own."""

    def __init__(self, url: URL) -> None:
        if too_old := outdated(sqlite3.sqlite_version_info):
            raise StoreError(too_old)
        address = url.set(drivername="sqlite+pysqlite")
        self._writer, self._reader = _pool(address, 1, "BEGIN IMMEDIATE"), _pool(address, READERS, "BEGIN")
        event.listen(self._reader, "connect", _only_reads)
        self._writes, self._reads = ThreadPoolExecutor(1, "store-write"), ThreadPoolExecutor(READERS, "store-read")

    async def write(self, work: Work[T]) -> T:
        """One writing transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._writes, _write, self._writer, work)

    async def read(self, work: Work[T]) -> T:
        """One consistent snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._reads, _read, self._reader, work)

    async def close(self) -> None:
        """Let go of the file."""
        for threads in (self._reads, self._writes):
            await asyncio.to_thread(threads.shutdown)
        self._reader.dispose()
        self._writer.dispose()


def outdated(version: tuple[int, ...]) -> str:
    """Why this SQLite cannot be used; empty when it can."""
    said, least = (".".join(map(str, v)) for v in (version, OLDEST))
    return f"SQLite {said} is too old for relanced: {least} or newer is needed" if version < OLDEST else ""


def _pool(address: URL, size: int, begin: str) -> Pool:
    terms = {"json_serializer": _to_json, "json_deserializer": _from_json}
    pool = create_engine(address, pool_size=size, max_overflow=0, **terms)
    event.listen(pool, "connect", _prepare)
    event.listen(pool, "begin", lambda connection: connection.exec_driver_sql(begin))
    return pool


def _to_json(said: Any) -> str:
    try:
        return encode(said).decode()
    except UnicodeEncodeError:  # half a character, in what a stranger wrote and we look for
        return json.dumps(said)


def _from_json(told: str) -> Any:
    return [] if told == "[]" else json.loads(told)  # most lists of a debtor are empty


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _only_reads(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON").close()


# -- in the thread ------------------------------------------------------------------------------------------------


def _write(pool: Pool, work: Work[T]) -> T:
    with _connected(pool) as connection, _in_our_words():
        transaction = connection.begin()
        try:
            result = _done(work, connection)
        except BaseException:
            transaction.rollback()
            raise
        _commit(transaction)
        return result


def _read(pool: Pool, work: Work[T]) -> T:
    with _connected(pool) as connection, _in_our_words():
        return _done(work, connection)


def _connected(pool: Pool) -> Connection:
    try:
        return pool.connect()
    except Exception as error:
        raise unreachable(error) from error


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except StatementError as error:
        raise told(error) from error


def _done(work: Work[T], connection: Connection) -> T:
    """Drive the work to its end: it waits for nothing but this connection, which never lets it wait."""
    running = work(cast("AsyncConnection", _Here(connection)))
    try:
        running.send(None)
    except StopIteration as done:
        return cast(T, done.value)
    running.close()
    raise RuntimeError("a transaction may wait for nothing but its database")


def _commit(transaction: RootTransaction) -> None:
    try:
        transaction.commit()
    except Exception as error:
        if isinstance(error, StatementError) and isinstance(full := told(error), StoreFull):
            transaction.rollback()
            raise full from error
        raise unknown(error) from error


class _Here:
    """What the rooms of the store ask of a connection, answered in this thread and at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement; its rows can be read when this returns."""
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:
        """The same in the driver's own terms."""
        return self._connection.exec_driver_sql(statement, parameters)

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Hand the connection to what knows no other kind (the migrations)."""
        return work(self._connection)
