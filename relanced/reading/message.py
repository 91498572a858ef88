"""Raw bytes into the tree of a MIME message, in linear time.

Headers are read by the standard library (compat32). Bodies are cut here, in place: its parser takes 10 s and 500 MB for
10 MB of short lines, and a time that grows with size times depth for nested parts.
"""

from __future__ import annotations

import re
from binascii import Error as BadBase64
from collections.abc import Iterator
from email.message import Message
from email.policy import compat32

from msgspec import Struct

from relanced.reading.decoding import decode_text, decode_words
from relanced.reading.headers import Headers

LARGEST = 25 * 1024 * 1024  # bytes
_MOST_PARTS, _DEEPEST, _LONGEST_HEAD = 200, 50, 64 * 1024
_MOST_FALSE_ENDS = 100_000  # places that look like a boundary and are none
_MOST_SCANNED = 8  # times the size of the message
_TEXT_KEPT = 128 * 1024  # bytes of a text at its beginning, and as many at its end
_PAGE_KEPT = 1024 * 1024  # of a page, which may hold pictures

_BLANK = re.compile(rb"\n\r?\n")
_EMPTY_LINE = re.compile(rb"\r?\n")
_HEADER = re.compile(rb"[!-9;-~]{1,76}[ \t]*:")
_KNOWN = ("from", "to", "date", "subject", "message-id", "received", "return-path", "content-type", "mime-version")


class Unread(Exception):
    """The bytes are no e-mail, or more than may be read. The message says which."""


class Part(Struct, frozen=True):
    """A message or a part of one: its headers, where its body lies in the raw bytes, its parts.

    An attached message (message/rfc822) has that message as its only part.
    """

    headers: Headers
    raw: bytes
    start: int
    end: int
    parts: tuple[Part, ...] = ()

    def __repr__(self) -> str:
        return f"Part({self.type}, {self.start}-{self.end})"

    @property
    def type(self) -> str:
        """The media type."""
        return self.headers.type

    @property
    def name(self) -> str:
        """The name of a file; empty if it has none."""
        places = (("content-disposition", "filename"), ("content-type", "name"))
        return decode_words(next(filter(None, (self.headers.parameter(*place) for place in places)), ""))

    @property
    def attached(self) -> bool:
        """Whether it goes along as a file."""
        return self.headers.raw("content-disposition").lower().startswith("attachment")

    def content(self, most: int) -> bytes:
        """The decoded bytes. Of a very long body, `most` bytes at its beginning and as many at its end."""
        encoded, long = self._encoded(most)
        try:
            holder = Message(policy=compat32)
            holder["Content-Transfer-Encoding"] = self.headers.raw("content-transfer-encoding")[:40] or "8bit"
            holder.set_payload(encoded.decode("ascii", "surrogateescape"))
            content = holder.get_payload(decode=True)
        except (ValueError, BadBase64):
            content = encoded
        return content if isinstance(content, bytes) and (content or not long) else encoded

    def _encoded(self, most: int) -> tuple[bytes, bool]:
        if self.end - self.start <= 2 * most:
            return self.raw[self.start : self.end], False
        if "base64" in self.headers.raw("content-transfer-encoding").lower():
            return self.raw[self.start : self.start + 2 * most], True
        return self.raw[self.start : self.start + most] + b"\n" + self.raw[self.end - most : self.end], True

    def text(self) -> str:
        """The content as text, lines ending in a line feed."""
        most = _PAGE_KEPT if self.type == "text/html" else _TEXT_KEPT
        text = decode_text(self.content(most), self.headers.parameter("content-type", "charset"))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator[Part]:
        """This part and what it consists of, attached messages without their insides."""
        yield self
        if not self.type.startswith("message/"):
            for part in self.parts:
                yield from part.walk()

    def blocks(self) -> list[Headers]:
        """The groups of fields of a machine's report (RFC 3464, 3798, 5965)."""
        content = self.content(_LONGEST_HEAD).replace(b"\r\n", b"\n")
        return [Headers(block) for block in re.split(rb"\n(?:[ \t]*\n)+", content)[:_MOST_PARTS] if block.strip()]


