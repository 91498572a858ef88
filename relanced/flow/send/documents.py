"""The duplicates that go along: invoice PDFs found in the creditor's folder, under a cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relanced.channel import Enclosure
from relanced.config import Documents


@dataclass(frozen=True, slots=True)
class Duplicates:
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
    """The file of exactly that number: FA-1 is not FA-10. An exact name wins over one that merely contains it."""
    quoted = "".join(f"[{c}]" if c in "*?[" else c for c in number.replace("/", "-"))
    found = [p for p in documents.folder.glob(documents.name.replace("{number}", quoted)) if p.is_file()]
    alone = [p for p in found if not _runs_on(p.stem, number.replace("/", "-"))]
    exact = [p for p in alone if p.stem == number]
    return exact or alone


def _runs_on(stem: str, number: str) -> bool:
    """Whether the number is only part of a longer one in the file's name."""
    at = stem.find(number)
    before, after = stem[at - 1 : at] if at > 0 else "", stem[at + len(number) :][:1]
    return before.isalnum() or after.isalnum()


def _plain(number: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in number)
