"""An hour without the database: nothing is acknowledged, nothing leaves, and afterwards everything was heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from relanced.console.serving import site
from relanced.console.web import serve_web
from relanced.daemon import Daemon, daemon
from relanced.demo.twilio import Text, Twilio
from relanced.store.tables import heard
from tests.dovecot import Dovecot
from tests.email.cutting import Cutting, cutting
from tests.flow import answers, paper
from tests.flow.clock import Clock
from tests.flow.company import Company
from tests.flow.conftest import MONDAY, Found
from tests.flow.mailbox import imap
from tests.flow.texting import ACCOUNT, TOKEN, texting
from tests.ports import free_port
from tests.store.rows import every

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
USER = "no-database@atelier-dubois.example"
POLICIES = """
  both:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due,  via: [email, sms, letter]}
      - {name: relance-2, tone: firm,      when: 10 days after due, via: [email, sms, letter]}
"""


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    account = Twilio(ACCOUNT, TOKEN, Clock(MONDAY).now, takes=timedelta(minutes=1))
    yield account
    await account.close()


@pytest.fixture
async def line(postgres_url: str) -> AsyncIterator[Cutting]:
    """The way to the database."""
    async with cutting(urlsplit(postgres_url).port or 0) as way:
        yield way
        way.budget = None


@pytest.fixture
async def company(
    line: Cutting, found: Found, postgres_url: str, twilio: Twilio, mailboxes: Dovecot, tmp_path: Path
) -> Company:
    """C1 is written to by mail, C2 by text; it listens at a mailbox, and Twilio may call."""
    url = urlsplit(postgres_url)
    store = postgres_url.replace(f":{url.port}/", f":{line.port}/")
    words = {"store": store, "policies": POLICIES, "email": imap(tmp_path, mailboxes.port, USER)}
    made = await texting(found, twilio, tmp_path, free_port(), **words)
    await made.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2", email="", address="2 RUE X"))
    await made.imports("contacts", b"code client;mobile pour sms\nC2;06 12 34 56 78\n")
    return made


@asynccontextmanager
async def _at_work(company: Company) -> AsyncIterator[asyncio.Task[int]]:
    """A daemon lives, its port is open."""
    turning = Daemon(company.house, lambda living: serve_web(site(company.house, living)))
    living = asyncio.create_task(turning.run())
    try:
        yield living
    finally:
        turning.stop()
        await living


async def _until(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.05)


async def _time_passes(company: Company, minutes: int) -> None:
    """Wheels turn meanwhile."""
    for _ in range(minutes // 5):
        company.clock.later(minutes=5)
        await asyncio.sleep(0.12)


async def _calls(twilio: Twilio, said: Text) -> int:
    """Twilio tells of it. How it is answered, 0 when nobody listens."""
    try:
        return await twilio.call_back(said, said.callback or twilio.sent[0].callback.partition("?")[0])
    except OSError:
        return 0


async def _taken(twilio: Twilio, said: Text) -> bool:
    return await _calls(twilio, said) == 204


async def test_fault_43_an_hour_without_database_loses_no_answer(
    company: Company, line: Cutting, twilio: Twilio, mailboxes: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults 43 and 44. Twilio tells that the text arrived, and what C2 answered; C1 answers by mail."""
    monkeypatch.setattr(daemon, "REST", 0.05)
    (mail,) = await company.morning(DAY)
    (text,) = twilio.sent
    text.status = "delivered"
    wrote = twilio.receive(text.to, text.sender, "Facture contestée, appelez-moi")
    with capture_logs() as log:  # whose usual way of showing an exception would take seconds
        async with _at_work(company) as living:
            await _until(lambda: _taken(twilio, text))
            await _until(lambda: _arrived(company))
            await asyncio.sleep(0.5)  # a COMMIT that is cut off ends the process: another story
            line.budget = 0  # from now on every connection ends
            mailboxes.deliver(USER, answers.reply(company, mail, "Nous contestons la ligne 3."))
            for _ in range(3):
                assert await _calls(twilio, wrote) == 503
                await _time_passes(company, 20)
            assert not living.done()
            assert mailboxes.flags(USER) == [""]
            line.budget = None
            await _until(lambda: _taken(twilio, wrote))
            await _until(lambda: _held(company))
    assert living.result() == 0
    assert "webhook not kept: it is asked for again" in [line["event"] for line in log]
    assert await company.told("C2") == ["relance-1 sms delivered"]
    assert mailboxes.flags(USER) == ["relanced"]
    assert len(await every(company.house.store, heard)) == 3
    assert await company.morning(date(2026, 3, 12)) == []
    assert len(twilio.sent) == 1


async def _arrived(company: Company) -> bool:
    return await company.told("C2") == ["relance-1 sms delivered"]


async def _held(company: Company) -> bool:
    company.clock.later(minutes=1)
    return [await company.holds(debtor) for debtor in ("C1", "C2")] == [["reply"], ["reply"]]
