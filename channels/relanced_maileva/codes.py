"""What Maileva and La Poste say became of a letter: their code, and what it means here. Pure.

Sources: registered_mail 4.9 (`delivery_status`, `main_delivery_status_response`, `undelivered_mail_reason`) and mail
2.9 (`delivery_statuses_response`), the public specifications of Maileva. Each line repeats their French words.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from relanced.channel import Said


class Meaning(Struct, frozen=True):
    """What is said, whether nobody lives at the address, and whether the letter was held out to somebody then."""

    said: Said
    address_dead: bool = False
    presented: bool = False


_NOTED = Meaning(Said.NOTED)
_LATER = Meaning(Said.DELAYED)
_ARRIVED = Meaning(Said.DELIVERED, presented=True)
_BACK = Meaning(Said.RETURNED)
_UNKNOWN_THERE = Meaning(Said.RETURNED, address_dead=True)

CODES: Mapping[str, Meaning] = {
    "LP00": _NOTED,  # Code inconnu
    "LP01": Meaning(Said.POSTED),  # Pris en charge
    "LP02": _NOTED,  # Courrier imprimé et prêt à expédier
    "LP03": _NOTED,  # Tri départ
    "LP04": _NOTED,  # Tri arrivée
    "LP05": _NOTED,  # Preuve de dépôt numérique disponible
    "LP06": _NOTED,  # Preuve de contenu générée
    "LP07": _NOTED,  # Preuve de contenu envoyée
    "LP08": _NOTED,  # Pli mis à disposition en bureau de poste
    "LP09": Meaning(Said.PRESENTED, presented=True),  # Destinataire absent avisé
    "LP10": _LATER,  # Destinataire absent nouveau rendez-vous
    "LP11": _LATER,  # Remis en distribution
    "LP12": _LATER,  # Distribution différée pour force majeure
    "LP13": _LATER,  # Distribution différée pour raison interne
    "LP14": _NOTED,  # Arrivée au site de distribution
    "LP15": _ARRIVED,  # Distribué
    "LP16": _ARRIVED,  # Distribué (avec remarques du destinataire)
    "LP17": _BACK,  # Distribué à l'expéditeur (suite au retour du pli): not to the debtor
    "LP18": _NOTED,  # Avis de réception numérique disponible
    "LP19": _BACK,  # Retour à l'expéditeur pour cause de délai d'instance expiré
    "LP20": _UNKNOWN_THERE,  # Retour à l'expéditeur pour cause d'adresse incorrecte/incomplète
    "LP21": _UNKNOWN_THERE,  # Retour à l'expéditeur pour cause de destinataire inconnu à l'adresse
    "LP22": Meaning(Said.RETURNED, presented=True),  # Retour à l'expéditeur pour cause de pli refusé
    "LP23": _NOTED,  # Renvoyé par le Service Client au destinataire
    "LP24": _BACK,  # Renvoi du Service Client vers l'expéditeur après enquête
    "LP25": _BACK,  # Renvoi du Service Client vers l'expéditeur - Délai de garde expiré
    "LP26": _NOTED,  # Réexpédition/Dérivation
    "LP27": _BACK,  # Renvoi du Service Client vers l'expéditeur
    "LP28": _ARRIVED,  # Distribué au destinataire après enquête
    "LP29": _ARRIVED,  # Remis et distribué en lot
    "N02": _UNKNOWN_THERE,  # Destinataire inconnu à l'adresse
    "N03": _BACK,  # Pli avisé et non réclamé
    "N05": Meaning(Said.RETURNED, presented=True),  # Pli refusé par le destinataire
    "N07": _UNKNOWN_THERE,  # Défaut d'accès ou d'adressage
    "N10": _UNKNOWN_THERE,  # PND (Pli Non Distribuable) pour un courrier
}

CATEGORIES: Mapping[str, Meaning] = {
    "DELIVERING": _NOTED,  # En distribution
    "FIRST_PRESENTATION": Meaning(Said.PRESENTED, presented=True),  # Première présentation
    "DELIVERED": _ARRIVED,  # Distribution
    "UNDELIVERED": _BACK,  # Non distribuable
}

SENDINGS: Mapping[str, Meaning] = {
    "PENDING": Meaning(Said.TAKEN),  # le client a fait un envoi, mais il n'a pas encore été analysé
    "BLOCKED": _LATER,  # l'envoi est en attente d'une autorisation financière
    "ACCEPTED": Meaning(Said.TAKEN),  # l'envoi a été accepté et il sera traité
    "PREPARING": Meaning(Said.TAKEN),  # en cours de production (impression et mise sous pli)
    "PROCESSED": Meaning(Said.TAKEN),  # l'envoi a été traité et tous les destinataires étaient valides
    "PROCESSED_WITH_ERRORS": _NOTED,  # certains destinataires n'étaient pas valides: what ours was, the recipient says
    "REJECTED": Meaning(Said.BOUNCED),  # l'envoi est refusé: nothing was printed
    "CANCELED": Meaning(Said.BOUNCED),  # l'envoi est annulé: nothing was printed
}

RECIPIENTS: Mapping[str, Meaning] = {
    "PENDING": _NOTED,  # le destinataire n'a été ni traité, ni rejeté
    "BLOCKED": _LATER,  # envoi bloqué
    "ACCEPTED": _NOTED,  # validé
    "PREPARING": _NOTED,  # en préparation
    "PROCESSED": _NOTED,  # le destinataire a été mis sous pli
    "REJECTED": Meaning(Said.BOUNCED, address_dead=True),  # le destinataire n'est pas valide
    "SENDING_REJECTED": Meaning(Said.BOUNCED),  # envoi rejeté
    "CANCELED": Meaning(Said.BOUNCED),  # annulé
}

PROOFS: Mapping[str, Meaning] = {
    "deposit_proof": Meaning(Said.POSTED),  # preuve de dépôt
    "content_proof": _NOTED,  # preuve de contenu
    "acknowledgement_of_receipt": Meaning(Said.DELIVERED),  # avis de réception
    "undelivered_mail": _BACK,  # image du pli retourné
}


def meaning(code: str, category: str = "") -> Meaning:
    """What a code of distribution means, with the category of its main status. What nobody knows is noted.

    A category says what happened; the code still tells why it came back, and that LP17 is no delivery to the debtor.
    """
    by_code = CODES.get(code, _NOTED)
    if category not in CATEGORIES or by_code.said is Said.RETURNED:
        return by_code
    return CATEGORIES[category]
