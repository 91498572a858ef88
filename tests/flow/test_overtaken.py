"""Messages that wait in vain are withdrawn, whatever they wait for, and nothing waits for ever."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import update

from relanced.config import load_text
from relanced.house import open_house
from relanced.store.tables import addresses, cases, messages
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.store.rows import run

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)

SHORT = """
  standard:
    for: {debtor: business}
    min_amount: 0.00
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email], also: [letter]}
      - {name: transmission, tone: formal, when: 10 days after due, hand_over: dossier, approval: required}
"""
COURTESY = """
  standard:
    for: {debtor: business}
    min_amount: 0.00
    steps:
      - {name: courtoisie, tone: courteous, when: 5 days before due, via: [email]}
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [letter]}
"""
APPROVED = """
  standard:
    for: {debtor: business}
    min_amount: 0.00
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter], approval: required}
"""


async def _bounced(company: Company) -> None:
    """The mail that was taken comes back: nobody lives at its address."""
    sent, now = await company.last(), company.clock.now()
    await run(
        company.house.store, update(messages).values(state="failed", ended_at=now).where(messages.c.id == sent["id"])
    )
    await run(
        company.house.store, update(addresses).values(dead_since=now.date()).where(addresses.c.place == sent["place"])
    )
    await run(company.house.store, update(cases).values(look_at=now, version=cases.c.version + 1))


async def test_a_copy_that_waits_is_withdrawn_when_the_debt_is_paid(found: Found) -> None:
    company = await found(policies=SHORT)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    assert await company.told() == ["relance-1 email sent", "relance-1 letter in_tray"]
    await company.desk("paid", invoice="F-1")
    await company.works()
    assert await company.told() == ["relance-1 email sent", "relance-1 letter cancelled"]
    assert company.lying() == []


async def test_a_message_that_is_sent_again_but_parked_is_withdrawn_when_the_case_is_closed(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("resend", message=(await company.last())["id"], reason="they lost it")
    await company.desk("park", message=(await company.last())["id"])
    await company.desk("close", case="C1", reason="an old friend")
    await company.works()
    assert await company.told() == ["relance-1 email sent", "relance-1 email cancelled"]


async def test_a_letter_to_an_address_that_changed_meanwhile_goes_to_the_new_one(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(DAY, "19:00")
    assert await company.told() == ["relance-1 letter planned"]
    await company.bills(paper.invoice("F-1", DUE, email="", address="9 QUAI NEUF"))
    await company.morning(date(2026, 3, 6))
    assert await company.told() == ["relance-1 letter cancelled", "relance-1 letter in_tray"]
    assert (await company.last())["place"].startswith("9 QUAI NEUF")


async def test_a_channel_under_another_name_takes_over_what_waits(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY, "19:00")
    path = company.folder / "config.yaml"
    text = path.read_text("utf-8").replace("compta:", "post:").replace("email: compta,", "email: post,")
    await company.house.close()
    company.house = await open_house(load_text(text.encode(), path, {}), company.clock, "a story")
    assert len(await company.morning(date(2026, 3, 6))) == 1
    assert await company.told() == ["relance-1 email cancelled", "relance-1 email sent"]


async def test_what_never_left_is_not_sent_again(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY, "19:00")
    message = (await company.last())["id"]
    await company.desk("paid", invoice="F-1")
    await company.works()
    with pytest.raises(Said, match="never left"):
        await company.desk("resend", message=message, reason="please")


async def test_a_courtesy_note_that_finds_no_address_leaves_the_letters_their_turn(found: Found) -> None:
    company = await found(policies=COURTESY)
    await company.bills(paper.invoice("F-1", date(2026, 3, 9), email=""))
    await company.morning(date(2026, 3, 4))
    assert await company.holds() == []
    await company.morning(date(2026, 3, 12))
    assert await company.told() == ["relance-1 letter in_tray"]


async def test_a_bounce_without_any_other_road_makes_the_terms_stand_still(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE, address=""))
    await company.morning(DAY)
    await _bounced(company)
    await company.works()
    assert await company.holds() == ["unreachable"]
    assert await company.tasks() == ["unreachable"]


async def test_the_next_road_of_a_message_that_was_approved_asks_again(found: Found) -> None:
    company = await found(policies=APPROVED)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("approve", message=(await company.last())["id"])
    assert len(await company.works()) == 1
    await _bounced(company)
    await company.works()
    assert await company.told() == ["relance-1 email failed", "relance-1 letter parked"]
    await company.desk("approve", message=(await company.last())["id"])
    await company.works()
    assert (await company.told())[-1] == "relance-1 letter in_tray"


async def test_a_next_road_that_nobody_approves_does_not_wait_for_ever(found: Found) -> None:
    company = await found(policies=APPROVED.replace("courteous", "formal"))
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    await company.desk("approve", message=(await company.last())["id"])
    await company.works()
    await _bounced(company)
    await company.works()
    assert await company.told() == ["relance-1 email failed", "relance-1 letter parked"]
    await company.morning(date(2026, 3, 26))
    assert await company.told() == ["relance-1 email failed", "relance-1 letter expired"]


async def test_a_hand_over_asks_and_lapses_when_nobody_answers(found: Found) -> None:
    company = await found(policies=SHORT)
    await company.bills(paper.invoice("F-1", DUE, address=""))
    await company.morning(DAY)
    await company.morning(date(2026, 3, 12))
    assert await company.tasks() == ["hand-over"]
    await company.morning(date(2026, 3, 26))
    assert await company.tasks() == ["hand-over"]
    await company.morning(date(2026, 3, 27))
    assert await company.tasks() == ["lapsed"]
    assert await company.holds() == ["lapsed"]


async def test_a_message_held_back_by_a_person_lapses(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY, "19:00")
    await company.desk("park", message=(await company.last())["id"])
    await company.morning(date(2026, 3, 20))
    assert (await company.told())[0] == "relance-1 email expired"
