"""A postal address as La Poste's machines read it: NF Z10-011."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

MOST_LINES = 6  # one more abroad: the country
LONGEST = 38
_SHORTER = {
    "ALLEE": "ALL",
    "AVENUE": "AV",
    "BATIMENT": "BAT",
    "BOULEVARD": "BD",
    "CHEMIN": "CHE",
    "ESCALIER": "ESC",
    "FAUBOURG": "FG",
    "IMPASSE": "IMP",
    "LOTISSEMENT": "LOT",
    "PLACE": "PL",
    "RESIDENCE": "RES",
    "ROUTE": "RTE",
    "SAINT": "ST",
    "SAINTE": "STE",
    "SQUARE": "SQ",
}
_ALSO_CALLED = {"ANGLETERRE": "GB", "GRANDE BRETAGNE": "GB", "UK": "GB", "HOLLANDE": "NL", "USA": "US"}


class Unpostable(ValueError):
    """The address does not fit an envelope; the message says which line, in words for the person who mends it."""


def postal_lines(name: str, contact: str, address: Sequence[str]) -> tuple[str, ...]:
    """At most six lines of at most 38 characters, the last three in capitals without accents.

    `address` ends with postcode and town, or below them the country, which is said in French and has a line more; it
    loses its punctuation, and words are abbreviated only in a line that is too long. Empty lines and a contact equal to
    the name are left out. Raises Unpostable.
    """
    places = [line for line in map(_place, address) if line]
    in_france = bool(places) and bool(re.search(r"\d", places[-1]))
    if not in_france:
        if len(places) < 3 or places[-1] not in _countries():
            raise Unpostable("l'adresse doit finir par le code postal et la commune")
        places[-1] = _countries()[places[-1]]
    most, capitals = (MOST_LINES, 3) if in_france else (MOST_LINES + 1, 4)
    people = [_squeezed(line) for line in (name, contact if contact.casefold() != name.casefold() else "")]
    lines = [line for whole in (*people, *places) for line in _fitting(whole)]
    if len(lines) > most:
        raise Unpostable(f"l'adresse compte {len(lines)} lignes, {most} au plus sont permises")
    return (*lines[:-capitals], *map(_capitals, lines[-capitals:]))


@cache
def _countries() -> Mapping[str, str]:
    """Every country as an address may name it (in French, in English, by its code of two letters): its French name."""
    from babel import Locale  # only letters abroad need it

    french: Mapping[str, str] = dict(Locale("fr").territories)
    english: Mapping[str, str] = dict(Locale("en").territories)
    codes = [code for code in french if len(code) == 2 and code.isalpha()]
    known = {_place(said): _place(french[code]) for code in codes for said in (code, english[code], french[code])}
    return known | {said: _place(french[code]) for said, code in _ALSO_CALLED.items()}


def _place(line: str) -> str:
    """A street or a town: capitals, digits and single spaces, abbreviated when it is too long."""
    bare = _squeezed(re.sub(r"[^A-Z0-9 ]", " ", _capitals(line)))
    if len(bare) <= LONGEST:
        return bare
    return " ".join(_SHORTER.get(word, word) for word in bare.split(" "))


def _capitals(line: str) -> str:
    letters = line.upper().replace("Œ", "OE").replace("Æ", "AE")
    return "".join(c for c in unicodedata.normalize("NFD", letters) if not unicodedata.combining(c))


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _fitting(line: str) -> list[str]:
    """The line, cut at a space into lines that fit."""
    lines: list[str] = []
    for word in line.split():
        if lines and len(lines[-1]) + 1 + len(word) <= LONGEST:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if any(len(part) > LONGEST for part in lines):
        raise Unpostable(f"« {line} » dépasse {LONGEST} caractères")
    return lines
