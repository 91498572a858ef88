"""Letters as PDF: what a printer, an archive, a screen reader and a window envelope need."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace
from pypdf import PageObject, PdfReader

from relanced.channel import Form
from relanced.words import samples
from relanced.words.engine import LetterWords, Words, shipped_templates
from relanced.words.errors import WordingError
from relanced.words.pages import PLAIN, Window
from tests.words.conftest import Write

ONE = samples.cases("relance-1")["one"]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MILLIMETRE = 72 / 25.4


def read(letter: LetterWords) -> list[PageObject]:
    return list(PdfReader(BytesIO(letter.pdf)).pages)


def text(letter: LetterWords) -> str:
    return "\n".join(page.extract_text() for page in read(letter))


def fonts(page: PageObject) -> list[Any]:
    found = [font.get_object() for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    return [child.get_object() for font in found for child in font.get("/DescendantFonts", [font])]


def places(page: PageObject) -> list[tuple[str, float, float]]:
    """Every run of text with its place in millimetres from the top left corner."""
    seen: list[tuple[str, float, float]] = []
    high = float(page.mediabox.height)

    def visit(run: str, ctm: list[float], tm: list[float], *_: object) -> None:
        x, y = tm[4] * ctm[0] + ctm[4], tm[5] * ctm[3] + ctm[5]
        if run.strip():
            seen.append((run.strip(), x / MILLIMETRE, (high - y) / MILLIMETRE))

    page.extract_text(visitor_text=visit)
    return seen


def test_a_letter_is_an_a4_archive_pdf_titled_tagged_and_french(words: Words) -> None:
    letter = words.letter("relance-1", ONE)
    reader = PdfReader(BytesIO(letter.pdf))
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("fr-FR", True)
    assert reader.metadata
    assert (reader.metadata.title, reader.metadata.author) == (letter.title, "Atelier Dubois")
    meta = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    width, height = (float(side) / MILLIMETRE for side in reader.pages[0].mediabox[2:])
    assert (round(width), round(height)) == (210, 297)


def test_every_font_is_embedded(words: Words) -> None:
    for page in read(words.letter("mise-en-demeure", samples.cases("mise-en-demeure")["three"])):
        assert fonts(page)
        assert all({"/FontFile2", "/FontFile3"} & font["/FontDescriptor"].keys() for font in fonts(page))


def test_the_same_facts_make_the_same_bytes(words: Words) -> None:
    """An attempt keeps the digest of what it printed."""
    again = Words([shipped_templates()])
    assert words.letter("relance-1", ONE).pdf == again.letter("relance-1", ONE).pdf


def test_the_address_lies_in_the_window(words: Words) -> None:
    page = read(words.letter("relance-1", ONE))[0]
    lines = {run: (x, y) for run, x, y in places(page)}
    for line in words.letter("relance-1", ONE).address:
        x, y = lines[line]
        assert 110 <= x <= 195
        assert 50 <= y <= 83
    inside = [run for run, x, y in places(page) if 105 <= x <= 200 and 45 <= y <= 88]
    assert set(inside) == set(words.letter("relance-1", ONE).address)


def test_the_longest_address_stays_in_the_window(words: Words) -> None:
    wide = replace(
        ONE.addressee, name="W" * 38, contact="M" * 38, address=("W" * 38, "M" * 38, "B" * 38, "35000 " + "W" * 32)
    )
    page = read(words.letter("relance-1", replace(ONE, addressee=wide)))[0]
    rows = [(run, y) for run, x, y in places(page) if 105 <= x <= 200 and 45 <= y <= 88]
    assert (
        " ".join(run for run, _ in rows) == f"{'W' * 38} {'M' * 38} {'W' * 38} {'M' * 38} {'B' * 38} 35000 {'W' * 32}"
    )
    assert all(50 <= y <= 83 for _, y in rows)


def test_another_envelope_has_another_window() -> None:
    words = Words([shipped_templates()], window=Window(x=100, y=42, width=90, height=35))
    rows = places(read(words.letter("relance-1", ONE))[0])
    x, y = next((x, y) for run, x, y in rows if run == "35170 BRUZ")
    assert 100 <= x <= 110
    assert 42 <= y <= 77


def test_what_is_printed_can_be_read_back(words: Words) -> None:
    page = text(words.letter("mise-en-demeure", samples.cases("mise-en-demeure")["three"]))
    for said in ("é", "è", "ê", "À", "É", "«", "’", "–", "€", "3\u00a0134,56\u00a0€", "courriel\u202f;", "×"):
        assert said in page or said == "«"
    assert "\ufffd" not in page


def test_every_page_says_who_writes_and_which_page_it_is(words: Words) -> None:
    letter = words.letter("mise-en-demeure", samples.cases("mise-en-demeure")["sixty"])
    pages = [page.extract_text() for page in read(letter)]
    assert letter.pages == len(pages) == 5
    for number, page in enumerate(pages, 1):
        assert f"page {number} sur 5" in page
        assert "SIREN\u00a0732\u00a0829\u00a0320" in page
        assert "R-2026-0314" in page


def test_a_long_table_repeats_its_heads_and_loses_no_line(words: Words) -> None:
    facts = samples.cases("relance-2")["sixty"]
    pages = [page.extract_text() for page in read(words.letter("relance-2", facts))]
    assert sum("Montant TTC" in page for page in pages) >= 2
    whole = "\n".join(pages)
    assert all(whole.count(line.invoice) == 1 for line in facts.lines[1:])
    assert "8\u00a0424,90\u00a0€" in whole


def test_the_signature_never_stands_alone_on_a_page(words: Words) -> None:
    lines = samples.cases("relance-2")["sixty"].lines
    for count in range(1, 40, 3):
        facts = replace(samples.cases("relance-2")["one"], lines=lines[:count], claim=None)
        last = read(words.letter("relance-2", facts))[-1].extract_text()
        assert "Gérante" in last
        assert "salutations distinguées" in last


@pytest.mark.parametrize("wording", samples.USUAL_DAYS)
@pytest.mark.parametrize("case", ["one", "three", "consumer", "public", "hostile"])
def test_every_wording_can_be_a_letter(words: Words, wording: str, case: str) -> None:
    letter = words.letter(wording, samples.cases(wording)[case])
    assert letter.missing_glyphs == ()
    assert 1 <= letter.pages <= 2
    assert "agréer" in text(letter) or wording == "courtoisie"


def test_a_letter_borrows_the_words_of_the_mail(write: Write, mine: Words) -> None:
    write("own/mail.j2", "Objet : emprunt\n\nBonjour {{ form }}.\n\n[signature]")
    assert mine.exists("own", Form.PAPER)
    assert not mine.exists("own", Form.TEXT)
    assert not mine.exists("own", Form.CALL)
    assert mine.letter("own", ONE).title == "emprunt"
    assert "Bonjour paper." in text(mine.letter("own", ONE))


def test_a_character_that_no_font_has_is_told_and_never_dropped(words: Words) -> None:
    asked = replace(ONE, addressee=replace(ONE.addressee, name="漢字 & Łódź Ελλάς Привет 😀 SARL"))
    letter = words.letter("relance-1", asked)
    assert letter.missing_glyphs == ("字", "漢", "😀")
    assert "?? & Łódź Ελλάς Привет ? SARL" in text(letter)


def test_the_usual_characters_all_have_a_glyph(write: Write, mine: Words) -> None:
    plain = "".join(sorted(PLAIN - set("{}%#\u00ad")))
    write("own/letter.j2", f"Objet : x\n\n{plain}")
    assert mine.letter("own", ONE).missing_glyphs == ()


def test_facts_are_never_source_for_the_typesetter(words: Words) -> None:
    evil = '#eval("1+1") #read("/etc/passwd") $x$ *gras* _i_ `c` <l> @r \\ // "'
    facts = replace(ONE, lines=(replace(ONE.line, order_number=evil),))
    assert "".join(evil.split()) in "".join(text(words.letter("relance-1", facts)).replace("\u200b", "").split())


def test_a_layout_may_not_fetch_packages(write: Write, override: Any) -> None:
    write("layout/letter.typ", '#import "@preview/cetz:0.3.0"\n')
    with pytest.raises(WordingError, match="may not import packages"):
        Words([override, shipped_templates()])


def test_a_broken_layout_holds_the_letter(write: Write, override: Any) -> None:
    write("layout/letter.typ", "#let x = \n#unknown()")
    with pytest.raises(WordingError, match=r"letter\.typ"):
        Words([override, shipped_templates()]).letter("relance-1", ONE)


@pytest.mark.parametrize("logo", [PNG, b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'])
def test_a_logo_is_printed(words: Words, logo: bytes) -> None:
    plain = words.letter("relance-1", ONE)
    facts = replace(ONE, letterhead=replace(ONE.letterhead, logo=logo))
    assert words.letter("relance-1", facts).pdf != plain.pdf


def test_a_logo_that_is_no_picture_holds_the_letter(words: Words) -> None:
    with pytest.raises(WordingError):
        words.letter("relance-1", replace(ONE, letterhead=replace(ONE.letterhead, logo=b"MZ\0\0")))


@pytest.mark.parametrize("address", [(), ("rue sans ville",), ("A 1", "B 2", "C 3", "D 4", "E 5", "75001 Paris")])
def test_a_letter_without_a_usable_address_is_held(words: Words, address: tuple[str, ...]) -> None:
    with pytest.raises(WordingError, match="adresse"):
        words.letter("relance-1", replace(ONE, addressee=replace(ONE.addressee, address=address)))


def test_the_transfer_code_is_there_only_for_euros_and_an_iban(words: Words) -> None:
    scan = "Virement prêt à scanner"
    assert scan in text(words.letter("relance-1", ONE))
    swiss = tuple(replace(line, currency="CHF") for line in ONE.lines)
    assert scan not in text(words.letter("relance-1", replace(ONE, lines=swiss)))
    without = replace(ONE, letterhead=replace(ONE.letterhead, iban=""))
    assert scan not in text(words.letter("relance-1", without))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (("12 RUE DES FORGES", "35000 RENNES"), "Rennes, le 1er"),
        (("Place du Marché", "97400 Saint-Denis"), "Saint-Denis, le 1er"),
        ((), "1er"),
    ],
)
def test_a_letter_is_dated_where_the_creditor_lives(words: Words, address: tuple[str, ...], place: str) -> None:
    facts = replace(ONE, today=date(2026, 4, 1), letterhead=replace(ONE.letterhead, address=address))
    assert f"{place}\u00a0avril\u00a02026" in text(words.letter("relance-1", facts))


def test_two_threads_print_what_one_prints(words: Words) -> None:
    facts = [replace(ONE, reference=f"R-{n}") for n in range(12)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda one: words.letter("relance-1", one).pdf, facts))
    assert together == [words.letter("relance-1", one).pdf for one in facts]
