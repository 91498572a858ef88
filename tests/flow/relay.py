"""The company's relay: the scripted one, which also keeps journal copies, loses mail, and can be held at any moment."""

from __future__ import annotations

import asyncio
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from msgspec import Struct, field

from tests.email import relay
from tests.email.relay import Says

JOURNAL = "journal@atelier-dubois.example"


class Mail(Struct, frozen=True):
    """One message as the debtor's relay got it."""

    to: str
    subject: str
    text: str
    message_id: str
    attempt: str
    references: str
    enclosed: tuple[str, ...]

    @classmethod
    def read(cls, wire: bytes) -> Mail:
        """From its bytes."""
        message = message_from_bytes(wire, policy=policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        return cls(
            to=message["To"].addresses[0].addr_spec,
            subject=str(message["Subject"]),
            text=body.get_content() if body else "",
            message_id=str(message["Message-ID"]),
            attempt=str(message["X-Relanced-Attempt"]),
            references=str(message["References"] or ""),
            enclosed=tuple(part.get_filename() or "" for part in message.iter_attachments()),
        )


class Gate(Struct, frozen=True):
    """A moment at which the relay waits: `reached` once it is there, until the test opens it."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        """Until the relay stands there."""
        async with asyncio.timeout(30):
            await self.reached.wait()


class Relay(relay.Relay):
    """Use as `async with Relay() as relay`. What is `lost` was taken in and went nowhere, journal copy included."""

    def __init__(self, maildir: Path | None = None) -> None:
        super().__init__()
        self.loses = False
        self.lost: list[bytes] = []
        self._gates: dict[str, Gate] = {}
        self._bodies: dict[asyncio.Task[None] | None, bytes] = {}
        self._maildir = maildir
        self._seen = 0

    def answers(self, key: str, *said: Says) -> None:
        """From now on: item by item, the last one for ever."""
        self._script[key] = deque(said)

    def hold(self, verb: str) -> Gate:
        """The next time this verb is to be answered, wait."""
        self._gates[verb] = Gate()
        return self._gates[verb]

    @property
    def mails(self) -> list[Mail]:
        """Everything taken so far, canaries left out."""
        return [mail for mail in map(Mail.read, self.messages) if mail.to != JOURNAL]

    def fresh(self) -> list[Mail]:
        """What was taken since the last question."""
        mails, self._seen = self.mails[self._seen :], len(self.mails)
        return mails

    async def _say(self, writer: asyncio.StreamWriter, key: str) -> bool:
        gate = self._gates.pop(key.partition(" ")[0], None)
        if gate:
            gate.reached.set()
            await gate.opened.wait()
        if key == "DOT":
            self._file(self._bodies.pop(asyncio.current_task()))
        return await super()._say(writer, key)

    async def _body(self, reader: asyncio.StreamReader) -> None:
        await super()._body(reader)
        self._bodies[asyncio.current_task()] = self.messages.pop()

    def _file(self, body: bytes) -> None:
        """A message whose dot is refused was never taken; any other was, whether or not we will say so."""
        said = self._script["DOT"][0]
        if isinstance(said, str) and said[0] in "45":
            return
        (self.lost if self.loses else self.messages).append(body)
        if self._maildir and not self.loses:
            (self._maildir / "new" / f"{len(self.messages)}.relay").write_bytes(body)
