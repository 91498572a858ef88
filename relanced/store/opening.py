"""The store as the rest of the house sees it: one engine, and a room for each trade."""

from __future__ import annotations

from pathlib import Path

from relanced.store.chores import Chores
from relanced.store.clerk import Clerk
from relanced.store.engine import Engine
from relanced.store.house import House
from relanced.store.intake import Intake
from relanced.store.lock import Bumps
from relanced.store.people import People
from relanced.store.planning import Planning
from relanced.store.sending import Sending
from relanced.store.tray import Tray
from relanced.store.views import Views


class Store:
    """Opens nothing until the first query."""

    def __init__(self, url: str) -> None:
        self.engine = Engine(url)
        self.bumps = Bumps()
        self.house = House(self.engine, self.bumps)
        self.intake = Intake(self.engine, self.bumps)
        self.planning = Planning(self.engine, self.bumps)
        self.sending = Sending(self.engine)
        self.clerk = Clerk(self.engine, self.bumps)
        self.chores = Chores(self.engine, self.bumps)
        self.people = People(self.engine, self.bumps)
        self.tray = Tray(self.engine, self.bumps)
        self.views = Views(self.engine)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(str(self.engine.url.database)) if self.engine.sqlite else None

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.close()
