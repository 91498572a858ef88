"""Providers in a bad mood: slow at random, and now and then the line is cut, before a thing is done or after."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from relanced.demo.twilio import Twilio
from tests.maileva.mail_house import Handler, MailHouse


@dataclass
class Mood:
    """One for all of them; `cuts` is the share of requests that end without a word, at either moment."""

    chance: random.Random
    longest: float = 0.03  # seconds
    cuts: float = 0

    async def through(
        self, request: web.Request, do: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Do it, unless the line is cut before."""
        fate = self.chance.random()
        before, after = fate < self.cuts, self.cuts <= fate < 2 * self.cuts
        await self._pause()
        answer = web.Response() if before else await do(request)
        await self._pause()
        if (before or after) and request.transport:
            request.transport.abort()
        return answer

    async def _pause(self) -> None:
        await asyncio.sleep(self.chance.random() * self.longest)


@dataclass
class MoodyTwilio(Twilio):
    """Whatever it says or does not say: the texts it made are on their way, and no other."""

    mood: Mood = field(default_factory=lambda: Mood(random.Random(0)))

    async def _create(self, request: web.Request) -> web.StreamResponse:
        return await self.mood.through(request, super()._create)


@dataclass
class MoodyMailHouse(MailHouse):
    """Whatever it says or does not say: what was submitted is printed, and nothing else."""

    mood: Mood = field(default_factory=lambda: Mood(random.Random(0)))

    @web.middleware
    async def _door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        through = partial(super()._door, handler=handler)
        return await through(request) if request.method == "GET" else await self.mood.through(request, through)
