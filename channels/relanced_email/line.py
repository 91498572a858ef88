"""One open connection to a relay: commands out, whole replies in, every wait with an end.

The end of a wait ends the connection, so that a late reply can never be taken for the answer to something else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from relanced.channel import Scope
from relanced_email.alarm import Alarm
from relanced_email.answers import Reply

_LONGEST_REPLY = 65_536
_MOST_REPLIES = 16


class Broken(Exception):
    """The connection ended before the final dot: nothing left.

    `stale`: the relay closed it before the house was asked for its last word, so that a fresh one may do at once.
    """

    def __init__(self, words: str, scope: Scope, *, stale: bool = False) -> None:
        super().__init__(words)
        self.words, self.scope, self.stale = words, scope, stale


class Line(asyncio.Protocol):
    """Takes over a transport. `over` says why the line ended, and is empty while it is open; `silent`: by waiting."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.over = ""
        self.silent = False
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._gone = self._loop.create_future()
        self._alarm = Alarm(self._too_late)
        self._waiter: asyncio.Future[None] | None = None
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._paused = False
        transport.set_protocol(self)
        if transport.is_closing():
            self.connection_lost(None)

    @property
    def quiet(self) -> bool:
        """Whether the line is open and nothing was said out of turn."""
        return not (self.over or self._replies or self._lines or self._buffer)

    def say(self, octets: bytes) -> None:
        """Write, without waiting."""
        self._transport.write(octets)

    async def hear(self, seconds: float) -> Reply | None:
        """The next whole reply, or None if the line ended first."""
        if not self._replies:
            await self._until(lambda: bool(self._replies), seconds)
        return self.overheard()

    def overheard(self) -> Reply | None:
        """A reply that has come already."""
        return self._replies.popleft() if self._replies else None

    async def taken(self, seconds: float) -> None:
        """Wait until the network has taken what was said, or the line ended."""
        await self._until(lambda: not self._paused, seconds)

    async def _until(self, ready: Callable[[], bool], seconds: float) -> None:
        self._alarm.set(seconds)
        try:
            while not (ready() or self.over):
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._alarm.rest()

    def _too_late(self, seconds: float) -> None:
        self.silent = True
        self.end(f"the relay took longer than {seconds:g} s")

    def end(self, why: str) -> None:
        """Close at once: what the network has not taken is dropped."""
        self._finish(why)
        self._transport.abort()

    async def part(self, seconds: float) -> None:
        """Say QUIT and close; wait a moment for the connection to be gone."""
        if not self.over:
            self.say(b"QUIT\r\n")
            self._finish("we said QUIT")
        self._transport.close()
        await asyncio.wait([self._gone], timeout=seconds)
        self._transport.abort()

    # -- what asyncio tells us --------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Gather replies, whole lines only."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if not self.over:  # behind nonsense, no reply can be told from another
                self._take(_clean(line))
        if len(self._buffer) + sum(map(len, self._lines)) > _LONGEST_REPLY or len(self._replies) > _MOST_REPLIES:
            self.end("the relay talks without end")
        self._wake()

    def _take(self, line: str) -> None:
        code = line[:3]
        if not (code.isascii() and code.isdigit() and line[3:4] in ("", " ", "-")):
            self.end(f"not an SMTP reply: {line[:80]}")
            return
        self._lines.append(line)
        if line[3:4] != "-":
            self._replies.append(Reply(int(code), "\n".join(self._lines)))
            self._lines = []

    def pause_writing(self) -> None:
        """The network takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """The network takes more."""
        self._paused = False
        self._wake()

    def eof_received(self) -> None:
        """The relay said its last word; asyncio closes."""
        self._finish("the relay closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more can be said or heard."""
        self._finish(f"the connection broke: {exc}" if exc else "the relay closed the connection")
        if not self._gone.done():
            self._gone.set_result(None)

    def _finish(self, why: str) -> None:
        self.over = self.over or why
        self._alarm.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def _clean(line: bytes) -> str:
    """A line as text for people and logs: no control characters."""
    text = line.rstrip(b"\r").decode("utf-8", "replace")
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
