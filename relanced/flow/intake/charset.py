"""Bytes in, text out: UTF-8 and Windows-1252 told apart, anything else refused with the line that gives it away."""

from __future__ import annotations

import codecs
import re

from relanced.flow.intake.faults import Faults

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# "SOCIÉTÉ®" or "CAFÉ»" in Windows-1252 happens to be valid UTF-8 for a letter nobody writes on an invoice.
_CAPITAL_AND_SIGN = re.compile(
    rb"[\xc7-\xcb\xce\xcf\xd4\xd6\xd9\xdb\xdc][\x80\x85\x91-\x97\x99\xa0\xab\xae\xb0\xb2\xb3\xb7\xbb]"
)
_ACCENTS_IN_UTF_8 = re.compile(rb"\xc3[\x80-\xbf]|\xe2\x80[\x90-\xbf]|\xe2\x82\xac")
# An accented letter of DOS (cp850) or of the old Macintosh, read as Windows-1252.
_OLD_ACCENT = re.compile(r"[A-Za-z][‚ƒ„‡ˆ˜‹]|[A-Za-z][†‰›½][A-Za-z]|[a-z][ŽŠ][a-z]")


def decode(content: bytes, encoding: str | None, faults: Faults) -> str:
    """The text of a file: by its byte order mark, else by strict UTF-8, else as Windows-1252.

    An `encoding` that somebody named is obeyed. Raises `IntakeFault`.
    """
    text = _named(content, encoding, faults) if encoding else _found_out(content, faults)
    if "\0" in text:
        faults.stop("holds NUL characters: this is no text file", _line(text[: text.index("\0")]))
    return text.removeprefix("\ufeff")


def _found_out(content: bytes, faults: Faults) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _named(content, encoding, faults)
    if b"\0" in content:
        faults.stop("holds NUL bytes: no CSV, or UTF-16 without its mark; export it as CSV in UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as refused:
        return _windows(content, refused.start, faults)
    left = _CAPITAL_AND_SIGN.sub(b"", content)
    return content.decode("cp1252") if left.isascii() and len(left) < len(content) else text


def _windows(content: bytes, not_utf_8: int, faults: Faults) -> str:
    if _ACCENTS_IN_UTF_8.search(content):
        line = _line(content[:not_utf_8].decode("latin-1"))
        faults.stop("is not UTF-8 though other lines are: the file mixes two encodings", line)
    text = _named(content, "cp1252", faults)
    if odd := _OLD_ACCENT.search(text):
        faults.stop(
            f'"{odd.group()}" looks like an accent of DOS or of an old Macintosh: export the file in UTF-8, or say'
            " encoding: cp850 or mac-roman in the mapping",
            _line(text[: odd.start()]),
        )
    return text


def _named(content: bytes, encoding: str, faults: Faults) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as refused:
        line = _line(content[: refused.start].decode("latin-1"))
        byte = content[refused.start : refused.start + 1].hex()
        faults.stop(f"byte 0x{byte} does not exist in {encoding}: export the file in UTF-8", line)
    except (LookupError, ValueError):
        faults.stop(f"{encoding} is no encoding of text")


def _line(before: str) -> int:
    return before.count("\n") + before.replace("\r\n", "").count("\r") + 1
