"""The journal is append-only and chained: whoever changes a word of it afterwards is found out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.store import journal
from relanced.store.engine import StoreError
from relanced.store.journal import Entry
from relanced.store.opening import Store
from relanced.store.soundness import Kept, first_broken, unsound
from relanced.store.tables import cases, house_chain, journal_texts
from relanced.store.tables import journal as entries
from tests.store.books import NOW, Books
from tests.store.post import Post
from tests.store.rows import every, run

SECOND = timedelta(seconds=1)


@pytest.fixture
async def told(store: Store, books: Books, post: Post) -> Store:
    """A store in which something has happened."""
    await books.debtor()
    await books.invoice()
    await post.sent(await post.plan())
    await store.house.stop("a doubt", "claire", NOW)
    return store


# -- append-only --------------------------------------------------------------------------------------------------


async def test_attack_35_no_entry_can_be_changed_or_removed(told: Store) -> None:
    for act in (
        update(entries).values(event="nothing happened"),
        delete(entries),
        update(journal_texts).values(body="{}"),
    ):
        with pytest.raises(StoreError, match="the journal is append-only"):
            await run(told, act)
    assert await unsound(told.engine) == []


async def test_attack_38_words_can_be_erased_and_the_chain_stays_whole(told: Store, books: Books) -> None:
    await run(told, delete(journal_texts).where(journal_texts.c.case_id == books.cases["garage"]))
    assert await unsound(told.engine) == []
    assert {e["body"] for e in await told.views.journal_of(books.cases["garage"])} == {None}


# -- chained ------------------------------------------------------------------------------------------------------


async def test_every_entry_says_who_when_and_what(told: Store, books: Books) -> None:
    rows = await told.views.journal_of(books.cases["garage"])
    assert [r["seq"] for r in rows] == list(range(1, len(rows) + 1))
    assert [r["event"] for r in rows] == [
        "debtor met",
        "reminder planned",
        "message planned",
        "message sealed",
        "message sent",
    ]
    assert {r["at"] for r in rows} == {NOW}
    assert [r["by"] for r in rows] == ["claire"] + ["daemon"] * 4


async def test_entries_are_written_with_the_fact_or_not_at_all(store: Store, books: Books) -> None:
    await books.debtor()
    before = await every(store, entries)

    async def work(connection: AsyncConnection) -> None:
        await journal.write(connection, [Entry(books.cases["garage"], "note", {"text": "hello"})], NOW)
        raise KeyError("changed my mind")

    with pytest.raises(KeyError):
        await store.engine.write(work)
    assert await every(store, entries) == before


async def test_many_writers_of_one_chain_stand_in_line(postgres_url: str) -> None:
    stores = [Store(postgres_url) for _ in range(3)]
    await asyncio.gather(*(s.house.go(f"p{n}", NOW) for n, s in enumerate(stores) for _ in range(20)))
    assert [r["seq"] for r in await every(stores[0], entries, case_id=0)] == list(range(1, 61))
    assert await unsound(stores[0].engine) == []
    for store in stores:
        await store.close()


async def _force(store: Store, *statements: str) -> None:
    """What somebody with a database shell can do: take the triggers away first."""

    async def work(connection: AsyncConnection) -> None:
        if store.engine.sqlite:
            for name in ("journal_no_update", "journal_no_delete", "journal_texts_no_update"):
                await connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await connection.execute(text(statement))

    await store.engine.write(work)


FORGERIES = {
    "another event": ("UPDATE journal SET event = 'letter posted' WHERE case_id = 1 AND seq = 3", 3),
    "another person": ("UPDATE journal SET \"by\" = 'jean' WHERE case_id = 1 AND seq = 1", 1),
    "other words": ("UPDATE journal_texts SET body = '{}' WHERE case_id = 1 AND seq = 4", 4),
    "words and their digest": ("UPDATE journal SET text_digest = 'x' WHERE case_id = 1 AND seq = 2", 2),
    "an entry taken out": ("DELETE FROM journal WHERE case_id = 1 AND seq = 2", 2),
    "the last entry taken off": ("DELETE FROM journal WHERE case_id = 1 AND seq = 5", 5),
    "the head moved back": ("UPDATE cases SET journal_seq = 4", 6),
}


@pytest.mark.parametrize("what", FORGERIES)
async def test_attack_35_an_altered_entry_is_named(told: Store, what: str) -> None:
    forgery, where = FORGERIES[what]
    await _force(told, forgery)
    assert await unsound(told.engine) == [f"the journal of case 1 breaks at {where}"]


async def test_the_house_s_own_chain_is_watched_too(told: Store) -> None:
    await _force(told, "UPDATE journal SET event = 'nothing' WHERE case_id = 0 AND seq = 1")
    assert await unsound(told.engine) == ["the journal of the house breaks at 1"]


async def test_the_heads_are_those_of_the_last_entries(told: Store) -> None:
    last: dict[int, tuple[int, str]] = {r["case_id"]: (r["seq"], r["digest"]) for r in await every(told, entries)}
    (case,) = await every(told, cases)
    (own,) = await every(told, house_chain)
    assert (case["journal_seq"], case["journal_head"]) == last[1]
    assert (own["seq"], own["head"]) == last[0]


# -- the verifier alone -------------------------------------------------------------------------------------------


def _chain(number: int) -> list[Kept]:
    kept, head = [], ""
    for seq in range(1, number + 1):
        digest = journal.salted(f"salt{seq}", f"body{seq}")
        head = journal.chain(head, 7, seq, journal.moment(NOW), "claire", "note", digest)
        kept.append(Kept(seq, NOW, "claire", "note", digest, head, f"salt{seq}", f"body{seq}"))
    return kept


def test_goal_24_any_altered_entry_of_a_thousand_is_found() -> None:
    whole = _chain(1000)
    head = whole[-1].digest
    assert first_broken(7, whole, 1000, head) is None
    for n in range(0, 1000, 37):
        for forged in (
            replace(whole[n], by="jean"),
            replace(whole[n], at=NOW + SECOND),
            replace(whole[n], body="other"),
            replace(whole[n], seq=n + 2),
            replace(whole[n], digest="0" * 64),
        ):
            assert first_broken(7, [*whole[:n], forged, *whole[n + 1 :]], 1000, head) == n + 1


def test_a_chain_of_another_case_does_not_fit() -> None:
    whole = _chain(3)
    assert first_broken(8, whole, 3, whole[-1].digest) == 1


def test_a_chain_that_was_cut_short_or_made_anew_does_not_lead_to_its_head() -> None:
    whole = _chain(3)
    assert first_broken(7, whole[:2], 3, whole[-1].digest) == 3
    assert first_broken(7, whole, 3, "another head") == 4
    assert first_broken(7, [], 0, "") is None


def test_the_same_words_have_another_digest_every_time() -> None:
    """Without the salt nobody can guess erased words by trying."""
    assert journal.salted("a", "pays late") != journal.salted("b", "pays late")
