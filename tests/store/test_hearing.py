"""What comes back is kept before it is acknowledged, once; and nothing of it is ever dropped."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from relanced.channel import Enclosure, Heard, Said, Sent
from relanced.rules.model import Road
from relanced.store.engine import StoreError
from relanced.store.opening import Store
from relanced.store.tables import messages, proofs
from tests.store.books import Books
from tests.store.ears import Ears
from tests.store.post import Post
from tests.store.rows import every, run

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def ears(books: Books) -> Ears:
    """The ears of the channel for short texts."""
    return Ears(books)


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A short text that is planned."""
    await books.debtor()
    await books.contact("garage", "+33612345678", Road.SMS)
    await books.invoice()
    return await post.plan(road=Road.SMS)


# -- kept ---------------------------------------------------------------------------------------------------------


async def test_what_comes_is_kept_as_it_came(store: Store, ears: Ears, books: Books) -> None:
    assert await store.hearing.keep("twilio", Heard("SM1:sent", b"\x00\xff raw", {"how": "hook"}), books.now)
    (row,) = await ears.rows()
    assert (row["channel"], row["key"], row["raw"], row["about"]) == (
        "twilio",
        "SM1:sent",
        b"\x00\xff raw",
        {"how": "hook"},
    )
    assert (row["came_at"], row["read_at"], row["waits"], row["fault"]) == (books.now, None, "", "")
    (kept,) = await ears.unread()
    assert kept.heard == Heard("SM1:sent", b"\x00\xff raw", {"how": "hook"})


async def test_attack_13_the_same_thing_heard_again_is_the_same_row_also_at_the_same_time(
    store: Store, ears: Ears, books: Books
) -> None:
    """Attack 13, fault 42: a webhook that is repeated, or replayed, has no second effect."""
    said = Heard("SM1:sent", b"{}")
    fresh = await asyncio.gather(*(store.hearing.keep("twilio", said, books.now) for _ in range(5)))
    assert sorted(fresh) == [False] * 4 + [True]
    assert await store.hearing.keep("ovh", said, books.now)
    assert len(await ears.rows()) == 2


@pytest.mark.parametrize("key", ["k" * 5000, "nul\0\udce9", ""])
async def test_a_key_of_any_kind_names_one_thing(store: Store, ears: Ears, books: Books, key: str) -> None:
    said = Heard(key, b"", {"why\0": "\udce9"})
    assert [await store.hearing.keep("twilio", said, books.now) for _ in range(2)] == [True, False]


async def test_what_came_first_is_read_first_and_only_of_the_channels_asked_for(
    store: Store, ears: Ears, books: Books
) -> None:
    for channel, key in (("twilio", "1"), ("gone", "2"), ("twilio", "3"), ("office", "4")):
        await store.hearing.keep(channel, Heard(key, b""), books.now)
    found = await store.hearing.unread(["twilio", "office"], books.now, 2)
    assert [k.heard.key for k in found] == ["1", "3"]
    assert await store.hearing.next_look(["twilio"]) == books.now
    assert await store.hearing.next_look(["calls"]) is None


async def test_what_came_through_a_channel_that_is_gone_stays_and_a_person_is_told_once(
    store: Store, ears: Ears, books: Books
) -> None:
    for key in "12":
        await store.hearing.keep("gone", Heard(key, b""), books.now)
    for _ in range(2):
        assert await store.hearing.forsaken(["twilio"], books.now) == ["gone"]
    (task,) = await store.views.tasks()
    assert "something came through gone" in task["words"]
    assert len(await store.hearing.unread(["gone"], books.now, 10)) == 2
    assert await store.hearing.forsaken(["gone"], books.now) == []


async def test_fault_43_what_cannot_be_committed_is_not_kept_and_says_so(sqlite_url: str, books: Books) -> None:
    """Whoever brings it must not acknowledge it: the database is locked by somebody else, and then it is not."""
    store = Store(sqlite_url)
    await run(store, text("PRAGMA busy_timeout=50"))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError):
            await store.hearing.keep("twilio", Heard("1", b""), books.now)
        other.execute("ROLLBACK")
    assert await store.hearing.keep("twilio", Heard("1", b""), books.now)
    await store.close()


