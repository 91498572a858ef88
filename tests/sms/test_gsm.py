"""What a short text is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relanced.channel import TextLength, forbidden_in_text, gsm_text, text_length

TABLE = (  # GSM 03.38, row by row; the escape at 0x1B left out
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = "^{}\\[~]|€"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("déjà réglé à Évry, où è ù ì ò", "déjà réglé à Évry, où è ù ì ò"),
        ("reçu, façon, fenêtre, Noël, maïs, hôte", "recu, facon, fenetre, Noel, mais, hote"),
        ("l’œuvre – 1\u202f234,50\u00a0€…", "l'oeuvre - 1 234,50 €..."),
        ("« ŒUVRE » À l’Île d’Yeu", "\" OEUVRE \" A l'Ile d'Yeu"),
        ("porte\u2011fenêtre", "porte-fenetre"),
        ("Ç et Ñ restent", "Ç et Ñ restent"),
        ("n° 12", "no 12"),
        ("Socie\u0301te\u0301 E\u0301le\u0301ve\u0301, fac\u0327ade", "Société Élévé, facade"),  # as a Mac writes files
        ("\ufb01n", "fin"),
        ("½", "½"),
        ("漢", "漢"),
    ],
)
def test_a_short_text_keeps_to_the_gsm_alphabet(said: str, sent: str) -> None:
    assert gsm_text(said) == sent


@pytest.mark.parametrize("character", [c for c in TABLE if c != "\r"])
def test_every_character_of_the_table_is_kept_and_is_one_septet(character: str) -> None:
    assert gsm_text(character) == character
    assert text_length(character * 160) == TextLength("GSM-7", 160, 1)


@pytest.mark.parametrize("character", ESCAPED)
def test_an_escaped_character_is_kept_and_is_two_septets(character: str) -> None:
    assert gsm_text(character) == character
    assert text_length(character * 80) == TextLength("GSM-7", 160, 1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", TextLength("GSM-7", 0, 1)),
        ("a" * 160, TextLength("GSM-7", 160, 1)),
        ("a" * 161, TextLength("GSM-7", 161, 2)),
        ("a" * 306, TextLength("GSM-7", 306, 2)),
        ("a" * 307, TextLength("GSM-7", 307, 3)),
        ("a" * 158 + "€", TextLength("GSM-7", 160, 1)),
        ("a" * 159 + "€", TextLength("GSM-7", 161, 2)),
        ("a" * 152 + "€" + "a" * 152, TextLength("GSM-7", 306, 3)),  # the euro does not fit behind 152
        ("ç" * 70, TextLength("UCS-2", 70, 1)),
        ("ç" * 71, TextLength("UCS-2", 71, 2)),
        ("ç" * 134, TextLength("UCS-2", 134, 2)),
        ("ç" * 135, TextLength("UCS-2", 135, 3)),
        ("😀" * 35, TextLength("UCS-2", 70, 1)),
        ("a" * 66 + "😀" + "a" * 66, TextLength("UCS-2", 134, 3)),  # nor is a pair split
    ],
)
def test_segments_are_counted_as_the_network_counts_them(text: str, length: TextLength) -> None:
    assert text_length(text) == length


@given(st.text(alphabet=TABLE + ESCAPED + "çœ’«» \u00a0漢😀", max_size=500))
def test_a_text_never_gets_longer_by_being_written_in_the_alphabet_and_segments_always_hold_it(text: str) -> None:
    written = gsm_text(text)
    assert gsm_text(written) == written
    length = text_length(written)
    room, alone = (153, 160) if length.alphabet == "GSM-7" else (67, 70)
    assert length.segments == 1 or length.units > alone
    assert length.units <= (alone if length.segments == 1 else room * length.segments)
    assert length.segments == 1 or length.units > (room - 1) * (length.segments - 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Virement sur FR76 3000 6000 0112 3456 7890 189", "an IBAN"),
        ("Virement sur FR7630006000011234567890189", "an IBAN"),
        ("virement sur fr76-3000-6000-0112-3456-7890-189", "an IBAN"),
        ("Payez sur https://payer.example/x", "a link"),
        ("Payez sur www.payer", "a link"),
        ("Payez sur payer-vite.fr/x1", "a link"),
        ("Payez sur bit.ly", "a link"),
        ("Voir dubois.fr.", "a link"),
        ("Ecrivez a compta@atelier-dubois.fr ou au 01 99 00 12 34.", ""),
        ("Facture FA-2026-0147, réf. K3M9P-7QZ2T, 1 234,50 €.", ""),
        ("Commande BC12 3456 du 12.03.2026 : 1.234,50 EUR", ""),
    ],
)
def test_an_iban_or_a_link_is_seen_and_a_mail_address_is_neither(text: str, found: str) -> None:
    assert forbidden_in_text(text) == found
