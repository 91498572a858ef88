"""Asking a provider, at intervals, what became of what left, and what people wrote. One wheel for each door."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from relanced.channel import Asks, Keep
from relanced.store.errors import at_fault
from relanced.store.opening import Store

FIRST_LOOK_BACK = timedelta(days=60)  # an unfetched letter is back after a month
OVERLAP = timedelta(hours=1)  # the provider's clock, and what it was slow to show
SLOWEST_RETRY = timedelta(minutes=15)
LONGEST_ROUND = 300.0  # seconds of real time

log = structlog.get_logger("relanced.listen")


class Asking:
    """The questions put to one provider. One that does not answer delays nothing else, and is asked again later."""

    def __init__(self, channel: str, door: Asks, store: Store, keep: Keep) -> None:
        self.channel = channel
        self._door, self._store, self._keep = door, store, keep
        self._last: datetime | None = None  # the last good round: ours, that before a restart, or another daemon's
        self._again: datetime | None = None  # after a bad one
        self._failures = 0

    async def turn(self, now: datetime) -> bool:
        """One round of questions, if it is time."""
        if (due := self._due()) is not None and now < due:
            return False
        until = await self._store.hearing.heard_until(self.channel)
        if until is not None and timedelta(0) <= now - until < self._door.ask_every:
            self._last, self._again = until, None
            return False
        try:
            await self._ask(until, now)
        except Exception as error:
            if at_fault(error):
                raise
            self._failed(error, now)
        else:
            self._failures, self._again, self._last = 0, None, now
        return False

    def _due(self) -> datetime | None:
        """When the next round is; a door that was told something may shorten its intervals at any time."""
        if self._again is not None or self._last is None:
            return self._again
        return self._last + self._door.ask_every

    async def _ask(self, until: datetime | None, now: datetime) -> None:
        hearing, oldest = self._store.hearing, now - FIRST_LOOK_BACK
        awaited = await hearing.awaited(self.channel, oldest)
        async with asyncio.timeout(LONGEST_ROUND):
            await self._door.ask(awaited, until - OVERLAP if until else oldest, self._keep)
        await hearing.heard_all(self.channel, now)

    def _failed(self, error: Exception, now: datetime) -> None:
        """Slower each time, up to a quarter of an hour; never more often than in good times."""
        self._failures += 1
        every = self._door.ask_every
        wait = max(every, min(every * 2 ** min(self._failures, 10), SLOWEST_RETRY))
        self._again = now + wait
        said = f"{type(error).__name__}: {error}"
        about = {"channel": self.channel, "times": self._failures, "again": self._again.isoformat()}
        if isinstance(error, OSError | TimeoutError):
            log.warning("provider does not answer", **about, error=said)
        else:
            log.exception("provider cannot be asked", **about, error=said)

    async def next_moment(self) -> datetime | None:
        """When the next round is wanted."""
        return self._due()