# -- read ---------------------------------------------------------------------------------------------------------


async def test_what_was_read_says_what_it_was_matched_to(ears: Ears, post: Post, message: int) -> None:
    attempt = await post.sent(message)
    assert await ears.hear(ears.receipt(Said.DELIVERED, attempt, provider_id="SM1")) == ""
    (row,) = await ears.rows()
    assert (row["message_id"], row["attempt_id"], row["provider_id"]) == (message, attempt, "SM1")
    assert (row["case_id"], row["read_at"], row["waits"]) == ((await post.row(message))["case_id"], post.now, "")
    assert row["said"][0]["said"] == "delivered"
    assert await ears.unread() == []


async def test_what_means_nothing_is_read_and_done_with(ears: Ears) -> None:
    assert await ears.hear() == ""
    (row,) = await ears.rows()
    assert (row["waits"], row["said"], row["read_at"] is not None) == ("", [], True)


async def test_what_cannot_be_read_stays_with_its_fault_and_a_person_is_told(
    store: Store, ears: Ears, books: Books
) -> None:
    kept = await ears.keep(raw=b"\xff\xfe<html>")
    await store.hearing.unreadable(kept, "ValueError: no JSON\0", books.now)
    (row,) = await ears.rows()
    assert (row["waits"], row["fault"], row["raw"]) == ("unreadable", "ValueError: no JSON?", b"\xff\xfe<html>")
    assert [t["kind"] for t in await store.views.tasks()] == ["unreadable"]


async def test_fault_41_a_receipt_before_anybody_knows_its_name_is_read_again(
    ears: Ears, books: Books, post: Post, message: int
) -> None:
    """The provider's own name for it is known once its answer is recorded."""
    attempt = await post.seal(message)
    kept = await ears.keep()
    receipt = ears.receipt(Said.DELIVERED, provider_id="250")
    assert await ears.apply(kept, receipt) == ""
    assert await ears.unread() == []
    books.now += MINUTE
    assert await ears.unread() == [kept]
    await post.answer(message, Sent("250", "queued"), attempt)
    assert await ears.apply(kept, receipt) == ""
    assert await post.state(message) == "delivered"


async def test_fault_48_what_speaks_of_nothing_of_ours_changes_nothing_and_is_told_after_an_hour(
    store: Store, ears: Ears, books: Books, post: Post, message: int
) -> None:
    """Fault 48: a bounce of something we never sent."""
    attempt = await post.sent(message)
    kept = await ears.keep()
    forged = ears.receipt(Said.BOUNCED, attempt="0" * 24, address_dead=True)
    waits = []
    for _ in range(12):
        waits.append(await ears.apply(kept, forged))
        books.now += 10 * MINUTE
    assert waits[0] == ""
    assert "unmatched" in waits
    assert (await ears.rows())[0]["waits"] == "unmatched"
    assert [t["kind"] for t in await store.views.tasks()] == ["not ours"]
    assert await post.state(message) == "sent"
    assert attempt


async def test_fault_22_two_daemons_read_the_same_thing_once(
    store: Store, url: str, ears: Ears, books: Books, post: Post, message: int
) -> None:
    attempt = await post.sent(message)
    kept, other = await ears.keep(), Ears(Books(Store(url), cases=books.cases))
    receipt = ears.receipt(Said.DELIVERED, attempt)
    await asyncio.gather(*(e.apply(kept, receipt) for e in (ears, other, ears, other)))
    events = [e["event"] for e in await store.views.journal_of(books.cases["garage"])]
    assert events.count("receipt delivered") == 1
    await other.store.close()


async def test_strangers_words_of_any_kind_are_kept(ears: Ears, post: Post, store: Store, message: int) -> None:
    attempt = await post.sent(message)
    paper = Enclosure("preuve\0.pdf", "application/pdf", b"%PDF")
    said = ears.receipt(Said.DELIVERED, attempt, words="nul \0 half \udce9", code="\0", proofs=(paper,))
    assert await ears.hear(said) == ""
    assert [p["name"] for p in await every(store, proofs)] == ["preuve?.pdf"]


