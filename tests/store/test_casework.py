"""What people do with a case: released, contested, opted out, insolvent; and what time asks of them. Both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relanced.rules.given import Cause
from relanced.rules.model import Consent, HoldKind, Road
from relanced.store.asked import Unfitting
from relanced.store.contesting import Contested, Procedure
from relanced.store.hands import Hands
from relanced.store.promises import Said
from relanced.store.tables import cases, holds, tasks
from tests.store.books import TODAY, Books
from tests.store.rows import every, run

DAY = timedelta(days=1)


@pytest.fixture
async def hands(books: Books) -> Hands:
    """Claire's, on a case that owes two invoices of 120.00 and 80.00 EUR."""
    await books.debtor()
    await books.invoice()
    await books.invoice("F-2", 80_00)
    return Hands(books.cases["garage"], "claire")


async def _hold(books: Books, kind: str, **said: Any) -> None:
    values = {"case_id": books.cases["garage"], "kind": kind, "reason": "they wrote", "by": "compta", **said}
    await run(books.store, holds.insert().values(began_at=books.now, **values))


async def _kinds(books: Books) -> list[str]:
    return [row["kind"] for row in await every(books.store, holds, ended_at=None)]


async def _tasks(books: Books) -> list[str]:
    return [f"{row['kind']} {row['owner']}".strip() for row in await every(books.store, tasks, closed_at=None)]


async def test_a_note_changes_nothing_but_the_journal(books: Books, hands: Hands) -> None:
    before = await books.version()
    await books.store.casework.note(hands, "le comptable est en congé", books.now)
    assert await books.version() == before
    entry = (await books.store.views.journal_of(hands.case_id))[-1]
    assert (entry["event"], entry["by"]) == ("note", "claire")


async def test_taking_a_case_takes_its_holds_and_tasks(books: Books, hands: Hands) -> None:
    await _hold(books, "reply", owner="jean")
    await books.store.contesting.dispute(Hands(hands.case_id, "jean"), Contested("scratched"), books.now)
    await books.store.casework.take(hands, False, (), books.now)
    assert {row["owner"] for row in await every(books.store, holds, ended_at=None)} == {"claire"}
    assert await _tasks(books) == ["dispute claire"] * 2


async def test_releasing_ends_the_replies_and_leaves_what_was_agreed(books: Books, hands: Hands) -> None:
    await _hold(books, "reply")
    await books.store.promises.give(hands, Said(TODAY + 3 * DAY), books.now)
    await books.store.casework.take(hands, False, (), books.now)
    assert await books.store.casework.release(hands, HoldKind.REPLY, "answered", books.now) == 1
    assert set(await _kinds(books)) == {"promise"}
    (row,) = await every(books.store, cases, id=hands.case_id)
    assert (row["taken_by"], row["spoken_on"]) == ("", TODAY)


async def test_a_case_given_back_unanswered_keeps_its_holds(books: Books, hands: Hands) -> None:
    await _hold(books, "reply")
    await books.store.casework.take(hands, False, (), books.now)
    before = await books.version()
    assert await books.store.casework.release(hands, None, "", books.now) == 0
    assert (await _kinds(books), await books.version()) == (["reply"], before)


async def test_a_dispute_of_one_invoice_leaves_the_other(books: Books, hands: Hands) -> None:
    (term,) = await books.store.contesting.dispute(hands, Contested("scratched", invoices=("F-2",)), books.now)
    assert term.invoice == "F-2"
    assert [h.term_id for h in (await books.facts()).facts.holds] == [term.id]
    assert await books.store.casework.causes([hands.case_id]) == {hands.case_id: "dispute"}
    await books.store.casework.release(hands, HoldKind.DISPUTE, "credited", books.now)
    assert (await _kinds(books), await _tasks(books)) == ([], [])


