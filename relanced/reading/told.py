"""Bounces that no standard describes: the words of a mail server, read by flufl.bounce, then by a few rules of ours."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from email import message_from_bytes
from email.policy import compat32

from flufl.bounce import all_failures

from relanced.reading.causes import cause_of
from relanced.reading.flat import any_of, flat
from relanced.reading.headers import bare_address
from relanced.reading.marks import answered, attempt_in_text, distinct, quoted
from relanced.reading.message import Part
from relanced.reading.reports import Report, original_of
from relanced.reading.signs import Signs
from relanced.reading.verdict import Kind, Recipient

_READ_BY_FLUFL = 48 * 1024  # bytes: its search grows faster than what it searches
_LONGEST = 16 * 1024  # characters of the machine's own words
_MOST = 20
_AROUND = 600  # characters after an address in which the server's words are looked for
_ADDRESS = re.compile(r"[\w.+=/-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}", re.IGNORECASE)
_RETURNED = re.compile(
    r"^(?:[> \t]{0,20}-{2,80}.{0,40}(?:original message|copy of (?:the|your) message|returned message|message d'origine"
    r"|message follows|message header|below this line|en-t.tes?)"
    r"|(?:received|return-path): |original message headers|en-t.tes de message d'origine"
    r"|here is (?:a|your|the) (?:copy|returned))",
    re.IGNORECASE | re.MULTILINE,
)
_LATER = any_of(
    r"not (?:yet )?been delivered|still (?:trying|be retried|being)|will (?:keep trying|be retried|continue|retry)",
    r"you do not need to (?:re)?send|delivery (?:is|has been) delayed|no action is required",
    r"n'a pas (?:encore|pu encore)|nouvelles? tentatives?|continuer\w* (?:a|d)|retardee?\b",
)
_NEXT = re.compile(r"\n[ \t]*<?[\w.+=/-]{1,64}@[^\n]{1,80}:?[ \t]*\n")
_NAMED_FAILED = re.compile(r"[\s,]+")

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


def told_by(message: Part, signs: Signs, text: str) -> Report | None:
    """The bounce that a server's plain words are. `text`: what a reader of the message sees."""
    failed_header = signs.headers.raw("x-failed-recipients")
    titled = signs.says_failed and (signs.machine or signs.nobody)
    if not failed_header and not titled and not signs.daemon:
        return None
    words = _own(text)
    later, gone = _flufl(message)
    if not failed_header and not titled and not gone and not later:
        return None
    addresses = list(dict.fromkeys([*_named(failed_header), *gone, *later])) or _in_words(words, signs.sender)
    delayed = not failed_header and not gone and (bool(later) or bool(_LATER.search(flat(words))))
    recipients = tuple(_recipient(address, words, delayed=delayed) for address in addresses[:_MOST])
    return _report(message, signs, text, tuple(r for r, _ in recipients), _reason(recipients, words), delayed=delayed)


def _report(
    message: Part, signs: Signs, text: str, recipients: tuple[Recipient, ...], reason: str, *, delayed: bool
) -> Report:
    original = original_of(message)
    ids = original.all("message-id")[:1] if original else []
    about = distinct([*ids, *quoted(text), *answered(signs.headers)])
    return Report(Kind.DELAYED if delayed else Kind.BOUNCE, reason, recipients, attempt_in_text(text), about)


def _own(text: str) -> str:
    """The machine's words, without the message it returns."""
    text = text[:_LONGEST]
    found = _RETURNED.search(text, 1)
    return text[: found.start()] if found else text


def _flufl(message: Part) -> tuple[list[str], list[str]]:
    """Addresses that wait and addresses that failed, as flufl.bounce finds them; none where it trips."""
    begin = message.raw[:_READ_BY_FLUFL]
    try:
        later, gone = all_failures(message_from_bytes(begin, policy=compat32))
    except Exception:  # it searches by patterns what anybody may have written
        return [], []
    return _clean(later), _clean(gone)


def _clean(found: Collection[bytes | str]) -> list[str]:
    addresses = (one.decode("ascii", "replace") if isinstance(one, bytes) else one for one in found)
    return sorted(filter(None, map(bare_address, addresses)))


def _named(header: str) -> list[str]:
    return list(filter(None, map(bare_address, _NAMED_FAILED.split(header[:4000]))))


def _in_words(words: str, sender: str) -> list[str]:
    """The one address in the words of the server; where several stand, nobody can say whose fault it is."""
    found = {address.lower().rstrip(".") for address in _ADDRESS.findall(words)} - {sender}
    return sorted(found) if len(found) == 1 else []


def _recipient(address: str, words: str, *, delayed: bool) -> tuple[Recipient, str]:
    said = _said_of(address, words)
    cause = cause_of("", said)
    if delayed:
        return Recipient(address, cause.status, said=said), "they go on trying"
    return Recipient(address, cause.status, cause.permanent, cause.address_dead, said), cause.words


def _said_of(address: str, words: str) -> str:
    """What stands behind the address, up to the next one on a line of its own."""
    at = words.lower().find(address)
    if at < 0:
        return " ".join(words[:_AROUND].split())
    behind = words[at + len(address) : at + len(address) + _AROUND]
    following = _NEXT.search(behind)
    behind = behind[: following.start()] if following else behind
    return " ".join(behind.lstrip(' \t\r\n<>:;,.()"').split())


def _reason(recipients: tuple[tuple[Recipient, str], ...], words: str) -> str:
    if not recipients:
        return "a bounce that names no recipient: " + " ".join(words[:200].split())
    first, why = recipients[0]
    return f"{why}: {first.said[:300]}".rstrip(": ")
