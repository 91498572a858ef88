"""The headers of a message or a part: nothing here raises, and nothing takes long."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime

from relanced.reading.decoding import decode_text, decode_words

_LONGEST_FIELD = 4096
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_ANGLE = re.compile(r"<\s*([^<>\s@,;:]{1,256}@[^<>\s@,;:]{1,256})\s*>")
_BARE = re.compile(r"(?<![^\s,;:(<\"'])([^<>\s@,;:()\"']{1,256}@[^<>\s@,;:()\"']{1,256})")


class Headers:
    """The headers of a message or a part. Nothing here raises, and long values are cut."""

    def __init__(self, block: bytes) -> None:
        message = BytesHeaderParser(policy=compat32).parsebytes(block)
        self._items = [(name.lower(), value) for name, value in message.raw_items()]
        self.rest = len(str(message.get_payload()))  # bytes at the end of the block that are no header

    def raw(self, name: str) -> str:
        """The first value as it is written, unfolded; empty if there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Every value as it is written, unfolded."""
        return [_unfolded(str(value)) for key, value in self._items if key == name]

    def text(self, name: str) -> str:
        """The first value for people to read."""
        return decode_words(self.raw(name))

    def address(self, name: str) -> str:
        """The first bare address, in lower case; empty if there is none."""
        return bare_address(self.raw(name)[:_LONGEST_FIELD])

    def has(self, *names: str) -> bool:
        """Whether one of them is there."""
        return any(key in names for key, _ in self._items)

    @property
    def type(self) -> str:
        """The media type, text/plain where it is missing or nonsense."""
        return self._content("content-type").get_content_type()

    def parameter(self, header: str, name: str) -> str:
        """A parameter of Content-Type or Content-Disposition, RFC 2231 undone; empty if it cannot be read."""
        try:
            value = self._content(header).get_param(name, "", header)
        except (ValueError, LookupError, TypeError, AttributeError):
            return ""
        if isinstance(value, tuple):
            value = decode_text(value[2].encode("latin-1", "replace"), value[0] or "")
        return str(value)

    def _content(self, header: str) -> Message:
        one = Message(policy=compat32)
        if value := self.raw(header)[:2000]:
            one[header] = value.encode("ascii", "replace").decode()
        return one


def _unfolded(value: str) -> str:
    """On one line; bytes that are not ASCII, which no standard allows there, read as text all the same."""
    value = value.replace("\r", "").replace("\n", "").strip()
    return value if value.isascii() else decode_text(value.encode("utf-8", "surrogateescape"))


def bare_address(value: str) -> str:
    """The first address of a header value: the one in angles, outside quotes, else the first that stands alone."""
    plain = _QUOTED.sub(" ", value)
    found = _ANGLE.search(plain) or _BARE.search(plain)
    return found[1].strip("'.").lower() if found else ""


def sent_on(headers: Headers) -> datetime | None:
    """The aware moment a message was written, or received first if it does not say so; None if nothing can be read."""
    for value in (headers.raw("date"), headers.raw("received").rpartition(";")[2]):
        try:
            moment = parsedate_to_datetime(value[:100].strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
