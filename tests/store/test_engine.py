"""Whole transactions, whatever happens to who asked for them."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store.engine import CommitUnknown, StoreError, StoreFull
from relanced.store.errors import at_fault
from relanced.store.opening import Store
from relanced.store.soundness import unsound
from relanced.store.sqlite import outdated
from relanced.store.tables import cases, holds, money, requests
from tests.store.books import NOW, PARIS, TODAY, Books
from tests.store.rows import every, run


async def test_a_naive_moment_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="a naive datetime cannot be stored"):
        await store.house.remember("r", "verb", "", datetime(2026, 3, 10, 9, 30))  # noqa: DTZ001
    assert await every(store, requests) == []


async def test_a_moment_comes_back_the_same_and_aware_to_the_microsecond(store: Store, books: Books) -> None:
    """Winter, summer, and the hour that happens twice."""
    case_id = await books.debtor()
    moments = [NOW + timedelta(microseconds=1), datetime(2026, 7, 1, 12, tzinfo=PARIS)]
    moments += [datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=fold) for fold in (0, 1)]
    for moment in moments:
        await store.people.pause(case_id, moment, "calm", "claire", NOW)
    kept = [row["until"] for row in await every(store, holds)]
    assert [k.timestamp() for k in kept] == [m.timestamp() for m in moments]
    assert {k.utcoffset() for k in kept} == {timedelta(0)}


async def test_what_reads_cannot_write(store: Store) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(update(cases).values(name="x"))

    with pytest.raises(StoreError, match=r"readonly|read-only"):
        await store.engine.read(work)


async def test_what_reads_sees_one_moment(store: Store, books: Books) -> None:
    """On PostgreSQL too: the version of a case and its facts belong together."""
    await books.debtor()
    seen: list[str] = []
    query = select(cases.c.name)

    async def work(connection: AsyncConnection) -> None:
        seen.append((await connection.execute(query)).scalar_one())
        if not store.engine.sqlite:
            await run(store, update(cases).values(name="Another"))
        seen.append((await connection.execute(query)).scalar_one())

    await store.engine.read(work)
    assert seen == ["Garage", "Garage"]


async def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(requests).values(id="r", verb="v", at=NOW, answer=""))
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        await store.engine.write(work)
    assert await every(store, requests) == []


async def test_a_cancelled_caller_s_transaction_still_happens_whole(url: str) -> None:
    """A cancelled COMMIT is an unknown: so nobody may cancel one."""
    store = Store(url)
    asked = [asyncio.create_task(store.house.remember(f"r{n}", "verb", "", NOW)) for n in range(20)]
    for n, task in enumerate(asked):
        await asyncio.sleep(0)
        if n % 2:
            task.cancel()
    done = await asyncio.gather(*asked, return_exceptions=True)
    cancelled = [n for n, outcome in enumerate(done) if isinstance(outcome, asyncio.CancelledError)]
    await store.close()
    store = Store(url)
    kept = {row["id"] for row in await every(store, requests)}
    assert {f"r{n}" for n in range(20) if n not in cancelled} <= kept
    begun = [n for n in cancelled if n % 2]
    assert begun == cancelled
    await store.close()


async def test_closing_waits_for_what_is_being_written(url: str) -> None:
    store = Store(url)
    writing = asyncio.create_task(store.house.remember("last", "verb", "", NOW))
    await asyncio.sleep(0)
    writing.cancel()
    await store.close()
    store = Store(url)
    assert [row["id"] for row in await every(store, requests)] == ["last"]
    await store.close()


async def test_a_cancelled_reader_leaves_the_next_one_alone(store: Store, books: Books) -> None:
    await books.many(30)
    for pause in (0.0, 0.001, 0.002, 0.004):
        reading = asyncio.create_task(store.planning.load(list(books.cases.values()), TODAY))
        await asyncio.sleep(pause)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    assert len(await store.planning.load(list(books.cases.values()), TODAY)) == 30


# -- a COMMIT that fails ------------------------------------------------------------------------------------------


async def test_fault_11_a_commit_that_fails_ends_everything(sqlite_url: str) -> None:
    """Nobody knows whether it happened: nothing more is written or read by this process."""
    store = Store(sqlite_url)

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        values = {"creditor": "nobody", "key": "k", "booked_on": TODAY, "cents": 1}
        await connection.execute(insert(money).values(**values))

    with pytest.raises(CommitUnknown, match="a COMMIT failed, and nobody knows whether it happened"):
        await store.engine.write(work)
    for act in (store.house.row(), store.house.stop("x", "y", NOW)):
        with pytest.raises(CommitUnknown):
            await act
    await store.close()


_LINGER = (
    "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$",
    "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON requests DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION linger()",
)
_KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COMMIT%' AND pid <> pg_backend_pid()"


async def test_fault_21_a_connection_lost_during_commit_is_an_unknown(postgres_url: str) -> None:
    store, other = Store(postgres_url), Store(postgres_url)
    for statement in _LINGER:
        await run(other, text(statement))
    asked = asyncio.create_task(store.house.remember("r", "verb", "", NOW))
    while not asked.done():
        await asyncio.sleep(0.02)
        await run(other, text(_KILL))
    with pytest.raises(CommitUnknown):
        await asked
    with pytest.raises(CommitUnknown):
        await store.house.row()
    assert await other.house.answered("r") is None
    await store.close()
    await other.close()


# -- trouble with the disk and the door ---------------------------------------------------------------------------


async def test_fault_12_a_full_disk_leaves_nothing_half_written_and_is_left_behind(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    books = Books(store)
    await books.debtor()
    await run(store, text("PRAGMA max_page_count=1"))  # no page more than there are
    before = await every(store, cases)
    with pytest.raises(StoreFull, match="database or disk is full"):
        await books.many(2000)
    assert await every(store, cases) == before
    assert await unsound(store.engine) == []
    await run(store, text("PRAGMA max_page_count=1000000"))
    assert len(await books.many(2000)) == 2000
    assert await unsound(store.engine) == []
    await store.close()


async def test_fault_19_a_writer_outside_is_waited_for_and_then_complained_of(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    await run(store, text("PRAGMA busy_timeout=50"))
    with closing(sqlite3.connect(tmp_path / "relanced.db", isolation_level=None)) as admin:
        admin.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked"):
            await store.house.stop("x", "claire", NOW)
        assert (await store.house.row()).stopped == ""
        admin.execute("ROLLBACK")
    await store.house.stop("x", "claire", NOW)
    await store.close()


async def test_a_database_that_is_not_there_is_told_plainly(postgres_url: str, tmp_path: Path) -> None:
    for url in (f"{postgres_url}-nowhere", "postgresql://nobody@127.0.0.1:1/x", f"sqlite:///{tmp_path}/no/where.db"):
        store = Store(url)
        with pytest.raises(StoreError, match="the database cannot be reached"):
            await store.house.row()
        await store.close()


@pytest.mark.parametrize("sql", ["SELECT 1 / :v", "SELECT repeat('9', 10 - :v)::INTEGER", "SELECT chr(:v)"])
@pytest.mark.parametrize("value", [0, 10**30])
async def test_a_value_that_no_column_can_hold_is_no_database_that_is_away(
    postgres_url: str, sql: str, value: int
) -> None:
    """Classes 22 and 54 of SQLSTATE, and what the driver will not even send. To try again would be to try for ever."""
    store = Store(postgres_url)

    async def work(connection: AsyncConnection) -> None:
        await connection.execute(text(sql), {"v": value})

    for transact in (store.engine.write, store.engine.read):
        with pytest.raises(ValueError) as refused:
            await transact(work)
        assert not at_fault(refused.value)
    await store.close()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ((3, 34, 1), "SQLite 3.34.1 is too old for relanced: 3.35.0 or newer is needed"),
        ((3, 35, 0), ""),
        ((3, 40, 1), ""),
    ],
)
def test_attack_40_a_database_library_that_is_too_old_is_refused(version: tuple[int, ...], said: str) -> None:
    assert outdated(version) == said
