"""A scripted SMTP relay: it says exactly what a test tells it to say, and remembers what it heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from msgspec import Struct


class Silence(Struct, frozen=True):
    """Never answers again (a black hole)."""


class Hangup(Struct, frozen=True):
    """Closes without a word."""


class Farewell(Struct, frozen=True):
    """Says a reply, then closes."""

    reply: str


class Drip(Struct, frozen=True):
    """Says a reply one byte at a time, so many seconds apart."""

    reply: str
    pause: float


class Deaf(Struct, frozen=True):
    """Says a reply, then reads nothing more."""

    reply: str


Says = str | Silence | Hangup | Farewell | Drip | Deaf

EXTENSIONS = ("PIPELINING", "SIZE 20000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
USUAL: Mapping[str, Says] = {
    "GREETING": "220 relay.example ESMTP",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "DOT": "250 2.0.0 Ok: queued as 4F2A1B",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
    "STARTTLS": "220 2.0.0 Go ahead",
}


class Relay:
    """Use as `async with Relay({"RCPT": "550 5.1.1 unknown"}) as relay`.

    `says` is keyed by verb (GREETING, EHLO, MAIL, RCPT, DATA, DOT, RSET) or by verb and address ("RCPT a@b.example");
    a list is said item by item, its last item for ever. `messages` are whole bodies as received, `torn` those cut off.
    """

    def __init__(
        self, says: Mapping[str, Says | Sequence[Says]] | None = None, extensions: Sequence[str] = EXTENSIONS
    ) -> None:
        hello = "\r\n".join(
            f"250{'-' if n < len(extensions) else ' '}{x}" for n, x in enumerate(("relay", *extensions))
        )
        script = {**USUAL, "EHLO": hello, **(says or {})}
        self._script = {key: deque([said] if isinstance(said, Says) else said) for key, said in script.items()}
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.torn: list[bytes] = []
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []
        self._tore = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**24)
        self.port = self._server.sockets[0].getsockname()[1]
        self.serving: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def verbs(self) -> list[str]:
        """The commands heard, verbs only."""
        return [command.split()[0] for command in self.commands]

    async def cut(self) -> bytes:
        """What had come of a body when the client closed without the dot."""
        async with asyncio.timeout(30):
            await self._tore.wait()
        return self.torn[-1]

    async def hang_up_on_all(self, farewell: bytes) -> None:
        """Say something nobody asked for, then close every connection."""
        for writer in self._writers:
            writer.write(farewell)
            writer.close()
        await asyncio.sleep(0.02)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.serving.add(task)
        self.connections += 1
        self._writers.append(writer)
        try:
            if await self._say(writer, "GREETING"):
                await self._listen(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client, or the test, is done
        finally:
            self.serving.discard(task)
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while command := await self._command(reader):
            self.commands.append(command)
            verb, _, rest = command.partition(" ")
            address = rest.partition("<")[2].partition(">")[0]
            key = f"{verb} {address}" if f"{verb} {address}" in self._script else verb
            if not await self._say(writer, key) or verb == "QUIT":
                return
            if verb == "DATA" and self._last.startswith("354"):
                await self._body(reader)
                if not await self._say(writer, "DOT"):
                    return

    async def _command(self, reader: asyncio.StreamReader) -> str:
        """The next command, or nothing once the client hangs up."""
        try:
            line = await reader.readuntil(b"\r\n")
        except asyncio.IncompleteReadError:
            return ""
        return line.decode("ascii").strip()

    async def _body(self, reader: asyncio.StreamReader) -> None:
        try:
            body = await reader.readuntil(b"\r\n.\r\n")
        except asyncio.IncompleteReadError as error:
            self.torn.append(error.partial)
            self._tore.set()
            raise
        self.messages.append(body.removesuffix(b".\r\n"))

    async def _say(self, writer: asyncio.StreamWriter, key: str) -> bool:
        """Say what the script holds for this moment; False means that nothing will be said any more."""
        said = self._script[key].popleft() if len(self._script[key]) > 1 else self._script[key][0]
        self._last = said if isinstance(said, str) else ""
        match said:
            case Silence():
                await asyncio.sleep(3600)
            case Hangup():
                return False
            case Drip(reply, pause):
                for octet in f"{reply}\r\n".encode():
                    writer.write(bytes([octet]))
                    await writer.drain()
                    await asyncio.sleep(pause)
            case Farewell(reply) | Deaf(reply) | str(reply):
                writer.write(f"{reply}\r\n".encode())
                await writer.drain()
        if isinstance(said, Deaf):
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(3600)
        return not isinstance(said, Farewell)
