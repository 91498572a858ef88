"""What reminders say of an offer, of a broken word and of a conversation, in every form that says it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.facts import BrokenFacts, OfferFacts, ReminderFacts
from relanced.words.typography import titled

OFFER = OfferFacts(date(2026, 3, 20), date(2026, 4, 15), 1_111_05, 123_45, ("F-2026-0147",))
BROKEN = BrokenFacts(date(2026, 3, 10), date(2026, 3, 20), 1_234_50)
WRITTEN = ["relance-1", "relance-2", "relance-ferme"]

Say = Callable[[Words, str, ReminderFacts], str]


def _mail(words: Words, wording: str, facts: ReminderFacts) -> str:
    return " ".join(words.mail(wording, facts).text.split())


def _letter(words: Words, wording: str, facts: ReminderFacts) -> str:
    pages = PdfReader(BytesIO(words.letter(wording, facts).pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def _text(words: Words, wording: str, facts: ReminderFacts) -> str:
    return words.text(wording, facts)


def _facts(wording: str, **said: object) -> ReminderFacts:
    return replace(samples.cases(wording)["one"], **said)


@pytest.mark.parametrize("wording", WRITTEN)
@pytest.mark.parametrize("say", [_mail, _letter])
def test_a_running_offer_is_recalled_with_its_end(words: Words, wording: str, say: Say) -> None:
    said = say(words, wording, _facts(wording, offer=OFFER))
    assert (
        "Notre proposition du 20 mars 2026 reste valable : si votre règlement de 1 111,05 € nous parvient au plus tard "
        "le 15 avril 2026, nous considérerons la facture F-2026-0147 comme soldée." in said
    )


def test_an_offer_of_a_part_of_an_invoice_says_so(words: Words) -> None:
    facts = _facts("relance-1", offer=replace(OFFER, parted=True))
    assert "comme soldée la partie de la facture F-2026-0147 que vise cette proposition." in _mail(
        words, "relance-1", facts
    )
    asked = samples.cases("offre")["one"]
    assert asked.offer is not None
    parted = replace(asked, offer=replace(asked.offer, parted=True))
    said = _mail(words, "offre", parted)
    assert "à l’amiable, l’échéance suivante." in said
    assert "nous considérerons l’échéance ci-dessus comme soldée" in said


def test_an_offer_that_has_lapsed_is_told_with_courtesy(words: Words) -> None:
    said = _mail(words, "relance-1", _facts("relance-1", offer=replace(OFFER, lapsed=True)))
    assert (
        "Notre proposition du 20 mars 2026, valable jusqu’au 15 avril 2026, est arrivée à son terme : la remise de "
        "123,45 € ne s’applique plus et la totalité du solde reste due." in said
    )


@pytest.mark.parametrize("wording", WRITTEN)
def test_a_short_text_recalls_the_offer_and_the_broken_word(words: Words, wording: str) -> None:
    said = _text(words, wording, _facts(wording, offer=OFFER, broken=BROKEN))
    assert " Votre règlement annoncé pour le 20 mars 2026 ne nous est pas parvenu. Notre proposition du " in said
    assert "du 20 mars 2026 reste valable : 1 111,05 € à nous faire parvenir au plus tard le 15 avril 2026. Si" in said
    partly = _text(words, wording, _facts(wording, broken=replace(BROKEN, paid_cents=500_00)))
    assert "ne nous est pas parvenu en totalité. Si votre règlement est parti" in partly
    assert "  " not in said and "annoncé" not in _text(words, wording, _facts(wording))


@pytest.mark.parametrize("wording", [*WRITTEN, "mise-en-demeure"])
def test_every_reminder_recalls_a_broken_word_by_its_date(words: Words, wording: str) -> None:
    said = _letter(words, wording, _facts(wording, broken=BROKEN))
    assert "Vous nous aviez annoncé, le 10 mars 2026, un règlement de 1 234,50 € pour le 20 mars 2026" in said
    spoken = _letter(words, wording, _facts(wording, spoken_on=date(2026, 3, 19)))
    assert "Nous faisons suite à notre échange du 19 mars 2026." in spoken


def test_the_script_of_a_call_recalls_all_of_it(words: Words) -> None:
    facts = _facts("appel", offer=OFFER, broken=BROKEN)
    said = " ".join(words.call("appel", facts).split())
    assert "« Vous nous aviez annoncé, le 10 mars 2026, un règlement de 1 234,50 € pour le 20 mars 2026 : il" in said
    assert "1 111,05 € pour solde de la facture F-2026-0147, reçus au plus tard le 15 avril 2026." in said
    spoken = " ".join(words.call("appel", _facts("appel", spoken_on=date(2026, 3, 19))).split())
    assert "« Je fais suite à notre échange du 19 mars 2026. »" in spoken


def test_a_public_buyer_is_let_off_the_principal_alone(words: Words) -> None:
    """A waiver of late interest is void there (CCP L2192-14)."""
    facts = replace(samples.cases("relance-1")["public"], offer=OFFER)
    assert "la facture F-2026-0147 comme soldée en principal." in _mail(words, "relance-1", facts)
    assert "cette facture comme soldée en principal et vous" in _mail(words, "offre", samples.cases("offre")["public"])


def test_of_an_instalment_only_what_has_not_come_is_asked_for(words: Words) -> None:
    facts = samples.cases("echeance-manquee")["one"]
    assert facts.part is not None
    partly = replace(facts, part=replace(facts.part, paid_cents=500_00))
    said = _mail(words, "echeance-manquee", partly)
    assert "l’échéance de 617,25 € prévue le 15 mai 2026 par notre échéancier (2 sur 2), nous n’avons reçu que" in said
    assert "que 500,00 €. Nous vous remercions d’en régler sans attendre le solde, soit 117,25 €" in said
    ahead = _mail(words, "echeance-a-venir", partly)
    assert "Nous en avons déjà reçu 500,00 € et vous en remercions : il reste 117,25 € à régler." in ahead


def test_a_title_stays_with_its_name() -> None:
    assert titled("Service de M. Petit") == "Service de M.\u00a0Petit"
    assert titled("Mme Éléonore Cœuret") == "Mme\u00a0Éléonore Cœuret"
    assert titled("Homme 12, M. 3") == "Homme 12, M. 3"
