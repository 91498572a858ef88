"""A relay that remembers what it took, keeps the journal copy, is slow at random and sometimes loses its tongue."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.flow.relay import JOURNAL

__all__ = ["JOURNAL", "Relay", "Taken"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A message the relay is responsible for from now on."""

    message_id: str
    attempt: str
    to: tuple[str, ...]
    at: datetime
    sha256: str


@dataclass
class Relay:
    """Taken and written to the journal's Maildir before the answer, as a real relay does; the answer may get lost."""

    maildir: Path
    chance: random.Random
    longest: float = 0.03  # seconds
    tongue_lost: float = 0.03  # share of messages taken without a word
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    taken: list[Taken] = field(default_factory=list)

    async def start(self) -> int:
        """Listen on a free port of loopback."""
        for folder in ("new", "cur", "tmp"):
            (self.maildir / folder).mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 relay ESMTP\r\n")
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the daemon was killed, or the test is over
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-relay\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN\r\n")
            elif verb == b"RCPT":
                to += re.findall(rb"<(.*?)>", line)[0].decode().split()
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await self._pause()
                self._take(await reader.readuntil(b"\r\n.\r\n"), tuple(to))
                to.clear()
                await self._pause()
                if self.chance.random() < self.tongue_lost:
                    return
                writer.write(b"250 2.0.0 queued\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                writer.write(b"250 2.0.0 ok\r\n")

    async def _pause(self) -> None:
        await asyncio.sleep(self.chance.random() * self.longest)

    def _take(self, wire: bytes, to: tuple[str, ...]) -> None:
        head = wire.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
        message_id = re.findall(r"(?mi)^Message-ID: *(\S+)", head)[0]
        attempt = (re.findall(r"(?mi)^X-Relanced-Attempt: *(\S+)", head) or [""])[0]
        message = wire.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        self.taken.append(Taken(message_id, attempt, to, self.now(), hashlib.sha256(message).hexdigest()))
        if JOURNAL in to:
            (self.maildir / "new" / f"{len(self.taken)}.mail").write_bytes(message)
