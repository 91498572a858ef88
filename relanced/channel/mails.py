"""A mail as it is kept: named so that it is the same thing by whatever way and however often it comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from relanced.channel.heard import Heard

LARGEST_MAIL = 20 * 1024 * 1024  # bytes; of a larger one only the beginning is kept, headers first
BEGINNING = 1024 * 1024

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\r\n]{1,400}>)", re.IGNORECASE | re.MULTILINE)


def heard_mail(raw: bytes, about: Mapping[str, str], size: int = 0) -> Heard:
    """A mail that came. `size`: the bytes of the whole where `raw` is only its beginning; `about` then tells it.

    Its key is its Message-ID and the digest of its body: what servers write on its way changes neither.
    """
    told, size = dict(about), max(size, len(raw))
    raw = raw[:BEGINNING] if size > LARGEST_MAIL else raw
    if size > len(raw):
        told["size"] = str(size)
    return Heard(_key(raw), raw, told)


def _key(raw: bytes) -> str:
    end = _END_OF_HEAD.search(raw)
    named = _MESSAGE_ID.search(raw, 0, end.start() if end else len(raw))
    if not end or not named:
        return f"sha256:{_digest(raw)}"
    return f"{named[1].decode('ascii', 'replace')[:100]}:{_digest(raw[end.end() :])}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()
