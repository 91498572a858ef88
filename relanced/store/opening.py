"""The store as the rest of the house sees it: one engine, and a room for each trade."""

from __future__ import annotations

from pathlib import Path

from relanced.store.adopting import Adopting
from relanced.store.agreements import Agreements
from relanced.store.alerts import Alerts
from relanced.store.audit import Audit
from relanced.store.bundles import Bundles
from relanced.store.calls import Calls
from relanced.store.casework import Casework
from relanced.store.chores import Chores
from relanced.store.clerk import Clerk
from relanced.store.contesting import Contesting
from relanced.store.deadlines import Deadlines
from relanced.store.doors import Doors
from relanced.store.edits import Edits
from relanced.store.engine import Engine
from relanced.store.filing import Filing
from relanced.store.hearing import Hearing
from relanced.store.house import House
from relanced.store.inbox import Inbox
from relanced.store.intake import Intake
from relanced.store.lock import Bumps
from relanced.store.morning import Morning
from relanced.store.offers import Offers
from relanced.store.people import People
from relanced.store.planning import Planning
from relanced.store.promises import Promises
from relanced.store.proofs import Proofs
from relanced.store.queue import Queue
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
        self.doors = Doors(self.engine)
        self.chores = Chores(self.engine, self.bumps)
        self.people = People(self.engine, self.bumps)
        self.edits = Edits(self.engine, self.bumps)
        self.adopting = Adopting(self.engine, self.bumps)
        self.tray = Tray(self.engine, self.bumps)
        self.bundles = Bundles(self.engine)
        self.proofs = Proofs(self.engine)
        self.hearing = Hearing(self.engine, self.bumps)
        self.calls = Calls(self.engine, self.bumps)
        self.promises = Promises(self.engine, self.bumps)
        self.agreements = Agreements(self.engine, self.bumps)
        self.offers = Offers(self.engine, self.bumps)
        self.casework = Casework(self.engine, self.bumps)
        self.contesting = Contesting(self.engine, self.bumps)
        self.deadlines = Deadlines(self.engine)
        self.filing = Filing(self.engine, self.bumps)
        self.inbox = Inbox(self.engine)
        self.queue = Queue(self.engine)
        self.views = Views(self.engine)
        self.audit = Audit(self.engine)
        self.alerts = Alerts(self.engine)
        self.morning = Morning(self.engine)

    @property
    def file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        return Path(str(self.engine.url.database)) if self.engine.sqlite else None

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.close()
