"""Invoices that go along with a letter, behind its last page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from relanced.channel import Enclosure
from relanced.words.errors import WordingError


def append_enclosures(pdf: bytes, enclosures: Sequence[Enclosure]) -> tuple[bytes, int]:
    """The letter with the pages of every enclosure, and the number of pages of the whole.

    An enclosed file may be no PDF/A, so the whole no longer says that it is one. Raises WordingError naming the file
    that cannot be read.
    """
    writer = PdfWriter(clone_from=BytesIO(pdf))
    if not enclosures:
        return pdf, len(writer.pages)
    writer.xmp_metadata = None
    for enclosure in enclosures:
        _append(writer, enclosure)
    writer.compress_identical_objects()
    whole = BytesIO()
    writer.write(whole)
    return whole.getvalue(), len(writer.pages)


def _append(writer: PdfWriter, enclosure: Enclosure) -> None:
    """Whatever a broken file makes pypdf raise, the letter is held and the file named."""
    try:
        reader = PdfReader(BytesIO(enclosure.content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise WordingError(enclosure.name, 0, "the PDF is locked by a password")
        if not reader.pages:
            raise WordingError(enclosure.name, 0, "the PDF has no page")
        writer.append(reader, import_outline=False)
    except (
        PyPdfError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        raise WordingError(enclosure.name, 0, f"the PDF cannot be read: {error}") from error
