"""Ears that stay open: one for each inbox. An ear that is cut is opened again, slower each time.

That it still hears is a row, which the gate reads: when an ear was deaf for an hour, nothing leaves.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from relanced.channel import Keep, Watches
from relanced.rules.audit import ear
from relanced.store.errors import CommitUnknown, StoreError
from relanced.store.opening import Store

TOLD_EVERY = timedelta(minutes=1)  # how often the row is written while all is well
FIRST_RETRY, SLOWEST_RETRY = timedelta(seconds=2), timedelta(minutes=5)
FIRST_WORD = 20.0  # seconds of real time an ear that was just opened has to hear all there is

log = structlog.get_logger("relanced.listen")


class Watching:
    """One ear, supervised."""

    def __init__(self, channel: str, inbox: str, door: Watches, store: Store, keep: Keep) -> None:
        self.name = ear(channel, inbox)
        self._channel, self._inbox, self._door = channel, inbox, door
        self._store, self._keep = store, keep
        self._listening: asyncio.Task[None] | None = None
        self._next: datetime | None = None
        self._failures = 0
        self._heard = asyncio.Event()
        self._heard_at = 0.0  # on the monotonic clock
        self._told: datetime | None = None

    async def turn(self, now: datetime) -> bool:
        """Open the ear if it is shut and it is time; write down that it hears."""
        if self._listening is not None and self._listening.done():
            self._cut(self._listening, now)
        if self._listening is None and (self._next is None or now >= self._next):
            await self._open(now)
        if self._listening is not None and self._heard.is_set():
            await self._tell(now)
        return False

    async def _open(self, now: datetime) -> None:
        """Listen from where it was last heard, and wait a moment for the first word."""
        since = await self._store.hearing.heard_until(self._channel, self._inbox) or now
        self._heard.clear()
        self._listening = asyncio.create_task(self._listen(since), name=f"ear {self.name}")
        first = asyncio.create_task(self._heard.wait())
        try:
            await asyncio.wait({self._listening, first}, timeout=FIRST_WORD, return_when=asyncio.FIRST_COMPLETED)
        finally:
            first.cancel()
        if self._listening.done():
            self._cut(self._listening, now)

    async def _listen(self, since: datetime) -> None:
        await self._door.watch(self._inbox, since, self._keep, self._hears)

    def _hears(self) -> None:
        self._heard_at = time.monotonic()
        self._heard.set()

    async def _tell(self, now: datetime) -> None:
        """The moment at which it last heard all there was, by the house's clock."""
        heard = now - timedelta(seconds=time.monotonic() - self._heard_at)
        if self._told is not None and self._failures == 0 and timedelta(0) <= heard - self._told < TOLD_EVERY:
            return
        if self._failures or self._told is None:
            log.info("ear open", ear=self.name)
        await self._store.hearing.heard_all(self._channel, heard, self._inbox)
        self._told, self._failures = heard, 0

    def _cut(self, listening: asyncio.Task[None], now: datetime) -> None:
        """Raises CommitUnknown, which ends the process."""
        self._listening = None
        self._failures += 1
        self._next = now + min(FIRST_RETRY * 2 ** min(self._failures - 1, 10), SLOWEST_RETRY)
        error = None if listening.cancelled() else listening.exception()
        if isinstance(error, CommitUnknown):
            raise error
        about = {"ear": self.name, "times": self._failures, "again": self._next.isoformat()}
        if error is None or isinstance(error, OSError | TimeoutError | StoreError):
            log.warning("ear cut", **about, error=str(error or "it ended"))
        else:
            log.error("ear failed", **about, exc_info=error)

    async def next_moment(self) -> datetime | None:
        """When it is opened again; None while it is open: no clock is moved for its sake."""
        return self._next if self._listening is None else None

    async def close(self) -> None:
        """Shut the ear."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await listening
