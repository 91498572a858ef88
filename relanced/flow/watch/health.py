"""Whether the house is well: the database answers, the wheels come round, the clerk lives, no door is shut."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from relanced.rules.audit import closed, still
from relanced.store.engine import CommitUnknown, StoreError
from relanced.store.opening import Store

PATIENCE = 5.0  # seconds of real time that the database may take to answer


class Pulse(Protocol):
    """What the daemon tells of itself."""

    def wheels(self) -> Mapping[str, timedelta]:
        """How long ago each wheel last came round, by name, in real time."""

    def clerk_lives(self) -> bool:
        """Whether the clerk is at work."""


class Report(Struct, frozen=True):
    """How the house is. `troubles` make it unwell; `stopped` is a person's decision, told and no trouble."""

    troubles: tuple[str, ...] = ()
    stopped: str = ""
    wheels: Mapping[str, int] = field(default_factory=dict)  # seconds since each came round

    @property
    def well(self) -> bool:
        """Nothing is wrong."""
        return not self.troubles


class Health:
    """Looks when it is asked."""

    def __init__(self, store: Store, pulse: Pulse) -> None:
        self._store, self.pulse = store, pulse

    async def look(self, now: datetime) -> Report:
        """The report of this moment."""
        wheels = self.pulse.wheels()
        troubles = [finding.words for finding in still(wheels)]
        troubles += [] if self.pulse.clerk_lives() else ["the clerk is not at work"]
        stopped = ""
        try:
            async with asyncio.timeout(PATIENCE):
                stopped, breakers = await self._store.audit.doors()
            troubles += [finding.words for finding in closed(breakers, now)]
        except (StoreError, CommitUnknown, OSError, TimeoutError) as error:
            troubles.append(f"the database does not answer: {error or 'too slow'}")
        return Report(tuple(troubles), stopped, {name: int(since.total_seconds()) for name, since in wheels.items()})
