from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from relanced.words.typography import (
    clean,
    euros,
    heure,
    iban,
    jour,
    jour_court,
    liste,
    pluriel,
    siren,
    taux,
    telephone,
    typeset,
)


@pytest.mark.parametrize(
    ("cents", "currency", "said"),
    [
        (0, "EUR", "0,00\u00a0€"),
        (5, "EUR", "0,05\u00a0€"),
        (4000, "EUR", "40,00\u00a0€"),
        (123_450, "EUR", "1\u202f234,50\u00a0€"),
        (123_456_789, "EUR", "1\u202f234\u202f567,89\u00a0€"),
        (-1200, "EUR", "−12,00\u00a0€"),
        (-5, "EUR", "−0,05\u00a0€"),
        (100_00, "CHF", "100,00\u00a0CHF"),
        (100_00, "GBP", "100,00\u00a0£"),
    ],
)
def test_an_amount_reads_as_french_prints_it(cents: int, currency: str, said: str) -> None:
    assert euros(cents, currency) == said


def test_a_month_begins_on_the_first_as_an_ordinal() -> None:
    assert jour(date(2026, 3, 1)) == "1er\u00a0mars\u00a02026"
    assert jour(date(2026, 8, 11)) == "11\u00a0août\u00a02026"
    assert jour_court(date(2026, 3, 1)) == "01/03/2026"


@pytest.mark.parametrize(("at", "said"), [(time(10, 30), "10 h 30"), (time(14), "14 h"), (time(9, 5), "9 h 05")])
def test_an_hour_reads_as_french_prints_it(at: time, said: str) -> None:
    assert heure(at) == said.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+33299001234", "02 99 00 12 34"),
        ("+33 6 12 34 56 78", "06 12 34 56 78"),
        ("02.99.00.12.34", "02 99 00 12 34"),
        ("+262262901234", "02 62 90 12 34"),
        ("+590690123456", "06 90 12 34 56"),
        ("+3222345678", "+32 2 234 56 78"),
        ("demander à l'accueil", "demander à l'accueil"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_a_number_reads_as_the_french_dial_it(number: str, said: str) -> None:
    assert telephone(number).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "facture"), (1, "facture"), (2, "factures"), ((), "facture"), (("A", "B"), "factures")]
)
def test_zero_and_one_are_singular_in_french(count: int | tuple[str, ...], said: str) -> None:
    assert pluriel(count, "facture", "factures") == said


@pytest.mark.parametrize(("words", "said"), [(("A",), "A"), (("A", "B"), "A et B"), (("A", "B", "C"), "A, B et C")])
def test_a_list_ends_with_and(words: tuple[str, ...], said: str) -> None:
    assert liste(words) == said


def test_rates_and_identifiers_are_grouped() -> None:
    assert taux(Decimal("12.15")) == "12,15\u00a0%"
    assert taux(Decimal("10")) == "10,00\u00a0%"
    assert siren("732829320") == "732\u00a0829\u00a0320"
    assert siren("n'importe") == "n'importe"
    assert iban("FR7630006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Une question ?", "Une question\u202f?"),
        ("Merci ; bien reçu !", "Merci\u202f; bien reçu\u202f!"),
        ("Objet : rappel", "Objet\u00a0: rappel"),
        ("« oui »", "«\u00a0oui\u00a0»"),
        ("40 € à 12 %", "40\u00a0€ à 12\u00a0%"),
        ("l'échéance n'est", "l’échéance n’est"),
        ("d'", "d’"),
        ("article L. 441-10", "article L.\u00a0441-10"),
        ("n° 12, SIREN 732", "n°\u00a012, SIREN\u00a0732"),
        ("attendez...", "attendez…"),
        ("10:30 https://x.example", "10:30 https://x.example"),
    ],
)
def test_prose_from_a_plain_keyboard_is_set_as_printed(typed: str, printed: str) -> None:
    assert typeset(typed) == printed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Dupont\r\nBcc: x@y.example", "Dupont Bcc: x@y.example"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u200bb\u2028c\ud800d\x00e", "a b c d e"),
        ("Cafe\u0301", "Café"),
        ("1\u202f234,50\u00a0€", "1\u202f234,50\u00a0€"),
    ],
)
def test_a_name_is_one_clean_line_whatever_was_typed(typed: str, kept: str) -> None:
    """Attack 2."""
    assert clean(typed) == kept
