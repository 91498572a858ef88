"""What comes back to the store's tests: kept, read and put into effect as the listening wheel would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from relanced.channel import Heard, Receipt, Reply, Said
from relanced.rules.model import Road
from relanced.store.hearing import Kept, Terms
from relanced.store.opening import Store
from relanced.store.tables import heard
from tests.store.books import CREDITOR, Books
from tests.store.rows import every

DAYS = timedelta(days=1)
_KEYS = count(1)


@dataclass
class Ears:
    """One channel that hears; `road` is its own."""

    books: Books
    channel: str = "twilio"
    road: Road = Road.SMS
    readers: Mapping[str, str] = field(default_factory=lambda: {CREDITOR: "claire"})

    @property
    def store(self) -> Store:
        """The store the books are in."""
        return self.books.store

    def terms(self) -> Terms:
        """What the house lays down."""
        now, numbers = self.books.now, count(1)
        return Terms(
            road=self.road,
            readers=self.readers,
            new_reference=lambda: f"N{next(_KEYS)}-{next(numbers)}",
            lapse_at=now + 14 * DAYS,
            answer_by=now + 14 * DAYS,
        )

    async def keep(self, key: str = "", raw: bytes = b"{}") -> Kept:
        """Something comes through the channel."""
        key = key or f"k{next(_KEYS)}"
        await self.store.hearing.keep(self.channel, Heard(key, raw, {"how": "hook"}), self.books.now)
        return (await self.unread())[-1]

    async def unread(self) -> list[Kept]:
        """What was not read yet."""
        return await self.store.hearing.unread([self.channel], self.books.now, 100)

    async def apply(self, kept: Kept, *said: Receipt | Reply) -> str:
        """It is read as that."""
        return await self.store.hearing.apply(kept, said, self.terms(), self.books.now)

    async def hear(self, *said: Receipt | Reply) -> str:
        """Something comes, and is read as that."""
        return await self.apply(await self.keep(), *said)

    def receipt(self, said: Said, attempt: str = "", **more: Any) -> Receipt:
        """A machine's word of this moment."""
        about = {"at": self.books.now, "words": f"it was {said.value}", **more}
        return Receipt(said, attempt=attempt, **about)

    def reply(self, text: str = "J'ai déjà réglé.", sender: str = "+33612345678", **more: Any) -> Reply:
        """A person's word of this moment."""
        return Reply(**{"at": self.books.now, "sender": sender, "to": "+33600000000", "text": text, **more})

    async def rows(self) -> list[dict[str, Any]]:
        """Everything that was ever heard."""
        return await every(self.store, heard)
