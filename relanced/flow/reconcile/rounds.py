"""What waited too long for a person is ended, as the policy says, or goes to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from relanced.premises import Premises
from relanced.store.opening import Store

log = structlog.get_logger("relanced.reconcile")


class Rounds:
    """The round that ends what lapsed, and hands on what nobody answered."""

    def __init__(self, store: Store, premises: Premises, ring: Callable[[], None]) -> None:
        self._store, self._premises, self._ring = store, premises, ring

    async def turn(self, now: datetime) -> bool:
        """End the messages whose time is over."""
        ended = await self._store.chores.lapse(now, self._premises.local(now).date())
        for message_id in ended:
            log.warning("message expired", message=message_id)
        if ended:
            self._ring()
        await self._hand_on(now)
        return bool(ended)

    async def _hand_on(self, now: datetime) -> None:
        """What nobody answered in time goes to who stands in; what ends soon is announced."""
        backups = {key: person.backup for key, person in self._premises.config.people.items() if person.backup}
        for case_id in await self._store.deadlines.pass_on(backups, now):
            log.warning("nobody answered in time: passed on", case=case_id)
        for case_id in await self._store.deadlines.remind(self._premises.local(now)):
            log.info("a hold ends soon", case=case_id)

    async def next_moment(self) -> datetime | None:
        """When the next message or hold runs out of time."""
        found = (await self._store.chores.next_lapse(), await self._store.deadlines.next_moment())
        return min((moment for moment in found if moment is not None), default=None)
