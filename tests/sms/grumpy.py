"""A Twilio on a bad day."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from relanced.demo.twilio import Text, Twilio


@dataclass
class Grumpy(Twilio):
    """A Twilio whose answers to a text it made get lost, and whose lists lag."""

    loses: str = ""  # "slow", "cut", "500" or "garbage": what becomes of the answer
    lag: int = 0  # how many of the newest texts no list shows yet
    hung: asyncio.Event = field(default_factory=asyncio.Event)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        answer = await super()._create(request)
        match self.loses:
            case "slow":
                await self.hung.wait()
            case "cut":
                assert request.transport
                request.transport.abort()
            case "500" | "503":
                return web.json_response({"code": 20500, "message": "oops", "status": 500}, status=int(self.loses))
            case "garbage":
                return web.Response(text="<html>", status=201)
        return answer

    def listed(self) -> list[Text]:
        return super().listed()[self.lag :]
