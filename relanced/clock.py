"""The clock, handed to whoever needs one: what time it is, and waiting for a bell or a moment."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

LONGEST_SLEEP = 15.0  # seconds: what a missed bell, a suspend or a clock that jumped may cost


class Clock(Protocol):
    """Aware moments, and patience. Leases and socket timeouts keep real time beside it."""

    def now(self) -> datetime:
        """This moment, in UTC."""

    async def wait(self, bell: asyncio.Event, until: datetime | None) -> None:
        """Return when the bell rings, at `until`, or a little earlier: the caller looks again."""


class WallClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        """This moment."""
        return datetime.now(UTC)

    def passed(self) -> float:
        """The seconds since the machine was started, asleep or not: nobody sets these hands."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def wait(self, bell: asyncio.Event, until: datetime | None) -> None:
        """Sleep until the bell or the moment, never longer than 15 seconds."""
        left = LONGEST_SLEEP if until is None else (until - self.now()).total_seconds()
        try:
            async with asyncio.timeout(max(0.0, min(left, LONGEST_SLEEP))):
                await bell.wait()
        except TimeoutError:
            return
