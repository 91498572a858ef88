"""Instalments agreed, kept, missed and revoked, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from relanced.rules.instalments import by_count, by_list
from relanced.rules.model import Money
from relanced.rules.promises import judged
from relanced.store.agreements import Agreed, Wanted
from relanced.store.asked import Unfitting
from relanced.store.hands import Hands
from relanced.store.promises import Said
from relanced.store.tables import agreements, holds, promises
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

FIRST = date(2026, 3, 31)


@pytest.fixture(autouse=True)
async def invoice(books: Books) -> None:
    """120.00 EUR, overdue."""
    await books.debtor()
    await books.invoice()


def _hands(books: Books) -> Hands:
    return Hands(books.cases["garage"], "claire")


async def _agree(books: Books, count: int = 3, first: date = FIRST) -> Agreed:
    return await books.store.agreements.agree(
        _hands(books), Wanted(partial(by_count, count=count, first=first)), books.now
    )


async def _judge(books: Books, post: Post, owed: int, today: date) -> list[str]:
    facts = (await books.facts()).facts
    come = Money(1, books.today, facts.terms[0].cents - owed, invoice_id=facts.terms[0].invoice_id)
    found = judged(replace(facts, money=(come,)), today, today)
    await post.plan_case(judged=found)
    return [f"{row['n']} {row['state']}" for row in await every(books.store, promises)]


async def _running(books: Books) -> list[str]:
    return [row["kind"] for row in await every(books.store, holds, ended_at=None)]


async def test_what_is_owed_stands_still_while_the_agreement_runs(books: Books) -> None:
    await books.store.promises.give(_hands(books), Said(TODAY), books.now)
    agreed = await _agree(books)
    assert [(p.on, p.cents) for p in agreed.parts] == [
        (date(2026, 3, 31), 40_00),
        (date(2026, 4, 30), 40_00),
        (date(2026, 5, 31), 40_00),
    ]
    assert await _running(books) == ["instalments"]
    (hold,) = await every(books.store, holds, ended_at=None)
    assert (hold["until"], hold["reason"]) == (None, "3 instalments until 2026-05-31")
    with pytest.raises(Unfitting, match="instalments are running: relanced instalments 1 --revoke comes first"):
        await _agree(books)
    with pytest.raises(Unfitting, match="instalments are running"):
        await books.store.promises.give(_hands(books), Said(TODAY), books.now)


async def test_each_part_is_judged_and_the_last_ends_the_agreement(books: Books, post: Post) -> None:
    await _agree(books)
    assert await _judge(books, post, 80_00, FIRST) == ["1 kept", "2 open", "3 open"]
    assert await _judge(books, post, 80_00, date(2026, 5, 6)) == ["1 kept", "2 broken", "3 open"]
    assert await _running(books) == ["instalments"]
    assert await _judge(books, post, 0, date(2026, 5, 20)) == ["1 kept", "2 broken", "3 kept"]
    assert await _running(books) == []
    assert [row["state"] for row in await every(books.store, agreements)] == ["kept"]


async def test_only_a_person_revokes_and_then_everything_climbs_again(books: Books) -> None:
    await _agree(books)
    assert await books.store.agreements.revoke(_hands(books), "two were missed", books.now) == 120_00
    assert await _running(books) == []
    assert {row["state"] for row in await every(books.store, promises)} == {"replaced"}
    with pytest.raises(Unfitting, match="case 1 has no agreement on instalments"):
        await books.store.agreements.revoke(_hands(books), "again", books.now)
    await _agree(books)


async def test_parts_that_make_no_sense_change_nothing(books: Books) -> None:
    before = await books.version()
    with pytest.raises(Unfitting, match="2026-03-09 is past"):
        await _agree(books, first=TODAY - timedelta(days=1))
    parts = [(FIRST, 50_00), (FIRST + timedelta(days=30), 60_00)]
    with pytest.raises(Unfitting, match=r"add up to 110\.00, what they are for to 120\.00"):
        wanted = Wanted(partial(by_list, parts=parts))
        await books.store.agreements.agree(_hands(books), wanted, books.now)
    assert await books.version() == before and await every(books.store, agreements) == []
