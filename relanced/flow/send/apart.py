"""Wording in a second process, for long queues: wording is thinking, and one Python thinks on one core only.

The other process reads the database and never writes; what it worded is sealed here, under the case's lock, like
anything else. Short rounds are worded here until there was a long one, and all of them once the other process has
failed.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from io import BufferedRWPair

import structlog

from relanced.flow.send.scribe import Round, Scribe
from relanced.premises import Conditions
from relanced.store.sending import Waiting

LONG = 64  # messages in one round that make a queue long
SOON = 10.0  # seconds that it is given to listen: it was forked while the database was being opened
PATIENCE = 120.0  # seconds for one round; a page with many enclosures is slow
READY = b"!"
_SIZE = struct.Struct("!I")

log = structlog.get_logger("relanced.send")


class Apart:
    """Words short rounds here, and from the first long one on has all of them worded at the other end of `line`."""

    def __init__(self, here: Scribe, line: socket.socket) -> None:
        self._here, self._line = here, line
        self._opening: asyncio.Task[tuple[asyncio.StreamReader, asyncio.StreamWriter]] | None = None
        self._turn = asyncio.Lock()  # answers come in the order of the questions
        self._failed = self._told = False
        self._soon = 0.0  # until then a long round waits for it, by the monotonic clock

    async def wake(self, now: datetime) -> None:
        """Have it put its questions into SQL while nobody waits for it yet."""
        if await self._ready():
            await self._there((), Conditions(), now)

    async def word(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round:
        """A scribe's word."""
        short = len(picked) < LONG and not self._told
        if short or self._failed or not await self._ready():
            return await self._here.word(picked, conditions, now)
        if not self._told:
            self._told = True
            log.info("a second process words the long queue", messages=len(picked))
        told = await self._there(picked, conditions, now)
        return await self._here.word(picked, conditions, now) if told is None else told

    async def _ready(self) -> bool:
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._soon = time.monotonic() + SOON
        if not self._opening.done():
            await asyncio.wait({self._opening}, timeout=max(0.0, self._soon - time.monotonic()))
        return self._opening.done()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return once the other process listens."""
        reader, writer = await asyncio.open_connection(sock=self._line, limit=1 << 24)
        try:
            await reader.readexactly(len(READY))
        except BaseException:
            writer.close()
            raise
        return reader, writer

    async def _there(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round | None:
        """One round in the other process; None where that has failed. After an interruption nobody knows whose answer
        comes next: never again."""
        assert self._opening is not None
        question = pickle.dumps((picked, conditions, now), pickle.HIGHEST_PROTOCOL)
        try:
            reader, writer = self._opening.result()
            writer.write(_SIZE.pack(len(question)) + question)
            async with self._turn, asyncio.timeout(PATIENCE):
                if self._failed:
                    raise EOFError("it has failed before")
                (size,) = _SIZE.unpack(await reader.readexactly(_SIZE.size))
                told = pickle.loads(await reader.readexactly(size))
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._failed = True
            log.error("the scribe has failed: this process words alone", error=f"{type(error).__name__}: {error}")
            return None
        except BaseException:
            self._failed = True
            raise
        assert isinstance(told, Round)
        return told

    def close(self) -> None:
        """Hang up: the other process ends."""
        self._failed = True
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        if self._opening is not None and self._opening.done() and not self._opening.exception():
            self._opening.result()[1].close()
        elif self._opening is not None:
            self._opening.cancel()


async def answer(scribe: Scribe, line: BufferedRWPair) -> bool:
    """The other end: word one round. False when there is nobody left to ask."""
    head = line.read(_SIZE.size)
    if len(head) < _SIZE.size:
        return False
    told = pickle.dumps(await scribe.word(*pickle.loads(line.read(*_SIZE.unpack(head)))))
    line.write(_SIZE.pack(len(told)))
    line.write(told)
    line.flush()
    return True
