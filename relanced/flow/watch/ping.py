"""The dead man's handle: an address is asked for every few minutes while all is well; its silence is the alarm."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from relanced.flow.watch.health import Health

EVERY = timedelta(minutes=5)
PATIENCE = 10.0  # seconds of real time

log = structlog.get_logger("relanced.watch")


class Ping:
    """The wheel that holds the handle."""

    def __init__(self, address: str, health: Health) -> None:
        self._address, self._health = address, health
        self._asked: datetime | None = None

    async def turn(self, now: datetime) -> bool:
        """Ask, when the house is well and five minutes have passed. What is answered does not matter, only to whom."""
        if self._asked is not None and timedelta(0) <= now - self._asked < EVERY:
            return False
        self._asked = now
        report = await self._health.look(now)
        if not report.well:
            log.warning("not well: no ping", troubles="; ".join(report.troubles))
            return False
        await self._ask()
        return False

    async def _ask(self) -> None:
        from aiohttp import ClientError, ClientSession, ClientTimeout  # slow to import, and few hold this handle

        patience = ClientTimeout(total=PATIENCE)
        try:
            async with (
                ClientSession(timeout=patience) as session,
                session.get(self._address, allow_redirects=False) as answer,
            ):
                answer.raise_for_status()
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("ping failed", error=type(error).__name__)

    async def next_moment(self) -> datetime | None:
        """None: it is woken often enough."""
        return None
