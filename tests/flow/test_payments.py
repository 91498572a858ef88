"""Money that comes in: whatever has not left is withdrawn, whatever is leaving is stopped or told."""

from __future__ import annotations

from datetime import date

import pytest

from tests.flow import paper
from tests.flow.company import Company, reads

DUE = date(2026, 3, 2)
EVENING, MORNING = date(2026, 3, 5), date(2026, 3, 6)


async def _planned_overnight(company: Company) -> None:
    """A reminder that was planned after hours waits for the morning."""
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(EVENING, "19:00") == []
    assert await company.told() == ["relance-1 email planned"]


async def test_a_payment_between_planning_and_sending_withdraws_the_reminder(company: Company) -> None:
    await _planned_overnight(company)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 5)))
    assert await company.morning(MORNING) == []
    assert await company.told() == ["relance-1 email cancelled"]
    assert "reminder withdrawn" in await company.events()


async def test_a_part_payment_changes_what_is_asked(company: Company) -> None:
    await _planned_overnight(company)
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 5), "1 000,00"))
    (mail,) = await company.morning(MORNING)
    assert "234,50" in mail.text
    assert "reminder reworded" in await company.events()


async def test_fault_56_the_same_bank_file_twice_counts_once_and_a_reversal_reopens(company: Company) -> None:
    await _planned_overnight(company)
    for _ in range(2):
        await company.imports("payments", paper.payment("F-1", date(2026, 3, 5), "1 000,00"))
        await company.bank(date(2026, 3, 5))
    (mail,) = await company.morning(MORNING)
    assert "234,50" in mail.text
    await company.imports("payments", paper.payment("F-1", MORNING, "234,50"))
    assert await company.morning(date(2026, 3, 13)) == []
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 13), "-234,50"))
    (again,) = await company.works()
    assert "234,50" in again.text
    assert (await company.told())[-1] == "relance-2 email sent"


async def test_a_credit_note_changes_what_is_asked(company: Company) -> None:
    await _planned_overnight(company)
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 5), "34,50"))
    (mail,) = await company.morning(MORNING)
    assert "1\xa0200,00" in mail.text.replace("\u202f", "\xa0")


async def test_a_credit_note_over_all_of_it_withdraws_the_reminder(company: Company) -> None:
    await _planned_overnight(company)
    await company.imports("credits", paper.credit_note("F-1", date(2026, 3, 5), "1 234,50"))
    assert await company.morning(MORNING) == []
    assert await company.told() == ["relance-1 email cancelled"]


async def test_a_person_who_says_paid_withdraws_it_and_undo_takes_that_back(company: Company) -> None:
    await _planned_overnight(company)
    await company.desk("paid", invoice="F-1")
    assert await company.morning(MORNING) == []
    await company.desk("undo", invoice="F-1")
    (mail,) = await company.works()
    assert "F-1" in mail.text
    assert await company.told() == ["relance-1 email cancelled", "relance-1 email sent"]


async def test_paid_withdraws_what_is_parked(company: Company) -> None:
    await _planned_overnight(company)
    (message,) = await company.messages()
    await company.desk("park", message=message["id"])
    await company.desk("paid", invoice="F-1")
    await company.works()
    assert await company.told() == ["relance-1 email cancelled"]


async def test_paid_pulls_the_sheet_back_out_of_the_tray(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(EVENING)
    (sheet,) = company.lying()
    await company.desk("paid", invoice="F-1")
    await company.works()
    assert company.lying() == []
    assert (company.folder / "letters" / "withdrawn" / sheet.name).exists()
    assert await company.told() == ["relance-1 letter cancelled"]


async def test_a_part_payment_replaces_the_sheet_in_the_tray(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(EVENING)
    (old,) = company.lying()
    await company.imports("payments", paper.payment("F-1", date(2026, 3, 5), "1 000,00"))
    await company.morning(MORNING)
    (new,) = company.lying()
    assert new.name != old.name
    assert "234,50" in reads(new)
    assert "1 234,50" in reads(old.parent / "withdrawn" / old.name).replace("\u202f", " ").replace("\xa0", " ")


async def test_a_sheet_posted_after_the_payment_is_recorded_and_the_case_crossed(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(EVENING)
    letter = await company.last()
    await company.desk("letters take")
    await company.desk("paid", invoice="F-1")
    await company.works()
    await company.desk("letters posted", references=letter["reference"])
    assert await company.told() == ["relance-1 letter sent"]
    assert await company.crossed()


async def test_fault_55_a_payment_before_the_final_dot_stops_the_message(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    gate = company.relay.hold("DATA")
    company.clock.set(EVENING)
    await company.bank(date(2026, 3, 4))
    async with company.at_work():
        await gate.wait()
        await company.imports("payments", paper.payment("F-1", date(2026, 3, 5)))
        gate.opened.set()
    assert company.relay.messages == []
    assert await company.told() == ["relance-1 email cancelled"]
    assert not await company.crossed()


async def test_fault_55_a_payment_after_the_final_dot_marks_the_case_crossed(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    gate = company.relay.hold("DOT")
    company.clock.set(EVENING)
    await company.bank(date(2026, 3, 4))
    async with company.at_work():
        await gate.wait()
        await company.imports("payments", paper.payment("F-1", date(2026, 3, 5)))
        gate.opened.set()
    assert len(company.relay.messages) == 1
    assert await company.told() == ["relance-1 email sent"]
    assert await company.crossed()


@pytest.mark.parametrize("moment", ["MAIL", "DATA"])
async def test_a_stop_before_the_final_dot_lets_nothing_leave(company: Company, moment: str) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    gate = company.relay.hold(moment)
    company.clock.set(EVENING)
    await company.bank(date(2026, 3, 4))
    async with company.at_work():
        await gate.wait()
        await company.desk("stop", reason="the bank called")
        gate.opened.set()
    assert company.relay.messages == []
    assert await company.told() == ["relance-1 email planned"]
    assert await company.works() == []
    await company.desk("start")
    company.clock.later(minutes=6)
    assert len(await company.works()) == 1
    assert await company.told() == ["relance-1 email sent"]
