from __future__ import annotations

import pytest

from relanced.words.blocks import Bullets, Marker, Paragraph, Sheet, mark, misused_marker, paragraphs, sheet

AS_WRITTEN = """\
Objet : deux factures

Madame, Monsieur,

Une phrase
sur  deux lignes.
[factures]
Nos rappels :
- le premier
- le second

[signature]
"""


def test_a_wording_falls_into_subject_paragraphs_items_and_markers() -> None:
    assert sheet(mark(AS_WRITTEN)) == Sheet(
        "deux factures",
        (
            Paragraph("Madame, Monsieur,"),
            Paragraph("Une phrase sur deux lignes."),
            Marker("factures"),
            Paragraph("Nos rappels :"),
            Bullets(("le premier", "le second")),
            Marker("signature"),
        ),
    )


def test_blank_lines_may_hold_spaces() -> None:
    assert sheet("Objet:Rappel\n \t\n\nBonjour,\n") == Sheet("Rappel", (Paragraph("Bonjour,"),))


def test_a_subject_alone_has_no_blocks() -> None:
    assert sheet("Objet : Rappel") == Sheet("Rappel", ())


def test_brackets_and_dashes_of_data_stay_what_they_are() -> None:
    assert sheet("Objet : x\n\n[paiement]\n\n- Dupont").blocks == (Paragraph("[paiement]"), Paragraph("- Dupont"))


def test_a_short_text_is_one_line() -> None:
    assert paragraphs("Deux  lignes\nen une.\n") == "Deux lignes en une."


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("a\n\n[facture]\n", (3, "unknown marker [facture]")),
        ("a\nvoir [paiement] ci-dessous", (2, "[paiement] must stand alone on its line")),
        ("a\n  [paiement]  \n", None),
        ("a [sic] {{ facts.lines[0].invoice }}", None),
    ],
)
def test_a_misspelt_or_misplaced_marker_is_found_with_its_line(source: str, wrong: tuple[int, str] | None) -> None:
    assert misused_marker(source) == wrong


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("{% if a %}", "{% if a %}"),
        ("  {% if a %} {% for b in c %}", "  {% if a %} {% for b in c %}"),
        ('{% include "phrases/x.j2" %}', '{% include "phrases/x.j2" +%}'),
        ("Bonjour{% if a %} toi{% endif %}", "Bonjour{% if a %} toi{% endif +%}"),
        ("Bonjour{% if a %} toi{% endif -%}", "Bonjour{% if a %} toi{% endif -%}"),
    ],
)
def test_the_end_of_a_line_counts_behind_words_and_not_behind_tags_alone(line: str, kept: str) -> None:
    assert mark(line) == kept
