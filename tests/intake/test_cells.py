"""Texts, words and identifiers, one cell at a time."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from relanced.flow.intake import cells, reach
from relanced.flow.intake.faults import Unreadable
from relanced.flow.intake.grid import Cell
from relanced.rules.model import PaymentMode, Segment


@pytest.mark.parametrize(
    ("reader", "cell", "value"),
    [
        (cells.text, "Boulangerie Été", "Boulangerie Été"),
        (cells.text, "E\u0301te\u0301", "Été"),  # a Macintosh writes accents apart
        (cells.text, "=HYPERLINK(1)", "=HYPERLINK(1)"),  # a text like any other
        (cells.text, Decimal("2026001"), "2026001"),
        (cells.text, Decimal("2026001.0"), "2026001"),
        (cells.note, "Payé\nle 3 mars", "Payé le 3 mars"),
        (cells.note, date(2026, 3, 1), "2026-03-01"),
        (cells.lines, "12 rue des Forges\r\n\nBât. B", ("12 rue des Forges", "Bât. B")),
        (cells.yes, "Oui", True),
        (cells.yes, "x", True),
        (cells.yes, Decimal(0), False),
        (cells.segment, "Entreprise", Segment.BUSINESS),
        (cells.segment, "B2B", Segment.BUSINESS),
        (cells.segment, "PARTICULIER", Segment.CONSUMER),
        (cells.segment, "Collectivité territoriale", Segment.PUBLIC),
        (cells.segment, "association", Segment.UNKNOWN),  # the most protective rules
        (cells.payment_mode, "Prélèvement SEPA", PaymentMode.DIRECT_DEBIT),
        (cells.payment_mode, "VIR", PaymentMode.TRANSFER),
        (cells.payment_mode, "CB", PaymentMode.CARD),
        (cells.document, "Facture d'avoir", cells.Document.CREDIT),
        (cells.document, Decimal(380), cells.Document.INVOICE),
        (cells.language, "Anglais", "en"),
        (cells.tags, "grand compte, export ,", ("grand compte", "export")),
        (cells.rank, "2", 2),
        (cells.currency, "€", "EUR"),
        (cells.currency, "chf", "CHF"),
        (cells.siren, "732 829 320", "732829320"),
        (cells.siren, "73282932000074", "732829320"),  # a SIRET
        (cells.siren, "35600000009075", "356000000"),  # La Poste: no Luhn
        (cells.siren, Decimal("5580113"), "005580113"),  # the zeros a spreadsheet took away
        (cells.account, "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
        (reach.mails, "Compta@Exemple.FR", ("Compta@exemple.fr",)),
        (reach.mails, "a@exemple.fr; b@exemple.fr;a@exemple.fr", ("a@exemple.fr", "b@exemple.fr")),
        (reach.mails, "o'neil+f.x@sous.exemple-1.museum", ("o'neil+f.x@sous.exemple-1.museum",)),
        (reach.phones, "01 42 68 53 00", ("+33142685300",)),
        (reach.phones, "+33 (0)6 12 34 56 78", ("+33612345678",)),
        (reach.phones, Decimal("612345678"), ("+33612345678",)),
        (reach.phones, "06.12.34.56.78 ; 0142685300", ("+33612345678", "+33142685300")),
        (reach.phones, "01/42/68/53/00 / 06 12 34 56 78", ("+33142685300", "+33612345678")),
        (reach.phones, "0690 12 34 56", ("+590690123456",)),  # Guadeloupe
        (reach.phones, "0696 12 34 56", ("+596696123456",)),  # Martinique
        (reach.phones, "0694 20 12 34", ("+594694201234",)),  # Guyane
        (reach.phones, "0692 12 34 56", ("+262692123456",)),  # La Réunion
        (reach.phones, "0639 01 23 45", ("+262639012345",)),  # Mayotte
        (reach.phones, "+32 475 12 34 56", ("+32475123456",)),
        (reach.abroad, "France", ""),
        (reach.abroad, "Suisse", "SUISSE"),
        (reach.postcode(""), Decimal(1000), "01000"),
        (reach.postcode(""), "F-75 008", "75008"),
        (reach.postcode("SUISSE"), Decimal(1000), "1000"),
    ],
)
def test_a_cell_becomes_a_value(reader: Callable[[Cell], object], cell: Cell, value: object) -> None:
    assert reader(cell) == value


@pytest.mark.parametrize(
    ("reader", "cell", "why"),
    [
        (cells.text, date(2026, 4, 3), "a spreadsheet took it for one"),
        (cells.text, Decimal("123456789012345678"), "has lost its last digits"),
        (cells.yes, "peut-être", "none of: oui, non"),
        (cells.segment, "martien", "none of: entreprise, particulier, public"),
        (cells.payment_mode, "troc", "none of: virement"),
        (cells.rank, "premier", "not a rank"),
        (cells.currency, "EURO FORT", "not a currency"),
        (cells.siren, "732829321", "not a SIREN"),
        (cells.siren, "73282932000075", "not a SIREN"),
        (cells.siren, "abc", "not a SIREN"),
        (cells.account, "FR76 3000 6000 0112 3456 7890 188", "not an IBAN"),
        (cells.account, "XX00", "not an IBAN"),
        (reach.phones, "01 42 68 53", "not a telephone number"),
        (reach.phones, "3949", "not a telephone number"),
        (reach.phones, "41 12 34", "not a telephone number"),  # too short to be sure it is not cut off
        (reach.phones, "voir avec Paul", "not a telephone number"),
        (reach.phones, "06 12 34 56 78 poste 12", "not a telephone number"),
        (reach.postcode(""), "ABC", "not a postcode"),
        (reach.postcode(""), "750080", "not a postcode"),
    ],
)
def test_a_cell_that_is_not_what_its_column_asks_for_is_refused(
    reader: Callable[[Cell], object], cell: Cell, why: str
) -> None:
    with pytest.raises(Unreadable, match=why):
        reader(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "Martin\r\nBcc: evil@x.fr",
        "Martin\nFils",
        "Mar\0tin",
        "Mar\u2028tin",
        "Mar\u202etin",
        "Mar\u200btin",
        "Mar\x1b[31mtin",
        "Mar\tin",
        "M" * 5_000,
    ],
)
def test_attack_2_controls_marks_of_direction_and_endless_texts_are_refused(cell: str) -> None:
    for reader in (cells.text, reach.mails, reach.phones, cells.siren, cells.account, cells.segment):
        with pytest.raises(Unreadable):
            reader(cell)
    if "\n" not in cell and "\t" not in cell:
        with pytest.raises(Unreadable):
            cells.note(cell)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("a@b.fr, c@d.fr", "put a semicolon between two"),
        ('"<evil@x>"@good.fr', "not a mail address"),
        ("a@x)b@y", "not a mail address"),
        ("Paul <a@b.fr>", "not a bare address"),
        ("<a@b.fr>", "not a bare address"),
        ("a@b", "not a mail address"),
        ("a@b.f", "not a mail address"),
        ("a..b@c.fr", "not a mail address"),
        (".a@c.fr", "not a mail address"),
        ("a@-c.fr", "not a mail address"),
        ("a@c.fr.", "not a mail address"),
        ("a b@c.fr", "not a mail address"),
        ("a@[127.0.0.1]", "not a mail address"),
        ("é@c.fr", "not a mail address"),
        ("a" * 65 + "@c.fr", "not a mail address"),
        ("=?utf-8?q?a=0d=0aBcc:_evil=40x?=@c.fr", "not a mail address"),
    ],
)
def test_attack_3_an_address_is_one_bare_address(cell: str, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        reach.mails(cell)
