"""What happens between the seal and the final dot: an address that changed, somebody who said no, an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from tests.flow import answers, paper
from tests.flow.company import Company

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)


async def _edited(company: Company) -> None:
    await company.desk("contact edit", case="C1", where="c1@client.example", to="neuve@client.example")


async def _removed(company: Company) -> None:
    await company.imports("contacts", paper.contacts(("C1", "neuve@client.example", 1)))
    await company.desk("contact remove", case="C1", where="c1@client.example")


async def _called_dead(company: Company) -> None:
    await company.imports("contacts", paper.contacts(("C1", "neuve@client.example", 1)))
    await company.desk("contact dead", case="C1", where="c1@client.example")


@pytest.mark.parametrize("moment", ["MAIL", "DATA"])
@pytest.mark.parametrize("changes", [_edited, _removed, _called_dead])
async def test_fault_57_an_address_that_changed_after_the_seal_is_not_written_to(
    company: Company, changes: Callable[[Company], Awaitable[None]], moment: str
) -> None:
    """Fault 57. The mail to the old address is broken off before its dot; it leaves for the new one."""
    await company.bills(paper.invoice("F-1", DUE))
    gate = company.relay.hold(moment)
    company.clock.set(DAY)
    await company.bank(date(2026, 3, 4))
    async with company.at_work():
        await gate.wait()
        await changes(company)
        gate.opened.set()
    company.clock.later(minutes=10)
    await company.works()
    assert [mail.to for mail in company.relay.mails] == ["neuve@client.example"]
    assert (await company.told())[-1] == "relance-1 email sent"


async def test_fault_57_who_opted_out_after_the_seal_is_written_to_by_post(company: Company) -> None:
    """Fault 57."""
    await company.bills(paper.invoice("F-1", DUE))
    gate = company.relay.hold("DATA")
    company.clock.set(DAY)
    await company.bank(date(2026, 3, 4))
    async with company.at_work():
        await gate.wait()
        await company.desk("optout", case="C1")
        gate.opened.set()
    company.clock.later(minutes=10)
    await company.works()
    assert company.relay.messages == []
    assert (await company.told())[-1] == "relance-1 letter in_tray"


async def test_an_answer_that_comes_while_the_next_reminder_is_leaving_stops_it(company: Company) -> None:
    """Fault 55. The wheels that turn read it, and hold the case, while the relay makes us wait."""
    await company.bills(paper.invoice("F-1", DUE))
    (mail,) = await company.morning(DAY)
    gate = company.relay.hold("DATA")
    company.clock.set(NEXT)
    await company.bank(date(2026, 3, 11))
    async with company.at_work():
        await gate.wait()
        await company.desk("ingest", files={"message": answers.reply(company, mail, "Nous contestons.")})
        await _held(company)
        gate.opened.set()
    assert len(company.relay.messages) == 1
    assert (await company.told())[-1] in ("relance-2 email cancelled", "relance-2 email planned")
    assert await company.morning(date(2026, 3, 13)) == []


async def _held(company: Company) -> None:
    async with asyncio.timeout(20):
        while not await company.holds():  # noqa: ASYNC110 (the database tells nobody)
            await asyncio.sleep(0.02)
