"""A registered notice that Maileva prints and the post delivers, from its approval to the day its time is up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from relanced.channel import Hooked
from relanced.flow.listen import Asking
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.flow.texting import called
from tests.maileva.letters import distributed, event, proved
from tests.maileva.mail_house import CLIENT, PASSWORD, SECRET, USER, MailHouse, Order
from tests.maileva.test_hooks import LOGIN, request
from tests.ports import free_port

DUE = date(2026, 3, 2)
NOTICE = date(2026, 4, 1)  # thirty days late
POSTED, ABSENT, FETCHED = date(2026, 4, 2), date(2026, 4, 7), date(2026, 4, 9)
LAST_DAY = date(2026, 4, 22)  # fifteen days after the first presentation
NUMBER = "1E00232062142"
ACCOUNT = """
  notices: {{kind: maileva, registered: true, host: "{url}", client_id: {client}, client_secret: {secret}, user: {user},
             password: {password}, notifications: {{user: maileva, password: {login}}},
             sender: [ATELIER DUBOIS SARL, 12 RUE DES FORGES, 35000 RENNES]}}
"""


@pytest.fixture
async def house() -> AsyncIterator[MailHouse]:
    house = MailHouse(now=Clock(MONDAY).now)
    async with house.open():
        yield house


@pytest.fixture
async def company(found: Found, house: MailHouse, tmp_path: Path) -> Company:
    """Its notices are registered letters by Maileva."""
    secrets = {"secret": SECRET, "password": PASSWORD, "login": LOGIN["password"]}
    named = {name: paper.secret(tmp_path, name, said) for name, said in secrets.items()}
    channels = ACCOUNT.format(url=house.url, client=CLIENT, user=USER, **named)
    made = await found(registered="notices", channels=channels, **called(free_port()))
    house.now = made.clock.now
    return made


async def _submitted(company: Company, house: MailHouse) -> Order:
    """Two reminders and a letter brought nothing: the notice was approved, and Maileva has it."""
    await company.bills(paper.invoice("F-1", DUE))
    for day in (date(2026, 3, 5), date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    await company.desk("letters posted", references=(await company.last())["reference"])
    await company.works()
    await company.morning(NOTICE)
    assert (await company.told())[-1] == "mise-en-demeure registered parked"
    assert house.orders == {}
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    [order] = house.submitted()
    return order


def _at(day: date) -> str:
    """The morning of a day, as the post says it."""
    return datetime(day.year, day.month, day.day, 10, 15, tzinfo=ZoneInfo("Europe/Paris")).isoformat()


def _said(code: str, day: date, label: str, category: str = "") -> dict[str, str]:
    return event(code, _at(day), label, category)


IN_CHARGE = _said("LP01", POSTED, "Pris en charge")
FIRST = _said("LP09", ABSENT, "Destinataire absent avisé", "FIRST_PRESENTATION")
DELIVERED = _said("LP15", FETCHED, "Distribué", "DELIVERED")


async def _shown(company: Company) -> str:
    return "\n".join((await company.desk("show", case="C1"))["lines"])


async def _notice(company: Company) -> str:
    [state] = [
        told.rpartition(" ")[2] for told in await company.told() if told.startswith("mise-en-demeure registered")
    ]
    return state


async def test_a_notice_from_its_approval_to_the_hand_over(company: Company, house: MailHouse) -> None:
    """Its clock runs from the day on which the post first stood at the door, and each proof is kept as it comes."""
    order = await _submitted(company, house)
    assert order.recipients[0]["address_line_1"] == "CLIENT C1"
    assert order.documents[0].startswith(b"%PDF-")
    assert await _notice(company) == "sent"

    distributed(order, IN_CHARGE, number=NUMBER)
    proved(house, order, "deposit_proof", _at(POSTED))
    await company.morning(date(2026, 4, 3))
    assert f"proof-of-posting of {await _reference(company)}, {POSTED}: preuve-de-depot.pdf" in await _shown(company)

    distributed(order, IN_CHARGE, FIRST, number=NUMBER)
    await company.morning(date(2026, 4, 8))
    assert "letter presented" in await company.events()
    assert await _notice(company) == "sent"

    distributed(order, IN_CHARGE, FIRST, DELIVERED, number=NUMBER)
    proved(house, order, "acknowledgement_of_receipt", _at(FETCHED))
    await company.morning(date(2026, 4, 10))
    assert await _notice(company) == "delivered"
    assert f"receipt of {await _reference(company)}, {FETCHED}: avis-de-reception.pdf" in await _shown(company)

    await company.morning(LAST_DAY)
    assert "hand-over" not in await company.tasks()
    await company.morning(date(2026, 4, 23))
    assert "hand-over" in await company.tasks()
    assert len(house.submitted()) == 1


async def _reference(company: Company) -> str:
    return next(str(m["reference"]) for m in await company.messages() if m["road"] == "registered")


async def test_a_notice_that_was_paid_after_it_left_is_neither_called_back_nor_followed(
    company: Company, house: MailHouse
) -> None:
    """« Un envoi soumis ne peut pas être annulé. »"""
    order = await _submitted(company, house)
    company.clock.set(date(2026, 4, 9))
    await company.imports("payments", paper.payment("F-1", ABSENT), date(2026, 4, 8))
    distributed(order, IN_CHARGE, FIRST, DELIVERED)
    await company.morning(date(2026, 4, 10))
    assert await _notice(company) == "delivered"
    await company.morning(date(2026, 4, 23))
    assert "hand-over" not in await company.tasks()
    assert len(house.orders) == 1


async def test_a_notice_to_an_address_where_nobody_lives_is_told_and_goes_to_the_one_a_person_finds(
    company: Company, house: MailHouse
) -> None:
    """It comes back eight days after it left, and was never presented: no deadline runs, and nothing is handed over."""
    order = await _submitted(company, house)
    distributed(order, IN_CHARGE, _said("LP21", ABSENT, "Destinataire inconnu à l'adresse", "UNDELIVERED"))
    await company.morning(FETCHED)
    assert await _notice(company) == "failed"
    assert "address dead" in await company.events()
    assert (await company.holds(), "unreachable" in await company.tasks()) == (["unreachable"], True)
    await company.morning(date(2026, 5, 4))
    assert "hand-over" not in await company.tasks()

    said = await company.desk("debtor", case="C1", address="3 RUE HAUTE, 35000 RENNES")
    assert "goes on, for an address was found: 1 of its terms" in said["lines"]
    await company.works()
    assert (await company.told())[-1] == "mise-en-demeure registered parked"
    await company.desk("approve", step="mise-en-demeure", all=True)
    await company.works()
    again = house.submitted()[-1]
    assert again.recipients[0]["address_line_4"] == "3 RUE HAUTE"
    at = date(2026, 5, 6)
    distributed(again, _said("LP09", at, "Première présentation", "FIRST_PRESENTATION"))
    await company.morning(date(2026, 5, 21))
    assert "hand-over" not in await company.tasks()
    await company.morning(date(2026, 5, 22))
    assert "hand-over" in await company.tasks()
    assert len(house.submitted()) == 2


async def test_a_notice_that_maileva_rejects_is_made_again_when_a_person_says_so(
    company: Company, house: MailHouse
) -> None:
    order = await _submitted(company, house)
    order.status, order.told["status_detail"] = "REJECTED", "document illisible"
    await company.morning(date(2026, 4, 2))
    assert await _notice(company) == "failed"
    [task] = [t for t in (await company.desk("tasks"))["record"] if t["kind"] == "not delivered"]
    assert "document illisible" in task["words"]
    [notice] = [m for m in await company.messages() if m["road"] == "registered"]
    await company.desk("resend", message=notice["id"], reason="Maileva avait une panne")
    await company.works()
    again = house.submitted()[-1]
    assert again.id != order.id
    distributed(again, IN_CHARGE, FIRST)
    await company.morning(date(2026, 4, 8))
    await company.morning(date(2026, 4, 23))
    assert "hand-over" in await company.tasks()


# -- notifications ------------------------------------------------------------------------------------------------


def _notified(company: Company) -> None:
    """Maileva calls."""
    door = company.house.bare["notices"]
    assert isinstance(door, Hooked)
    door.heard(request())


async def _turns(company: Company, asking: Asking) -> None:
    await asking.turn(company.clock.now())
    await company.works()


async def _next(asking: Asking) -> datetime:
    """When it asks again."""
    moment = await asking.next_moment()
    assert moment is not None
    return moment


async def test_after_a_notification_a_proof_is_there_within_a_minute(company: Company, house: MailHouse) -> None:
    order = await _submitted(company, house)
    [asking] = [one for one in company.house.askings() if one.channel == "notices"]
    company.clock.set(POSTED, "15:00")
    await _turns(company, asking)
    distributed(order, IN_CHARGE, number=NUMBER)
    proved(house, order, "deposit_proof", _at(POSTED))
    company.clock.later(minutes=10)
    await _turns(company, asking)
    assert "proof-of-posting" not in await _shown(company)

    _notified(company)
    assert await _next(asking) <= company.clock.now()
    await _turns(company, asking)
    assert f"proof-of-posting of {await _reference(company)}, {POSTED}: preuve-de-depot.pdf" in await _shown(company)
    assert await _next(asking) == company.clock.now() + timedelta(hours=1)


async def test_a_notification_is_not_forgotten_when_maileva_does_not_answer(company: Company, house: MailHouse) -> None:
    await _submitted(company, house)
    [asking] = [one for one in company.house.askings() if one.channel == "notices"]
    company.clock.later(hours=1)
    await _turns(company, asking)
    company.clock.later(minutes=10)
    _notified(company)
    house.fault = lambda _: web.Response(status=503)
    await asking.turn(company.clock.now())
    assert await _next(asking) == company.clock.now() + timedelta(minutes=2)
