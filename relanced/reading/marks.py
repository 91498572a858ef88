"""What of ours a message carries: the reference we print, our Message-IDs, the id of an attempt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from relanced.reading.headers import Headers

_MOST_IDS = 50
_LONGEST = 64 * 1024  # characters of a header, of a text
_LETTERS = "0-9A-HJKMNP-TV-Z"  # Crockford: no I, L, O, U
_REFERENCE = re.compile(
    rf"(?<![\w-])([{_LETTERS}]{{5}})[-\u2010\u2011\u2013]([{_LETTERS}]{{5}})(?![\w-])", re.IGNORECASE | re.ASCII
)
_CALLED = re.compile(r"\br[ée]f", re.IGNORECASE)
_MAIL_ID = re.compile(r"<[!-;=?A-~]{1,200}@[!-;=?-~]{1,200}>")
_OUR_ID = re.compile(rf"<([{_LETTERS}]{{5}}-[{_LETTERS}]{{5}})\.[0-9a-f]{{24}}@[!-;=?-~]{{1,200}}>", re.IGNORECASE)
_QUOTED_ID = re.compile(r"^[> \t]*Message-ID:\s*(<[!-;=?A-~]{1,200}@[!-;=?-~]{1,200}>)", re.IGNORECASE | re.MULTILINE)
_ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VERP = re.compile(r"\+rl-([A-Za-z0-9][A-Za-z0-9._-]{0,63})@", re.IGNORECASE)
_OUR_HEADER = re.compile(r"^[> \t]*X-Relanced-Attempt:[ \t]*([A-Za-z0-9][A-Za-z0-9._-]{0,63})", re.I | re.MULTILINE)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to", "cc")


def reference_in(texts: Iterable[str]) -> str:
    """The first reference in the first text that has one; empty if none has. Capitals with a digit among them, or a
    word such as « réf. » before it: two French words of five letters may be joined by a hyphen too."""
    for text in texts:
        for found in _REFERENCE.finditer(text[:_LONGEST]):
            before = text[max(0, found.start() - 30) : found.start()]
            if any(c.isdigit() for c in found[0]) or _CALLED.search(before):
                return f"{found[1]}-{found[2]}".upper()
    return ""


def mentions(text: str) -> int:
    """How many times a text names a reference: ours do it twice, with the bank details and under the signature."""
    return sum(1 for found in _REFERENCE.finditer(text[:_LONGEST]) if any(c.isdigit() for c in found[0]))


def reference_of(mail_ids: Iterable[str]) -> str:
    """The reference in the first Message-ID that is of our making; empty if none is."""
    return next((found[1].upper() for one in mail_ids if (found := _OUR_ID.fullmatch(one))), "")


def answered(headers: Headers) -> tuple[str, ...]:
    """The Message-IDs that a message answers, nearest first."""
    parents = [one for value in headers.all("in-reply-to") for one in _MAIL_ID.findall(value[:_LONGEST])]
    thread = [one for value in headers.all("references") for one in _MAIL_ID.findall(value[:_LONGEST])]
    return distinct([*parents, *reversed(thread)])


def quoted(text: str) -> tuple[str, ...]:
    """The Message-IDs in a text: those of a quoted header, and any of our making."""
    text = text[: 4 * _LONGEST]
    return distinct([*_QUOTED_ID.findall(text), *(found[0] for found in _OUR_ID.finditer(text))])


def distinct(mail_ids: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order, no more than anybody needs."""
    return tuple(dict.fromkeys(mail_ids))[:_MOST_IDS]


def attempt_in_envelope(value: str) -> str:
    """The attempt in an ENVID (RFC 3461 §4.4, xtext); empty for what is none."""
    plain = _XTEXT.sub(lambda found: chr(int(found[1], 16)), value.strip()[:200])
    return plain if _ATTEMPT.fullmatch(plain) else ""


def attempt_in_address(headers: Headers) -> str:
    """The attempt in the address a message was sent to (VERP)."""
    return next(_verps(headers.all(name) for name in _ADDRESSED), "")


def printed_reference(headers: Headers) -> str:
    """The reference in the headers of a message of ours; empty if it is none of ours."""
    return reference_in([headers.raw("x-relanced-reference")])


def attempt_in_original(headers: Headers) -> str:
    """The attempt in the headers of a message of ours that came back."""
    written = headers.raw("x-relanced-attempt")
    return written if _ATTEMPT.fullmatch(written) else next(_verps([headers.all("return-path")]), "")


def attempt_in_text(text: str) -> str:
    """The attempt in a message of ours that came back as text."""
    found = _OUR_HEADER.search(text[: 4 * _LONGEST])
    return found[1] if found else ""


def _verps(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    for values in groups:
        for value in values:
            yield from _VERP.findall(value[:4096])
