"""What came back and found no case: put with one by a person, or set aside; never lost. Both engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from relanced.channel import Heard, Said
from relanced.rules.model import HoldKind, Road
from relanced.store.asked import Unfitting
from relanced.store.filing import Filer
from relanced.store.hands import Hands
from relanced.store.opening import Store
from relanced.store.tables import holds, tasks
from tests.store.books import CREDITOR, Books
from tests.store.ears import Ears
from tests.store.rows import every

DAY = timedelta(days=1)
STRANGER = "direction@autre.example"


@pytest.fixture
def mailbox(books: Books) -> Ears:
    """The ears of the channel for mail."""
    return Ears(books, "compta", Road.EMAIL)


@pytest.fixture
async def garage(books: Books) -> int:
    """A debtor with a mail address and an invoice."""
    case = await books.debtor()
    await books.invoice()
    return case


def _filer(books: Books, by: str = "claire", anyway: bool = False) -> Filer:
    return Filer(by, books.now + 14 * DAY, {CREDITOR: "claire"}, ("compta",), anyway)


async def _asked(store: Store) -> list[str]:
    return [row["key"] for row in await every(store, tasks, closed_at=None)]


async def test_put_with_a_case_it_holds_it_and_voids_its_permits(
    store: Store, mailbox: Ears, books: Books, garage: int
) -> None:
    assert await mailbox.hear(mailbox.reply("Nous contestons.", STRANGER, seems="disputes")) == "unmatched"
    (one,) = await store.filing.lying(["compta"])
    assert (one.why, one.reply["sender"], one.case_id) == ("unmatched", STRANGER, None)
    before = await books.version()
    assert await store.filing.match(one.id, Hands(garage, "claire"), _filer(books), books.now) == STRANGER
    assert await books.version() == before + 1
    assert [hold.kind for hold in (await books.facts()).facts.holds] == [HoldKind.REPLY]
    assert await _asked(store) == [f"heard:{one.id}:{garage}"]
    assert await store.filing.lying(["compta"]) == []
    (kept,) = await store.filing.of_case(garage)
    assert (kept.filed_by, kept.debtor, kept.waits) == ("claire", "Garage", "reply")
    asked = await store.casework.answering(garage)
    assert asked and asked.sender == STRANGER
    await store.casework.release(Hands(garage, "claire", read=one.id), HoldKind.REPLY, "answered", books.now)
    assert (await _asked(store), [row["waits"] for row in await mailbox.rows()]) == ([], [""])


async def test_of_two_who_file_the_same_at_once_one_is_refused_and_nothing_is_done_twice(
    store: Store, mailbox: Ears, books: Books, garage: int
) -> None:
    await mailbox.hear(mailbox.reply("Bonjour", STRANGER))
    (one,) = await store.filing.lying(["compta"])
    said = await asyncio.gather(
        store.filing.match(one.id, Hands(garage, "claire"), _filer(books), books.now),
        store.filing.match(one.id, Hands(garage, "jean"), _filer(books, "jean"), books.now),
        store.filing.set_aside(one.id, "spam", _filer(books, "paul"), books.now),
        return_exceptions=True,
    )
    refused = [one for one in said if isinstance(one, BaseException)]
    assert len(refused) == 2 and all(isinstance(one, Unfitting) for one in refused), said
    assert len(await every(store, holds)) <= 1


async def test_what_is_set_aside_can_be_taken_up_again(store: Store, mailbox: Ears, books: Books, garage: int) -> None:
    await mailbox.hear(mailbox.reply("Bonjour", STRANGER))
    (one,) = await store.filing.lying(["compta"])
    await store.filing.set_aside(one.id, "spam", _filer(books), books.now)
    assert (await _asked(store), await store.filing.lying(["compta"])) == ([], [])
    kept, raw = await store.filing.one(one.id)
    assert (kept.filed_why, kept.why, raw) == ("spam", "", (await mailbox.rows())[0]["raw"])
    with pytest.raises(Unfitting, match=r"claire set h\d+ aside \(spam\)"):
        await store.filing.match(one.id, Hands(garage, "jean"), _filer(books, "jean"), books.now)
    await store.filing.match(one.id, Hands(garage, "jean"), _filer(books, "jean", anyway=True), books.now)
    assert [hold.kind for hold in (await books.facts()).facts.holds] == [HoldKind.REPLY]


async def test_a_task_of_a_whole_channel_is_done_once_nothing_of_its_kind_is_left(
    store: Store, mailbox: Ears, books: Books
) -> None:
    for text in ("one", "two"):
        kept = await mailbox.keep(raw=text.encode())
        await store.hearing.unreadable(kept, "ValueError: no mail", books.now)
    first, second = await store.filing.lying(["compta"])
    await store.filing.set_aside(first.id, "noise", _filer(books), books.now)
    assert await _asked(store) == ["unreadable:compta"]
    await store.filing.set_aside(second.id, "noise", _filer(books), books.now)
    assert await _asked(store) == []


async def test_a_receipt_without_a_proof_is_no_more_asked_about_once_it_is_filed(
    store: Store, mailbox: Ears, books: Books
) -> None:
    await mailbox.hear(mailbox.receipt(Said.BOUNCED, reference="NOBODYS"), mailbox.reply("x", STRANGER))
    for one in await store.filing.lying(["compta"]):
        await store.filing.set_aside(one.id, "not ours", _filer(books), books.now)
    assert await _asked(store) == []


async def test_what_waits_to_be_read_is_filed_only_when_nobody_reads_it(
    store: Store, mailbox: Ears, books: Books, garage: int
) -> None:
    await store.hearing.keep("compta", Heard("k", b"raw", {}), books.now)
    assert await store.filing.lying(["compta"]) == []
    (one,) = await store.filing.lying([])
    assert one.why == "unread"
    with pytest.raises(Unfitting, match="is not read yet"):
        await store.filing.match(one.id, Hands(garage, "claire"), _filer(books), books.now)
    nobody = Filer("claire", books.now + DAY)
    await store.filing.match(one.id, Hands(garage, "claire"), nobody, books.now)
    assert await store.hearing.unread(["compta"], books.now, 10) == []


async def test_a_number_that_nothing_has_is_told_plainly(store: Store, books: Books) -> None:
    with pytest.raises(Unfitting, match="nothing was heard under the number h7"):
        await store.filing.one(7)
    with pytest.raises(Unfitting, match="nothing was heard under the number h7"):
        await store.filing.set_aside(7, "x", _filer(books), books.now)
