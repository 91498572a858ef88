"""A wording as its author writes it, and the blocks it falls into once the facts are filled in.

An author writes the subject, a blank line, then paragraphs separated by blank lines; a line that begins with ``- `` is
an item of a list and a line that is only ``[marker]`` stands for something each form lays out. Both are turned into
control characters before any fact is filled in, and facts never contain one: a debtor named ``[paiement]`` stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARKERS = frozenset({"factures", "egalement", "décompte", "paiement", "signature"})
_MARK, _ITEM = "\x1e", "\x1d"
_MARK_LINE = re.compile(r"^[ \t]*\[([^\W\d_]+)\][ \t]*$", re.MULTILINE)
_ITEM_LINE = re.compile(r"^[ \t]*- ", re.MULTILINE)
_TAG_AT_END = re.compile(r"^(.*[^-+])%\}[ \t]*$", re.MULTILINE)
_ONLY_TAGS = re.compile(r"(?:\s*\{%-?(?!\s*include)(?:[^%]|%(?!\}))*%\})+\s*$")
_BRACKETS = re.compile(r"\[([^\W\d_]+)\]")
_BLANK = re.compile(r"\n[ \t]*\n")
_SUBJECT = re.compile(r"^Objet[ \u00a0]?:[ \u00a0]?")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Neighbouring items of a list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marker:
    """The place of a table, the payment details or the signature."""

    name: str


Block = Paragraph | Bullets | Marker


@dataclass(frozen=True, slots=True)
class Sheet:
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
    """Cut a filled-in wording into subject and blocks. Raises ValueError for a marker or an item inside a line."""
    head, *body = _BLANK.split(text.strip(), 1)
    whole = Sheet(_SUBJECT.sub("", _joined(head.split("\n"))), tuple(_blocks("".join(body))))
    prose = (whole.subject, *(block.text for block in whole.blocks if isinstance(block, Paragraph)))
    if any(_MARK in text or _ITEM in text for text in prose):
        raise ValueError("a marker or an item of a list begins in the middle of a line")
    return whole


def paragraphs(text: str) -> str:
    """A wording without subject, on one line: a short text."""
    return _joined(text.split("\n"))


def _blocks(body: str) -> Iterator[Block]:
    """Every run of lines of one kind is a block; blank lines end it."""
    prose: list[str] = []
    items: list[str] = []
    for line in (*body.split("\n"), ""):
        if line[:1] != _ITEM and items:
            yield Bullets(tuple(items))
            items = []
        if (not line or line.isspace() or line[0] in (_MARK, _ITEM)) and prose:
            yield Paragraph(_joined(prose))
            prose = []
        if line[:1] == _MARK:
            yield Marker(line[1:].strip())
        elif line[:1] == _ITEM:
            items.append(_joined([line[1:]]))
        elif line and not line.isspace():
            prose.append(line)


def _joined(lines: list[str]) -> str:
    """One line, plain spaces never doubled; no-break spaces stay."""
    return " ".join(word for line in lines for word in line.split(" ") if word)
