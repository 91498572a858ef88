"""The lives of one company's daemon, one after the other, on a clock that is in a hurry."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from tests.flow.company import Company
from tests.flow.program import states, until
from tests.kill.hurried import Hurried

Dies = tuple[str, int]
LONGEST = 60.0  # seconds until everything must have settled


class Lives:
    """`nursery` forks them; `wanted` is how many messages stand where once everything is done."""

    def __init__(self, company: Company, nursery: subprocess.Popen[str], wanted: Mapping[str, int]) -> None:
        self.company, self._nursery, self._wanted = company, nursery, wanted
        self._began = time.time()
        self.clock = Hurried(self._began)
        self._pid = 0
        self._over: asyncio.Task[str]

    async def begin(self, dies: Dies | None = None) -> None:
        """A life, which may end by its own hand."""
        assert self._nursery.stdin
        folder = self.company.folder
        asked = {"config": f"{folder}/config.yaml", "log": f"{folder}/log", "began": self._began, "dies": dies}
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        self._pid = int(await self._hear())
        self._over = asyncio.create_task(self._hear())

    async def _hear(self) -> str:
        assert self._nursery.stdout
        return await asyncio.to_thread(self._nursery.stdout.readline)

    async def kill(self) -> None:
        """Without warning."""
        os.kill(self._pid, signal.SIGKILL)
        assert int(await self._over) == -signal.SIGKILL

    async def die(self) -> bool:
        """Wait for its own hand. False when it had nothing left to do and was asked to end."""
        await until(lambda: self._over.done() or self.done(), LONGEST)
        if not self._over.done():
            with suppress(ProcessLookupError):  # its own hand was quicker
                os.kill(self._pid, signal.SIGTERM)
        return int(await self._over) == -signal.SIGKILL

    async def end(self) -> None:
        """Once its work is done it is asked to end."""
        await until(self.done, LONGEST)
        await self.ask_to_end()

    async def ask_to_end(self) -> None:
        """It goes in peace. One that found nothing to do may still be starting."""
        os.kill(self._pid, signal.SIGTERM)
        assert int(await self._over) in (0, -signal.SIGTERM)

    @asynccontextmanager
    async def at_the_desk(self) -> AsyncIterator[Company]:
        """Between two lives a person opens the house."""
        self.company.clock.later(seconds=(self.clock.now() - self.company.clock.now()).total_seconds())
        await self.company.open()
        try:
            yield self.company
        finally:
            await self.company.close()

    async def bury(self) -> None:
        """However the story ended, nobody lives on."""
        if not self._over.done():
            os.kill(self._pid, signal.SIGKILL)
            await self._over

    def done(self) -> bool:
        """Whether everything stands where it should."""
        return states(self.company.folder) == self._wanted
