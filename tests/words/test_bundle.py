"""The mail that goes with the day's letters: a tick-list in faultless French."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from relanced.words.bundle import BundleWords, bound, ticked
from relanced.words.engine import shipped_templates
from relanced.words.errors import WordingError

RENNES = ("GARAGE DES LICES", "1 PLACE DES LICES", "35000 RENNES")
ABROAD = ("SPRL PEETERS", "RUE NEUVE 4", "1000 BRUXELLES", "BELGIQUE")
DAY = date(2026, 3, 1)

TWO = """Bonjour,

Le fichier joint contient 2 lettres à poster, 3 pages en tout, dans l’ordre
de la liste ci-dessous. Merci de les imprimer en recto simple, de les mettre
sous pli et de cocher chaque ligne.

– ☐ 4TZK2-9QWER : Garage des Lices, 35000 RENNES, 2 pages, recommandé avec
  avis de réception
– ☐ 7ABCD-00001 : Peeters, 1000 BRUXELLES, BELGIQUE, 1 page, courrier simple

À ne pas poster, même si elles sont déjà imprimées :

– 1AAAA-00001 : Client C1, 35000 RENNES
– 1AAAA-00002 : Client C2, 35000 RENNES

Une fois les lettres postées, merci de le confirmer en rappelant leurs
références : sans cette confirmation, elles restent sur la liste des lettres
à poster.
"""
ONE = """Bonjour,

Le fichier joint contient une lettre d’une page à poster. Merci de
l’imprimer en recto simple, de la mettre sous pli et d’en cocher la ligne.

– ☐ 7ABCD-00001 : Peeters, 1000 BRUXELLES, BELGIQUE, 1 page, courrier simple

Une fois la lettre postée, merci de le confirmer en rappelant sa référence :
sans cette confirmation, elle reste sur la liste des lettres à poster.
"""


@pytest.fixture(scope="module")
def words() -> BundleWords:
    return BundleWords([shipped_templates()])


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_list_as_it_is_read(words: BundleWords) -> None:
    letters = (
        ticked("4TZK2-9QWER", "Garage des Lices", RENNES, 2, True),
        ticked("7ABCD-00001", "Peeters", ABROAD, 1),
    )
    stopped = tuple(ticked(f"1AAAA-0000{n}", f"Client C{n}", RENNES) for n in (1, 2))
    said = words.mail(DAY, letters, stopped)
    assert _plain(said.subject) == "Lettres du 1er mars 2026 : 2 lettres à poster, dont 1 en recommandé"
    assert _plain(said.text) == TWO
    assert "<li>☐ 7ABCD-00001" in said.html


def test_what_takes_several_mails_says_which_it_is(words: BundleWords) -> None:
    letters = [ticked("7ABCD-00001", "Peeters", ABROAD, 1)]
    said = words.mail(DAY, letters, (), 2, 3)
    assert _plain(said.subject) == "Lettres du 1er mars 2026, envoi 2 sur 3 : 1 lettre à poster"
    assert "arrivent en 3 envois : celui-ci est le numéro 2" in " ".join(_plain(said.text).split())
    assert "envoi" not in words.mail(DAY, letters).text


def test_one_letter_is_singular(words: BundleWords) -> None:
    said = words.mail(DAY, [ticked("7ABCD-00001", "Peeters", ABROAD, 1)])
    assert _plain(said.subject) == "Lettres du 1er mars 2026 : 1 lettre à poster"
    assert _plain(said.text) == ONE


def test_attack_7_a_name_is_never_read_as_a_wording(words: BundleWords) -> None:
    said = words.mail(DAY, [ticked("R-1", "{{ 7*7 }}<b>\r\nBcc: x", ("A", "35000 RENNES"), 1)])
    assert "{{ 7*7 }}" in said.text
    assert "<b>" not in said.html
    assert "\r" not in said.text


def test_without_templates_there_are_no_words() -> None:
    with pytest.raises(WordingError):
        BundleWords([])


def test_letters_are_bound_in_order_and_their_pages_counted() -> None:
    letters = [_pdf(2), _pdf(1)]
    whole, pages = bound(letters)
    assert pages == (2, 1)
    assert len(PdfReader(BytesIO(whole)).pages) == 3


def _pdf(pages: int) -> bytes:
    writer, out = PdfWriter(), BytesIO()
    for _ in range(pages):
        writer.add_blank_page(200, 300)
    writer.write(out)
    return out.getvalue()
