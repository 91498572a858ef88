"""Two daemons on one PostgreSQL share the work, and no debtor hears twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date

from relanced.config import load_text
from relanced.daemon import Daemon
from relanced.house import House, open_house, started
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import until

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
MANY = 60


async def _another(company: Company, state: str = "state") -> House:
    path = company.folder / "config.yaml"
    text = path.read_bytes().replace(b"/state\n", f"/{state}\n".encode())
    return await open_house(load_text(text, path, {}), company.clock, "another machine")


async def _due_on_both(found: Found, url: str) -> tuple[Company, House]:
    company = await found(store=url)
    lines = [paper.invoice(f"F-{n}", DUE, f"C{n}", address=f"{n} RUE X") for n in range(MANY)]
    paper_only = [paper.invoice(f"L-{n}", DUE, f"L{n}", email="", address=f"{n} RUE Y") for n in range(6)]
    await company.bills(*lines, *paper_only)
    company.clock.set(DAY, "09:30")
    await company.bank(date(2026, 3, 4))
    return company, await _another(company)


async def test_two_daemons_never_send_the_same_message_twice(found: Found, postgres_url: str) -> None:
    company, other = await _due_on_both(found, postgres_url)
    daemons = [Daemon(company.house), Daemon(other)]
    living = [asyncio.create_task(daemon.run()) for daemon in daemons]
    await until(lambda: len(company.relay.messages) >= MANY and len(company.lying()) >= 6, 30)
    await asyncio.sleep(0.3)
    for daemon in daemons:
        daemon.stop()
    assert await asyncio.gather(*living) == [0, 0]
    await other.close()
    assert Counter(mail.to for mail in company.relay.mails) == Counter(f"c{n}@client.example" for n in range(MANY))
    assert len(company.lying()) == 6
    assert await company.house.store.views.counts() == {"sent": MANY, "in_tray": 6}


async def test_daemons_on_machines_of_their_own_come_and_go_without_suspecting_each_other(
    found: Found, postgres_url: str
) -> None:
    """Each counts a start in the one database and keeps its own state folder: nobody thereby holds a copy."""
    company = await found(store=postgres_url)
    other = await _another(company, "elsewhere")
    assert [await started(house) for house in (company.house, other, company.house, other)] == [""] * 4
    assert (await other.store.house.row()).starts == 4
    await other.close()


async def test_a_stop_told_to_one_daemon_stops_the_other_before_the_dot(found: Found, postgres_url: str) -> None:
    company, other = await _due_on_both(found, postgres_url)
    gate = company.relay.hold("DATA")
    daemon = Daemon(other)
    living = asyncio.create_task(daemon.run())
    await gate.wait()
    await company.desk("stop", reason="something is wrong")
    left = len(company.relay.messages)
    gate.opened.set()
    await asyncio.sleep(0.3)
    daemon.stop()
    await living
    await other.close()
    assert len(company.relay.messages) <= left + 3  # those whose dot was on the wire when the stop was said
