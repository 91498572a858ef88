"""Offers made, ruled upon, replaced and withdrawn; what no person can be written about. On both engines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relanced.rules.given import OfferState
from relanced.rules.model import PaymentMode
from relanced.rules.offers import ruled
from relanced.rules.owed import askable
from relanced.store.asked import Unfitting
from relanced.store.contesting import Procedure
from relanced.store.hands import Hands
from relanced.store.offers import Made, Wanted
from relanced.store.promises import Said
from relanced.store.tables import holds, offers, promises, tasks
from relanced.store.tasks import Task, ask_once
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

FRIDAY = date(2026, 3, 13)


@pytest.fixture(autouse=True)
async def invoice(books: Books) -> None:
    """120.00 EUR, overdue."""
    await books.debtor()
    await books.invoice()


def _hands(books: Books) -> Hands:
    return Hands(books.cases["garage"], "claire")


async def _make(books: Books, cents: int = 20_00, **said: Any) -> Made:
    wanted = Wanted(**{"until": FRIDAY, "off": lambda total: cents, **said})
    return await books.store.offers.make(_hands(books), wanted, books.now)


async def _states(books: Books) -> list[str]:
    return [row["state"] for row in await every(books.store, offers)]


async def _open(books: Books) -> list[str]:
    return [row["kind"] for row in await every(books.store, tasks, closed_at=None)]


async def test_an_offer_is_kept_with_what_was_owed_when_it_was_made(books: Books) -> None:
    before = await books.version()
    made = await _make(books, means=PaymentMode.CHEQUE)
    assert (made.cents, made.waived, made.last, made.older) == (100_00, 20_00, date(2026, 3, 23), "")
    case = await books.facts()
    (offer,) = case.facts.offers
    assert offer.terms == ((case.facts.terms[0].id, 120_00),) and offer.said_on == TODAY
    assert await books.version() > before and await _open(books) == ["offer"]
    entry = (await books.store.views.journal_of(books.cases["garage"]))[-1]
    assert entry["event"] == "offer made" and '"waived":2000' in entry["body"].replace(" ", "")


async def test_quiet_lasts_as_long_as_the_offer_and_its_grace(books: Books) -> None:
    await _make(books, quiet=True)
    (hold,) = await every(books.store, holds, ended_at=None)
    assert (hold["kind"], hold["reason"]) == ("offer", "an offer runs until 2026-03-13")
    assert hold["until"].astimezone(books.now.tzinfo).date() == date(2026, 3, 18)
    await _make(books, 30_00)
    assert await every(books.store, holds, ended_at=None) == []
    assert (await _states(books), await _open(books)) == (["replaced", "open"], ["offer"])


async def test_an_offer_of_the_younger_invoice_tells_of_the_older(books: Books) -> None:
    await books.invoice("F-2", 80_00, due=date(2026, 3, 5))
    assert (await _make(books, invoices=("F-2",))).older == "F-1"
    assert (await _make(books)).invoices == ("F-1", "F-2")


async def test_what_became_of_it_is_written_with_the_plan(books: Books, post: Post) -> None:
    await _make(books, quiet=True)
    await books.store.promises.give(_hands(books), Said(date(2026, 3, 12)), books.now)
    await books.payment(100_00, invoice="F-1", on=TODAY)
    case = await books.facts()
    found = ruled(case.facts, TODAY, TODAY)
    before = await books.version()
    await post.plan_case(ruled=found)
    (row,) = await books.store.offers.of_case(books.cases["garage"])
    assert (row["state"], row["paid"], row["judged_on"]) == ("taken", 100_00, TODAY)
    assert [row["state"] for row in await every(books.store, promises)] == ["replaced"]
    assert await every(books.store, holds, ended_at=None) == []
    assert await books.version() > before and await _open(books) == []
    after = await books.facts()
    assert askable(after.facts) == {after.facts.terms[0].id: 0}
    with pytest.raises(Unfitting, match="waived already"):
        await _make(books, 5_00)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"cents": 0}, "0.00 would be let go, and 120.00 EUR is owed"),
        ({"cents": 120_00}, "120.00 would be let go"),
        ({"until": date(2026, 3, 9)}, "2026-03-09 is past"),
        ({"invoices": ("F-9",)}, "owes nothing of an invoice F-9"),
    ],
)
async def test_an_offer_that_makes_no_sense_changes_nothing(books: Books, said: dict[str, Any], why: str) -> None:
    before = await books.version()
    with pytest.raises(Unfitting, match=why):
        await _make(books, **said)
    assert (await books.version(), await _states(books), await _open(books)) == (before, [], [])


async def test_a_judgment_ends_every_offer_and_resuming_none(books: Books) -> None:
    await _make(books, quiet=True)
    await books.store.people.resume(books.cases["garage"], "go on", "claire", books.now)
    assert await _states(books) == ["open"]
    await books.store.contesting.insolvency(
        _hands(books), Procedure("redressement", TODAY, books.now, books.now), books.now
    )
    assert (await _states(books), await _open(books)) == (["withdrawn"], ["insolvency"])


async def test_who_withdraws_an_offer_leaves_the_others_of_the_past(books: Books) -> None:
    await _make(books)
    assert await books.store.offers.withdraw(_hands(books), "wrong amount", books.now) is False
    assert (await books.facts()).facts.offers == ()
    assert await _states(books) == [OfferState.WITHDRAWN]
    with pytest.raises(Unfitting, match="no offer that runs"):
        await books.store.offers.withdraw(_hands(books), "again", books.now)


# -- tasks --------------------------------------------------------------------------------------------------------


async def test_what_is_asked_once_is_not_asked_again_after_it_was_done(books: Books) -> None:
    task = Task("unsaid", "unsaid:1", "Garage: our offer did not reach …", "dubois", books.cases["garage"])
    for _ in range(2):
        await books.store.engine.write(lambda connection: ask_once(connection, [task], books.now))
    (row,) = await every(books.store, tasks)
    assert await books.store.casework.done(row["id"], "claire", "told by phone", books.now) == task.words
    await books.store.engine.write(lambda connection: ask_once(connection, [task], books.now))
    (row,) = await every(books.store, tasks)
    assert row["closed_by"] == "claire"
    assert (await books.store.views.journal_of(books.cases["garage"]))[-1]["event"] == "task done"
    with pytest.raises(Unfitting, match="no task 1 is open"):
        await books.store.casework.done(row["id"], "claire", "", books.now)


async def test_a_task_that_ends_with_what_it_is_about_is_not_done_by_hand(books: Books) -> None:
    await books.store.contesting.insolvency(
        _hands(books), Procedure("redressement", TODAY, books.now, books.now), books.now
    )
    (row,) = await every(books.store, tasks)
    with pytest.raises(Unfitting, match="is done by relanced release --kind insolvency"):
        await books.store.casework.done(row["id"], "claire", "", books.now)
