"""The ladder: from the first reminder to the hand-over, on the days the policy says."""

from __future__ import annotations

from datetime import date

import pytest

from tests.flow import paper
from tests.flow.company import Company, Said, reads

DUE = date(2026, 3, 2)


async def test_the_first_reminder_leaves_three_days_after_the_due_date(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(date(2026, 3, 4)) == []
    (mail,) = await company.morning(date(2026, 3, 5))
    assert mail.to == "c1@client.example"
    assert "F-1" in mail.text
    assert "1\u202f234,50" in mail.text.replace("\xa0", "\u202f")
    assert await company.told() == ["relance-1 email sent"]


async def test_the_second_reminder_keeps_the_gap_and_quotes_the_first(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    (first,) = await company.morning(date(2026, 3, 9))
    assert await company.morning(date(2026, 3, 12)) == []
    (second,) = await company.morning(date(2026, 3, 16))
    assert second.references == first.message_id
    assert await company.told() == ["relance-1 email sent", "relance-2 email sent"]


async def test_a_reminder_absorbs_the_lower_steps_of_other_overdue_terms(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 3, 9)))
    (first,) = await company.morning(date(2026, 3, 5))
    (second,) = await company.morning(date(2026, 3, 12))
    assert "F-2" not in first.text
    assert "Également" in second.text
    assert "F-2" in second.text
    assert (await company.told())[-1] == "relance-2 email sent"


async def _climbed_to_the_letter(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    for day in (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)


async def _posted(company: Company, on: date, number: str = "") -> None:
    reference = (await company.last())["reference"]
    await company.desk("letters posted", references=reference, on=on.isoformat(), number=number)


async def test_a_letter_counts_when_it_is_posted_and_its_mail_follows(company: Company) -> None:
    await _climbed_to_the_letter(company)
    (sheet,) = company.lying()
    assert "F-1" in reads(sheet)
    assert await company.morning(date(2026, 3, 24)) == []
    assert (await company.told())[-1] == "relance-ferme letter in_tray"
    await _posted(company, date(2026, 3, 24))
    (mail,) = await company.works()
    assert mail.to == "c1@client.example"
    assert (await company.told())[-2:] == ["relance-ferme letter sent", "relance-ferme email sent"]
    assert await company.works() == []


async def test_the_notice_waits_for_approval_then_runs_from_its_presentation(company: Company) -> None:
    await _climbed_to_the_letter(company)
    await company.morning(date(2026, 3, 24))
    await _posted(company, date(2026, 3, 24))
    await company.works()
    assert await company.morning(date(2026, 4, 2)) == []
    assert (await company.told())[-1] == "mise-en-demeure registered parked"
    await company.desk("approve", step="mise-en-demeure", all=True)
    assert await company.works() == []
    (sheet,) = company.lying("registered")
    assert "mise en demeure" in reads(sheet).lower()
    await company.morning(date(2026, 4, 3))
    await _posted(company, date(2026, 4, 3), "1A 123 456 7890 1")
    (copy,) = await company.works()
    assert "mise en demeure" in copy.text.lower()


async def _given_notice(company: Company) -> None:
    await _climbed_to_the_letter(company)
    await _posted(company, date(2026, 3, 23))
    await company.works()
    await company.morning(date(2026, 4, 1))
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    await _posted(company, date(2026, 4, 1), "1A 123 456 7890 1")


async def test_a_notice_never_presented_leads_nowhere(company: Company) -> None:
    await _given_notice(company)
    await company.morning(date(2026, 7, 1))
    assert (await company.desk("queue"))["rows"] == []


async def test_once_the_deadline_has_passed_the_hand_over_waits_for_approval(company: Company) -> None:
    await _given_notice(company)
    notice = next(m for m in await company.messages() if m["road"] == "registered")
    await company.desk("letters presented", reference=notice["reference"], on="2026-04-01")
    await company.morning(date(2026, 4, 16))
    assert (await company.desk("queue"))["rows"] == []
    await company.morning(date(2026, 4, 17))
    ((number, *_, state, _due, _why),) = (await company.desk("queue"))["rows"]
    assert (number[0], state) == ("r", "parked")
    await company.desk("approve", message=number)
    await company.morning(date(2026, 5, 18))
    assert (await company.desk("queue"))["rows"] == []
    shown = await company.desk("show", case="C1")
    assert "handed over" in [entry["event"] for entry in shown["record"]["journal"]]
    with pytest.raises(Said):
        await company.desk("approve", message=number)
