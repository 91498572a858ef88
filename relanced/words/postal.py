"""A postal address as La Poste's machines read it: NF Z10-011."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MOST_LINES = 6
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


class Unpostable(ValueError):
    """The address does not fit an envelope; the message says which line, in words for the person who mends it."""


def postal_lines(name: str, contact: str, address: Sequence[str]) -> tuple[str, ...]:
    """At most six lines of at most 38 characters, the last three in capitals without accents.

    `address` ends with postcode and town; it loses its punctuation, and words are abbreviated only in a line that is
    too long. Empty lines and a contact equal to the name are left out. Raises Unpostable.
    """
    places = [line for line in map(_place, address) if line]
    if not places or not re.search(r"\d", places[-1]):
        raise Unpostable("l'adresse doit finir par le code postal et la commune")
    people = [_squeezed(line) for line in (name, contact if contact.casefold() != name.casefold() else "")]
    lines = [line for whole in (*people, *places) for line in _fitting(whole)]
    if len(lines) > MOST_LINES:
        raise Unpostable(f"l'adresse compte {len(lines)} lignes, {MOST_LINES} au plus sont permises")
    return (*lines[:-3], *map(_capitals, lines[-3:]))


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
