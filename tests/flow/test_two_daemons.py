"""Two daemons on one PostgreSQL share the work, and no debtor hears twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime
from typing import Any

from relanced.channel import Absent, Answer, Channel, Go, Parcel, Tray, Unknown
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


# -- letters lie in a folder of one machine -------------------------------------------------------------------------


class OfMyOwn:
    """A letter door as another machine has it: its own folder, in which nothing ever appeared."""

    def __init__(self, door: Channel) -> None:
        self._door = door
        self.withdrawn = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    async def find(self, parcel: Parcel, since: datetime) -> Absent:
        """It is not here, and was never."""
        return Absent("nothing here")

    async def withdraw(self, parcel: Parcel) -> bool:
        """It is not here."""
        self.withdrawn += 1
        return False


class Mute(OfMyOwn):
    """The right door, which lays the letter and forgets to say so."""

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Done, and nobody knows."""
        assert isinstance(await self._door.submit(parcel, go), Tray)
        return Unknown("the process died")


async def _on_two_machines(found: Found, url: str) -> tuple[Company, House, OfMyOwn]:
    company = await found(store=url)
    other = await _another(company)
    company.house.owner, other.owner = "paris/1/a", "lyon/1/b"
    other.doors["office"] = theirs = OfMyOwn(other.doors["office"])
    await company.bills(paper.invoice("L-1", DUE, email=""))
    return company, other, theirs


async def test_a_letter_in_doubt_is_looked_for_only_on_the_machine_that_laid_it(
    found: Found, postgres_url: str
) -> None:
    """Another machine would swear that it never appeared, and it would be printed twice."""
    company, other, _ = await _on_two_machines(found, postgres_url)
    office = company.house.doors["office"]
    company.house.doors["office"] = Mute(office)
    company.clock.set(DAY, "09:30")
    await company.bank(date(2026, 3, 4))
    await _sent_but_not_reconciled(company)
    company.house.doors["office"] = office
    company.clock.later(minutes=1)
    there, here = (h.reconciler(h.clerk()) for h in (other, company.house))
    for _ in range(3):
        await there.turn(company.clock.now())
    assert await there.next_moment() is None
    assert await company.told() == ["relance-1 letter uncertain"]
    await here.turn(company.clock.now())
    assert await company.told() == ["relance-1 letter in_tray"]
    assert len(company.lying()) == 1
    await other.close()


async def test_a_doubt_of_a_machine_that_never_comes_back_is_told_to_a_person(found: Found, postgres_url: str) -> None:
    company, other, _ = await _on_two_machines(found, postgres_url)
    company.house.doors["office"] = Mute(company.house.doors["office"])
    company.clock.set(DAY, "09:30")
    await company.bank(date(2026, 3, 4))
    await _sent_but_not_reconciled(company)
    company.clock.later(hours=2)
    await other.reconciler(other.clerk()).turn(company.clock.now())
    assert await company.told() == ["relance-1 letter uncertain"]
    (task,) = await company.house.store.views.tasks()
    assert "left from the machine paris" in task["words"]
    await other.close()


async def test_a_letter_is_pulled_back_only_by_the_machine_in_whose_tray_it_lies(
    found: Found, postgres_url: str
) -> None:
    company, other, theirs = await _on_two_machines(found, postgres_url)
    await company.morning(DAY)
    await company.imports("payments", paper.payment("L-1", DAY))
    await company.house.planner().turn(company.clock.now())
    assert await company.told() == ["relance-1 letter cancelled"]
    await other.trays().turn(company.clock.now())
    assert (theirs.withdrawn, len(company.lying())) == (0, 1)
    await company.house.trays().turn(company.clock.now())
    assert company.lying() == []
    await other.close()


async def _sent_but_not_reconciled(company: Company) -> None:
    """Plan, word, seal and submit, and look at nothing after that."""
    clerk = company.house.clerk()
    await company.house.planner().turn(company.clock.now())
    for sender in company.house.senders(clerk):
        await sender.turn(company.clock.now())
    work = asyncio.create_task(clerk.run())
    await asyncio.sleep(0)
    while not clerk.idle:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    work.cancel()
    assert await company.told() == ["relance-1 letter uncertain"]
