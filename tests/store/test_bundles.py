"""Bundles: the day's letters are taken and mailed together, once a day by themselves, and never twice in silence."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from relanced.rules.model import Road
from relanced.store.bundles import Bundle, BundleState, Ending
from relanced.store.journal import DAEMON
from relanced.store.opening import Store
from relanced.store.tables import bundles
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

HOUR = timedelta(hours=1)
SENT = Ending(BundleState.SENT, "250 ok")
DOUBT = Ending(BundleState.DOUBTFUL, "silence", task="did it arrive?")


@pytest.fixture
async def letter(books: Books, post: Post) -> int:
    """A letter that lies in the tray."""
    await books.debtor()
    await books.invoice()
    message = await post.plan(step="mise-en-demeure", road=Road.REGISTERED, reference="L-1")
    await post.in_tray(message)
    return message


async def _made(books: Books, post: Post, letter: int, by: str = DAEMON, again: bool = False) -> list[int]:
    checked = {letter: await books.version()}
    return await post.store.bundles.make("tray", TODAY, checked, by, post.now, again=again)


async def _begun(store: Store, post: Post) -> Bundle:
    (bundle,) = await store.bundles.due(post.now)
    assert await store.bundles.begin(bundle, post.now)
    return bundle


async def _states(store: Store) -> list[str]:
    return [row["state"] for row in await every(store, bundles)]


async def test_a_bundle_takes_its_letters_in_hand_and_leaves_once(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    assert await _made(books, post, letter) == [letter]
    assert (await store.tray.sheets())[0].taken_at == post.now
    assert (await store.views.journal_of(books.cases["garage"]))[-1]["event"] == "letter taken"
    (bundle,) = await store.bundles.due(post.now)
    assert (bundle.channel, bundle.day, bundle.letters) == ("tray", TODAY, (letter,))
    assert [await store.bundles.begin(bundle, post.now) for _ in range(2)] == [True, False]
    assert await store.bundles.due(post.now) == []
    await store.bundles.end(bundle, SENT, post.now)
    assert await _states(store) == ["sent"]


async def test_by_itself_there_is_one_a_day_and_people_may_ask_for_more(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    assert await _made(books, post, letter) == [letter]
    assert await _made(books, post, letter, again=True) == []
    assert await _made(books, post, letter, by="claire") == []
    assert await _made(books, post, letter, by="claire", again=True) == [letter]
    assert await _states(store) == ["failed", "due"]


async def test_two_daemons_at_the_same_moment_make_one(store: Store, books: Books, post: Post, letter: int) -> None:
    made = await asyncio.gather(*(_made(books, post, letter) for _ in range(4)))
    assert sorted(map(len, made)) == [0, 0, 0, 1]
    assert await _states(store) == ["due"]


async def test_what_changed_since_it_was_looked_through_is_left_out_and_nothing_is_made_of_nothing(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    looked = {letter: await books.version()}
    await books.payment(1_00, invoice="F-1")
    assert await store.bundles.make("tray", TODAY, looked, DAEMON, post.now) == []
    assert await store.bundles.make("tray", TODAY, {}, DAEMON, post.now) == []
    assert (await store.tray.sheets())[0].taken_at is None
    assert await _states(store) == []


async def test_faults_4_and_5_what_was_leaving_when_its_process_ended_is_asked_and_not_due(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    await _made(books, post, letter)
    bundle = await _begun(store, post)
    assert await store.bundles.lost(post.now - HOUR, "ended", "{day}: {count} letters?", post.now) == []
    assert await store.bundles.lost(post.now, "ended", "{day}: {count} letters?", post.now) == [bundle]
    (task,) = await store.views.tasks()
    assert (task["kind"], task["words"]) == ("letters mail", f"{TODAY}: 1 letters?")
    assert await store.bundles.due(post.now + 24 * HOUR) == []
    await store.bundles.end(bundle, SENT, post.now)  # its process lived after all: too late
    assert await _states(store) == ["doubtful"]


async def test_a_question_is_answered_by_the_next_mail_that_leaves(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    await _made(books, post, letter)
    await store.bundles.end(await _begun(store, post), DOUBT, post.now)
    assert [task["words"] for task in await store.views.tasks()] == ["did it arrive?"]
    await _made(books, post, letter, by="claire", again=True)
    await store.bundles.end(await _begun(store, post), SENT, post.now)
    assert await store.views.tasks() == []


async def test_what_could_not_leave_is_due_again_later(store: Store, books: Books, post: Post, letter: int) -> None:
    await _made(books, post, letter)
    await store.bundles.end(await _begun(store, post), Ending(BundleState.DUE, "451", post.now + HOUR), post.now)
    assert await store.bundles.due(post.now) == []
    assert len(await store.bundles.due(post.now + HOUR)) == 1
