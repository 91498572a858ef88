"""Addresses at which a person can be reached: mail, telephone, post. Raises `Unreadable`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import phonenumbers

from relanced.flow.intake.cells import level, text
from relanced.flow.intake.faults import Unreadable
from relanced.flow.intake.grid import Cell

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAIL = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@((?:{_LABEL}\.)+(?:[A-Za-z]{{2,63}}|[Xx][Nn]--[A-Za-z0-9-]{{1,59}}))")
# Overseas numbers are written like the mainland's: the first region in which a number exists is meant.
_REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")
_PHONE = re.compile(r"[0-9+() ./\u00a0\u202f\u2011-]{6,30}")
_LAST_LINE = re.compile(r"[0-9]{4,5} \S.*")
_HOME = frozenset(("", "france", "fr", "fra", "france metropolitaine"))


def mails(cell: Cell) -> tuple[str, ...]:
    """One or several addresses between semicolons."""
    return tuple(dict.fromkeys(_mail(part.strip()) for part in text(cell).split(";") if part.strip()))


def _mail(said: str) -> str:
    """One bare address (RFC 5321, dot-atom and domain name). Comments, names and quoted local parts are refused."""
    found = _MAIL.fullmatch(said)
    if found is None and "," in said:
        raise Unreadable("is not one address: put a semicolon between two")
    if found is None and said.endswith(">"):
        raise Unreadable("is not a bare address (write compta@exemple.fr, without a name)")
    if found is None or len(found[1]) > 64 or len(said) > 254:
        raise Unreadable("is not a mail address (write compta@exemple.fr)")
    return f"{found[1]}@{found[2].lower()}"


def phones(cell: Cell) -> tuple[str, ...]:
    """One or several numbers between semicolons or a slash between blanks, in E.164 form."""
    parts = re.split(r";| / ", text(cell))
    return tuple(dict.fromkeys(_phone(part.strip()) for part in parts if part.strip()))


@lru_cache(maxsize=8192)
def _phone(said: str) -> str:
    if _PHONE.fullmatch(said) and sum(c.isdigit() for c in said) >= 8:
        for region in _REGIONS:
            try:
                number = phonenumbers.parse(said, region)
            except phonenumbers.NumberParseException:
                break
            if phonenumbers.is_valid_number(number):
                return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise Unreadable("is not a telephone number (write 01 42 68 53 00 or +33 1 42 68 53 00)")


def abroad(cell: Cell) -> str:
    """The country in capitals as the last line of an address names it; empty for France."""
    said = text(cell)
    return "" if level(said) in _HOME else said.upper()


def postcode(country: str) -> Callable[[Cell], str]:
    """A reader of postcodes. In France five digits: a zero that a spreadsheet took away comes back."""

    def read(cell: Cell) -> str:
        said = text(cell)
        if country:
            return said
        digits = re.sub(r"^(?:FR?-)|\s", "", said.upper())
        if not re.fullmatch(r"[0-9]{4,5}", digits):
            raise Unreadable("is not a postcode (five digits)")
        return digits.zfill(5)

    return read


def with_town(streets: tuple[str, ...]) -> tuple[str, ...] | None:
    """The lines of an address that was written in one column, if its end is a postcode and a town."""
    parts = streets if len(streets) > 1 else tuple(part.strip() for part in "".join(streets).split(","))
    return parts if _LAST_LINE.fullmatch(parts[-1]) else None
