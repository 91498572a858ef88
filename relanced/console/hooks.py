"""What providers call: a request that is genuine is stored as it came and committed before it is acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from relanced.channel import Channel, Heard, Hooked, Request
from relanced.store.engine import CommitUnknown, StoreError

PATIENCE = 10.0  # seconds of real time that storing may take before the provider is asked to come again
QUIET = 60.0  # seconds between two lines about forged requests

log = structlog.get_logger("relanced.web")
Keep = Callable[[str, Heard], Awaitable[None]]  # (channel, heard): returns after the COMMIT


class Hooks:
    """The webhooks of the doors that have one. `public_url`: the address a provider signs for; without it, none.

    `counts` are answers by channel and HTTP status, for the metrics.
    """

    def __init__(self, doors: Mapping[str, Channel], public_url: str | None, keep: Keep) -> None:
        self._doors = {n: d for n, d in doors.items() if isinstance(d, Hooked)} if public_url else {}
        self._public, self._keep = public_url or "", keep
        self._told_at = -QUIET
        self.counts: Counter[tuple[str, int]] = Counter()

    @property
    def names(self) -> set[str]:
        """The channels that may be called."""
        return set(self._doors)

    async def receive(self, request: web.Request) -> web.Response:
        """204 once it is committed; 403 when it is not genuine, 400 when it makes no sense, 503 when it cannot be kept,
        404 for a channel without a webhook. Sent again, in any order, it is the same thing."""
        name = request.match_info["channel"]
        door = self._doors.get(name)
        if door is None:
            return web.Response(status=404, text="no such hook")
        status = await self._taken(name, door, await self._asked(request))
        self.counts[name, status] += 1
        return web.Response(status=status, headers={"Retry-After": "60"} if status == 503 else {})

    async def _asked(self, request: web.Request) -> Request:
        """At the public address, whatever Host or X-Forwarded headers claim. Raises HTTPRequestEntityTooLarge."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Request(request.method, self._public + request.path_qs, headers, body)

    async def _taken(self, name: str, door: Hooked, asked: Request) -> int:
        if not door.genuine(asked):
            self._forged(name)
            return 403
        try:
            heard = door.heard(asked)
        except ValueError as error:
            log.warning("webhook not understood", channel=name, error=str(error))
            return 400
        try:
            async with asyncio.timeout(PATIENCE):
                await self._keep(name, heard)
        except (StoreError, CommitUnknown, OSError, TimeoutError) as error:
            log.error("webhook not kept: it is asked for again", channel=name, error=str(error) or "too slow")
            return 503
        return int(getattr(door, "acknowledge", 204))

    def _forged(self, name: str) -> None:
        """Told once a minute: whoever forges must not fill the log."""
        now = time.monotonic()
        if now - self._told_at >= QUIET:
            self._told_at = now
            log.warning("webhook not genuine", channel=name, todo="the provider's secret and desk.public_url must fit")
