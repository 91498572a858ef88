"""A mail server on the loopback that keeps every message as a file one can open, and knows some of life's refusals."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct, field

_PATH = re.compile(rb":\s*<([^<>\s]*)>", re.IGNORECASE)
_NO_SUCH_USER = "550 5.1.1 <{}>: recipient address rejected: no such user here"
_GREYLISTED = "451 4.7.1 <{}>: greylisted, please try again in a minute"


class Mailbox:
    """Speaks SMTP (RFC 5321) with PIPELINING. Domains in `dead` refuse everybody, those in `shy` the first time."""

    def __init__(self, folder: Path, today: Callable[[], datetime], dead: frozenset[str], shy: frozenset[str]) -> None:
        self._folder, self._today, self._dead = folder, today, dead
        self._shy = set(shy)
        self._kept = 0
        self._guests: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """Listen on a free port of the loopback, and say which."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Take no more mail."""
        if self._server is not None:
            self._server.close()
        for guest in self._guests:
            guest.cancel()
        await asyncio.gather(*self._guests, return_exceptions=True)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.current_task()
        if guest is not None:
            self._guests.add(guest)
            guest.add_done_callback(self._guests.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).converse()
        writer.close()

    def refusal(self, recipient: str) -> str:
        """Why a recipient is not taken; empty when it is."""
        domain = recipient.rpartition("@")[2].lower()
        if domain in self._dead:
            return _NO_SUCH_USER.format(recipient)
        if domain in self._shy:
            self._shy.discard(domain)
            return _GREYLISTED.format(recipient)
        return ""

    def keep(self, recipients: list[str], octets: bytes) -> str:
        """Write the message down as it came, and name it."""
        self._kept += 1
        name = f"{self._kept:03d}"
        path = self._folder / f"{name}-{self._today():%Y-%m-%d}-{recipients[0]}.eml"
        path.write_bytes(octets)
        return name


class _Session(Struct):
    """One conversation."""

    mailbox: Mailbox
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    async def converse(self) -> None:
        """Answer line by line until QUIT. Commands that came in one write are answered in their order (RFC 2920)."""
        self._say("220 mail.demo.example ESMTP")
        while line := await self.reader.readline():
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                await self._take_message()
            else:
                self._say(*self._answer(verb, line))
            await self.writer.drain()
            if verb == b"QUIT":
                return

    def _answer(self, verb: bytes, line: bytes) -> tuple[str, ...]:
        match verb:
            case b"EHLO":
                return "250-mail.demo.example", "250-PIPELINING", "250-SIZE 30000000", "250 ENHANCEDSTATUSCODES"
            case b"MAIL":
                self.sender, self.recipients = _path(line), []
                return ("250 2.1.0 Ok",)
            case b"RCPT":
                return (self._recipient(_path(line)),)
            case b"RSET" | b"HELO" | b"NOOP":
                self.sender, self.recipients = None, []
                return ("250 2.0.0 Ok",)
            case b"QUIT":
                return ("221 2.0.0 Bye",)
        return ("502 5.5.2 command not known",)

    def _recipient(self, address: str) -> str:
        refused = self.mailbox.refusal(address)
        if not refused:
            self.recipients.append(address)
        return refused or "250 2.1.5 Ok"

    async def _take_message(self) -> None:
        if self.sender is None or not self.recipients:
            self._say("554 5.5.1 no valid recipients")
            return
        self._say("354 End data with <CR><LF>.<CR><LF>")
        octets = bytearray()
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            octets += line.removeprefix(b".") if line.startswith(b"..") else line
        self._say(f"250 2.0.0 Ok: queued as {self.mailbox.keep(self.recipients, bytes(octets))}")
        self.sender, self.recipients = None, []

    def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))


def _path(line: bytes) -> str:
    found = _PATH.search(line)
    return found[1].decode("ascii", "replace") if found else ""
