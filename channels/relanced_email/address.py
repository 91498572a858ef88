"""One strict grammar for an address: a text in, one bare ASCII address out, or `Unfit` (RFC 5321 §4.1.2, narrowed)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from relanced.channel import Unfit

# Dot-atoms only. "%", "!" and "|" are left out: relays read them as routes and pipes.
_LOCAL = re.compile(r"[A-Za-z0-9#$&'*+/=?^_`{}~-]+(?:\.[A-Za-z0-9#$&'*+/=?^_`{}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_SENDER = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")


class Mailbox(NamedTuple):
    """A display name and a bare address."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


@lru_cache(maxsize=256)
def sender(text: str) -> Mailbox:
    """Read `Claire Dubois <compta@atelier.example>` or a bare address. Raises Unfit."""
    if "<" not in text:
        return Mailbox("", bare(text))
    match = _SENDER.fullmatch(text.strip())
    if match is None:
        raise Unfit(f"the sender must read “Name <address>”, not {text!r}")
    return Mailbox(match["name"].strip().strip('"'), bare(match["address"]))


def bare(text: str) -> str:
    """Check one bare address; a domain in other letters than ASCII becomes its A-label. Raises Unfit."""
    local, at, domain = text.partition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local) or "=?" in local:
        raise Unfit(f"{text!r} is not one plain e-mail address (before the @)")
    ascii_domain = domain if domain.isascii() else _a_label(text, domain)
    if len(ascii_domain) > 253 or not _DOMAIN.fullmatch(ascii_domain):
        raise Unfit(f"{text!r} is not one plain e-mail address (after the @)")
    return f"{local}@{ascii_domain}"


def _a_label(text: str, domain: str) -> str:
    """The ASCII form of an international domain, if it reads back as exactly the same name (RFC 3490)."""
    try:
        label = domain.encode("idna").decode("ascii")
        same = label.encode("ascii").decode("idna") == domain.lower()
    except UnicodeError:
        same = False
    if not same:
        raise Unfit(f"{text!r} has a domain that cannot be written in ASCII")
    return label