async def test_a_part_is_contested_of_one_invoice_up_to_what_it_owes(books: Books, hands: Hands) -> None:
    with pytest.raises(Unfitting, match="a part is contested of one invoice: say which"):
        await books.store.contesting.dispute(hands, Contested("scratched", cents=30_00), books.now)
    with pytest.raises(Unfitting, match=r"90\.00 is contested, and 80\.00 is owed"):
        await books.store.contesting.dispute(hands, Contested("scratched", invoices=("F-2",), cents=90_00), books.now)
    await books.store.contesting.dispute(hands, Contested("scratched", Cause.PROCESS, ("F-2",), 30_00), books.now)
    (hold,) = (await books.facts()).facts.holds
    assert (hold.cents, hold.kind) == (30_00, HoldKind.DISPUTE)


async def test_the_cause_is_a_field_that_voids_nothing(books: Books, hands: Hands) -> None:
    before = await books.version()
    await books.store.casework.cause(hands, Cause.CASH, "", books.now)
    assert await books.store.casework.causes([hands.case_id]) == {hands.case_id: "cash"}
    await books.store.casework.cause(hands, None, "", books.now)
    assert await books.store.casework.causes([hands.case_id]) == {}
    assert await books.version() == before


async def test_who_opts_out_is_written_to_by_no_creditor(books: Books, hands: Hands) -> None:
    await books.debtor("bakery", mail="compta@garage.example")
    before = await books.version("bakery")
    place = (Road.EMAIL, "compta@garage.example")
    assert await books.store.casework.opt_out(hands, {place}, "asked by phone", books.now) == 2
    for debtor in ("garage", "bakery"):
        ways = (await books.facts(debtor)).facts.addresses
        assert {a.consent for a in ways if a.road is Road.EMAIL} == {Consent.WITHDRAWN}
    assert await books.version("bakery") > before
    assert await books.store.casework.opt_out(hands, {place}, "again", books.now) == 0


async def test_an_insolvency_stops_everything_and_resuming_does_not_end_it(books: Books, hands: Hands) -> None:
    await books.store.promises.give(hands, Said(TODAY + 3 * DAY), books.now)
    said = Procedure("redressement", TODAY, books.now + 60 * DAY, books.now + 46 * DAY)
    await books.store.contesting.insolvency(hands, said, books.now)
    assert (await _kinds(books), await _tasks(books)) == (["insolvency"], ["insolvency claire"])
    assert [w["state"] for w in await books.store.promises.of_case(hands.case_id)] == ["replaced"]
    assert await books.store.people.resume(hands.case_id, "go on", "claire", books.now) == 0
    assert await books.store.casework.release(hands, HoldKind.INSOLVENCY, "a mistake", books.now) == 1
    assert await _tasks(books) == []


# -- what time asks -----------------------------------------------------------------------------------------------


async def test_a_hold_past_its_deadline_goes_to_who_stands_in_once(books: Books, hands: Hands) -> None:
    await _hold(books, "reply", owner="claire", answer_by=books.now + 2 * DAY)
    late, backups = books.now + 3 * DAY, {"claire": "jean", "jean": "claire"}
    assert await books.store.deadlines.pass_on(backups, books.now) == []
    assert await books.store.deadlines.next_moment() == books.now + 2 * DAY
    assert await books.store.deadlines.pass_on(backups, late) == [hands.case_id]
    assert await books.store.deadlines.pass_on(backups, late) == []
    (hold,) = await every(books.store, holds)
    assert hold["owner"] == "jean"
    assert await books.store.deadlines.next_moment() is None


async def test_the_end_of_a_pause_is_announced_once_and_not_after_it_was_ended(books: Books, hands: Hands) -> None:
    until = books.now + 10 * DAY
    await books.store.people.pause(hands.case_id, until, "holidays", "claire", books.now, until - 4 * DAY)
    assert await books.store.deadlines.remind(until - 5 * DAY) == []
    assert await books.store.deadlines.remind(until - 4 * DAY) == [hands.case_id]
    assert await books.store.deadlines.remind(until - 4 * DAY) == []
    assert await _tasks(books) == ["pause ends claire"]
    await books.store.people.resume(hands.case_id, "they are back", "claire", until)
    assert await _tasks(books) == []
