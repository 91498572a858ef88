"""The person's own words, cut out of what mail programs add. Losing a word is worse than keeping a footer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.reading.pages import text_of_page
from relanced.reading.words import own_words

OURS = """Madame, Monsieur,

Sauf erreur de notre part, nous n'avons pas encore reçu le règlement de la facture 2026-0314.

Référence à rappeler : 7K2QD-M4X9T"""
MARKED = "\n".join(f"> {line}" for line in OURS.split("\n"))
US = "compta@atelier.example"
HEAD = f"De : Claire Dubois <{US}>\nEnvoyé : mardi 3 mars 2026 09:02\nÀ : Jean Martin\nObjet : Rappel\n\n{OURS}"
HEAD_EN = (
    f"From: Claire Dubois <{US}>\nSent: Tuesday, March 3, 2026 9:02 AM\nTo: Jean Martin\nSubject: Rappel\n\n{OURS}"
)

BELOW = {  # what stands below a person's words, by the program that wrote it
    "gmail-fr": f"Le mar. 3 mars 2026 à 09:02, Claire Dubois <{US}> a écrit :\n\n{MARKED}",
    "gmail-fr-folded": f"Le mar. 3 mars 2026 à 09:02, Claire Dubois <\n{US}> a\nécrit :\n\n{MARKED}",
    "gmail-en": f"On Tue, Mar 3, 2026 at 9:02 AM Claire Dubois <{US}> wrote:\n\n{MARKED}",
    "outlook-fr": f"________________________________\n{HEAD}",
    "outlook-fr-no-rule": HEAD,
    "outlook-fr-bold": HEAD.replace("De :", "*De :*").replace("Objet :", "*Objet :*"),
    "outlook-fr-no-break-space": HEAD.replace(" :", "\u00a0:"),
    "outlook-fr-copies": HEAD.replace("Objet :", "Cc : Sophie <sophie@x.example>;\n Paul <paul@x.example>\nObjet :"),
    "outlook-en": HEAD_EN,
    "outlook-classic": f"-----Message d'origine-----\n{HEAD}",
    "outlook-classic-en": f"-----Original Message-----\n{HEAD_EN}",
    "apple-fr": f"> Le 3 mars 2026 à 09:02, Claire Dubois <{US}> a écrit :\n> \n{MARKED}",
    "thunderbird-fr": f"Le 03/03/2026 à 09:02, Claire Dubois a écrit\u00a0:\n{MARKED}",
    "yahoo-fr": f"    Le mardi 3 mars 2026 à 09:02:10 UTC+1, Claire Dubois <{US}> a écrit :  \n \n {OURS}",
    "orange": f"> Message du 03/03/26 09:02\n> De : Claire Dubois\n> A : jean@x.example\n> Objet : Rappel\n>\n{MARKED}",
    "orange-new": f"envoyé : 3 mars 2026 à 09:02\nde : Claire <{US}>\nà : jean@x.example\nobjet : Rappel\n\n{OURS}",
    "zimbra": f"----- Mail original -----\n{HEAD.replace(' :', ':')}",
    "samsung": f"-------- Message d'origine --------\n{HEAD}",
    "roundcube": f"Le 2026-03-03 09:02, Claire Dubois a écrit :\n\n{MARKED}",
    "address-only": f"{US} a écrit :\n{MARKED}",
    "lotus": f"Claire Dubois <{US}> a écrit sur 03/03/2026 09:02:10 :\n\n{MARKED}",
    "none": "",
}
SAID = [
    "Bonjour,\n\nLe virement est parti hier.\n\nCordialement,\nJean Martin",
    "Le 3 mars nous avons tout réglé.",  # begins as an attribution does
    "On verra lundi : De rien.",
    "De : la part de mon patron, merci d'attendre.",
    "Date : le 15\nMontant : 1 200 €",  # two fields are no header
    "J'ai écrit à votre collègue, qui a écrit :\nrien du tout.",
    "Première ligne\n--\nDeuxième ligne",
    "Voici l'IBAN : FR76\n\n* un\n* deux\n\n____\n\nfin",
    "Envoyé par mail hier.",
    "Envoyé de mon téléphone, je vous règle demain",
    "Ce message est le dernier.",
    "P.S. et voilà",
    "prix < 3 et > 2",
]


@pytest.mark.parametrize("program", BELOW)
@pytest.mark.parametrize("said", SAID)
def test_an_answer_on_top(said: str, program: str) -> None:
    assert own_words(f"{said}\n\n{BELOW[program]}\n").text == said


@pytest.mark.parametrize("program", [p for p in BELOW if BELOW[p].endswith(MARKED) and p not in ("orange", "apple-fr")])
@pytest.mark.parametrize("said", SAID)
def test_an_answer_at_the_bottom_of_a_marked_quotation(said: str, program: str) -> None:
    assert own_words(f"{BELOW[program]}\n\n{said}\n").text == said


def test_answers_between_the_lines() -> None:
    text = f"Le 03/03/2026 à 09:02, Claire a écrit :\n{MARKED}\nUn.\n> Et ceci ?\nDeux.\n"
    assert own_words(text).text == "Un.\nDeux."


@pytest.mark.parametrize("program", ["outlook-fr", "outlook-classic", "zimbra", "yahoo-fr"])
def test_an_answer_below_an_unmarked_original_is_kept_with_it(program: str) -> None:
    words = own_words(f"{BELOW[program]}\n\nJamais de la vie.\n")
    assert words.text.endswith("Jamais de la vie.")
    assert words.unsure
    assert words.said == ""  # our own words suggest nothing


@pytest.mark.parametrize("hint", ["Réponses ci-dessous.", "cf. en rouge dans le texte", "See my answers below."])
def test_who_answers_within_our_words_keeps_them(hint: str) -> None:
    words = own_words(f"{hint}\n\n{HEAD}\nVirement fait.\n")
    assert words.text.endswith("Virement fait.") and words.unsure and words.said == hint


@pytest.mark.parametrize(
    "line",
    [
        "Envoyé de mon iPhone",
        "Envoyé depuis l’application Mail Orange",
        "Envoyé à partir de Outlook pour Android<https://aka.ms/AAb9ysg>",
        "Envoyé depuis mon appareil Galaxy",
        "Envoyé avec Proton Mail",
        "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>",
        "Provenance : Courrier pour Windows",
        "Sent from my iPhone",
        "Get Outlook for Android<https://aka.ms/ghei36>",
        "Pensez à l'environnement avant d'imprimer ce message",
        "Ce message et ses pièces jointes peuvent contenir des informations confidentielles.\nSupprimez-le.",
        "-- \nJean Martin\n02 99 00 00 00",
    ],
)
def test_footers_go(line: str) -> None:
    assert own_words(f"Je paie lundi.\n\n{line}\n\n{BELOW['gmail-fr']}").text == "Je paie lundi."


@pytest.mark.parametrize(
    ("subject", "marker"),
    [
        ("TR: Facture", ""),
        ("Tr : Facture", ""),
        ("Fwd: Facture", "---------- Forwarded message ---------\n"),
        ("Facture", "---------- Message transféré ---------\n"),
        ("Facture", "Début du message réexpédié :\n\n"),
        ("Facture", "Begin forwarded message:\n\n"),
    ],
)
def test_what_a_colleague_passes_on_is_kept_with_who_wrote_it(subject: str, marker: str) -> None:
    passed = "De : Jean Martin <jean@client.example>\nDate : 3 mars 2026\nÀ : Paul\nObjet : Facture\n\nNous refusons.\n"
    words = own_words(f"Pour toi.\n\n{marker}{passed}\n{BELOW['gmail-fr']}\n", subject)
    assert words.text == "Pour toi.\n\nNous refusons."
    assert words.said == "Pour toi.\n\nNous refusons."
    assert words.forwarded_from == "jean@client.example"


def test_a_forward_of_our_own_reminder_suggests_nothing() -> None:
    ours = f"{OURS}\n\nClaire\nRéférence : 7K2QD-M4X9T"
    words = own_words(f"Sophie, tu paies ?\n\n{HEAD.replace(OURS, ours)}", "TR: Rappel")
    assert words.said == "Sophie, tu paies ?"
    assert words.text.startswith("Sophie, tu paies ?\n\nMadame, Monsieur,")


PAGES = {
    "gmail": "<div dir=ltr>Je <b>paie</b> lundi.</div><div class=gmail_quote><div class=gmail_attr>Le 3 mars 2026 à"
    " 09:02, C &lt;c@x.fr&gt; a écrit :<br></div><blockquote class=gmail_quote>Sauf erreur<br>?</blockquote></div>",
    "apple": "<div>Je paie lundi.</div><blockquote type=cite><div>Le 3 mars 2026 à 09:02, C a écrit :</div><p>Sauf</p>"
    "<blockquote type=cite><p>ancien</p></blockquote></blockquote>",
    "outlook": "<p class=MsoNormal>Je paie lundi.</p><div style='border-top:solid #E1E1E1'><p><b>De&nbsp;:</b> C<br>"
    "<b>Envoyé&nbsp;:</b> mardi<br><b>À&nbsp;:</b> J<br><b>Objet&nbsp;:</b> R</p></div><p>Sauf erreur</p>",
    "orange": "<p>Je paie lundi.</p><blockquote style='border-left:2px solid blue'>Sauf erreur</blockquote>",
    "inline": "<blockquote type=cite>Quand ?</blockquote><p>Je paie lundi.</p><blockquote type=cite>Où ?</blockquote>",
    "hidden": "<style>p{color:red}</style><script>alert(1)</script><p>Je paie&#8203; lundi.</p>",
}


@pytest.mark.parametrize("program", PAGES)
def test_a_page_is_read_as_a_text(program: str) -> None:
    assert own_words(text_of_page(PAGES[program], 100_000)).text.replace("\u200b", "") == "Je paie lundi."


def test_an_indented_paragraph_is_no_quotation() -> None:
    page = "<p>Voici :</p><blockquote style='margin-left:35pt'><p>je conteste</p></blockquote>"
    assert own_words(text_of_page(page, 100_000)).text == "Voici :\n\nje conteste"


PROSE = st.lists(
    st.lists(st.text("abcdefghijé,.!?'0123456789 ", min_size=1, max_size=30), min_size=1, max_size=4).map(" ".join),
    min_size=1,
    max_size=12,
).map("\n".join)


@settings(max_examples=150)
@given(PROSE, st.sampled_from(sorted(BELOW)))
def test_no_word_of_prose_is_lost(prose: str, program: str) -> None:
    """Whatever is written on top of whatever program's quotation."""
    text = own_words(f"{prose}\n\n{BELOW[program]}\n").text
    assert set(prose.split()) <= set(text.split())
