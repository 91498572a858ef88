"""Sheets that were withdrawn while they lay in a tray are pulled out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from relanced.channel import Channel, Withdraws
from relanced.store.opening import Store

log = structlog.get_logger("relanced.send")


class Trays:
    """The round that pulls sheets back."""

    def __init__(self, store: Store, doors: Mapping[str, Channel]) -> None:
        self._store, self._doors = store, doors

    async def turn(self, now: datetime) -> bool:
        """Pull back what must not be posted any more; a sheet that was taken already is told to whoever took it."""
        for sheet in await self._store.tray.to_pull():
            door = self._doors.get(sheet.channel)
            if isinstance(door, Withdraws):
                back = await door.withdraw(await self._store.tray.parcel(sheet.attempt))
                log.info("letter pulled back" if back else "letter no longer in tray", reference=sheet.reference)
            await self._store.tray.pulled(sheet.attempt, now)
        return False

    async def next_moment(self) -> datetime | None:
        """Only a withdrawal asks for another round."""
        return None
