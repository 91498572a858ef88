"""The day's letters as one PDF, and the mail that goes with them to whoever prints and posts them: a tick-list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

from msgspec import Struct

from relanced.words.blocks import Bullets, Paragraph, sheet
from relanced.words.dialect import Dialect, find
from relanced.words.engine import LABELS, MailWords
from relanced.words.errors import WordingError
from relanced.words.labels import Labels
from relanced.words.layout_html import as_html
from relanced.words.layout_text import as_text
from relanced.words.typography import NARROW, NBSP, clean

WORDING = "lettres/mail.j2"


class Ticked(Struct, frozen=True):
    """One letter on the list. `pages` is 0 where nobody has to print it."""

    reference: str
    debtor: str
    town: str
    pages: int = 0
    registered: bool = False


def ticked(reference: str, debtor: str, address: Sequence[str], pages: int = 0, registered: bool = False) -> Ticked:
    """A letter as the list names it; `address` are its lines, the last one the town or the country (NF Z10-011)."""
    town = address[-1] if re.match(r"\d{5} ", address[-1]) else ", ".join(address[-2:])
    return Ticked(reference, clean(debtor), clean(town), pages, registered)


def bound(letters: Sequence[bytes]) -> tuple[bytes, tuple[int, ...]]:
    """The letters in one PDF, and how many pages each has."""
    from pypdf import PdfReader, PdfWriter  # slow to import

    pdf, out = PdfWriter(), BytesIO()
    readers = [PdfReader(BytesIO(letter)) for letter in letters]
    for reader in readers:
        pdf.append(reader)
    pdf.write(out)
    return out.getvalue(), tuple(len(reader.pages) for reader in readers)


class BundleWords:
    """Words the mail from folders of templates, the first folder that has the file wins."""

    def __init__(self, folders: Sequence[Path], language: str = "fr") -> None:
        spoken = [folder / language for folder in folders]
        labels = find(spoken, LABELS)
        if labels is None:
            raise WordingError(LABELS, 0, "no folder of templates has this file")
        self._dialect = Dialect(spoken, Labels.read(labels.read_text("utf-8")))

    def mail(
        self, day: date, letters: Sequence[Ticked], stopped: Sequence[Ticked] = (), part: int = 1, parts: int = 1
    ) -> MailWords:
        """The mail; `stopped` are letters that somebody may have printed and that must not be posted; `part` of `parts`
        mails for the same day. Raises WordingError."""
        counts = {
            "number": len(letters),
            "pages": sum(one.pages for one in letters),
            "registered": sum(one.registered for one in letters),
            "part": part,
            "parts": parts,
        }
        known = {"day": day, "letters": tuple(letters), "stopped": tuple(stopped), **counts}
        try:
            page = sheet(self._dialect.fill(WORDING, known))
        except ValueError as error:
            raise WordingError(WORDING, 0, str(error)) from error
        below = [block for block in page.blocks if isinstance(block, Paragraph | Bullets)]
        return MailWords(page.subject.replace(NARROW, NBSP), as_text(below), as_html(page.subject, below))
