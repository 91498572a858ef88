"""What waited too long for a person is ended, as the policy says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from relanced.premises import Premises
from relanced.store.opening import Store

log = structlog.get_logger("relanced.reconcile")


class Rounds:
    """The round that ends what lapsed."""

    def __init__(self, store: Store, premises: Premises, ring: Callable[[], None]) -> None:
        self._store, self._premises, self._ring = store, premises, ring

    async def turn(self, now: datetime) -> bool:
        """End the messages whose time is over."""
        ended = await self._store.chores.lapse(now, self._premises.local(now).date())
        for message_id in ended:
            log.warning("message expired", message=message_id)
        if ended:
            self._ring()
        return bool(ended)

    async def next_moment(self) -> datetime | None:
        """When the next one runs out of time."""
        return await self._store.chores.next_lapse()
