"""What people do with messages: hold back, let go, cancel, send again, spoil a sheet, close a case."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from relanced.console.desk import answer
from relanced.counter import Desk
from relanced.store.tables import holds
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.store.rows import every

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)


async def _planned(company: Company) -> int:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 3, 4))
    await company.morning(DAY, "08:00")
    return int((await company.last())["id"])


async def test_a_message_held_back_leaves_once_a_person_lets_it_go(company: Company) -> None:
    message = await _planned(company)
    await company.desk("park", message=message, reason="I will call them")
    assert await company.morning(DAY) == []
    ((*_, state, _due, reason),) = (await company.desk("queue"))["rows"]
    assert (state, reason) == ("parked", "I will call them")
    await company.desk("approve", message=message)
    assert len(await company.works()) == 1


async def test_a_cancelled_message_passes_its_step_over(company: Company) -> None:
    message = await _planned(company)
    await company.desk("cancel", message=message, reason="we spoke")
    assert await company.morning(DAY) == []
    assert len(await company.morning(date(2026, 3, 12))) == 1
    assert await company.told() == ["relance-1 email cancelled", "relance-2 email sent"]


async def test_a_person_sends_the_same_once_more(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    (first,) = await company.morning(DAY)
    await company.desk("resend", message=(await company.last())["id"], reason="they lost it")
    (again,) = await company.works()
    assert again.subject == first.subject
    assert again.message_id != first.message_id
    assert [m["turn"] for m in await company.messages()] == [0, 1]
    assert await company.works() == []


async def test_what_is_on_its_way_is_not_sent_again_beside(company: Company) -> None:
    message = await _planned(company)
    with pytest.raises(Said, match="is planned"):
        await company.desk("resend", message=message, reason="impatient")


async def test_paid_meanwhile_is_not_resent(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("resend", message=(await company.last())["id"], reason="they lost it")
    await company.desk("paid", invoice="F-1")
    assert await company.works() == []
    assert await company.told() == ["relance-1 email sent", "relance-1 email cancelled"]


async def test_a_spoiled_sheet_is_printed_again_under_another_reference(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(DAY)
    old = await company.last()
    await company.desk("letters spoiled", reference=old["reference"], reason="coffee")
    await company.works()
    new = await company.last()
    assert (new["state"], new["turn"]) == ("in_tray", 1)
    assert new["reference"] != old["reference"]


async def test_the_days_sheets_are_taken_as_one_file_without_what_must_not_be_posted(company: Company) -> None:
    await company.bills(*(paper.invoice(f"F-{n}", DUE, f"C{n}", email="", address=f"{n} RUE X") for n in (1, 2)))
    await company.morning(DAY)
    await company.desk("paid", invoice="F-1")  # no wheel has turned since
    taken = await company.desk("letters take")
    assert len(taken["record"]) == 1
    assert any("ne pas poster" in line for line in taken["lines"])
    assert taken["files"]["letters.pdf"]


async def test_sheets_are_taken_after_hours_and_kept_back_while_the_house_is_stopped(company: Company) -> None:
    """A person is at work, whatever the hours of contact say; a stop is a stop."""
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(DAY)
    company.clock.set(DAY, "20:00")
    await company.desk("stop", reason="wait")
    kept = await company.desk("letters take")
    assert not kept["record"]
    assert any("pas avant" in line and "wait" in line for line in kept["lines"])
    await company.desk("start")
    assert len((await company.desk("letters take"))["record"]) == 1


async def test_a_message_that_performs_nothing_is_cancelled_without_its_step(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    again = (await company.desk("resend", message=(await company.last())["id"], reason="they lost it"))["record"]
    said = await company.desk("cancel", message=again["message"], reason="they found it")
    assert said["lines"] == [f"message {again['message']} is cancelled"]


async def test_a_case_is_shown_under_the_policy_it_started_with(company: Company) -> None:
    """A restart forgets the snapshots: every verb reads them again."""
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(DAY)
    before = (await company.desk("cases"))["record"][0]["policy"]
    other = "{only: {for: {debtor: business}, steps: [{name: x, tone: firm, when: 60 days after due, via: [email]}]}}"
    await company.reopen(policies=other)
    assert (await company.desk("cases"))["record"][0]["policy"] == before != "only"
    await company.reopen()
    assert len((await company.desk("letters take"))["record"]) == 1


async def test_what_a_person_held_back_is_not_let_go_in_bulk(company: Company) -> None:
    message = await _planned(company)
    await company.desk("park", message=message, reason="I will call them")
    said = await company.desk("approve", step="relance-1", all=True)
    assert said["lines"] == ["0 of step relance-1 approved"]
    assert await company.morning(DAY) == []


async def test_a_closed_case_is_left_alone_until_a_new_invoice(company: Company) -> None:
    await _planned(company)
    await company.desk("close", case="C1", reason="an old friend")
    assert await company.morning(DAY) == []
    assert await company.told() == ["relance-1 email cancelled"]
    await company.bills(paper.invoice("F-2", date(2026, 3, 9)))
    (mail,) = await company.morning(date(2026, 3, 12))
    assert "F-2" in mail.text
    assert "F-1" not in mail.text


async def test_a_request_that_is_repeated_gets_its_first_answer(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    desk = Desk(company.house.store, company.house.premises, company.house.doors, company.clock)
    words = {"message": (await company.last())["id"], "reason": "they lost it"}
    asked = {"verb": "resend", "words": words, "request_id": "a1"}
    assert await answer(desk, asked, "claire") == await answer(desk, asked, "claire")
    assert len(await company.messages()) == 2


async def test_two_equal_requests_at_once_have_one_effect(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    case = await company.case()
    desk = Desk(company.house.store, company.house.premises, company.house.doors, company.clock)
    words = {"case": "C1", "until": "2026-12-31", "reason": "a fair"}
    asked = {"verb": "pause", "words": words, "request_id": "a2"}
    first, second = await asyncio.gather(answer(desk, asked, "claire"), answer(desk, asked, "claire"))
    assert first == second
    assert len(await every(company.house.store, holds, case_id=case)) == 1


async def test_looking_is_not_remembered(company: Company) -> None:
    desk = Desk(company.house.store, company.house.premises, company.house.doors, company.clock)
    asked = {"verb": "status", "words": {}, "request_id": "a3"}
    await answer(desk, asked, "claire")
    assert await company.house.store.house.answered("a3") is None
