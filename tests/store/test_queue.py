"""The queue as people look at it: messages that have not left, and how many wait since when and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.rules.limits import Rate
from relanced.store.opening import Store
from relanced.store.queue import Pile, Queue
from tests.store.books import CREDITOR, Books
from tests.store.post import Post
from tests.store.test_queries import Explaining

HOUR = timedelta(hours=1)


async def test_it_shows_what_has_not_left_and_why(store: Store, books: Books, post: Post) -> None:
    first, second, third = await post.plan_many(await books.many(3))
    await post.sent(first)
    await store.people.park(second, "let me see", "claire", post.now)
    shown = await store.queue.messages()
    assert [(m["message"], m["state"], m["reason"], m["debtor"], m["step"]) for m in shown] == [
        (second, "parked", "let me see", "d1", "relance-1"),
        (third, "planned", "", "d2", "relance-1"),
    ]
    assert await store.queue.messages("martin") == []
    assert [m["message"] for m in await store.queue.messages(CREDITOR, limit=1)] == [second]


async def test_messages_are_piled_by_channel_state_and_reason(store: Store, books: Books, post: Post) -> None:
    many = await post.plan_many(await books.many(5))
    early = post.now
    await post.sent(many[0])
    await store.people.park(many[1], "let me see", "claire", post.now)
    await post.uncertain(many[2])
    books.now += HOUR
    piles = {p.state: p for p in await store.queue.piles(post.now, CREDITOR)}
    assert piles["planned"] == Pile("compta", "planned", "", True, 2, early.astimezone(), early.astimezone())
    assert (piles["parked"].reason, piles["parked"].messages) == ("let me see", 1)
    assert piles["uncertain"].messages == 1
    assert set(piles) == {"planned", "parked", "uncertain"}
    assert {p.oldest for p in piles.values()} == {early.astimezone()}  # also of those that have no moment of their own
    assert await store.queue.piles(post.now, "martin") == []
    assert [p.ripe for p in await store.queue.piles(early - HOUR) if p.state == "planned"] == [False]


async def test_a_channel_without_tokens_says_when_it_has_one_again(store: Store, books: Books, post: Post) -> None:
    post.rates = {"compta": (Rate(2, 60),), "office": ()}
    wanted = await post.plan_many(await books.many(3))
    assert await store.queue.out_of_tokens(post.rates, post.now) == {}
    await post.commit(await post.seals_of(wanted))
    (again,) = (await store.queue.out_of_tokens(post.rates, post.now)).values()
    assert again.timestamp() == pytest.approx((post.now + timedelta(seconds=30)).timestamp())
    assert await store.queue.out_of_tokens(post.rates, post.now + HOUR) == {}


@pytest.mark.parametrize("creditor", [None, CREDITOR])
async def test_what_has_ended_is_not_read(sqlite_url: str, creditor: str | None, books: Books) -> None:
    engine = Explaining(sqlite_url)
    await Queue(engine).messages(creditor)
    await Queue(engine).piles(books.now, creditor)
    reads = [plan for plan in engine.plans if "messages" in plan]
    assert len(reads) >= 2
    assert all("uq_messages_live" in plan or "INTEGER PRIMARY KEY" in plan for plan in reads), reads
    await engine.close()
