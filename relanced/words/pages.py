"""A sheet as a finished letter: A4 for a French window envelope, PDF/A-3a and PDF/UA-1, through typst.

Facts reach typst as JSON in one of its inputs, never as source. Only the fonts inside typst are used, so that a letter
is the same bytes on every machine; no package is ever fetched.
"""

from __future__ import annotations

import json
import os
import re
import threading
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, to_builtins

from relanced.rules.model import Road
from relanced.words import tables
from relanced.words.blocks import Bullets, Paragraph, Sheet
from relanced.words.codes import reference_code, transfer_code
from relanced.words.errors import WordingError
from relanced.words.facts import Letterhead, ReminderFacts
from relanced.words.labels import Labels
from relanced.words.layout import Content, contents
from relanced.words.tables import Payment, Signature, Table
from relanced.words.typography import NARROW, NBSP, clean, jour

if TYPE_CHECKING:
    import typst

PLAIN = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180)))) | frozenset("’‘“”–—…€œŒ\u202f\u2212•ᵉ")
_THOUSANDS = re.compile(rf"(?<=\d){NARROW}(?=\d)")  # Libertinus draws U+202F too narrow for figures
_ONE_CHARACTER = b'#set document(title: "x")\n#set text(lang: "fr")\n#sys.inputs.text'
_STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]


class Window(Struct, frozen=True):
    """Where the envelope shows the address, in millimetres from the top left corner of the sheet."""

    x: float = 110
    y: float = 50
    width: float = 85
    height: float = 33


DL = Window()


class Press:
    """Prints letters with one layout. One typst compiler per thread: typst lets go of the GIL while it works."""

    def __init__(self, layout: Path, labels: Labels, window: Window = DL) -> None:
        self._layout = layout
        self._source = _layout_source(layout)
        self._labels = labels
        self._window = window
        self._threads = threading.local()
        self._glyphs: dict[str, bool] = {}

    def render_letter(
        self, sheet: Sheet, facts: ReminderFacts, address: tuple[str, ...]
    ) -> tuple[bytes, tuple[str, ...]]:
        """The PDF, and the characters no font has (each printed as « ? »). Raises WordingError."""
        text = json.dumps(self._letter(sheet, facts, address), ensure_ascii=False)
        text = _THOUSANDS.sub(NBSP, text)
        missing = tuple(sorted(c for c in set(text) - PLAIN if not self._has_glyph(c)))
        for character in missing:
            text = text.replace(character, "?")
        midnight = datetime.combine(facts.today, time(), UTC)
        return self._compile(self._source, {"letter": text}, midnight), missing

    def _letter(self, sheet: Sheet, facts: ReminderFacts, address: tuple[str, ...]) -> dict[str, object]:
        """Everything the layout prints, finished."""
        us, labels, reference = facts.letterhead, self._labels, clean(facts.reference)
        code = transfer_code(facts)
        return {
            "title": sheet.subject,
            "day": [facts.today.year, facts.today.month, facts.today.day],
            "window": to_builtins(self._window),
            "sender": {"name": clean(us.name), "lines": _sender_lines(us, labels), "logo": list(us.logo)},
            "to": address,
            "mention": _mention(facts, labels),
            "place": labels.place.format(clean(us.town), jour(facts.today)) if us.town else jour(facts.today),
            "reference": {"label": labels.our_reference, "text": reference, "code": reference_code(reference)},
            "subject": {"label": labels.subject, "text": sheet.subject},
            "parts": [_part(content, labels, code) for content in contents(sheet, facts, labels)],
            "enclosures": labels.enclosures.format(clean(", ".join(facts.enclosed))) if facts.enclosed else "",
            "header": labels.reference.format(reference),
            "foot": tables.identity(us, labels.siren),
            "page": labels.page,
        }

    def _has_glyph(self, character: str) -> bool:
        """Ask typst: a character without glyph cannot be printed as PDF/A."""
        if character not in self._glyphs:
            try:
                self._compile(_ONE_CHARACTER, {"text": character}, datetime(2000, 1, 1, tzinfo=UTC))
                self._glyphs[character] = True
            except WordingError:
                self._glyphs[character] = False
        return self._glyphs[character]

    def _compile(self, source: bytes, inputs: dict[str, str], moment: datetime) -> bytes:
        from typst import TypstError

        try:
            pdf = self._compiler().compile(
                source, format="pdf", sys_inputs=inputs, pdf_standards=_STANDARDS, timestamp=moment
            )
        except TypstError as error:
            raise WordingError(self._layout.name, 0, error.message) from error
        assert isinstance(pdf, bytes)
        return pdf

    def _compiler(self) -> typst.Compiler:
        """This thread's compiler: it sees the layout's folder and no font of the system."""
        if not hasattr(self._threads, "compiler"):
            from typst import Compiler  # 50 MB that a house without letters does not load

            nowhere = Path(os.devnull)
            self._threads.compiler = Compiler(
                root=self._layout.parent, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
            )
        compiler: typst.Compiler = self._threads.compiler
        return compiler


def _layout_source(layout: Path) -> bytes:
    """The layout, which may not ask for packages: nothing is fetched while a letter is printed."""
    source = layout.read_bytes()
    if b'"@' in source:
        raise WordingError(layout.name, 0, "a layout may not import packages")
    return source


def _sender_lines(us: Letterhead, labels: Labels) -> list[str]:
    phone = labels.phone.format(us.phone) if us.phone else ""
    return [clean(line) for line in (us.legal, *us.address, phone, labels.mail.format(us.reply_to)) if line]


def _mention(facts: ReminderFacts, labels: Labels) -> str:
    """« Lettre recommandée… », with its number once known."""
    if facts.road is not Road.REGISTERED:
        return ""
    return labels.registered_number.format(clean(facts.registered)) if facts.registered else labels.registered


def _part(content: Content, labels: Labels, code: str) -> dict[str, object]:
    """One content as the layout knows it, by its `kind`."""
    match content:
        case Paragraph():
            return {"kind": "paragraph", "text": content.text}
        case Bullets():
            return {"kind": "bullets", "items": content.items}
        case Table():
            return {"kind": "table", **to_builtins(content)}
        case Payment():
            return {"kind": "payment", **to_builtins(content), "code": code, "scan": labels.scan}
        case Signature():
            return {"kind": "signature", "creditor": content.creditor, "person": content.person}