def parse(raw: bytes) -> Part:
    """The tree of a raw message. Raises Unread."""
    if len(raw) > LARGEST:
        raise Unread(f"more than {LARGEST // 1024 // 1024} MiB")
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    if raw.startswith((b"From ", b">From "), start):  # the line that an mbox writes before each message
        start = raw.find(b"\n", start) + 1
    message = _Cutter(raw).message(start, len(raw), 0)
    if not message.headers.has(*_KNOWN):
        raise Unread("these bytes are no e-mail: no header that every message has")
    return message


class _Cutter:
    """Cuts a message into its parts, within limits. Raises Unread."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._parts, self._false_ends = raw, 0, 0
        self._budget = _MOST_SCANNED * len(raw) + _LONGEST_HEAD

    def message(self, start: int, end: int, depth: int) -> Part:
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _DEEPEST:
            raise Unread(f"more than {_MOST_PARTS} parts, or nested more than {_DEEPEST} deep")
        headers, body = self._head(start, end)
        part = Part(headers, self._raw, body, end)
        if part.type.startswith("multipart/"):
            return Part(headers, self._raw, body, end, self._multipart(part, depth))
        if part.type in ("message/rfc822", "message/global"):
            return Part(headers, self._raw, body, end, (self._attached(part, depth),))
        return part

    def _head(self, start: int, end: int) -> tuple[Headers, int]:
        """The headers, and where the body begins. What begins without a header is all body."""
        if not _HEADER.match(self._raw, start, end):
            blank = _EMPTY_LINE.match(self._raw, start, end)
            return Headers(b""), blank.end() if blank else start
        gap = _BLANK.search(self._raw, start, end)
        head_end, body = (gap.start() + 1, gap.end()) if gap else (end, end)
        if head_end - start > _LONGEST_HEAD:
            raise Unread(f"headers of more than {_LONGEST_HEAD // 1024} KiB")
        headers = Headers(self._raw[start:head_end])
        return headers, head_end - headers.rest if headers.rest else body

    def _attached(self, part: Part, depth: int) -> Part:
        if part.headers.raw("content-transfer-encoding").lower() in ("base64", "quoted-printable"):
            return _Cutter(part.content(LARGEST)).message_of(depth + 1)
        return self.message(part.start, part.end, depth + 1)

    def message_of(self, depth: int) -> Part:
        """All of the bytes, which were encoded in another message."""
        return self.message(0, len(self._raw), depth)

    def _multipart(self, part: Part, depth: int) -> tuple[Part, ...]:
        boundary = part.headers.parameter("content-type", "boundary").rstrip()
        self._budget -= part.end - part.start
        if self._budget < 0:
            raise Unread(f"parts within parts of {_MOST_SCANNED} times the size of the message")
        if not boundary:
            return ()
        marks = list(self._marks(b"--" + boundary.encode("utf-8", "surrogateescape"), part.start, part.end))
        starts = [after for _, after, last in marks if not last]
        ends = [before for before, _, _ in marks[1:]] + [part.end]
        return tuple(self.message(s, max(s, e), depth + 1) for s, e in zip(starts, ends, strict=False))

    def _marks(self, delimiter: bytes, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
        """Each boundary line: where what precedes it ends, where what follows begins, whether it is the last one."""
        at, found = self._raw.find(delimiter, start, end), 0
        while at >= 0:
            if (line := self._line(at, at + len(delimiter), start, end)) is not None:
                found += 1
                yield line
                if line[2] or found > _MOST_PARTS:
                    return
            at = self._raw.find(delimiter, at + len(delimiter), end)

    def _line(self, at: int, after: int, start: int, end: int) -> tuple[int, int, bool] | None:
        """The boundary line that stands there, if nothing else stands on it."""
        last = self._raw.startswith(b"--", after)
        stop = self._raw.find(b"\n", after, min(after + 200, end))
        rest = self._raw[after + 2 * last : stop if stop >= 0 else min(after + 200, end)]
        if (at > start and self._raw[at - 1 : at] != b"\n") or rest.strip():
            self._false_ends += 1
            if self._false_ends > _MOST_FALSE_ENDS:
                raise Unread("too many lines that look like the end of a part")
            return None
        before = at - 2 if self._raw[max(start, at - 2) : at] == b"\r\n" else at - 1
        return max(start, before), stop + 1 if stop >= 0 else end, last
