"""A clock that runs sixty times as fast as the one on the wall, and goes on from life to life."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

SPEED = 60
START = datetime(2026, 3, 5, 8, 30, tzinfo=UTC)
_LOOK_UP = 0.05  # seconds of real time


class Hurried:
    """`began` is the real moment (epoch seconds) at which it showed `START`."""

    def __init__(self, began: float) -> None:
        self._began = began

    def now(self) -> datetime:
        """What it shows."""
        return START + timedelta(seconds=(time.time() - self._began) * SPEED)

    async def wait(self, bell: asyncio.Event, until: datetime | None) -> None:
        """Until the bell, the moment, or a glance later."""
        left = (until - self.now()).total_seconds() / SPEED if until else _LOOK_UP
        try:
            async with asyncio.timeout(max(0.0, min(left, _LOOK_UP))):
                await bell.wait()
        except TimeoutError:
            return
