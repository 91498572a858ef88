"""A registered notice through store, door and mail house: sent, presented, its clock running, its proofs kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from relanced.channel import Heard, Sent
from relanced.rules.model import LineState, Road
from relanced.store.opening import Store
from relanced.store.tables import addresses, attempts, proofs
from tests.maileva.letters import Office, distributed, event, letter, office, proved, yes
from tests.maileva.mail_house import Order
from tests.store.books import NOW, TODAY, Books
from tests.store.ears import Ears
from tests.store.post import Post
from tests.store.rows import every

POSTED = event("LP01", "2026-03-11T15:00:00.000Z", "Pris en charge")
FIRST = event("LP09", "2026-03-13T09:30:00.000Z", "Première présentation", "FIRST_PRESENTATION")
DELIVERED = event("LP15", "2026-03-16T10:00:00.000Z", "Distribué", "DELIVERED")
UNCLAIMED = event("LP19", "2026-03-31T10:00:00.000Z", "Délai d'instance expiré", "UNDELIVERED")
STRANGER = event("LP21", "2026-03-13T10:00:00.000Z", "Inconnu à l'adresse", "UNDELIVERED")


@dataclass
class Notice:
    """A notice that was handed over, and the ears of its channel."""

    here: Office
    books: Books
    post: Post
    ears: Ears
    message: int = 0
    order: Order | None = None

    async def send(self) -> None:
        """Plan, seal, hand over, record."""
        await self.books.debtor()
        await self.books.invoice()
        self.message = await self.post.plan(step="mise-en-demeure", road=Road.REGISTERED)
        parcel = self.here.door.compose(letter("a1"))
        await self.post.seal(self.message, parcel=parcel)
        answer = await self.here.door.submit(parcel, yes)
        assert isinstance(answer, Sent)
        assert (await self.post.answer(self.message, answer))["state"] == "sent"
        self.order = self.here.house.orders[answer.id]
        self.order.told["submission_date"] = NOW.isoformat()

    async def listen(self) -> None:
        """One round of questions, each thing kept and read, as the house does."""
        hearing, now = self.books.store.hearing, self.books.now

        async def keep(heard: Heard) -> None:
            await hearing.keep("tray", heard, now)

        await self.here.door.ask(await hearing.awaited("tray", NOW - timedelta(days=30)), NOW, keep)
        for kept in await hearing.unread(["tray"], now, 100):
            assert await hearing.apply(kept, self.here.door.read(kept.heard), self.ears.terms(), now) == ""

    async def state(self) -> str:
        return await self.post.state(self.message)

    async def line(self) -> tuple[LineState, date, date | None]:
        """The state of its only line, when its step was performed, and from when its clock runs."""
        (line,) = (await self.books.facts()).facts.lines
        return line.state, line.on, line.clock_from


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)


async def heard_of(books: Books, *events: dict[str, str], after: timedelta) -> Notice:
    """A notice about which the post says this, so long afterwards."""
    async with office(now=NOW + after) as here:
        notice = Notice(here, books, Post(books), Ears(books, "tray", Road.LETTER))
        await notice.send()
        assert await notice.line() == (LineState.PERFORMED, TODAY, None)
        books.now += after
        assert notice.order
        distributed(notice.order, *events)
        await notice.listen()
        return notice


async def test_taken_it_counts_as_sent_and_its_clock_waits_for_the_post(books: Books) -> None:
    notice = await heard_of(books, POSTED, after=timedelta(days=2))
    assert await notice.state() == "sent"
    assert await notice.line() == (LineState.PERFORMED, TODAY, None)
    (attempt,) = await every(books.store, attempts)
    assert attempt["number"] == "1E00232062142"


async def test_its_clock_runs_from_the_first_presentation(books: Books) -> None:
    notice = await heard_of(books, POSTED, FIRST, DELIVERED, after=timedelta(days=10))
    assert await notice.state() == "delivered"
    assert await notice.line() == (LineState.PERFORMED, TODAY, date(2026, 3, 13))


async def test_a_notice_nobody_fetched_was_presented_all_the_same(books: Books) -> None:
    """A registered letter that is not claimed is still a notice; its address still stands."""
    notice = await heard_of(books, POSTED, FIRST, UNCLAIMED, after=timedelta(days=25))
    assert await notice.state() == "failed"
    assert await notice.line() == (LineState.PERFORMED, TODAY, date(2026, 3, 13))
    assert not [row for row in await every(books.store, addresses) if row["dead_since"]]


async def test_where_nobody_of_that_name_lives_the_address_is_struck_and_no_clock_runs(books: Books) -> None:
    notice = await heard_of(books, POSTED, STRANGER, after=timedelta(days=10))
    assert await notice.state() == "failed"
    assert await notice.line() == (LineState.PERFORMED, TODAY, None)
    assert [row["road"] for row in await every(books.store, addresses) if row["dead_since"]] == ["letter"]


async def test_every_proof_is_kept_by_what_it_proves_even_after_the_end_was_told(books: Books) -> None:
    async with office(now=NOW + timedelta(days=8)) as here:
        notice = Notice(here, books, Post(books), Ears(books, "tray", Road.LETTER))
        await notice.send()
        assert notice.order
        books.now += timedelta(days=8)
        distributed(notice.order, POSTED, FIRST, DELIVERED)
        proved(here.house, notice.order, "deposit_proof", "2026-03-11T16:00:00.000Z")
        proved(here.house, notice.order, "content_proof", "2026-03-11T16:00:00.000Z")
        await notice.listen()
        assert await notice.state() == "delivered"
        proved(here.house, notice.order, "acknowledgement_of_receipt", "2026-03-16T11:00:00.000Z")
        await notice.listen()
        kept = {row["name"]: row["kind"] for row in await every(books.store, proofs)}
    assert kept == {
        "preuve-de-depot.pdf": "proof-of-posting",
        "preuve-de-contenu.pdf": "other",
        "avis-de-reception.pdf": "receipt",
    }


async def test_what_the_mail_house_rejects_is_not_said_to_be_sent_any_more(books: Books) -> None:
    async with office(now=NOW) as here:
        notice = Notice(here, books, Post(books), Ears(books, "tray", Road.LETTER))
        await notice.send()
        assert notice.order
        notice.order.status = "REJECTED"
        notice.order.told["status_detail"] = "document illisible"
        await notice.listen()
        assert await notice.state() == "failed"
        tasks = [row["words"] for row in await books.store.views.tasks()]
    assert any("did not arrive" in words and "document illisible" in words for words in tasks), tasks
