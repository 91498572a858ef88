"""Whether the clock on the wall goes as time does. What a leap would let leave at once waits for a person's word."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from relanced.clock import Clock, WallClock
from relanced.daemon.wheels import Wheel
from relanced.rules.audit import LEAPT
from relanced.store.journal import DAEMON
from relanced.store.opening import Store

LEAP = timedelta(minutes=5)

log = structlog.get_logger("relanced.daemon")


class Steady:
    """Compares the clock on the wall with the time since the machine was started, asleep or not, whenever it is asked.

    What is set bit by bit is no leap. A clock that somebody moves by hand, as the demonstration's, is always believed.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._passed = clock.passed if isinstance(clock, WallClock) else None
        self._ahead = self._difference()
        self._asked = asyncio.Lock()
        self.leapt: bool | None = None  # None: nobody has asked the database yet

    def _difference(self) -> timedelta:
        return timedelta(seconds=self._clock.now().timestamp() - self._passed()) if self._passed else timedelta(0)

    async def goes(self) -> bool:
        """Whether anything may be done by this clock. After a leap it may not until a person has started the house."""
        if self._passed is None:
            return True
        async with self._asked:
            if self.leapt is None:
                self.leapt = LEAPT in (await self._store.house.row()).stopped
            if self.leapt:
                return await self._started()
            ahead = self._difference()
            if abs(ahead - self._ahead) >= LEAP:
                await self._stop(ahead - self._ahead)
                return False
            self._ahead = ahead
            return True

    async def _stop(self, by: timedelta) -> None:
        """Every permit given is void; what waits for people lapses not."""
        seconds = timedelta(seconds=round(abs(by).total_seconds()))
        words = f"{LEAPT} {'back' if by < timedelta(0) else 'forward'} by {seconds}"
        log.critical(words, todo="set the clock right, then relanced start")
        await self._store.house.stop(words, DAEMON, self._clock.now())
        self.leapt = True

    async def _started(self) -> bool:
        if (await self._store.house.row()).stopped:
            return False
        self.leapt, self._ahead = False, self._difference()
        return True


class ByTheClock:
    """A wheel that acts when its time has come: it stands still while the clock is not to be believed."""

    def __init__(self, wheel: Wheel, steady: Steady) -> None:
        self._wheel, self._steady = wheel, steady

    async def turn(self, now: datetime) -> bool:
        """One round."""
        return await self._steady.goes() and await self._wheel.turn(now)

    async def next_moment(self) -> datetime | None:
        """When the next round is wanted."""
        return None if self._steady.leapt else await self._wheel.next_moment()
