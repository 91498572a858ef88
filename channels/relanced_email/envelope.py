"""The SMTP transaction: MAIL, RCPT and DATA in one write, then the body, the house's last word, and the dot.

aiosmtplib opens the door and we take over its transport, because only who writes the final dot knows whether anything
left. `committed` marks that point: before it, closing takes everything back; after it, silence is doubt.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from io import IncrementalNewlineDecoder

from msgspec import Struct

from relanced.channel import Answer, Go, Parcel, Refusal, Refused, Scope, Sent, Unavailable, Unknown
from relanced_email.answers import Phase, Reply
from relanced_email.line import Broken, Line
from relanced_email.settings import Timeouts

_AT_ONCE = 65_536  # a body up to this size leaves together with its dot
_COMMAND_WORD = re.compile(r"[!-;=?-~]+")  # printable, no space, no angle bracket
_CLOSING = 421
_GO_AHEAD = 354


class Misfit(Exception):
    """The bytes or the envelope would say something else on the wire than they say here."""


class Refusing(Struct, frozen=True):
    """A reply that did not accept, and where it came."""

    phase: Phase
    reply: Reply


class Envelope:
    """A session after connect, STARTTLS, AUTH and EHLO. Carries one parcel at a time.

    `extensions` is what EHLO announced, in lower case. With `dsn`, delivery reports are asked for where announced.
    """

    def __init__(
        self, transport: asyncio.Transport, extensions: Mapping[str, str], timeouts: Timeouts, *, dsn: bool
    ) -> None:
        self.carried = 0
        self.committed = False
        self.extensions = extensions
        self._line, self._timeouts = Line(transport), timeouts
        self._pipelining, self._size = "pipelining" in extensions, "size" in extensions
        self._dsn = dsn and "dsn" in extensions

    @property
    def usable(self) -> bool:
        """Whether another parcel may be begun."""
        return self._line.quiet

    async def submit(self, parcel: Parcel, go: Go) -> Answer | Refusing:
        """Carry one parcel; `go` is awaited right before the dot. Raises `Broken` while nothing has left.

        After an exception, or an answer of doubt, the session is over.
        """
        self.committed = False
        try:
            wire = parcel.wire
            body, commands = stuffed(wire), self._commands(parcel, len(wire))
            return await self._offer(commands) or await self._deliver(parcel, body, go)
        except Misfit as misfit:
            return Refused(Refusal.CONTENT, str(misfit))
        except Broken as broken:
            if self.committed:
                return Unknown(f"no answer to the final dot: {broken.words}")
            raise
        except BaseException:
            self._line.end("given up")
            raise

    def _commands(self, parcel: Parcel, size: int) -> list[tuple[Phase, bytes]]:
        envelope = parcel.envelope
        mail, notify, never = f"MAIL FROM:<{_word(envelope['from'])}>", "", ""
        if self._size:
            mail += f" SIZE={size}"  # RFC 1870
        if self._dsn:  # RFC 3461
            mail += f" RET=HDRS ENVID={_word(parcel.attempt)}"
            notify = f" NOTIFY={_word(envelope.get('notify', 'SUCCESS,FAILURE,DELAY'))}"
            never = " NOTIFY=NEVER"
        commands = [(Phase.MAIL, mail), (Phase.RCPT, f"RCPT TO:<{_word(envelope['to'])}>{notify}")]
        if copy := envelope.get("copy"):
            commands.append((Phase.COPY, f"RCPT TO:<{_word(copy)}>{never}"))
        commands.append((Phase.DATA, "DATA"))
        return [(phase, f"{command}\r\n".encode("ascii")) for phase, command in commands]

    async def _offer(self, commands: list[tuple[Phase, bytes]]) -> Refusing | None:
        """Everything up to 354: all in one write where the relay pipelines (RFC 2920), else one by one up to a refusal.
        The first refusal, if any; the session is then ready for the next parcel, or over."""
        first: Refusing | None = None
        code = 0
        if self._pipelining:
            self._say(b"".join(command for _, command in commands))
        try:
            for phase, command in commands:
                if not self._pipelining:
                    self._say(command)
                reply = await self._hear(phase)
                code = reply.code
                if code != _GO_AHEAD if phase is Phase.DATA else code // 100 != 2:
                    first = first or Refusing(phase, reply)
                if code >= 400 and not self._pipelining:
                    break
            if first:
                await self._take_back(body_expected=code == _GO_AHEAD)
        except Broken:
            if not first:
                raise
        return first

    async def _take_back(self, *, body_expected: bool) -> None:
        """Forget the transaction. Where the relay already waits for a body, only closing leaves nothing behind."""
        if body_expected:
            self._line.end("closed: a recipient was refused, yet the relay waits for the message")
            return
        self._say(b"RSET\r\n")
        reply = await self._line.hear(self._timeouts.quit)
        if reply is None or reply.code != 250:
            self._line.end("RSET was not taken")

    def _say(self, octets: bytes) -> None:
        if self._line.over:
            raise Broken(self._line.over, Scope.CHANNEL, stale=True)
        self._line.say(octets)

    async def _hear(self, phase: Phase) -> Reply:
        """A reply before the body. The relay's farewell, or its silence, ends the session."""
        reply = await self._line.hear(self._timeouts.data if phase is Phase.DATA else self._timeouts.envelope)
        if reply is None:
            scope = Scope.CHANNEL if phase is Phase.MAIL else Scope.MESSAGE
            raise Broken(self._line.over, scope, stale=not self._line.silent)
        if reply.code == _CLOSING:
            self._line.end(reply.said)
            raise Broken(reply.said, Scope.CHANNEL, stale=True)
        return reply

    async def _deliver(self, parcel: Parcel, body: bytes, go: Go) -> Answer | Refusing:
        """The body, the house's last word, the dot and the relay's answer."""
        line = self._line
        if len(body) > _AT_ONCE:
            line.say(body)
            body = b""
            await line.taken(self._timeouts.body)
        asked = line.quiet
        if asked and not await go():
            line.end("closed before the final dot")
            return Unavailable(Scope.MESSAGE, "stopped before the final dot: nothing left")
        if not line.quiet:
            return self._cut_short(asked=asked)
        self.committed = True
        line.say(body + b".\r\n")
        return await self._conclude(parcel)

    def _cut_short(self, *, asked: bool) -> Refusing:
        """The relay spoke or left before the dot: nothing is complete, closing is all that remains."""
        reply, why = self._line.overheard(), self._line.over or "the relay spoke out of turn"
        self._line.end(why)
        if reply is None or reply.code < 400 or reply.code == _CLOSING:
            stale = not (asked or self._line.silent)
            raise Broken(reply.said if reply else why, Scope.MESSAGE, stale=stale)
        return Refusing(Phase.DATA, reply)

    async def _conclude(self, parcel: Parcel) -> Answer | Refusing:
        reply = await self._line.hear(self._timeouts.dot)
        if reply is None:
            raise Broken(self._line.over, Scope.MESSAGE)
        if reply.code // 100 == 2:
            self.carried += 1
            return Sent(parcel.envelope.get("message_id", parcel.attempt), reply.said)
        if reply.code // 100 not in (4, 5) or reply.code == _CLOSING:
            self._line.end(reply.said)
        return Refusing(Phase.DOT, reply)

    async def part(self) -> None:
        """Say QUIT and close."""
        await self._line.part(self._timeouts.quit)


def stuffed(wire: bytes) -> bytes:
    """The message as it goes through DATA, without the final dot (RFC 5321 §4.5.2). Raises Misfit on a bare CR, LF."""
    if _line_ends(wire) != "\r\n" or not wire.endswith(b"\r\n"):
        raise Misfit("a line of the message does not end in CRLF")
    if b"\0" in wire or not wire.isascii():
        raise Misfit("the message is not 7-bit")
    doubled = b"\r\n..".join(wire.split(b"\r\n."))  # replacing looks at everything twice
    return b"." + doubled if doubled.startswith(b".") else doubled


def _line_ends(wire: bytes) -> str | tuple[str, ...] | None:
    """The kind of its line ends, or all kinds: found in one pass, where counting each took four times as long."""
    reader = IncrementalNewlineDecoder(None, translate=False)
    reader.decode(wire.decode("latin-1"))
    return reader.newlines


def _word(text: str) -> str:
    if not _COMMAND_WORD.fullmatch(text):
        raise Misfit(f"{text!r} cannot stand in an SMTP command")
    return text
