"""A wording as its author writes it, and the blocks it falls into once the facts are filled in.

An author writes ``Objet : …``, a blank line, then paragraphs separated by blank lines; a line that begins with ``- ``
is an item of a list and a line that is only ``[marker]`` stands for something each form lays out. Both become control
characters before any fact is filled in, and facts never contain one: a debtor named ``[paiement]`` stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from msgspec import Struct

MARKERS = frozenset({"factures", "egalement", "décompte", "paiement", "signature", "échéances"})
_MARK, _ITEM = "\x02", "\x03"  # no white space, which Jinja could strip, and nothing `clean` lets through
_MARK_LINE = re.compile(r"^[ \t]*\[([^\W\d_]+)\][ \t]*$", re.MULTILINE)
_ITEM_LINE = re.compile(r"^[ \t]*- ", re.MULTILINE)
_TAG_AT_END = re.compile(r"^(.*[^-+])%\}[ \t]*$", re.MULTILINE)
_ONLY_TAGS = re.compile(r"(?:\s*\{%-?(?!\s*include)(?:[^%]|%(?!\}))*%\})+\s*$")
_BRACKETS = re.compile(r"\[([^\W\d_]+)\]")
_SPACES = re.compile(" {2,}")
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
_SUBJECT = re.compile(r"Objet[ \u00a0]?:[ \u00a0]?(.+)")


class Paragraph(Struct, frozen=True):
    """Running text on one line; only the words of a reply keep the lines of whoever typed them."""

    text: str


class Bullets(Struct, frozen=True):
    """Neighbouring items of a list."""

    items: tuple[str, ...]


class Marker(Struct, frozen=True):
    """The place of a table, the payment details or the signature."""

    name: str


Block = Paragraph | Bullets | Marker


class Sheet(Struct, frozen=True):
    """A finished wording: its subject (empty for a short text) and its blocks in order."""

    subject: str
    blocks: tuple[Block, ...]


def mark(source: str) -> str:
    """The source of a wording with its markers and items told apart from data. Lines keep their numbers.

    Jinja eats the end of a line behind a tag: right for a line of tags alone, wrong behind a sentence or an include.
    """
    marked = _ITEM_LINE.sub(_ITEM, _MARK_LINE.sub(_MARK + r"\1", source))
    return _TAG_AT_END.sub(lambda found: found[0] if _ONLY_TAGS.match(found[0]) else f"{found[1]}+%}}", marked)


def misused_marker(source: str) -> tuple[int, str] | None:
    """The line and the fault of the first marker that no layout knows, or that does not stand alone on its line."""
    for number, line in enumerate(source.split("\n"), 1):
        for found in _BRACKETS.finditer(line):
            alone = line.strip() == found[0]
            if alone != (found[1] in MARKERS):
                return number, f"unknown marker {found[0]}" if alone else f"{found[0]} must stand alone on its line"
    return None


def sheet(text: str) -> Sheet:
    """Cut a filled-in wording into subject and blocks.

    Raises ValueError without « Objet : … » at the top, or for a marker or an item inside a line.
    """
    head, *body = _BLANK.split(text.strip())
    subject = _SUBJECT.match(_joined(head))
    if not subject:
        raise ValueError("a wording begins with « Objet : … » and a blank line")
    return Sheet(subject[1], tuple(block for part in body for block in _blocks(part)))


def paragraphs(text: str) -> str:
    """A wording without subject, on one line: a short text."""
    return _joined(text.strip())


@lru_cache(maxsize=256)
def _blocks(part: str) -> tuple[Block, ...]:
    """What stands between two blank lines, the same in most mails: prose, or runs of prose, items and markers."""
    return tuple(_runs(part))


def _runs(part: str) -> Iterator[Block]:
    for kind, lines in groupby(part.split("\n"), _kind):
        if kind == _MARK:
            yield from (Marker(line[1:]) for line in lines)
        elif kind == _ITEM:
            yield Bullets(tuple(_joined(line[1:]) for line in lines))
        elif prose := _joined("\n".join(lines)):
            yield Paragraph(prose)


def _kind(line: str) -> str:
    return line[0] if line[:1] in (_MARK, _ITEM) else ""


def _joined(text: str) -> str:
    """One line, plain spaces never doubled; no-break spaces stay."""
    if _MARK in text or _ITEM in text:
        raise ValueError("a marker or an item of a list begins in the middle of a line")
    line = text.replace("\n", " ").strip(" ")
    return _SPACES.sub(" ", line) if "  " in line else line
