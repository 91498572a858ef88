"""Providers call: Twilio's statuses and texts, Maileva's notifications, over HTTP, until their effect on the case."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest
from aiohttp import ClientSession, encode_basic_auth

from relanced.demo.twilio import Text, Twilio
from relanced.store.tables import addresses, heard
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.flow.texting import ACCOUNT, OURS, TOKEN, called, hook, listening, owe, texting
from tests.maileva.letters import distributed, event
from tests.maileva.mail_house import CLIENT, PASSWORD, SECRET, USER, MailHouse, Order
from tests.ports import free_port
from tests.store.rows import every

DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 16)
MOBILE = "+33612345678"


@pytest.fixture
def port() -> int:
    """Where providers call."""
    return free_port()


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    account = Twilio(ACCOUNT, TOKEN, Clock(MONDAY).now)
    yield account
    await account.close()


@pytest.fixture
async def company(found: Found, twilio: Twilio, tmp_path: Path, port: int) -> Company:
    """It texts; Twilio calls back."""
    return await texting(found, twilio, tmp_path, port)


# -- Twilio -------------------------------------------------------------------------------------------------------


async def test_a_status_is_told_at_once_and_no_poll_is_waited_for(company: Company, twilio: Twilio, port: int) -> None:
    await owe(company, DUE, "06 12 34 56 78")
    await company.morning(DAY)
    (text,) = twilio.sent
    assert text.callback.startswith(f"{hook(port)}?attempt=")
    async with listening(company):
        for status in ("sent", "delivered"):
            text.status = status
            assert await twilio.call_back(text) == 204
    await company.works()
    assert await company.told() == ["relance-1 sms delivered"]
    assert (await company.events()).count("receipt taken") == 1


async def test_what_becomes_of_a_test_is_nobody_s_and_no_person_is_asked(
    company: Company, twilio: Twilio, port: int
) -> None:
    await company.desk("send-test", channel="texts", to="06 98 76 54 32", wait=0)
    (text,) = twilio.sent
    assert "?attempt=test-" in text.callback
    text.status = "delivered"
    async with listening(company):
        assert await twilio.call_back(text) == 204
    await company.works()
    company.clock.later(hours=2)
    await company.works()
    assert await company.tasks() == []
    assert [row["waits"] for row in await every(company.house.store, heard)] == [""]


async def test_a_stop_that_is_called_in_is_obeyed_at_once(company: Company, twilio: Twilio, port: int) -> None:
    await owe(company, DUE, "06 12 34 56 78")
    await company.morning(DAY)
    async with listening(company):
        assert await twilio.call_back(twilio.receive(MOBILE, OURS, "STOP"), hook(port)) == 204
    await company.works()
    assert [a["consent"] for a in await every(company.house.store, addresses, road="sms")] == ["withdrawn"]
    assert (await company.holds(), await company.tasks()) == (["reply"], ["reply"])
    await company.answered(reason="lu")
    await company.morning(NEXT)
    assert (await company.told())[-1] == "relance-2 letter in_tray"
    assert len(twilio.sent) == 1


End = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, int], ...]]  # messages, holds, how often what was told
ORDERS = list(permutations(("sent", "delivered", "undelivered", "wrote")))


async def test_fault_42_four_webhooks_five_times_each_in_every_order_come_to_one_end(
    company: Company, twilio: Twilio, port: int
) -> None:
    """Faults 41 and 42, attack 13. Each of 24 debtors gets the calls in an order of their own, again and again."""
    await owe(company, DUE, *(f"06123{n:05d}" for n in range(len(ORDERS))))
    await company.morning(DAY)
    texts = {text.to: text for text in twilio.sent}
    assert len(texts) == len(ORDERS)
    async with listening(company):
        for n, order in enumerate(ORDERS):
            text = texts[f"+336123{n:05d}"]
            wrote = twilio.receive(text.to, OURS, "Bonjour, c'est payé.")
            answers = [await _calls(twilio, text, wrote, status, port) for _ in range(5) for status in order]
            assert set(answers) == {204}
            if n % 8 == 0:
                await company.works()  # some are read between two calls
    await company.works()
    ends = Counter([await _end(company, f"C{n}") for n in range(1, len(ORDERS) + 1)])
    once = (("message failed", 1), ("receipt bounced", 1), ("receipt delivered", 1), ("receipt taken", 1), ("reply", 1))
    assert ends == {(("relance-1 sms failed",), ("reply",), once): len(ORDERS)}
    assert Counter(await company.tasks()) == {"reply": len(ORDERS), "not delivered": len(ORDERS)}
    assert len(await every(company.house.store, heard)) == 4 * len(ORDERS)


async def _calls(twilio: Twilio, text: Text, wrote: Text, status: str, port: int) -> int:
    if status == "wrote":
        return await twilio.call_back(wrote, hook(port))
    text.status, text.error = status, 30003 if status == "undelivered" else None
    return await twilio.call_back(text)


async def _end(company: Company, debtor: str) -> End:
    """What became of it, however it was told."""
    told = Counter(e for e in await company.events(debtor) if e.startswith(("receipt", "reply", "message failed")))
    return tuple(await company.told(debtor)), tuple(await company.holds(debtor)), tuple(sorted(told.items()))


# -- Maileva ------------------------------------------------------------------------------------------------------

LOGIN = ("maileva", "a long secret of ours")
PLAIN = """
  letters:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [registered]}]
