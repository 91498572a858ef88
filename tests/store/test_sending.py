"""What the sender and the reconciler read, and what the gate said of a message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.channel import Parcel, Sent, Unknown
from relanced.rules.lifecycle import MessageEvent
from relanced.rules.model import Road
from relanced.store.engine import Engine, T, Work
from relanced.store.opening import Store
from relanced.store.sending import WORDING_LEASE, Ruling, Sending
from relanced.store.tables import attempts, blobs
from tests.store.books import CREDITOR, Books
from tests.store.post import SETTLE, Post, parcel
from tests.store.rows import every

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
async def wanted(books: Books, post: Post) -> list[int]:
    """Three planned messages."""
    return await post.plan_many(await books.many(3))


# -- picking ------------------------------------------------------------------------------------------------------


async def test_a_channel_s_due_messages_are_picked_the_oldest_first(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    reminder = (await post.row(await post.plan(due_at=post.now + HOUR)))["reminder_id"]
    for slot, wait in ((1, 2), (2, 0)):
        loaded = await books.facts()
        more = post.message(loaded, Road.LETTER, slot=slot, channel="compta", due_at=post.now + wait * HOUR)
        await post.plan_case(more=((reminder, more),))
    assert await store.sending.next_due("compta") == post.now
    assert await store.sending.next_due("twilio") is None
    assert [w.slot for w in await store.sending.pick("compta", post.now, 10, "one")] == [2]
    assert [w.slot for w in await store.sending.pick("compta", post.now + 2 * HOUR, 10, "one")] == [2, 0, 1]
    assert await store.sending.pick("office", post.now + 2 * HOUR, 10, "one") == []


async def test_a_picked_message_says_all_that_wording_needs(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(contact="Mme Roux", reference="R-77", mail_id="<R-77@x>")
    (picked,) = await store.sending.pick("compta", post.now, 10, "one")
    row = await post.row(message)
    assert (picked.id, picked.case_id, picked.creditor, picked.reminder_id) == (
        message,
        books.cases["garage"],
        CREDITOR,
        row["reminder_id"],
    )
    assert (picked.road, picked.place, picked.contact) == (Road.EMAIL, "compta@garage.example", "Mme Roux")
    assert (picked.reference, picked.mail_id, picked.thread) == ("R-77", "<R-77@x>", ())


async def test_a_thread_is_what_the_debtor_already_has(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    for n, step in enumerate(("relance-1", "relance-2")):
        await post.sent(await post.plan(step=step, mail_id=f"<{n}@x>"))
        books.now += HOUR
    failed = await post.plan(step="mise-en-demeure", mail_id="<lost@x>")
    await store.people.cancel(failed, "no", "claire", post.now, books.today)
    await post.plan(step="transmission", mail_id="<3@x>")
    (picked,) = await store.sending.pick("compta", post.now, 10, "one")
    assert picked.thread == ("<0@x>", "<1@x>")


async def test_what_is_in_hand_is_left_out(store: Store, post: Post, wanted: list[int]) -> None:
    picked = await store.sending.pick("compta", post.now, 2, "one", busy=wanted[:1])
    assert [w.id for w in picked] == wanted[1:]


async def test_two_daemons_do_not_word_the_same_message(postgres_url: str) -> None:
    """A soft lease, on PostgreSQL alone; it ends by itself when the daemon does not come back."""
    store = Store(postgres_url)
    books = Books(store)
    post = Post(books)
    wanted = await post.plan_many(await books.many(3))
    assert [w.id for w in await store.sending.pick("compta", post.now, 2, "one")] == wanted[:2]
    assert [w.id for w in await store.sending.pick("compta", post.now, 9, "two")] == wanted[2:]
    assert [w.id for w in await store.sending.pick("compta", post.now, 9, "one")] == wanted[:2]
    later = post.now + WORDING_LEASE + MINUTE
    assert [w.id for w in await store.sending.pick("compta", later, 9, "two")] == wanted
    await store.close()


async def test_a_message_put_back_can_be_picked_by_anybody(store: Store, post: Post, wanted: list[int]) -> None:
    first = wanted[0]
    assert len(await store.sending.pick("compta", post.now, 9, "one")) == 3
    await store.sending.rule([Ruling(first, 1, MessageEvent.DEFER, "at night", post.now)], post.now)
    assert first in [w.id for w in await store.sending.pick("compta", post.now, 9, "two")]


# -- what the gate said -------------------------------------------------------------------------------------------


async def test_a_deferred_message_waits_and_a_new_reason_is_journalled_once(
    store: Store, books: Books, post: Post, wanted: list[int]
) -> None:
    (message, *_), case_id = wanted, books.cases["d0"]
    before = len(await store.views.journal_of(case_id))
    for wait, why in ((1, "closed at night"), (2, "closed at night"), (3, "a holiday")):
        ruling = Ruling(message, case_id, MessageEvent.DEFER, why, post.now + wait * HOUR)
        await store.sending.rule([ruling], post.now)
    row = await post.row(message)
    assert (row["state"], row["reason"], row["due_at"]) == ("planned", "a holiday", post.now + 3 * HOUR)
    told = (await store.views.journal_of(case_id))[before:]
    assert [e["event"] for e in told] == ["message deferred"] * 2


async def test_a_ruling_parks_or_withdraws(store: Store, books: Books, post: Post, wanted: list[int]) -> None:
    parked, gone, _ = wanted
    until = post.now + HOUR
    rulings = [
        Ruling(parked, 1, MessageEvent.PARK, "the words have changed", asked_digest="d", lapse_at=until),
        Ruling(gone, 2, MessageEvent.WITHDRAW, "no longer owed"),
    ]
    await store.sending.rule(rulings, post.now)
    first, second = await post.row(parked), await post.row(gone)
    assert (first["state"], first["reason"], first["asked_digest"], first["lapse_at"]) == (
        "parked",
        "the words have changed",
        "d",
        until,
    )
    assert (second["state"], second["reason"], second["ended_at"]) == ("cancelled", "no longer owed", post.now)


async def test_a_ruling_about_a_message_that_has_left_is_void(store: Store, post: Post, wanted: list[int]) -> None:
    await post.sent(wanted[0])
    await store.sending.rule([Ruling(wanted[0], 1, MessageEvent.PARK, "too late")], post.now)
    assert await post.state(wanted[0]) == "sent"


# -- parcels ------------------------------------------------------------------------------------------------------


async def test_a_parcel_comes_back_as_it_was_sealed_and_shared_pieces_are_kept_once(
    store: Store, post: Post, wanted: list[int]
) -> None:
    invoice = b"%PDF-1.7 the same invoice" * 1000
    parcels = [parcel(f"p{n}", f"Bonjour {n} é\r\n".encode(), invoice) for n in range(3)]
    empty = Parcel("p3", "x@y.example", post.now + HOUR, (), {})
    await post.commit([await post.seal_of(m, parcel=p) for m, p in zip(wanted, parcels, strict=True)])
    assert [await store.tray.parcel(p.attempt) for p in parcels] == parcels
    assert [b["content"] for b in await every(store, blobs)] == [invoice]
    await post.answer(wanted[0], Unknown("?"))
    (doubtful,) = await store.sending.doubtful(post.now + SETTLE, 5)
    assert doubtful.parcel == parcels[0]
    assert doubtful.parcel.sha256 == (await every(store, attempts, id="p0"))[0]["sha256"]
    await post.answer(wanted[1], Sent("1", "ok"))
    await store.people.resend(wanted[1], "lost", "R-again", "<a@x>", "claire", post.now)
    again = (await store.views.messages_of(2))[-1]["id"]
    await post.commit([await post.seal_of(again, parcel=empty)])
    assert await store.tray.parcel("p3") == empty


# -- after a crash ------------------------------------------------------------------------------------------------


async def test_what_was_being_submitted_when_the_process_died_is_uncertain(
    store: Store, books: Books, post: Post, wanted: list[int]
) -> None:
    """Faults 2 to 5: whatever the moment, the message is asked about, never sent again on a guess."""
    for message in wanted[:2]:
        await post.seal(message)
    books.now += MINUTE
    lost = await store.sending.orphans(post.now, lambda: [wanted[1]], "one", {"compta": SETTLE})
    assert lost == wanted[:1]
    row = await post.row(wanted[0])
    assert (row["state"], row["settle_at"]) == ("uncertain", post.now - MINUTE + SETTLE)
    assert [await post.state(m) for m in wanted[1:]] == ["submitting", "planned"]
    assert await store.sending.orphans(post.now, lambda: [wanted[1]], "one", {}) == []
    assert (await store.views.journal_of(books.cases["d0"]))[-1]["event"] == "message uncertain"


async def test_what_this_process_seals_while_the_lost_are_looked_for_is_not_lost(
    store: Store, post: Post, wanted: list[int]
) -> None:
    """The clerk commits between the question « what is mine? » and the answer of the database."""
    mine: set[int] = set()

    class Meanwhile(Engine):
        async def read(self, work: Work[T]) -> T:
            if not mine:
                mine.add(wanted[0])
                await post.seal(wanted[0])
            return await super().read(work)

    engine = Meanwhile(store.engine.url.render_as_string(hide_password=False))
    assert await Sending(engine).orphans(post.now, lambda: set(mine), "one", {}) == []
    assert await post.state(wanted[0]) == "submitting"
    await engine.close()


async def test_fault_6_a_recovery_that_is_interrupted_is_done_again(
    store: Store, post: Post, wanted: list[int]
) -> None:
    await post.seal(wanted[0])
    later = post.now + HOUR
    assert await store.sending.orphans(later, list, "one", {"compta": SETTLE}) == wanted[:1]
    assert await store.sending.orphans(later, list, "one", {"compta": SETTLE}) == []
    assert (await post.row(wanted[0]))["settle_at"] == later


async def test_another_daemon_s_are_left_alone_until_its_lease_is_over(postgres_url: str) -> None:
    """Fault 22: a paused owner still owns what it sealed; when it is given up, its answer still counts."""
    store = Store(postgres_url)
    books = Books(store)
    post = Post(books, "two")
    (message,) = await post.plan_many(await books.many(1))
    await post.seal(message)
    assert await store.sending.orphans(post.now + 19 * MINUTE, list, "one", {}) == []
    assert await store.sending.orphans(post.now + 21 * MINUTE, list, "one", {}) == [message]
    assert (await post.answer(message, Sent("1", "250")))["state"] == "sent"
    await store.close()
