"""The demonstration's clock: it stands still while anything is under way, and jumps when every wheel is idle."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from relanced.clock import LONGEST_SLEEP

_GLANCE = 0.002


class NeverIdle(Exception):
    """Some wheel did not come to rest: the demonstration cannot go on."""


class DemoClock:
    """Told where to go by `advance`; after `let_run` it goes at the pace of the world.

    `patience`: seconds of real time that the work of one moment may take.
    """

    def __init__(self, start: datetime, patience: float = 60.0) -> None:
        self._now, self._patience = start, patience
        self._sleepers: dict[asyncio.Event, datetime | None] = {}
        self._naps = self._calm = 0  # how often a wheel went to sleep, and how often it had when all was done
        self._wheels = 0
        self._idle: Callable[[], bool] = lambda: True
        self._running_since: float | None = None

    def watch(self, wheels: int, idle: Callable[[], bool]) -> None:
        """Time may pass once so many wheels wait, and `idle` says that nothing is in anybody's hands."""
        self._wheels, self._idle = wheels, idle

    def now(self) -> datetime:
        """The moment shown."""
        if self._running_since is None:
            return self._now
        return self._now + timedelta(seconds=time.monotonic() - self._running_since)

    async def wait(self, bell: asyncio.Event, until: datetime | None) -> None:
        """Sleep until the bell; at `until` the clock rings it."""
        self._sleepers[bell] = until
        self._naps += 1
        try:
            async with asyncio.timeout(self._longest(until)):
                await bell.wait()
        except TimeoutError:
            return
        finally:
            del self._sleepers[bell]

    def _longest(self, until: datetime | None) -> float | None:
        if self._running_since is None:
            return None
        left = LONGEST_SLEEP if until is None else (until - self.now()).total_seconds()
        return max(0.0, min(left, LONGEST_SLEEP))

    async def advance(self, to: datetime) -> None:
        """Let time pass until `to`, from one moment that somebody waits for to the next. Raises NeverIdle."""
        await self.settle()
        while self._now < to:
            self._now = min((u for u in self._sleepers.values() if u and u > self._now), default=to)
            self._now = min(self._now, to)
            self._ring(lambda until: until is not None and until <= self._now)
            await self.settle()

    async def settle(self) -> None:
        """Wait, in real time, until everything that this moment asks for is done. Raises NeverIdle.

        A wheel may have made work for another that sleeps: all look again until none wishes for anything else.
        """
        before: list[datetime | None] | None = None
        try:
            async with asyncio.timeout(self._patience):
                wishes = await self._at_rest()
                while wishes != before and self._naps != self._calm:
                    self._ring(lambda _until: True)
                    before, wishes = wishes, await self._at_rest()
        except TimeoutError:
            raise NeverIdle(f"work was still under way after {self._patience} seconds, at {self._now}") from None
        self._calm = self._naps

    async def _at_rest(self) -> list[datetime | None]:
        """Wait until every wheel sleeps; until when, each."""
        while True:
            if self._settled():
                return sorted(self._sleepers.values(), key=str)
            await asyncio.sleep(_GLANCE)

    def _settled(self) -> bool:
        asleep = len(self._sleepers) == self._wheels and not any(bell.is_set() for bell in self._sleepers)
        return asleep and self._idle()

    def let_run(self) -> None:
        """From here on a second is a second."""
        self._running_since = time.monotonic()
        self._ring(lambda _until: True)

    def _ring(self, due: Callable[[datetime | None], bool]) -> None:
        for bell, until in self._sleepers.items():
            if due(until):
                bell.set()
