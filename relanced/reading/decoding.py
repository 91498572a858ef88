"""Bytes into text, whatever they claim to be: it never raises and never takes long."""

from __future__ import annotations

import binascii
import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header

# Codecs that are no charset of mail, or take quadratic time (punycode, idna).
_NEVER = frozenset({"punycode", "idna", "unicode-escape", "unicode_escape", "raw-unicode-escape", "undefined"})
_WINDOWS = frozenset({"ascii", "iso8859-1", "latin-1", "cp1252"})  # what programs mean when they say one of these
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF_7 = "unicode-1-1-utf-7"
_LONGEST_HEADER = 4096
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # NUL and halves of characters


def decode_text(content: bytes, charset: str = "") -> str:
    """The text: a byte order mark first, then what it claims to be, then UTF-8 if it is that, then windows-1252."""
    return _NO_TEXT.sub("", _decoded(content, charset))


def _decoded(content: bytes, charset: str) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").lstrip("\ufeff")
    claimed = _known(charset)
    tries = [claimed] if claimed and claimed not in _WINDOWS and claimed != "utf-8" else []
    for encoding in (*tries, "utf-8"):
        try:
            return content.decode(encoding)
        except (UnicodeError, LookupError, ValueError):
            continue
    return _damaged(content)


def _damaged(content: bytes) -> str:
    """Bytes that are not quite UTF-8: UTF-8 all the same if most of what is not ASCII is, else windows-1252."""
    mostly = content.decode("utf-8", "replace")
    bad = mostly.count("\ufffd")
    if len(content) - len(mostly) > 2 * bad:  # each good sequence shortens the text by one at least
        return mostly
    try:
        return content.decode("cp1252")
    except UnicodeError:
        return content.decode("latin-1")


def _known(charset: str) -> str:
    charset = charset.strip().strip("'\"").lower()
    if not charset or charset in _NEVER or len(charset) > 40:
        return ""
    try:
        name = codecs.lookup("utf-7" if charset == _UTF_7 else charset).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if name in _NEVER else name


def decode_words(header: str) -> str:
    """A header line with its encoded words read (RFC 2047), on one line."""
    header = header[:_LONGEST_HEADER]
    try:
        chunks = decode_header(header) if "=?" in header else [(header, None)]
    except (HeaderParseError, binascii.Error, ValueError, LookupError):
        chunks = [(header, None)]
    return " ".join("".join(_chunk(chunk, charset) for chunk, charset in chunks).split())


def _chunk(chunk: bytes | str, charset: str | None) -> str:
    if isinstance(chunk, str):
        return chunk
    if charset is None:  # decode_header writes plain runs so
        return _NO_TEXT.sub("", chunk.decode("raw-unicode-escape", "replace"))
    return decode_text(chunk, charset)
