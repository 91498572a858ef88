"""A company that texts through a Twilio which calls back: the port it calls, and what it sees of its calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from relanced.console.serving import site
from relanced.console.web import serve_web
from relanced.daemon import Daemon
from relanced.demo.twilio import Twilio
from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found

ACCOUNT, TOKEN, OURS = "AC" + "7e" * 16, "an auth token of Twilio", "38123"
POLICIES = """
  texts:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due,  via: [sms, letter]}
      - {name: relance-2, tone: firm,      when: 10 days after due, via: [sms, letter]}
"""


def called(port: int, more: str = "") -> dict[str, str]:
    """The words of a configuration whose port for machines is that one; its public address is the same."""
    return {"desk": f', listen: "127.0.0.1:{port}", public_url: "http://127.0.0.1:{port}"{more}'}


def hook(port: int, channel: str = "texts") -> str:
    """Where a provider calls."""
    return f"http://127.0.0.1:{port}/hook/{channel}"


async def texting(found: Found, twilio: Twilio, folder: Path, port: int, **words: object) -> Company:
    """It texts, and writes letters where it cannot; Twilio calls at that port."""
    token = paper.secret(folder, "twilio", TOKEN)
    keys = f'account: {ACCOUNT}, token: {token}, api: "{await twilio.open()}", callback_url: "{hook(port)}"'
    channels = f"  texts: {{kind: sms, {keys}, from: {OURS}}}"
    said = {"roads": ", sms: texts", "channels": channels, "policies": POLICIES, **called(port), **words}
    company = await found(**said)
    twilio.now = company.clock.now
    return company


async def owe(company: Company, due: date, *numbers: str) -> None:
    """So many debtors, C1 and on, each with a mobile of their own."""
    several = list(enumerate(numbers, 1))
    lines = (paper.invoice(f"F-{n}", due, f"C{n}", email="", address=f"{n} RUE DU BAC") for n, _ in several)
    await company.bills(*lines)
    mobiles = "\n".join(("code client;mobile pour sms", *(f"C{n};{number}" for n, number in several), ""))
    await company.imports("contacts", mobiles.encode())


@asynccontextmanager
async def listening(company: Company) -> AsyncIterator[None]:
    """The port is open while the context lasts; the wheels turn when the story turns them."""
    async with serve_web(site(company.house, Daemon(company.house))):
        yield
