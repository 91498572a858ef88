from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from relanced.channel import Enclosure
from relanced.words import samples
from relanced.words.enclosures import append_enclosures
from relanced.words.engine import Words
from relanced.words.errors import WordingError


@pytest.fixture(scope="module")
def letter(words: Words) -> bytes:
    return words.letter("relance-1", samples.cases("relance-1")["one"]).pdf


def invoice(pages: int = 1, password: str = "", owner: str | None = None) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    if password or owner:
        writer.encrypt(password, owner, algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def enclosed(content: bytes, name: str = "F-2026-0147.pdf") -> Enclosure:
    return Enclosure(name, "application/pdf", content)


def test_without_enclosures_the_letter_stays_as_it_is(letter: bytes) -> None:
    assert append_enclosures(letter, []) == (letter, 1)


def test_invoices_follow_the_letter_in_order(letter: bytes) -> None:
    pdf, pages = append_enclosures(letter, [enclosed(invoice(2)), enclosed(invoice(1))])
    read = PdfReader(BytesIO(pdf)).pages
    assert pages == len(read) == 4
    assert "Madame, Monsieur" in read[0].extract_text()
    assert read[3].extract_text() == ""


def test_the_whole_no_longer_claims_to_be_an_archive_file(letter: bytes) -> None:
    pdf, _ = append_enclosures(letter, [enclosed(invoice())])
    assert b"pdfaid" in letter
    assert b"pdfaid" not in pdf
    root: Any = PdfReader(BytesIO(pdf)).trailer["/Root"]
    assert root["/Lang"] == "fr-FR"


def test_the_same_files_make_the_same_bytes(letter: bytes) -> None:
    assert append_enclosures(letter, [enclosed(invoice())]) == append_enclosures(letter, [enclosed(invoice())])


def test_an_invoice_that_only_forbids_changes_is_printed(letter: bytes) -> None:
    assert append_enclosures(letter, [enclosed(invoice(owner="x"))])[1] == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7 broken", b"\0" * 500, b"PK\x03\x04 a zip", invoice()[:200], invoice(password="x"), invoice(0)],
)
def test_a_broken_or_locked_file_holds_the_letter_and_is_named(letter: bytes, content: bytes) -> None:
    with pytest.raises(WordingError, match=r"broken\.pdf"):
        append_enclosures(letter, [enclosed(invoice()), enclosed(content, "broken.pdf")])
