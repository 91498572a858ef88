"""What a short text is made of: the GSM 03.38 alphabet, its segments, and what no short text may carry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

_ONE = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà\n"
)
_TWO = frozenset("€[]{}~^|\\")  # behind an escape: two septets each
_INSTEAD = {"œ": "oe", "Œ": "OE", "’": "'", "‘": "'", "«": '"', "»": '"', "“": '"', "”": '"', "–": "-", "—": "-"}
_INSTEAD |= {"…": "...", "\u00a0": " ", "\u202f": " ", "\u2212": "-", "\u2010": "-", "\u2011": "-", "°": "o"}
_INSTEAD["ç"] = "c"  # the table's 0x09 is the capital

_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]{4}){3}", re.IGNORECASE)
_SITES = "fr|com|net|org|eu|io|me|ly|gl|gd|info|biz|app|link|site|online|shop|pro|paris|bzh|re|gp|mq"
_LINK = re.compile(rf"://|\bwww\.|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:{_SITES})(?![\w@-]|\.[a-z])", re.IGNORECASE)


class TextLength(Struct, frozen=True):
    """How long a short text is: `units` are septets of the GSM alphabet, or UTF-16 units where it does not suffice."""

    alphabet: str  # "GSM-7" or "UCS-2"
    units: int
    segments: int


@lru_cache(maxsize=1024)
def gsm_text(text: str) -> str:
    """The nearest text in the GSM alphabet, so that it keeps its 160 characters; what has no near one stays."""
    return "".join(map(_nearest, unicodedata.normalize("NFC", text)))


def _nearest(character: str) -> str:
    if character in _ONE or character in _TWO:
        return character
    if character in _INSTEAD:
        return _INSTEAD[character]
    if "\u0300" <= character <= "\u036f":
        return ""  # an accent that no letter took
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return bare if all(c in _ONE for c in bare) else character


def text_length(text: str) -> TextLength:
    """The segments a short text takes: 160 septets alone or 153 in a row, 70 or 67 units beyond the alphabet.

    Neither an escaped character nor a surrogate pair is ever split (3GPP TS 23.038, 23.040).
    """
    if all(c in _ONE or c in _TWO for c in text):
        return _laid_out("GSM-7", [2 if c in _TWO else 1 for c in text], alone=160, in_a_row=153)
    return _laid_out("UCS-2", [2 if ord(c) > 0xFFFF else 1 for c in text], alone=70, in_a_row=67)


def _laid_out(alphabet: str, widths: list[int], alone: int, in_a_row: int) -> TextLength:
    units = sum(widths)
    return TextLength(alphabet, units, 1 if units <= alone else _rows(widths, in_a_row))


def _rows(widths: Iterable[int], room: int) -> int:
    rows, left = 1, room
    for width in widths:
        if width > left:
            rows, left = rows + 1, room
        left -= width
    return rows


def forbidden_in_text(text: str) -> str:
    """What stands in a short text and may not: « an IBAN » or « a link », which frauds live on; empty if nothing."""
    if _IBAN.search(text):
        return "an IBAN"
    return "a link" if _LINK.search(text) else ""
