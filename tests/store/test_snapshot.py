"""A snapshot lists every open invoice: what is absent is settled, unless that is too much to be believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.rules.model import HoldKind
from relanced.rules.owed import balances
from relanced.store.intake import Refused
from relanced.store.opening import Store
from relanced.store.tables import tasks
from tests.store.books import CREDITOR, TODAY, Books
from tests.store.rows import every

DAY = timedelta(days=1)


async def _owed(books: Books, debtor: str = "garage") -> list[int]:
    return list(balances((await books.facts(debtor)).facts).values())


async def test_what_a_snapshot_leaves_out_is_settled_as_of_its_day(store: Store, books: Books) -> None:
    await books.debtor()
    for number in ("F-1", "F-2"):
        await books.invoice(number)
    report = await books.snapshot([books.row("F-2", open_cents=20_00)], covers=TODAY - DAY)
    assert (report.settled, report.covers) == (("F-1",), TODAY - DAY)
    assert await _owed(books) == [0, 20_00]
    entry = (await store.views.journal_of(books.cases["garage"]))[-1]
    assert (entry["event"], "absent from the snapshot of 2026-03-09" in entry["body"]) == ("invoice settled", True)
    assert (await store.house.standings())[CREDITOR].covers == TODAY - DAY


async def test_an_ordinary_import_settles_nothing(books: Books) -> None:
    await books.debtor()
    await books.invoice("F-1")
    await books.invoice("F-2")
    assert await _owed(books) == [120_00, 120_00]


@pytest.mark.parametrize(("known", "absent", "believed"), [(9, 4, True), (25, 5, True), (24, 5, False), (9, 9, False)])
async def test_a_snapshot_that_leaves_out_too_many_needs_a_person_s_word(
    books: Books, known: int, absent: int, believed: bool
) -> None:
    """Five or more, and more than 20 %: the export may be cut short."""
    await books.debtor()
    rows = [books.row(f"F-{n:02}") for n in range(known)]
    await books.apply("invoices", invoices=tuple(rows))
    if not believed:
        with pytest.raises(Refused, match=rf"leaves out {absent} of {known} open invoices, above 20 %.*--yes"):
            await books.snapshot(rows[absent:])
        assert sum(await _owed(books)) == known * 120_00
    report = await books.snapshot(rows[absent:], sure=not believed)
    assert len(report.settled) == absent
    assert sum(await _owed(books)) == (known - absent) * 120_00


async def test_what_was_paid_already_is_not_counted_among_the_missing(books: Books) -> None:
    await books.debtor()
    rows = [books.row(f"F-{n}") for n in range(9)]
    await books.apply("invoices", invoices=tuple(rows))
    for row in rows[:8]:
        await books.payment(120_00, invoice=row.number)
    before = await books.version()
    report = await books.snapshot(rows[8:], covers=TODAY)
    assert report.settled == ()
    assert (await _owed(books)).count(0) == 8
    assert [t.stated_open for t in (await books.facts()).facts.terms] == [0] * 8 + [120_00]
    assert await books.version() == before + 1  # F-8 was never stated before; the paid ones are no news


async def test_a_debtor_with_nothing_open_any_more_is_settled_too(books: Books) -> None:
    await books.debtor()
    await books.debtor("bakery")
    await books.invoice()
    await books.invoice("F-2", debtor="bakery")
    assert (await books.snapshot([books.row()])).settled == ("F-2",)
    assert await _owed(books, "bakery") == [0]


# -- a person said paid, the books say open -----------------------------------------------------------------------


async def _said_paid(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    await books.store.people.paid(CREDITOR, "F-1", TODAY, "claire", books.now)


async def test_paid_but_open_is_held_and_asked_about_once(store: Store, books: Books) -> None:
    await _said_paid(books)
    for _ in range(3):
        books.now += DAY
        await books.snapshot([books.row()], covers=books.today)
    (hold,) = (await books.facts()).facts.holds
    (term,) = await books.term_ids()
    assert (hold.kind, hold.term_id) == (HoldKind.PAID_BUT_OPEN, term)
    (task,) = await store.views.tasks()
    assert task["words"] == "invoice F-1: claire said it is paid, the books still show it open"
    assert await _owed(books) == [0]


async def test_books_that_do_not_reach_the_day_of_the_payment_contradict_nobody(store: Store, books: Books) -> None:
    await _said_paid(books)
    await books.snapshot([books.row()], covers=TODAY - DAY)
    assert ((await books.facts()).facts.holds, await store.views.tasks()) == ((), [])


@pytest.mark.parametrize("how", ["the books agree", "it is left out", "it was a mistake"])
async def test_it_ends_when_the_person_and_the_books_agree(store: Store, books: Books, how: str) -> None:
    await _said_paid(books)
    await books.snapshot([books.row()])
    assert len((await books.facts()).facts.holds) == 1
    books.now += DAY
    if how == "the books agree":
        await books.snapshot([books.row(open_cents=0)], covers=books.today)
    elif how == "it is left out":
        await books.snapshot([], covers=books.today)
    else:
        await store.people.paid(CREDITOR, "F-1", None, "claire", books.now)
    assert ((await books.facts()).facts.holds, await store.views.tasks()) == ((), [])
    assert len(await every(store, tasks)) == 1
    assert await _owed(books) == [120_00 if how == "it was a mistake" else 0]


async def test_taking_one_word_back_leaves_the_others_held(store: Store, books: Books) -> None:
    await _said_paid(books)
    await books.invoice("F-2")
    await store.people.paid(CREDITOR, "F-2", TODAY, "claire", books.now)
    await books.snapshot([books.row(), books.row("F-2")])
    await store.people.paid(CREDITOR, "F-1", None, "claire", books.now)
    (hold,) = (await books.facts()).facts.holds
    assert hold.term_id == (await books.term_ids())[1]
