"""Sealing takes a message only if nothing has changed since the gate looked; what lost drops out of the batch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store.lock import lock_cases
from relanced.store.opening import Store
from relanced.store.tables import attempts
from tests.store.books import CREDITOR, IBAN, TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

Act = Callable[[Books], Awaitable[object]]


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A planned message of a reminder of one invoice."""
    await books.debtor()
    await books.invoice()
    return await post.plan()


async def test_a_message_that_nothing_stops_is_sealed(store: Store, post: Post, message: int) -> None:
    wanted = await post.seal_of(message)
    assert (await post.commit([wanted])).taken == [message]
    row = await post.row(message)
    assert (row["state"], row["attempt_id"], row["tries"]) == ("submitting", wanted.parcel.attempt, 1)
    (attempt,) = await every(store, attempts)
    assert (attempt["sha256"], attempt["owner"], attempt["permit_version"]) == (
        wanted.parcel.sha256,
        "one",
        wanted.permit.case_version,
    )


BUMPS: dict[str, tuple[Act, str]] = {
    "a payment": (lambda b: b.payment(10_00, debtor="garage"), "the case has changed"),
    "a word of a person": (
        lambda b: b.store.people.paid(CREDITOR, "F-1", TODAY, "claire", b.now),
        "the case has changed",
    ),
    "another account": (lambda b: b.store.house.confirm_iban(CREDITOR, IBAN[::-1], "claire", b.now), "the creditor or"),
    "a new configuration": (lambda b: b.store.house.settle_config("config-2", {}, b.now), "the creditor or"),
    "a stop": (lambda b: b.store.house.stop("a doubt", "claire", b.now), "stopped"),
    "a start": (lambda b: b.store.house.go("claire", b.now), "the creditor or"),
}


async def test_a_permit_is_void_after_any_of_these(books: Books, post: Post, message: int) -> None:
    for what, (act, why) in BUMPS.items():
        wanted = await post.seal_of(message)
        await act(books)
        sealed = await post.commit([wanted])
        assert not sealed.taken, what
        assert sealed.dropped[message].startswith(why), what
    assert await post.state(message) == "planned"


async def test_a_permit_is_worth_nothing_from_its_end_on(post: Post, message: int) -> None:
    permit = await post.permit((await post.row(message))["case_id"])
    sealed = await post.commit([await post.seal_of(message, replace(permit, until=post.now))])
    assert sealed.dropped == {message: "the permit is over"}
    barely = replace(permit, until=post.now + timedelta(microseconds=1))
    assert (await post.commit([await post.seal_of(message, barely)])).taken == [message]


async def test_a_message_is_sealed_once(post: Post, message: int) -> None:
    first, second = await post.seal_of(message), await post.seal_of(message)
    assert (await post.commit([first, second])).taken == [message]
    assert (await post.commit([second])).dropped == {message: "no longer planned"}


async def test_what_lost_drops_out_and_the_others_go(books: Books, post: Post, message: int) -> None:
    await books.debtor("bakery")
    await books.invoice("F-2", debtor="bakery")
    other = await post.plan("bakery")
    wanted = [await post.seal_of(message), await post.seal_of(other)]
    await books.payment(1_00, debtor="garage")
    sealed = await post.commit(wanted)
    assert (sealed.taken, sealed.dropped) == ([other], {message: "the case has changed"})


async def test_a_case_that_somebody_changes_right_now_is_passed_by_without_waiting(
    postgres_url: str,
) -> None:
    """SKIP LOCKED: only PostgreSQL can have somebody else at work; on SQLite BEGIN IMMEDIATE is the lock."""
    store, other = Store(postgres_url), Store(postgres_url)
    books = Books(store)
    post = Post(books)
    await books.debtor()
    await books.invoice()
    message = await post.plan()
    wanted, locked, done = await post.seal_of(message), asyncio.Event(), asyncio.Event()

    async def work(connection: AsyncConnection) -> None:
        await lock_cases(connection, [books.cases["garage"]])
        locked.set()
        await done.wait()

    holding = asyncio.create_task(other.engine.write(work))
    await locked.wait()
    assert (await asyncio.wait_for(post.commit([wanted]), 30)).dropped == {message: "the case is being changed"}
    done.set()
    await holding
    assert (await post.commit([wanted])).taken == [message]
    await other.close()
    await store.close()


async def test_a_stop_waits_for_the_seal_that_is_being_committed(store: Store, post: Post, message: int) -> None:
    """Whichever is first, a message sealed after the stop's commit does not exist; the process hears of it at once."""
    sealed, tick = await store.clerk.commit([], [await post.seal_of(message)], {}, post.now, post.books.today, "one")
    assert not store.bumps.since(post.books.cases["garage"], tick)
    await store.house.stop("a doubt", "claire", post.now)
    assert sealed.taken == [message]
    assert store.bumps.since(post.books.cases["garage"], tick)


async def test_still_compares_what_the_permit_was_given_for(
    store: Store, books: Books, post: Post, message: int
) -> None:
    """Fault 55: the last look before the byte that cannot be taken back, where other daemons may have written."""
    case_id = books.cases["garage"]
    permit = await post.permit(case_id)
    assert await store.sending.still(case_id, CREDITOR, permit)
    await books.payment(1_00, debtor="garage")
    assert not await store.sending.still(case_id, CREDITOR, permit)
    fresh = await post.permit(case_id)
    await store.house.stop("a doubt", "claire", books.now)
    assert not await store.sending.still(case_id, CREDITOR, replace(fresh, epoch=fresh.epoch + 1))


async def test_what_lies_in_the_database_is_what_was_sealed(store: Store, post: Post, message: int) -> None:
    wanted = await post.seal_of(message)
    await post.commit([wanted])
    assert await store.tray.parcel(wanted.parcel.attempt) == wanted.parcel

    async def work(connection: AsyncConnection) -> int:
        return len((await connection.execute(select(attempts.c.id))).all())

    assert await store.engine.read(work) == 1
