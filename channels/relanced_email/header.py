"""Text into header lines that nobody can break out of: cleaned, encoded (RFC 2047, RFC 2231), folded at 76 columns."""

from __future__ import annotations

import re
from binascii import b2a_base64
from urllib.parse import quote

from relanced.channel import Unfit

WIDTH = 76
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = "\x00-\x1f\x7f-\x9f\u2028\u2029"
_SURROGATE = "\ud800-\udfff"
_FOUL = re.compile(f"[{_BIDI}{_CONTROL}{_SURROGATE}]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/^_`{|}~-]+)*")
_PLAIN_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()+-]*")


def plain(text: str) -> str:
    """The text on one line: controls become spaces, marks of direction vanish, `=?` is broken up."""
    if _FOUL.search(text):
        text = re.sub(f"[{_CONTROL}]", " ", re.sub(f"[{_BIDI}]", "", text))
        text = re.sub(f"[{_SURROGATE}]", "\ufffd", text)
    if "=?" in text:
        text = text.replace("=?", "= ?")
    if "  " in text:
        text = re.sub(" {2,}", " ", text)
    return text.strip()


def short(text: str, limit: int, what: str) -> str:
    """`plain`, of at most `limit` characters. Raises Unfit."""
    text = plain(text)
    if len(text) > limit:
        raise Unfit(f"{what} is longer than {limit} characters: {text[:40]}…")
    return text


def unstructured(field: str, text: str) -> bytes:
    """A line such as Subject, from a plain text."""
    line = f"{field}: {text}"
    if text.isascii() and len(line) <= WIDTH:
        return line.encode("ascii")
    return f"{field}: ".encode("ascii") + b"\r\n ".join(_encoded_words(text, WIDTH - len(field) - 2))


def mailbox(field: str, name: str, address: str) -> bytes:
    """A From or To line with one address, from a plain name (may be empty) and a bare address."""
    if not name:
        return f"{field}: {address}".encode("ascii")
    *lines, last = _phrase(name, WIDTH - len(field) - 2)
    column = len(last) + (1 if lines else len(field) + 2)
    space = b" " if column + len(address) + 3 <= WIDTH else b"\r\n "
    lines.append(b"%s%s<%s>" % (last, space, address.encode("ascii")))
    return f"{field}: ".encode("ascii") + b"\r\n ".join(lines)


def _phrase(name: str, room: int) -> list[bytes]:
    if name.isascii() and len(name) + 2 <= room:
        if _ATOMS.fullmatch(name):
            return [name.encode("ascii")]
        quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(quoted) <= room:
            return [quoted.encode("ascii")]
    return _encoded_words(name, room)


def _encoded_words(text: str, room: int) -> list[bytes]:
    """RFC 2047 words, cut between characters; the first has `room` columns, each next a folded line of its own."""
    raw, words, start = text.encode("utf-8"), [], 0
    while start < len(raw):
        end = min(start + (room - 12) // 4 * 3, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(b"=?utf-8?b?%s?=" % b2a_base64(raw[start:end], newline=False))
        start, room = end, WIDTH - 1
    return words


def disposition(name: str) -> bytes:
    """The Content-Disposition of an enclosure, from a plain file name (RFC 2183, RFC 2231)."""
    if _PLAIN_FILE.fullmatch(name) and len(name) <= 60:
        return b'Content-Disposition: attachment;\r\n filename="%s"' % name.encode("ascii")
    pieces = _percent(name, WIDTH - len(" filename*10*=utf-8'';"))
    if len(pieces) == 1:
        parameters = [f" filename*=utf-8''{pieces[0]}"]
    else:
        pieces[0] = f"utf-8''{pieces[0]}"
        parameters = [f" filename*{n}*={piece}" for n, piece in enumerate(pieces)]
    return "\r\n".join(["Content-Disposition: attachment;", ";\r\n".join(parameters)]).encode("ascii")


def _percent(name: str, room: int) -> list[str]:
    """The name percent-encoded, in runs of at most `room` columns cut between characters."""
    runs = [""]
    for character in name:
        encoded = quote(character, safe="")
        if len(runs[-1]) + len(encoded) > room:
            runs.append("")
        runs[-1] += encoded
    return runs


def ids(field: str, message_ids: tuple[str, ...]) -> bytes:
    """Message-IDs, one on each folded line and never encoded: readers compare them byte by byte."""
    return f"{field}: ".encode("ascii") + "\r\n ".join(message_ids).encode("ascii")
