"""A clock by hand: it shows what it is set to, and whoever waits looks up again at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock:
    """The company's clock."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """What it shows, in UTC."""
        return self._at

    def set(self, day: date, hour: str = "09:30") -> None:
        """A local day and hour, forwards or backwards."""
        self._at = datetime.combine(day, time.fromisoformat(hour), tzinfo=PARIS).astimezone(UTC)

    def later(self, **span: float) -> None:
        """Some minutes, hours or days pass."""
        self._at += timedelta(**span)

    async def wait(self, bell: asyncio.Event, until: datetime | None) -> None:
        """A moment of real time: the test may have turned the hands meanwhile."""
        del until
        try:
            async with asyncio.timeout(0.03):
                await bell.wait()
        except TimeoutError:
            return
