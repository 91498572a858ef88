"""The Atelier Dubois: a real house on a real database, a relay and a spool, and a clock by hand.

Its verbs are the desk's own, by name; `morning` is a working day that begins with what the bank said of the day before.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from relanced.config import load_text
from relanced.console.desk import answer
from relanced.counter import Desk
from relanced.daemon import Daemon, run_once
from relanced.house import House, open_house
from relanced.rules.calendar import add_bank_days
from relanced.store.tables import cases, holds
from tests.flow import paper
from tests.flow.clock import Clock
from tests.flow.relay import Mail, Relay
from tests.store.rows import every

Row = dict[str, Any]


class Said(Exception):
    """The desk said no, in these words."""


class Company:
    """One house while its daemon is at work or not; `folder` holds its database, its spools and its configuration."""

    def __init__(self, folder: Path, relay: Relay, clock: Clock, words: Mapping[str, object]) -> None:
        self.folder, self.relay, self.clock, self.words = folder, relay, clock, dict(words)
        self.house: House

    # -- the house ------------------------------------------------------------------------------------------------

    async def open(self, **changes: object) -> None:
        """Open the house, under its configuration as it was or with some words changed."""
        self.words |= changes
        words = {"port": self.relay.port, **self.words}
        kinds: Any = words.pop("kinds", None)
        text, path = paper.configuration(self.folder, **words), self.folder / "config.yaml"
        path.write_text(text, "utf-8")
        self.house = await open_house(load_text(text.encode(), path, {}, kinds=kinds), self.clock, "a story")

    async def close(self) -> None:
        """Close the house, if it is open."""
        await self.house.close()

    async def reopen(self, **changes: object) -> None:
        """Close, and open again."""
        await self.house.close()
        await self.open(**changes)

    async def desk(self, verb: str, by: str = "claire", files: dict[str, bytes] | None = None, **words: Any) -> Row:
        """Ask the desk. Raises Said when it refuses."""
        desk = Desk(self.house.store, self.house.premises, self.house.doors, self.house.clock)
        sent = {name: base64.b64encode(content).decode() for name, content in (files or {}).items()}
        said = await answer(desk, {"verb": verb, "words": words, "files": sent}, by)
        if said.get("error") or said.get("bad"):
            raise Said(said.get("error") or "; ".join(said["lines"]))
        return said

    async def answered(self, debtor: str = "C1", by: str = "claire", **words: Any) -> Row:
        """Somebody has read the case, and says that what was written is answered."""
        version = (await self.desk("show", by=by, case=debtor))["record"]["version"]
        return await self.desk("release", by=by, case=debtor, seen=version, **words)

    async def imports(self, kind: str, content: bytes, covers: date | None = None, creditor: str = "atelier") -> None:
        """A bookkeeper's file comes in."""
        words = {"covers": covers.isoformat()} if covers else {}
        await self.desk("import", files={f"{kind}.csv": content}, kind=kind, creditor=creditor, **words)

    async def bills(self, *lines: str) -> None:
        """Invoices come in."""
        await self.imports("invoices", paper.invoices(*lines))

    async def bank(self, covers: date) -> None:
        """The bank says that nothing came in until that day."""
        await self.imports("payments", paper.NO_PAYMENTS, covers)

    # -- the days -------------------------------------------------------------------------------------------------

    async def morning(self, day: date, hour: str = "09:30", fresh: bool = True) -> list[Mail]:
        """A working day begins. Returns the mails that left in it so far."""
        self.clock.set(day, hour)
        if fresh:
            await self.bank(add_bank_days(day, -1))
        return await self.works()

    async def works(self) -> list[Mail]:
        """Every wheel turns until nothing is due. Returns the mails that left."""
        await run_once(self.house, longest=60)
        return self.relay.fresh()

    async def sends(self) -> None:
        """The senders alone turn once, before any other wheel has seen what changed, and what they worded leaves."""
        daemon = Daemon(self.house)
        for sender in daemon.senders:
            await sender.wheel.turn(self.clock.now())
        await daemon.clerk.commit()
        await daemon.clerk.drain(5)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The wheels turn while the story goes on; at its end they have come to rest."""
        turning = asyncio.create_task(run_once(self.house, longest=60))
        try:
            yield
        finally:
            await turning

    async def stops_after_the_mail(self) -> None:
        """Sending is stopped while the relay takes a mail: its copies have to wait."""
        gate = self.relay.hold("DOT")
        async with self.at_work():
            await gate.wait()
            await self.desk("stop")
            gate.opened.set()

    # -- looking --------------------------------------------------------------------------------------------------

    async def case(self, debtor: str = "C1") -> int:
        """The number of a debtor's case."""
        return await self.house.store.views.find_case(debtor)

    async def messages(self, debtor: str = "C1") -> list[Row]:
        """Everything that was worded for a debtor, oldest first."""
        return await self.house.store.views.messages_of(await self.case(debtor))

    async def told(self, debtor: str = "C1") -> list[str]:
        """The same in short: step, road, state."""
        return [f"{m['step']} {m['road']} {m['state']}" for m in await self.messages(debtor)]

    async def last(self, debtor: str = "C1") -> Row:
        """The newest message of a debtor."""
        return (await self.messages(debtor))[-1]

    async def holds(self, debtor: str = "C1") -> list[str]:
        """Why the case stands still."""
        return [hold["kind"] for hold in await self._running(debtor)]

    async def tasks(self) -> list[str]:
        """What the machine asks of people, by kind."""
        return [task["kind"] for task in await self.house.store.views.tasks()]

    async def crossed(self, debtor: str = "C1") -> bool:
        """Whether a fact changed while a message of the case was leaving."""
        (row,) = await every(self.house.store, cases, id=await self.case(debtor))
        return bool(row["crossed"])

    async def _running(self, debtor: str) -> list[Row]:
        return await every(self.house.store, holds, case_id=await self.case(debtor), ended_at=None)

    async def events(self, debtor: str = "C1") -> list[str]:
        """What the journal tells of a case."""
        return [entry["event"] for entry in await self.house.store.views.journal_of(await self.case(debtor))]

    def lying(self, tray: str = "letters") -> list[Path]:
        """The sheets in a tray, oldest first."""
        return sorted((self.folder / tray).glob("*.pdf"), key=lambda path: path.stat().st_mtime_ns)


def reads(sheet: Path) -> str:
    """The words on a sheet, in one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(sheet).pages).split())
