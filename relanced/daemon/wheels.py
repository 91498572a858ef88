"""A wheel turns while there is work, then sleeps until its own next moment. Each is supervised alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog

from relanced.clock import Clock
from relanced.store.engine import CommitUnknown, StoreFull

REST_AFTER_FAULT = 5.0  # seconds
REST_WHEN_FULL = 10.0

log = structlog.get_logger("relanced.daemon")


class Wheel(Protocol):
    """One kind of work, done in rounds."""

    async def turn(self, now: datetime) -> bool:
        """One round. True when there may be more to do at once."""

    async def next_moment(self) -> datetime | None:
        """When the next round is wanted, if time alone asks for one."""


async def at_once() -> None:
    """No breath is taken."""


class Spindle:
    """Turns one wheel. `turned` counts its rounds: what a watchdog looks at.

    `breathe` is awaited between two rounds, so that a wheel for which many ring sees many changes at once.
    """

    def __init__(self, name: str, wheel: Wheel, clock: Clock, breathe: Callable[[], Awaitable[None]] = at_once) -> None:
        self.name, self.wheel, self._clock, self._breathe = name, wheel, clock, breathe
        self._bell = asyncio.Event()
        self.turned = 0

    def ring(self) -> None:
        """Something has changed: look."""
        self._bell.set()

    async def spin(self) -> None:
        """Turn until cancelled. A round that fails is tried again later; an unknown COMMIT ends the process."""
        while True:
            try:
                await self._round()
            except CommitUnknown:
                raise
            except StoreFull as error:
                log.error("no room on the disk: nothing leaves", wheel=self.name, error=str(error))
                await asyncio.sleep(REST_WHEN_FULL)
            except Exception:
                log.exception("wheel failed", wheel=self.name)
                await asyncio.sleep(REST_AFTER_FAULT)

    async def _round(self) -> None:
        self._bell.clear()
        more = await self.wheel.turn(self._clock.now())
        self.turned += 1
        if more:
            await asyncio.sleep(0)
            return
        if not self._bell.is_set():
            await self._rest()
        await self._breathe()

    async def _rest(self) -> None:
        until = await self.wheel.next_moment()
        if until is None or until > self._clock.now():
            await self._clock.wait(self._bell, until)
        else:
            await asyncio.sleep(0.05)  # due, but not to be had just now: no spinning
