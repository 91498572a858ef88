"""What the French says: typography, law, courtesy."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from relanced.channel import Form, text_length
from relanced.rules.model import Road, Segment
from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.facts import ReminderFacts
from tests.words.test_mail import EVERY

FAULTS = [
    ("a straight double quote", r'"'),
    ("a straight apostrophe", r"\w'\w"),
    ("a plain space before a sign that wants a no-break one", r" [:;!?»€%]"),
    ("no space before a sign that wants one", r"[a-zé)][;!?»€%]"),
    ("a plain space behind «", r"«[^\u00a0]"),
    ("two spaces", r"\S[ \u00a0\u202f]{2,}\S"),
    ("1 instead of 1er", r"\b1[ \u00a0](?:janvier|mars|mai)"),
    ("a Python value", r"\b(?:None|True|False|datetime|Decimal)\b"),
    ("a placeholder", r"[{}]|\[[a-zé]+\]"),
    ("a comma or a point after a space", r" [,.]"),
    ("two signs", r"[.,;]{2}|, ,"),
    ("an ISO date", r"\b20\d\d-\d\d-\d\d\b"),
    ("three points", r"\.\.\."),
    ("oe for œ", r"\b(?:coeur|oeuvre|soeur)\b"),
]
HONEST = [case for case in EVERY if "hostile" not in str(case.id) and "sixty" not in str(case.id)]


def running_text(said: str) -> str:
    """Without tables, whose columns are padded, and with its lines joined."""
    lines = [line for line in said.split("\n") if "  " not in line.strip() and not line.startswith("---")]
    return " ".join(line.strip() for line in lines if line)


def pages(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def said(words: Words, wording: str, case: str, form: Form = Form.MAIL) -> str:
    facts = samples.cases(wording)[case]
    text = words.mail(wording, facts).text if form is Form.MAIL else pages(words.letter(wording, facts).pdf)
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize(("what", "pattern"), FAULTS)
def test_the_french_is_set_as_printed(words: Words, what: str, pattern: str) -> None:
    for case in HONEST:
        wording, facts = case.values
        assert isinstance(wording, str)
        assert isinstance(facts, ReminderFacts)
        mail = words.mail(wording, facts)
        for text in (mail.subject, running_text(mail.text).replace("-d'", "-d’")):
            found = re.search(pattern, text)
            assert not found, f"{what}: …{text[max(found.start() - 30, 0) : found.end() + 30]!r}… in {case.id}"


@pytest.mark.parametrize(("what", "pattern"), FAULTS)
def test_the_letters_are_set_as_printed(words: Words, what: str, pattern: str) -> None:
    for wording in ("relance-1", "mise-en-demeure"):
        facts = samples.cases(wording)["three"]
        text = re.sub(r"\s*\n\s*", " ", pages(words.letter(wording, facts).pdf))
        found = re.search(pattern, text)
        assert not found, f"{what}: …{text[max(found.start() - 30, 0) : found.end() + 30]!r}…"


@pytest.mark.parametrize(("wording", "facts"), EVERY)
def test_every_mail_assumes_that_it_may_cross_a_payment_and_names_who_reads_answers(
    words: Words, wording: str, facts: ReminderFacts
) -> None:
    text = " ".join(words.mail(wording, facts).text.split())
    assert "Si votre règlement a croisé" in text or "Si votre règlement est déjà prévu" in text
    assert f"à l’adresse {samples.LETTERHEAD.reply_to}" in text
    assert "Claire Dubois" in text


@pytest.mark.parametrize("wording", samples.USUAL_DAYS)
@pytest.mark.parametrize("segment", [Segment.CONSUMER, Segment.UNKNOWN])
def test_a_private_person_is_never_told_of_penalties_or_of_40_euros(
    words: Words, wording: str, segment: Segment
) -> None:
    """C. com. L441-10 binds professionals; CPCE L111-8 leaves the cost of collection to the creditor."""
    facts = replace(samples.cases(wording)["consumer"], segment=segment)
    mail = words.mail(wording, facts)
    for text in (mail.text, mail.html, pages(words.letter(wording, facts).pdf)):
        for word in ("40", "pénalité", "indemnité", "L441", "441-10", "commande publique"):
            assert word not in text.replace("7630006000011234567890189", "").replace("FR76 3000 6000", ""), word


@pytest.mark.parametrize("wording", ["relance-2", "relance-ferme", "mise-en-demeure"])
def test_a_professional_is_told_what_the_law_adds(words: Words, wording: str) -> None:
    for form in (Form.MAIL, Form.PAPER):
        text = said(words, wording, "one", form)
        assert "40 € par facture" in text
        assert "L. 441-10" in text
        assert "commande publique" not in text


@pytest.mark.parametrize("wording", ["relance-2", "relance-ferme", "mise-en-demeure"])
def test_a_public_buyer_is_told_of_its_own_code(words: Words, wording: str) -> None:
    text = said(words, wording, "public")
    assert "L. 2192-13" in text
    assert "D. 2192-35 du code de la commande publique" in text
    assert "441-10" not in text


def test_the_courteous_steps_speak_of_no_penalty(words: Words) -> None:
    for wording in ("courtoisie", "relance-1"):
        assert not re.search("pénalité|indemnité|mise en demeure|juridiction", said(words, wording, "three"))


def test_the_notice_says_what_a_notice_must(words: Words) -> None:
    """C. civ. 1344 and 1344-1, C. com. L441-10: interpellation, identity, list, décompte, reminders, deadline."""
    letter = said(words, "mise-en-demeure", "three", Form.PAPER)
    for must in (
        "Lettre recommandée avec avis de réception",
        "Rennes, le 31 mars 2026",
        "Objet : MISE EN DEMEURE de payer la somme de 3 134,56 €",
        "Menuiserie Lefèvre & Fils (SIREN 552 100 554)",
        "Atelier Dubois (SIREN 732 829 320)",
        "F-2026-0147",
        "commande 4500123987",
        "Nos démarches amiables sont restées sans effet :",
        "4 mars 2026 : premier rappel par courriel",
        "22 mars 2026 : relance par lettre simple.",
        "nous vous mettons en demeure de nous régler la somme de 3 134,56 €",
        "dans un délai de 15 jours à compter de la première présentation de cette lettre",
        "Décompte arrêté au 31 mars 2026",
        "sur 750,25 €, du 02/03/2026 au 31/03/2026, soit 30 jours à 12,15 % l’an",
        "Indemnité forfaitaire de recouvrement (3 × 40,00 €)",
        "vaut MISE EN DEMEURE au sens des articles 1344 et 1344-1 du code civil",
        "saisir la juridiction compétente",
        "Gérante",
    ):
        assert must in letter, must


def test_the_notice_to_a_person_runs_legal_interest_from_itself(words: Words) -> None:
    letter = said(words, "mise-en-demeure", "consumer", Form.PAPER)
    assert "la somme due porte intérêt au taux légal (articles 1231-6 et 1344-1 du code civil)" in letter
    assert "Vous restez redevable envers Atelier Dubois" in letter


def test_nobody_is_threatened_with_what_only_a_judge_may_order(words: Words) -> None:
    """C. conso. L121-7: no action that cannot be taken; no forced collection is announced."""
    for wording in samples.USUAL_DAYS:
        for case in ("one", "consumer", "public"):
            text = said(words, wording, case)
            assert not re.search("saisie|huissier|commissaire de justice|plainte|contentieux|fichier", text)


def test_the_mail_beside_the_notice_says_that_a_letter_went(words: Words) -> None:
    facts = replace(samples.cases("mise-en-demeure")["one"], registered="2C 123 456 7890 1")
    mail = words.mail("mise-en-demeure", facts)
    assert mail.subject == "MISE EN DEMEURE – notre lettre recommandée n°\u00a02C 123 456 7890 1"
    assert "à compter de la première présentation de notre lettre recommandée" in " ".join(mail.text.split())
    letter = pages(words.letter("mise-en-demeure", replace(facts, road=Road.REGISTERED)).pdf)
    assert "avis de réception n°\u00a02C 123 456 7890 1" in letter


@pytest.mark.parametrize("wording", ["relance-1", "relance-2", "relance-ferme", "mise-en-demeure"])
@pytest.mark.parametrize(
    ("enclosed", "missing", "sentence"),
    [
        (("F-1",), (), "Vous trouverez ci-joint le duplicata de la facture F-1."),
        (("F-1", "F-2", "F-3"), (), "ci-joint les duplicatas des factures F-1, F-2 et F-3."),
        ((), ("F-1",), "Nous tenons le duplicata de la facture F-1 à votre disposition."),
        (("F-1",), ("F-2",), "de la facture F-1. Nous tenons le duplicata de la facture F-2 à votre disposition."),
        ((), (), "Un duplicata vous sera adressé sur simple demande."),
    ],
)
def test_the_words_never_announce_a_document_that_is_not_there(
    words: Words, wording: str, enclosed: tuple[str, ...], missing: tuple[str, ...], sentence: str
) -> None:
    facts = replace(samples.cases(wording)["one"], enclosed=enclosed, missing=missing)
    text = " ".join(words.mail(wording, facts).text.split())
    assert sentence in text
    assert ("ci-joint" in text) == bool(enclosed)


@pytest.mark.parametrize("case", ["one", "three", "consumer", "public", "sixty"])
@pytest.mark.parametrize("wording", ["relance-1", "relance-2", "relance-ferme"])
def test_a_short_text_is_short_and_gives_no_iban_and_no_link(words: Words, wording: str, case: str) -> None:
    text = words.text(wording, samples.cases(wording)[case])
    assert text_length(text).alphabet == "GSM-7"
    assert text_length(text).segments <= 2
    assert samples.LETTERHEAD.phone in text
    assert not re.search(r"FR76|://|www|[^\x20-\x7e€éèàùìòÉ]", text)
    assert samples.LETTERHEAD.reply_to in text
    assert "R-2026-0314" in text


@pytest.mark.parametrize("step", [None, "courtoisie", "appel", "inconnu"])
def test_the_second_reminder_recalls_what_went_before(words: Words, step: str | None) -> None:
    facts = samples.cases("relance-2")["one"]
    earlier = () if step is None else (replace(facts.earlier[0], step=step),)
    text = " ".join(words.mail("relance-2", replace(facts, earlier=earlier)).text.split())
    named = {"courtoisie": "rappel avant échéance", "appel": "échange", "inconnu": "relance"}
    assert (f"Malgré notre {named[step]} du" if step else "Sauf erreur de notre part") in text


def test_a_provisional_rate_is_called_provisional(words: Words) -> None:
    facts = samples.cases("mise-en-demeure")["one"]
    assert facts.claim
    unsure = replace(facts.claim, lines=tuple(replace(line, missing="2026-2 ecb") for line in facts.claim.lines))
    assert "montant provisoire" in words.mail("mise-en-demeure", replace(facts, claim=unsure)).text
    assert "à titre provisoire" in words.mail("relance-ferme", replace(facts, claim=unsure)).text.replace("\n", " ")
