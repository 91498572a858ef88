"""What people seem to say: a suggestion with the words it rests on, and none where it is not clear."""

from __future__ import annotations

import pytest

from relanced.reading.intents import suggested
from relanced.reading.verdict import Intent

SAID = {
    Intent.PAID: [
        "La facture a été réglée hier par virement.",
        "Nous avons déjà payé cette facture le 12 février.",
        "Bonjour,\nle chèque est parti lundi.",
        "Le virement a été effectué ce matin.",
        "Je viens de faire le virement.",
        "Payé ce matin",
        "C'est réglé.",
        "Vos factures sont payées depuis le 3.",
        "J'ai bien effectué le virement vendredi.",
        "This invoice has already been paid.",
        "We paid this last week.",
    ],
    Intent.PROMISES: [
        "Le règlement sera effectué le 15 mars.",
        "Je paierai demain.",
        "Nous réglerons en fin de mois.",
        "Le virement partira vendredi.",
        "Votre facture est mise en paiement pour le 10.",
        "Le paiement est programmé pour la semaine prochaine.",
        "Nous allons procéder au virement dans la journée.",
        "Je vous règle lundi.",
        "The payment will be made on Friday.",
        "We will pay next week.",
    ],
    Intent.DISPUTES: [
        "Nous contestons cette facture.",
        "Les travaux ne sont pas terminés.",
        "La marchandise n'a pas été livrée.",
        "La livraison n'est pas conforme à la commande.",
        "Il y a une erreur de prix sur la ligne 3.",
        "Le montant est erroné.",
        "Nous attendons toujours un avoir.",
        "Nous n'avons jamais commandé ces produits.",
        "We dispute this invoice.",
        "The goods were not delivered.",
    ],
    Intent.ASKS_FOR_TIME: [
        "Serait-il possible d'obtenir un délai de paiement ?",
        "Pouvons-nous convenir d'un échéancier ?",
        "Pourrions-nous payer en trois fois ?",
        "Merci de patienter encore quelques jours.",
        "Nous souhaitons étaler le règlement.",
        "Could we have a payment plan?",
        "We need more time.",
    ],
    Intent.INVOICE_NOT_RECEIVED: [
        "Nous n'avons pas reçu cette facture.",
        "La facture 2026-0314 ne nous est jamais parvenue.",
        "Pouvez-vous nous envoyer un duplicata ?",
        "Merci de me renvoyer la facture en PDF.",
        "Pourriez-vous m'adresser une copie de la facture ?",
        "We have not received the invoice.",
        "Please resend the invoice.",
    ],
    Intent.WRONG_PERSON: [
        "Je ne suis pas le bon interlocuteur.",
        "Vous vous trompez : c'est une erreur de destinataire.",
        "Je ne suis pas concerné par cette facture.",
        "Je ne travaille plus dans cette société.",
        "Jean Martin a quitté l'entreprise.",
        "Il faut vous adresser au siège.",
        "You have the wrong person.",
        "He no longer works here.",
    ],
    Intent.INSOLVENT: [
        "Notre société est en redressement judiciaire depuis le 3 mars.",
        "Nous sommes en liquidation.",
        "Une procédure de sauvegarde a été ouverte.",
        "Nous avons déposé le bilan.",
        "The company is bankrupt.",
    ],
    Intent.THANKS_ONLY: [
        "Merci !",
        "Bonjour Madame,\n\nBien reçu, merci.",
        "C'est noté, merci et bonne journée.",
        "Thank you.",
    ],
    Intent.DATA_REQUEST: [
        "Je souhaite exercer mon droit d'accès.",
        "Conformément au RGPD, supprimez les informations que vous avez sur moi.",
        "Je demande l'effacement de mes données personnelles.",
        "Please delete my personal data.",
    ],
    Intent.STOP: ["STOP", "Stop.", "ARRÊT", "stop mails svp", "Désinscription", "Unsubscribe please"],
}
UNCLEAR = [
    "",
    "Bonjour, je vous rappelle demain.",
    "Avez-vous été payés ?",
    "Nous n'avons pas encore payé.",
    "Je n'ai pas fait le virement.",
    "Dès que nous aurons réglé nous vous préviendrons.",
    "Si le virement est fait avant vendredi, est-ce que cela ira ?",
    "Stop ou encore ? Rappelez-moi.",
    "Merci de me rappeler au 02 99 00 00 00.",
    "Merci, mais je ne comprends pas ce montant.",
    "Qui êtes-vous ?",
    "Conformément au RGPD, vous disposez d'un droit d'accès à vos données personnelles.",
    "Une facture a été réglée. Nous contestons l'autre.",
    "Nous paierons le 15, mais pouvons-nous avoir un délai pour le reste ?",
    "Pouvez-vous arrêter de m'écrire ? J'ai déjà répondu.",
]


@pytest.mark.parametrize(("intent", "words"), [(i, words) for i, all_words in SAID.items() for words in all_words])
def test_people_say(intent: Intent, words: str) -> None:
    suggestion = suggested(words)
    assert suggestion.intent is intent, suggestion
    assert " ".join(words.split())[:10] in suggestion.words or len(words) > 60


@pytest.mark.parametrize("words", UNCLEAR)
def test_where_it_is_not_clear_nothing_is_suggested(words: str) -> None:
    assert suggested(words).intent is None


def test_two_readings_are_none_and_both_are_shown() -> None:
    said = suggested("Une facture a été réglée. Nous contestons l'autre.").words
    assert said == (
        "more than one reading: paid: « Une facture a été réglée. »; disputes: « Nous contestons l'autre. »"
    )