# -- what is asked about ------------------------------------------------------------------------------------------


async def _asked(ears: Ears, channel: str, since: timedelta = 30 * DAY) -> list[str]:
    return [a.attempt for a in await ears.store.hearing.awaited(channel, ears.books.now - since)]


async def test_what_left_is_asked_about_until_its_end_is_told(
    ears: Ears, books: Books, post: Post, message: int
) -> None:
    assert await _asked(ears, "twilio") == []
    attempt = await post.uncertain(message)
    assert await _asked(ears, "twilio") == [attempt]
    await ears.hear(ears.receipt(Said.TAKEN, attempt, provider_id="SM1"))
    (asked,) = await ears.store.hearing.awaited("twilio", books.now - DAY)
    assert (asked.attempt, asked.provider_id, asked.since) == (attempt, "SM1", post.now)
    assert await _asked(ears, "office") == []
    books.now += 31 * DAY
    assert await _asked(ears, "twilio") == []
    books.now -= 31 * DAY
    await ears.hear(ears.receipt(Said.DELIVERED, attempt))
    assert await _asked(ears, "twilio") == []


async def test_mail_is_not_asked_about_but_while_it_is_in_doubt(ears: Ears, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    mail = await post.plan()
    attempt = await post.uncertain(mail)
    assert await _asked(ears, "compta") == [attempt]
    await ears.hear(ears.receipt(Said.TAKEN, attempt))
    assert await post.state(mail) == "sent"
    assert await _asked(ears, "compta") == []


async def test_a_registered_letter_is_asked_about_until_its_receipt_is_kept(
    store: Store, books: Books, post: Post
) -> None:
    ears = Ears(books, "tray", Road.LETTER)
    await books.debtor()
    await books.invoice()
    attempt = await post.in_tray(await post.plan(step="mise-en-demeure", road=Road.REGISTERED, reference="L-1"))
    assert await _asked(ears, "tray") == [attempt]
    await store.tray.posted("L-1", "1A 111", post.books.today, "claire", post.now)
    (asked,) = await store.hearing.awaited("tray", post.now - DAY)
    assert asked.number == "1A 111"
    await ears.hear(ears.receipt(Said.DELIVERED, attempt))
    assert await _asked(ears, "tray") == [attempt]
    paper = Enclosure("avis.pdf", "application/pdf", b"%PDF signed")
    await ears.hear(ears.receipt(Said.DELIVERED, attempt, proofs=(paper,)))
    assert await _asked(ears, "tray") == []


async def test_an_ear_knows_until_when_it_has_heard_everything(store: Store, books: Books) -> None:
    assert await store.hearing.heard_until("twilio") is None
    for moment in (books.now, books.now + HOUR):
        await store.hearing.heard_all("twilio", moment)
        assert await store.hearing.heard_until("twilio") == moment


@pytest.mark.parametrize(("deaf", "waits"), [(2 * HOUR, 0), (59 * MINUTE, 10), (None, 0)])
async def test_an_ear_that_hears_again_lets_go_of_what_it_held_up(
    store: Store, books: Books, post: Post, deaf: timedelta | None, waits: int
) -> None:
    """It does not wait until it is asked about again, and what has a moment of its own keeps it."""
    now = post.now
    for key, minutes in (("garage", 10), ("martin", 100)):
        await books.debtor(key)
        await books.invoice(f"F-{key}", debtor=key)
        await post.plan(key, due_at=now + minutes * MINUTE)
    if deaf:
        await store.hearing.heard_all("compta", now - deaf, "compta@dubois.example")
    await store.hearing.heard_all("twilio", now)  # a provider that is asked holds up nothing
    assert await store.sending.next_due("compta") == now + 10 * MINUTE
    await store.hearing.heard_all("compta", now, "compta@dubois.example")
    due = [row["due_at"] for row in await every(store, messages)]
    assert sorted(due) == [now + waits * MINUTE, now + 100 * MINUTE]
