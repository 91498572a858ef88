"""The words of the printing tests: a door on a queue, what came out of its printer, what its jobs tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyipp import IPP
from pyipp.enums import IppJobState, IppOperation

from relanced.channel import Answer, Awaited, Heard, Parcel, Receipt, Surroundings
from relanced_letter import LetterSettings
from relanced_letter.printer import PrinterDoor
from tests.channels.letters import letter, yes
from tests.printing.cups import Cups

NOW = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class Office:
    """An office with one printer, and the door that gives it letters."""

    cups: Cups
    name: str
    state: Path
    heard: list[Heard] = field(default_factory=list)

    def door(self, **said: Any) -> PrinterDoor:
        """A door as it opens after a crash: it remembers what lies in its state folder."""
        settings = LetterSettings(out="printer", uri=self.cups.uri(self.name), **said)
        return PrinterDoor(settings, Surroundings("office", self.state, lambda: NOW))

    async def gives(self, attempt: str = "a1") -> tuple[Parcel, Answer]:
        """A letter goes to the printer."""
        door = self.door()
        parcel = door.compose(letter(attempt))
        return parcel, await door.submit(parcel, yes)

    async def printed(self, sheets: int = 1) -> list[bytes]:
        """What came out, once so many sheets did."""
        await until(lambda: len(self.cups.sheets(self.name)) >= sheets)
        return self.cups.sheets(self.name)

    async def asks(self, *attempts: str) -> list[Receipt]:
        """One round of questions: the receipts of what was not heard before."""
        door, fresh = self.door(), []
        known = {heard.key for heard in self.heard}

        async def keep(heard: Heard) -> None:
            if heard.key not in known:
                fresh.append(heard)

        awaited = [Awaited(attempt, "", "", NOW) for attempt in attempts or ("a1",)]
        await door.ask(awaited, NOW, keep)
        self.heard += fresh
        return [receipt for heard in fresh for receipt in door.read(heard)]

    async def hears(self, *attempts: str) -> list[Receipt]:
        """Round after round, until something is said."""
        for _ in range(200):
            if receipts := await self.asks(*attempts):
                return receipts
            await asyncio.sleep(0.02)
        raise AssertionError("the printer says nothing")

    async def is_at_work(self) -> None:
        """Wait until the first job in the queue is being printed."""
        for _ in range(400):
            jobs = await self.jobs()
            if jobs and jobs[0]["job-state"] is IppJobState.PROCESSING:
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the printer does not begin")

    async def rests(self) -> list[dict[str, Any]]:
        """Wait until the queue is empty: its history."""
        for _ in range(400):
            if not await self.jobs():
                return await self.jobs("completed")
            await asyncio.sleep(0.01)
        raise AssertionError("the printer does not come to rest")

    async def tells(self, operation: IppOperation, **said: Any) -> dict[str, Any]:
        """Somebody at the print server does something."""
        async with IPP(self.cups.uri(self.name)) as server:
            about = {name.replace("_", "-"): value for name, value in said.items()}
            who = {"requesting-user-name": "relanced", **about}
            return await server.execute(operation, {"operation-attributes-tag": who})

    async def jobs(self, which: str = "not-completed") -> list[dict[str, Any]]:
        """The jobs in the queue, or in its history."""
        wanted = ["job-id", "job-name", "job-state", "number-of-documents", "time-at-processing"]
        told = await self.tells(IppOperation.GET_JOBS, which_jobs=which, requested_attributes=wanted)
        jobs: list[dict[str, Any]] = told["jobs"]
        return jobs


async def until(true: Callable[[], bool]) -> None:
    """Wait for the world."""
    for _ in range(400):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")
