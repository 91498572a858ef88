"""A line to a mail server that is cut after so many bytes, or goes silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cutting:
    """Stands before a server on `target`. `budget`: the bytes of the server that still pass; None: all of them. It says
    nothing while `speaks` is not set."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = 0
        self.budget: int | None = None
        self.passed = 0
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.meetings: set[asyncio.Task[None] | None] = set()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it or it is cut."""
        self.meetings.add(asyncio.current_task())
        there, away = await asyncio.open_connection("127.0.0.1", self._target)
        both = [asyncio.create_task(self._up(reader, away)), asyncio.create_task(self._down(there, writer))]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
        for end in (writer, away):
            end.close()
            with suppress(OSError):
                await end.wait_closed()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while run := await reader.read(4096):
            writer.write(run)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while run := await reader.read(4096):
            await self.speaks.wait()
            if self.budget is not None:
                run, self.budget = run[: self.budget], max(0, self.budget - len(run))
            self.passed += len(run)
            writer.write(run)
            await writer.drain()
            if self.budget == 0:
                return


@asynccontextmanager
async def cutting(target: int) -> AsyncIterator[Cutting]:
    """One that listens on this machine."""
    line = Cutting(target)
    server = await asyncio.start_server(line.meet, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.speaks.set()
        async with asyncio.timeout(30):
            await asyncio.gather(*(meeting for meeting in line.meetings if meeting), return_exceptions=True)
