"""The duplicates that go along: invoice PDFs found in the creditor's folder, under a cap."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from relanced.channel import Enclosure
from relanced.config import Documents


class Duplicates(Struct, frozen=True):
    """What was found, and the invoice numbers for which nothing fit was."""

    enclosures: tuple[Enclosure, ...] = ()
    enclosed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def find_duplicates(documents: Documents | None, numbers: Sequence[str]) -> Duplicates:
    """The PDFs of these invoices. One that is absent, ambiguous, no PDF, or beyond the cap counts as missing."""
    found: list[Enclosure] = []
    enclosed, missing, room = [], [], documents.cap if documents else 0
    for number in dict.fromkeys(numbers):
        content = _read(documents, number, room) if documents else None
        if content is None:
            missing.append(number)
            continue
        room -= len(content)
        found.append(Enclosure(f"duplicata-{_plain(number)}.pdf", "application/pdf", content))
        enclosed.append(number)
    return Duplicates(tuple(found), tuple(enclosed), tuple(missing))


def _read(documents: Documents, number: str, room: int) -> bytes | None:
    paths = _candidates(documents, number)
    if len(paths) != 1:
        return None
    try:
        if paths[0].stat().st_size > room:
            return None
        content = paths[0].read_bytes()
    except OSError:
        return None
    return content if content.startswith(b"%PDF-") else None


def _candidates(documents: Documents, number: str) -> list[Path]:
    """The files that can only be this invoice. One whose wildcards stand for nothing wins over the others.

    What a wildcard stands for must be set off from the number by a space, an underscore or a bracket: letters, hyphens
    and dots join, and FA-10, AV-1 or 1-2 are not 1. Nor may it hold a group of digits that could be a number itself, of
    three digits, or fewer when the invoice's own number is as short: CLIENT-1042_FA-1050 is not invoice 1042.
    """
    written = number.replace("/", "-")
    before, _, after = documents.name.partition("{number}")
    left, right = re.compile(_translated(before)), re.compile(_translated(after))
    found = [(path, _wild(path.name, left, written, right)) for path in _files(documents.folder)]
    exact = [path for path, wild in found if wild == _NOTHING]
    return exact or [path for path, wild in found if wild and _tells_nothing(wild, before, after, written)]


_NOTHING = ("", "")


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _translated(pattern: str) -> str:
    return "".join({"*": "(.*)", "?": "(.)"}.get(c, re.escape(c)) for c in pattern)


def _wild(name: str, left: re.Pattern[str], number: str, right: re.Pattern[str]) -> tuple[str, str] | None:
    """What the wildcards on either side of the number stand for in this name, if it fits the pattern at all."""
    at = name.find(number)
    while at >= 0:
        before, after = left.fullmatch(name[:at]), right.fullmatch(name[at + len(number) :])
        if before and after:
            return " ".join(before.groups()), " ".join(after.groups())
        at = name.find(number, at + 1)
    return None


def _tells_nothing(wild: tuple[str, str], before: str, after: str, number: str) -> bool:
    joined = (before[-1:] in _WILDCARDS and _joins(wild[0][-1:])) or (after[:1] in _WILDCARDS and _joins(wild[1][:1]))
    shortest = min([3, *map(len, re.findall(r"\d+", number))])
    return not joined and not re.search(rf"\d{{{shortest}}}", " ".join(wild))


_WILDCARDS = ("*", "?")


def _joins(neighbour: str) -> bool:
    return neighbour.isalnum() or neighbour in ("-", ".", "/")


def _plain(number: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in number)
