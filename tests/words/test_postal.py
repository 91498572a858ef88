from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.words.postal import LONGEST, MOST_LINES, Unpostable, postal_lines


@pytest.mark.parametrize(
    ("name", "contact", "address", "lines"),
    [
        (
            "Menuiserie Lefèvre & Fils",
            "Service comptabilité",
            ("ZA de la Haute-Épine", "8, avenue du Général-de-Gaulle", "35170 Bruz"),
            (
                "Menuiserie Lefèvre & Fils",
                "Service comptabilité",
                "ZA DE LA HAUTE EPINE",
                "8 AVENUE DU GENERAL DE GAULLE",
                "35170 BRUZ",
            ),
        ),
        (
            "Mme Éléonore Cœuret",
            "",
            ("3 bis, rue de l'Œuvre", "", "21000 Dijon cedex"),
            ("MME ELEONORE COEURET", "3 BIS RUE DE L OEUVRE", "21000 DIJON CEDEX"),
        ),
        ("SARL X", "sarl x", ("1 rue A", "75001 Paris"), ("SARL X", "1 RUE A", "75001 PARIS")),
        (
            "Société d'exploitation des établissements Martin et compagnie",
            "",
            ("12 boulevard du Maréchal de Lattre de Tassigny", "31000 Toulouse"),
            (
                "Société d'exploitation des",
                "établissements Martin et compagnie",
                "12 BD DU MARECHAL DE LATTRE DE",
                "TASSIGNY",
                "31000 TOULOUSE",
            ),
        ),
        (
            "Frites & Fils SA",
            "",
            ("12, rue Haute", "1000 Bruxelles", "BELGIUM"),
            ("FRITES & FILS SA", "12 RUE HAUTE", "1000 BRUXELLES", "BELGIQUE"),
        ),
        (
            "Müller GmbH",
            "Frau Weiß",
            ("Hinterhaus", "Gebäude C", "Königstraße 3", "10115 Berlin", "DE"),
            (
                "Müller GmbH",
                "Frau Weiß",
                "HINTERHAUS",
                "GEBAUDE C",
                "KONIGSTRASSE 3",
                "10115 BERLIN",
                "ALLEMAGNE",
            ),
        ),
    ],
)
def test_an_address_is_set_as_the_post_reads_it(
    name: str, contact: str, address: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    assert postal_lines(name, contact, address) == lines


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("X", (), "code postal"),
        ("X", ("12 rue des Forges", "Rennes"), "code postal"),
        ("X", ("ZA Nord", "12 rue des Forges", "Rennes"), "code postal"),
        ("X", ("Rennes", "Belgique"), "code postal"),
        ("X" * 39, ("1 rue A", "75001 Paris"), "38 caractères"),
        ("X", ("A 1", "B 2", "C 3", "D 4", "E 5", "75001 Paris"), "7 lignes"),
    ],
)
def test_an_address_that_fits_no_envelope_says_why(name: str, address: tuple[str, ...], said: str) -> None:
    with pytest.raises(Unpostable, match=said):
        postal_lines(name, "", address)


@given(st.text(max_size=60), st.text(max_size=40), st.lists(st.text(max_size=60), max_size=6))
def test_whatever_was_typed_no_line_breaks_the_standard(name: str, contact: str, address: list[str]) -> None:
    try:
        lines = postal_lines(name, contact, address)
    except Unpostable:
        return
    assert 1 <= len(lines) <= MOST_LINES + 1
    assert all(line and len(line) <= LONGEST for line in lines)
    assert all(line == line.upper() for line in lines[-3:])
    assert lines[-1].replace(" ", "").isascii()
    assert lines[-1].replace(" ", "").isalnum()
