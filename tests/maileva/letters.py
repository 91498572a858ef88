"""The words of these tests: a good letter, a door on a mail house, and what was kept of what it said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relanced.channel import Awaited, Heard, PaperDraft, Receipt, Said, Sent, Surroundings
from relanced_maileva import MailevaChannel, MailevaSettings
from tests.maileva.mail_house import CLIENT, PASSWORD, SECRET, USER, MailHouse, Order

DEADLINE = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)
NOW = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
ADDRESS = ("DUPONT SARL", "MADAME CLAIRE DUPONT", "12 RUE DES FORGES", "35000 RENNES")
SENDER = ("ATELIER DUBOIS SARL", "12 RUE DES FORGES", "35000 RENNES")


def letter(attempt: str = "a1", to: tuple[str, ...] = ADDRESS) -> PaperDraft:
    """A finished letter whose bytes differ from attempt to attempt."""
    pdf = b"%PDF-1.7\n" + attempt.encode() + b"\n%%EOF\n"
    return PaperDraft(attempt, "R-1", DEADLINE, to, "Mise en demeure – factures échues", pdf, 2, {"step": "x"})


def settings(url: str = "sandbox", **more: object) -> MailevaSettings:
    """An account for registered letters."""
    account = {"host": url, "client_id": CLIENT, "client_secret": SECRET, "user": USER, "password": PASSWORD}
    asked = {"registered": True, "sender": SENDER, "settle": timedelta(0), "timeout": 2.0}
    return MailevaSettings.model_validate(account | asked | more)


def channel(url: str = "sandbox", now: datetime = NOW, **more: object) -> MailevaChannel:
    """A door; ask again for the one that opens after a crash."""
    return MailevaChannel(settings(url, **more), Surroundings("registered", Path("/nowhere"), lambda: now))


@dataclass
class Kept:
    """What the house stored, each thing once, in the order in which it came."""

    rows: dict[str, Heard] = field(default_factory=dict)
    calls: int = 0

    async def __call__(self, heard: Heard) -> None:
        self.calls += 1
        self.rows.setdefault(heard.key, heard)

    def receipts(self, door: MailevaChannel) -> list[Receipt]:
        """What it all means."""
        return [receipt for heard in self.rows.values() for receipt in door.read(heard)]

    def said(self, door: MailevaChannel) -> set[Said]:
        """The kinds of what it means."""
        return {receipt.said for receipt in self.receipts(door)}


@dataclass
class Office:
    """A mail house and a door to it, with one letter that was handed over."""

    house: MailHouse
    door: MailevaChannel
    kept: Kept = field(default_factory=Kept)
    awaited: tuple[Awaited, ...] = ()

    async def send(self, attempt: str = "a1") -> Order:
        """Hand a letter over."""
        sent = await self.door.submit(self.door.compose(letter(attempt)), yes)
        assert isinstance(sent, Sent), sent
        self.awaited += (Awaited(attempt, sent.id, "\n".join(ADDRESS), DEADLINE),)
        return self.house.orders[sent.id]

    async def ask(self) -> set[Said]:
        """A round of questions; what all that was kept so far means."""
        await self.door.ask(self.awaited, DEADLINE, self.kept)
        return self.kept.said(self.door)

    def receipt(self, said: Said) -> Receipt:
        """The only receipt, or the first of equal ones, that says so."""
        return next(receipt for receipt in self.kept.receipts(self.door) if receipt.said is said)


@asynccontextmanager
async def office(product: str = "registered_mail/v4", now: datetime = NOW, **more: object) -> AsyncIterator[Office]:
    """A mail house with a door to it."""
    house = MailHouse(product)
    async with house.open() as url:
        if product == "mail/v2":
            more = {"registered": False} | more
        door = channel(url, now, **more)
        try:
            yield Office(house, door)
        finally:
            await door.close()


@asynccontextmanager
async def reopened(house: MailHouse) -> AsyncIterator[MailevaChannel]:
    """The door of the process that comes after a crash."""
    door = channel(house.url, registered=house.product != "mail/v2")
    try:
        yield door
    finally:
        await door.close()


def event(code: str, date: str, label: str = "", category: str = "") -> dict[str, Any]:
    """A status of distribution."""
    said = {"code": code, "date": date, "label": label, "source": "La Poste"}
    return said | ({"category": category} if category else {})


def distributed(order: Order, *events: dict[str, Any], number: str = "1E00232062142") -> dict[str, Any]:
    """The post tells about the letter. Its recipient, as the mail house keeps it."""
    order.status, recipient = "PROCESSED", order.recipients[0]
    order.told["processed_date"] = "2027-03-02T05:00:00.000Z"
    recipient |= {"status": "PROCESSED", "registered_number": number}
    recipient["main_delivery_statuses"] = [e for e in events if "category" in e]
    recipient["delivery_statuses"] = [e for e in events if "category" not in e]
    return recipient


def proved(house: MailHouse, order: Order, name: str, date: str, content: bytes = b"%PDF-1.4 proof") -> None:
    """A proof can be downloaded now."""
    recipient = order.recipients[0]
    recipient[f"{name}_url"] = f"/sendings/{order.id}/recipients/{recipient['id']}/download_{name}"
    recipient[f"{name}_date"] = date
    house.proofs[f"{recipient['id']}/download_{name}"] = content + name.encode()


async def yes() -> bool:
    """Go."""
    return True


async def never() -> bool:
    """Go, where nothing may be asked."""
    raise AssertionError("go was asked for a letter that cannot leave")
