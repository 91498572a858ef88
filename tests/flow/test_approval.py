"""Approval: what a person has seen may leave, nothing else; and a person who is silent stops nothing for ever."""

from __future__ import annotations

from datetime import date

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
COURTEOUS = """
  standard:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email], approval: required,
         within: 2 working days}
      - {name: relance-2, tone: firm, when: 10 days after due, via: [email]}
"""
FORMAL = """
  standard:
    for: {debtor: business}
    steps:
      - {name: mise-en-demeure, tone: formal, when: 3 days after due, via: [registered], approval: required,
         within: 2 working days, deadline: 15 days after presentation}
"""


async def _asked(found: Found, policies: str = COURTEOUS) -> Company:
    company = await found(policies=policies)
    await company.bills(paper.invoice("F-1", DUE))
    assert await company.morning(DAY) == []
    return company


async def test_a_step_that_asks_for_approval_is_parked_until_it_has_it(found: Found) -> None:
    company = await _asked(found)
    assert await company.told() == ["relance-1 email parked"]
    message = await company.last()
    await company.desk("approve", message=message["id"], by="jean")
    assert len(await company.works()) == 1
    assert (await company.last())["approved_by"] == "jean"


async def test_what_was_approved_may_grow_older(found: Found) -> None:
    company = await _asked(found)
    await company.desk("approve", step="relance-1", all=True)
    company.clock.set(DAY, "20:00")
    assert len(await company.morning(date(2026, 3, 6))) == 1


async def test_an_amount_that_changed_is_asked_again_with_the_difference(found: Found) -> None:
    company = await _asked(found)
    company.clock.set(DAY, "20:00")
    await company.desk("approve", step="relance-1", all=True)
    await company.imports("payments", paper.payment("F-1", DAY, "1 000,00"))
    assert await company.morning(date(2026, 3, 6)) == []
    message = await company.last()
    assert message["state"] == "parked"
    assert "1234.50" in message["reason"]
    assert "234.50" in message["reason"]
    await company.desk("approve", message=message["id"])
    (mail,) = await company.works()
    assert "234,50" in mail.text


async def test_a_courteous_step_nobody_approved_is_passed_over(found: Found) -> None:
    company = await _asked(found)
    await company.morning(date(2026, 3, 9))
    assert await company.told() == ["relance-1 email parked"]
    assert await company.morning(date(2026, 3, 10)) == []
    assert await company.told() == ["relance-1 email expired"]
    (second,) = await company.morning(date(2026, 3, 12))
    assert "F-1" in second.text
    assert await company.told() == ["relance-1 email expired", "relance-2 email sent"]


async def test_a_formal_step_nobody_approved_becomes_a_task_and_its_terms_stand_still(found: Found) -> None:
    company = await _asked(found, FORMAL)
    await company.morning(date(2026, 3, 10))
    assert await company.told() == ["mise-en-demeure registered expired"]
    assert await company.holds() == ["lapsed"]
    assert "lapsed" in await company.tasks()
    assert await company.morning(date(2026, 3, 11)) == []
    await company.desk("resume", case="C1", reason="I was away")
    await company.works()
    assert (await company.told())[-1] == "mise-en-demeure registered parked"


async def test_a_sheet_nobody_posted_is_withdrawn(found: Found) -> None:
    company = await _asked(found, FORMAL)
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    assert len(company.lying("registered")) == 1
    await company.morning(date(2026, 3, 10))
    assert company.lying("registered") == []
    assert await company.holds() == ["lapsed"]
