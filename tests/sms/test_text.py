"""A draft becomes a parcel, or it is said what to change."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from relanced.channel import PaperDraft, Unfit
from relanced_sms import SmsChannel
from relanced_sms.text import is_stop
from tests.sms.doors import LATER, NOW, draft, ovh_door, twilio_door


@pytest.fixture
def door() -> SmsChannel:
    return twilio_door("http://127.0.0.1:9", lambda: NOW, segments=2)


def test_the_text_is_written_in_the_gsm_alphabet_and_its_segments_are_counted(door: SmsChannel) -> None:
    parcel = door.compose(draft(text="Reçu\u00a0! L’œuvre coûte 1\u202f234,50\u00a0€."))
    assert parcel.wire.decode() == "Recu ! L'oeuvre coute 1 234,50 €."
    assert dict(parcel.envelope) == {"from": "DUBOIS", "alphabet": "GSM-7", "segments": "1"}


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("+33612345678", "+33612345678"),
        ("06 12 34 56 78", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("06 90 12 34 56", "+590690123456"),  # Guadeloupe
        ("06 96 12 34 56", "+596696123456"),  # Martinique
        ("06 94 12 34 56", "+594694123456"),  # Guyane
        ("06 92 12 34 56", "+262692123456"),  # La Réunion
        ("06 39 69 12 34", "+262639691234"),  # Mayotte
        ("+262692123456", "+262692123456"),
        ("+32 470 12 34 56", "+32470123456"),
        ("+33639980123", "+33639980123"),  # invented numbers are possible, if not valid
    ],
)
def test_a_number_is_written_as_providers_want_it_overseas_france_included(
    door: SmsChannel, written: str, called: str
) -> None:
    assert door.compose(draft(to=written)).address == called


@pytest.mark.parametrize(
    "to", ["", "36", "compta@dupont.example", "+33", "+336123456789012", "06 12", "+33612345678\n"]
)
def test_what_is_no_number_is_unfit(door: SmsChannel, to: str) -> None:
    with pytest.raises(Unfit, match="is no telephone number"):
        door.compose(draft(to=to))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Virement sur FR76 3000 6000 0112 3456 7890 189.", "this one holds an IBAN"),
        ("Payez : https://payer.example", "this one holds a link"),
        ("  \n ", "is empty"),
        ("Bonjour\x00", "a control character"),
        ("Bonjour \u202etxet", "a control character"),
        ("a" * 307, "takes 3 segments in GSM-7: the channel allows 2"),
        ("漢" * 135, "takes 3 segments in UCS-2: the channel allows 2"),
    ],
)
def test_a_text_nobody_should_get_is_unfit_and_it_is_said_why(door: SmsChannel, text: str, why: str) -> None:
    """Attack 2, and the rule that no short text carries what frauds live on."""
    with pytest.raises(Unfit, match=why):
        door.compose(draft(text=text) if text.strip() else replace(draft(), text=text))


def test_it_carries_texts_only(door: SmsChannel) -> None:
    with pytest.raises(Unfit, match="short texts only"):
        door.compose(PaperDraft("a1", "R-1", NOW + LATER, ("X",), "t", b"%PDF", 1))


def test_a_door_that_borrows_a_short_number_names_no_sender() -> None:
    assert ovh_door("http://127.0.0.1:9", lambda: NOW).compose(draft()).envelope["from"] == ""


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", "Stop.", " Arrêt ", "ARRET", "ARRÊT !", "STOP SMS", "stopsms", "Stop svp", "STOP 36111",
     "Arrêtez svp", "Stop merci", "Désabonnement", "Unsubscribe"],
)  # fmt: skip
def test_a_text_that_is_all_stop_is_a_stop(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    ["", "Stop, j'ai payé hier", "Arrêtez de me harceler, la facture est fausse", "OK", "non stop",
     "Je vous règle demain, arrêt maladie", "STOP" + " " * 90 + "x"],
)  # fmt: skip
def test_a_text_that_says_more_is_for_a_person_to_read(text: str) -> None:
    assert not is_stop(text)
