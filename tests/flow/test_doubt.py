"""Doubt: a message that may have left is looked for, and never sent again on a guess."""

from __future__ import annotations

from datetime import date

import pytest

from tests.email.relay import Farewell, Hangup
from tests.flow import paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
TAKEN = "250 2.0.0 Ok: queued"
COURTESY = """
  business:
    for: {debtor: business}
    steps:
      - {name: courtoisie, tone: courteous, when: 5 days before due, via: [email]}
      - {name: relance-1, tone: courteous, when: 5 days after due, via: [email]}
"""


async def _in_doubt(company: Company) -> None:
    """The dot was sent, and the relay hung up without a word."""
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("DOT", Hangup(), TAKEN)
    await company.morning(DAY)
    assert await company.told() == ["relance-1 email uncertain"]


async def test_without_a_journal_copy_a_person_is_asked_and_nothing_is_sent_again(company: Company) -> None:
    await _in_doubt(company)
    for _ in range(3):
        company.clock.later(minutes=20)
        await company.works()
    assert await company.told() == ["relance-1 email uncertain"]
    assert await company.tasks() == ["uncertain"]
    assert len(company.relay.messages) == 1


async def test_a_doubt_blocks_its_ladder_only(company: Company) -> None:
    await _in_doubt(company)
    await company.bills(paper.invoice("F-2", DUE, "C2"))
    assert len(await company.morning(date(2026, 3, 12))) == 1
    assert await company.told("C1") == ["relance-1 email uncertain"]


async def test_a_doubt_that_outlives_the_day_of_its_step_stops_no_other_case(found: Found) -> None:
    """The courtesy note is in doubt; the due date passes, and the step would be passed over."""
    company = await found(policies=COURTESY)
    await company.bills(paper.invoice("F-1", date(2026, 3, 10)), paper.invoice("F-2", date(2026, 3, 4), "C2"))
    company.relay.answers("DOT", Hangup(), TAKEN)
    await company.morning(date(2026, 3, 5))
    assert await company.told() == ["courtoisie email uncertain"]
    (mail,) = await company.morning(date(2026, 3, 11))
    assert mail.to == "c2@client.example"
    assert "engine error" not in await company.events()
    await company.desk("settle", message=(await company.last())["id"], reason="our relay lost it")
    assert len(await company.morning(date(2026, 3, 16))) == 1


async def test_a_person_who_knows_that_it_left_settles_it(company: Company) -> None:
    await _in_doubt(company)
    company.clock.later(minutes=20)
    await company.works()
    await company.desk("settle", message=(await company.last())["id"], sent=True, reason="they answered it")
    assert await company.told() == ["relance-1 email sent"]
    assert await company.tasks() == []
    assert len(await company.morning(date(2026, 3, 12))) == 1  # relance-2, with its gap


async def test_a_person_who_knows_that_it_did_not_leave_settles_it(company: Company) -> None:
    await _in_doubt(company)
    await company.desk("settle", message=(await company.last())["id"], reason="our relay lost it")
    assert await company.told() == ["relance-1 email cancelled"]
    assert len(await company.morning(date(2026, 3, 12))) == 1


async def test_what_is_not_in_doubt_cannot_be_settled(company: Company) -> None:
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    with pytest.raises(Said, match="is sent"):
        await company.desk("settle", message=(await company.last())["id"], sent=True, reason="sure")


async def test_a_journal_copy_that_is_found_counts_as_sent(found: Found) -> None:
    company = await found(copies=True)
    await _in_doubt(company)
    company.clock.later(minutes=10)
    await company.works()
    assert await company.told() == ["relance-1 email uncertain"]
    company.clock.later(minutes=6)
    await company.works()
    assert await company.told() == ["relance-1 email sent"]
    assert len(company.relay.messages) == 1
    assert await company.tasks() == []


async def test_a_journal_copy_that_is_proven_absent_is_sent_again_once(found: Found) -> None:
    company = await found(copies=True)
    company.relay.loses = True
    await _in_doubt(company)
    company.relay.loses = False
    company.clock.later(minutes=16)
    await company.works()  # a canary leaves for the journal mailbox, which is silent so far
    assert await company.told() == ["relance-1 email uncertain"]
    company.clock.later(minutes=16)
    (mail,) = await company.works()
    assert await company.told() == ["relance-1 email sent"]
    kept = await company.house.store.views.message((await company.last())["id"])
    assert kept["tries"] == 2
    assert mail.message_id == kept["mail_id"]
    assert "uncertain" not in await company.tasks()


async def test_absent_and_paid_meanwhile_is_not_sent_again(found: Found) -> None:
    company = await found(copies=True)
    company.relay.loses = True
    await _in_doubt(company)
    company.relay.loses = False
    await company.imports("payments", paper.payment("F-1", DAY))
    for _ in range(3):
        company.clock.later(minutes=16)
        assert await company.works() == []
    assert await company.told() == ["relance-1 email cancelled"]


async def test_fault_29_goodbye_after_the_dot_is_doubt(found: Found) -> None:
    company = await found(copies=True)
    await company.bills(paper.invoice("F-1", DUE))
    company.relay.answers("DOT", Farewell("421 4.3.2 shutting down"), TAKEN)
    await company.morning(DAY)
    assert await company.told() == ["relance-1 email uncertain"]
    company.clock.later(minutes=16)
    await company.works()
    assert await company.told() == ["relance-1 email sent"]
    assert len(company.relay.messages) == 1


async def test_a_mailbox_that_cannot_be_read_asks_a_person_after_an_hour(found: Found) -> None:
    company = await found(copies=True)
    await _in_doubt(company)
    (company.folder / "journal").rename(company.folder / "unmounted")
    company.clock.later(minutes=16)
    await company.works()
    assert await company.tasks() == []
    company.clock.later(minutes=60)
    await company.works()
    assert await company.tasks() == ["uncertain"]
    (company.folder / "unmounted").rename(company.folder / "journal")
    company.clock.later(minutes=15)
    await company.works()
    assert await company.told() == ["relance-1 email sent"]
    assert await company.tasks() == []


async def test_a_letter_is_found_where_it_lies(company: Company) -> None:
    """Sealed, laid, and the process ended before anybody wrote that down: the spool knows."""
    await company.bills(paper.invoice("F-1", DUE, email=""))
    await company.morning(DAY)
    letter = await company.last()
    (sheet,) = company.lying()
    store = company.house.store
    parcel = await store.tray.parcel(sheet.stem)
    assert await company.house.doors["office"].find(parcel, company.clock.now())
    assert letter["state"] == "in_tray"
