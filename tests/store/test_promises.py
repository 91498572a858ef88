"""Promises given, kept and broken, on both engines; two hands on one case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from relanced.rules.calls import CallResult
from relanced.rules.model import HoldKind, PaymentMode
from relanced.rules.promises import judged
from relanced.store.asked import Unfitting
from relanced.store.calls import Call
from relanced.store.hands import Hands
from relanced.store.promises import Given, Said
from relanced.store.tables import holds, promises
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

FRIDAY = date(2026, 3, 13)


@pytest.fixture(autouse=True)
async def invoice(books: Books) -> None:
    """120.00 EUR, overdue."""
    await books.debtor()
    await books.invoice()


async def _give(books: Books, by: str = "claire", seen: int | None = None, **said: Any) -> Given:
    hands = Hands(books.cases["garage"], by, seen)
    return await books.store.promises.give(hands, Said(**{"on": FRIDAY, **said}), books.now)


async def _states(books: Books) -> list[str]:
    return [row["state"] for row in await every(books.store, promises)]


async def _running(books: Books) -> list[dict[str, Any]]:
    return await every(books.store, holds, ended_at=None)


async def test_a_promise_holds_what_it_is_about_until_its_grace_is_over(books: Books) -> None:
    await books.invoice("F-2", 80_00, due=TODAY + timedelta(days=30))
    given = await _give(books, said_by="M. Garage", note="virement vendredi")
    assert (given.cents, given.until, given.invoices) == (120_00, date(2026, 3, 17), ("F-1",))
    (hold,) = await _running(books)
    assert (hold["kind"], hold["reason"]) == ("promise", "promised for 2026-03-13 by M. Garage")
    assert hold["until"].astimezone(books.now.tzinfo).date() == date(2026, 3, 18)
    entry = (await books.store.views.journal_of(books.cases["garage"]))[-1]
    assert entry["event"] == "promise given" and "virement vendredi" in entry["body"]
    assert (await books.facts()).spoken_on == TODAY


async def test_a_cheque_has_more_grace(books: Books) -> None:
    assert (await _give(books, means=PaymentMode.CHEQUE)).until == date(2026, 3, 23)


async def test_a_later_promise_takes_the_place_of_the_first(books: Books) -> None:
    await _give(books)
    await _give(books, on=FRIDAY + timedelta(days=7))
    assert await _states(books) == ["replaced", "open"]
    assert len(await _running(books)) == 1


async def test_a_promise_by_telephone_is_one_too(books: Books) -> None:
    await _give(books)
    call = Call(books.cases["garage"], CallResult.PROMISED, incoming=True, named=books.now + timedelta(days=6))
    await books.store.calls.log(call, "claire", books.now)
    assert await _states(books) == ["replaced", "open"]
    call = Call(books.cases["garage"], CallResult.DISPUTED, incoming=True, note="la peinture s'écaille")
    await books.store.calls.log(call, "claire", books.now)
    assert await _states(books) == ["replaced", "replaced"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"on": TODAY - timedelta(days=1)}, "2026-03-09 is past"),
        ({"cents": 0}, "0.00 is promised, and 120.00 EUR is owed"),
        ({"cents": 121_00}, "121.00 is promised, and 120.00 EUR is owed"),
        ({"invoices": ("F-9",)}, "Garage owes nothing of an invoice F-9"),
    ],
)
async def test_a_promise_that_makes_no_sense_changes_nothing(books: Books, said: dict[str, Any], why: str) -> None:
    before = await books.version()
    with pytest.raises(Unfitting, match=why):
        await _give(books, **said)
    assert await books.version() == before and await _states(books) == []


async def test_what_became_of_it_is_written_with_the_plan(books: Books, post: Post) -> None:
    await _give(books, cents=100_00)
    await books.payment(40_00, invoice="F-1", on=TODAY)
    books.now += timedelta(days=8)
    case = await books.facts()
    found = judged(case.facts, books.today, books.today)
    before = await books.version()
    await post.plan_case(judged=found)
    (row,) = await books.store.promises.of_case(books.cases["garage"])
    assert (row["state"], row["paid"], row["judged_on"]) == ("partly", 40_00, books.today)
    assert await _running(books) == []
    assert await books.version() > before
    assert [r["state"] for r in await books.store.promises.all(since=FRIDAY)] == ["partly"]
    assert await books.store.promises.all(since=FRIDAY + timedelta(days=1)) == []


async def test_a_promise_is_taken_back_by_name_and_not_with_a_pause(books: Books) -> None:
    await _give(books)
    await books.store.people.resume(books.cases["garage"], "go on", "claire", books.now)
    assert await _states(books) == ["open"]
    await books.store.casework.release(Hands(books.cases["garage"], "claire"), HoldKind.PROMISE, "void", books.now)
    assert await _states(books) == ["replaced"]


# -- two hands on one case ----------------------------------------------------------------------------------------


async def test_who_has_looked_at_an_older_version_is_refused_and_told_who_was_there(books: Books) -> None:
    seen = await books.version()
    await _give(books, "jean", seen)
    with pytest.raises(Unfitting, match=r"case 1 has changed since you looked \(jean: promise given\)"):
        await _give(books, "claire", seen)
    assert await _states(books) == ["open"]


async def test_a_case_in_somebodys_hands_is_changed_by_nobody_else(books: Books) -> None:
    case_id, work = books.cases["garage"], books.store.casework
    await work.take(Hands(case_id, "jean"), False, (), books.now)
    for refused in (
        _give(books),
        work.note(Hands(case_id, "claire"), "rappelle lundi", books.now),
        books.store.people.resume(case_id, "go on", "claire", books.now),
        books.store.people.pause(case_id, books.now + timedelta(days=1), "calm", "claire", books.now),
        work.take(Hands(case_id, "claire"), False, ("paul",), books.now),
    ):
        with pytest.raises(Unfitting, match="jean has case 1 in hand since"):
            await refused
    await _give(books, "jean")
    assert await work.take(Hands(case_id, "claire"), False, ("jean",), books.now) == "jean"
    assert await work.take(Hands(case_id, "paul"), True, (), books.now) == "claire"