"""
TOLD = (
    ("ON_STATUS_PROCESSED", "registered_mail/v4/sendings", "2026-03-06T05:00:00.000Z"),
    ("ON_DEPOSIT_PROOF_RECEIVED", "registered_mail/v4/recipients", "2026-03-06T09:15:00.000Z"),
    ("ON_MAIN_DELIVERY_STATUS_FIRST_PRESENTATION", "registered_mail/v4/recipients", "2026-03-09T09:15:00.000Z"),
    ("ON_MAIN_DELIVERY_STATUS_DELIVERED", "registered_mail/v4/recipients", "2026-03-10T09:15:00.000Z"),
)
NEWS = (
    event("LP01", "2026-03-06T10:15:00+01:00", "Pris en charge"),
    event("LP09", "2026-03-09T10:15:00+01:00", "Destinataire absent avisé", "FIRST_PRESENTATION"),
    event("LP15", "2026-03-10T10:15:00+01:00", "Distribué", "DELIVERED"),
)


@pytest.fixture
async def house() -> AsyncIterator[MailHouse]:
    house = MailHouse(now=Clock(MONDAY).now)
    async with house.open():
        yield house


async def test_fault_42_notifications_five_times_each_in_every_order_come_to_one_end(
    found: Found, house: MailHouse, tmp_path: Path, port: int
) -> None:
    """Fault 42, attack 13. They only make us ask; what Maileva answers is put into effect once."""
    company = await _by_maileva(found, house, tmp_path, port)
    orders = list(permutations(TOLD))
    lines = [paper.invoice(f"F-{n}", DUE, f"C{n}", email="", address=f"{n} RUE DU BAC") for n, _ in enumerate(orders)]
    await company.bills(*lines)
    await company.morning(DAY)
    (submitted, asked) = house.submitted(), len(house.requests)
    assert len(submitted) == len(orders)
    company.clock.set(date(2026, 3, 11))
    async with listening(company), ClientSession(headers={"Authorization": encode_basic_auth(*LOGIN)}) as maileva:
        for sending, order in zip(submitted, orders, strict=True):
            distributed(sending, *NEWS)
            for _ in range(5):
                answers = [await _notifies(maileva, port, sending, *told) for told in order]
                assert answers == [201] * 4
    await company.works()
    ends = Counter([await _end(company, f"C{n}") for n, _ in enumerate(orders)])
    ((told, held, receipts),) = ends
    assert (told, held) == (("relance-1 registered delivered",), ())
    assert dict(receipts) | {"receipt noted": 4 + 1, "receipt delivered": 1} == dict(receipts)  # one was asked for
    assert set(await company.tasks()) == {"ladder ended"}
    assert len(house.requests) - asked < 10 * len(orders)


async def _by_maileva(found: Found, house: MailHouse, folder: Path, port: int) -> Company:
    """A company all of whose letters are registered ones by Maileva, which notifies it."""
    secret, password = (paper.secret(folder, *said) for said in (("application", SECRET), ("maileva", PASSWORD)))
    hooked = paper.secret(folder, "hook", LOGIN[1])
    keys = f'host: "{house.url}", client_id: {CLIENT}, client_secret: {secret}, user: {USER}, password: {password}'
    sender = "sender: [ATELIER DUBOIS SARL, 12 RUE DES FORGES, 35000 RENNES]"
    notified = f"notifications: {{user: {LOGIN[0]}, password: {hooked}}}"
    channels = f"  notices: {{kind: maileva, registered: true, {keys}, {sender}, {notified}}}"
    company = await found(registered="notices", channels=channels, policies=PLAIN, **called(port))
    house.now = company.clock.now
    return company


async def _notifies(maileva: ClientSession, port: int, sending: Order, what: str, about: str, at: str) -> int:
    """A notification as Maileva makes it."""
    named = sending.id if about.endswith("sendings") else sending.recipients[0]["id"]
    said = {"event_type": what, "resource_type": about, "event_date": at, "resource_id": named}
    more = {"source": "api.maileva.com", "resource_custom_id": sending.asked["custom_id"]}
    async with maileva.post(hook(port, "notices"), json=said | more) as answer:
        return answer.status
