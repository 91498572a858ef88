"""Sheets that were withdrawn while they lay in a tray are pulled out of it; what is in a person's hands is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from relanced.channel import Channel, Form, Withdraws, has_local_evidence
from relanced.store.opening import Store
from relanced.store.sending import same_machine
from relanced.store.tray import Sheet

log = structlog.get_logger("relanced.send")


class Trays:
    """The round that pulls sheets back."""

    def __init__(self, store: Store, doors: Mapping[str, Channel], owner: str) -> None:
        self._store, self._doors, self._owner = store, doors, owner
        self._told: set[str] = set()  # attempts that wait for a person's word; told again after a restart

    async def turn(self, now: datetime) -> bool:
        """Pull back what must not be posted any more. A tray that cannot be reached is tried again at the next turn."""
        for sheet in await self._store.tray.to_pull():
            if sheet.attempt in self._told or self._elsewhere(sheet):
                continue
            try:
                await self._pull(sheet, now)
            except Exception:
                log.exception("letter cannot be pulled back", reference=sheet.reference, channel=sheet.channel)
        return False

    def _elsewhere(self, sheet: Sheet) -> bool:
        """Whether it lies in a folder of another machine, which pulls it back itself."""
        local = not self._store.engine.sqlite and has_local_evidence(self._doors.get(sheet.channel))
        return local and not same_machine(sheet.owner, self._owner)

    async def _pull(self, sheet: Sheet, now: datetime) -> None:
        """A sheet that somebody took stays on the list until that person says what became of it."""
        if sheet.taken_at:
            await self._store.tray.not_to_post(sheet, "it was taken to be posted", now)
        door = self._doors.get(sheet.channel)
        back = isinstance(door, Withdraws) and await door.withdraw(await self._store.tray.parcel(sheet.attempt))
        log.info("letter pulled back" if back else "no longer in tray", reference=sheet.reference)
        if sheet.taken_at:
            self._told.add(sheet.attempt)
        elif back or (door is not None and door.form is not Form.PAPER):
            await self._store.tray.pulled(sheet.attempt, now)
        else:
            why = (
                "it is not in the tray any more" if door else f"the channel {sheet.channel} is not configured any more"
            )
            await self._store.tray.not_to_post(sheet, why, now)
            self._told.add(sheet.attempt)

    async def next_moment(self) -> datetime | None:
        """Only a withdrawal asks for another round."""
        return None
