"""The phrases by which people say what they want, in flat French and English (see `flat`)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from relanced.reading.flat import any_of
from relanced.reading.verdict import Intent

_PAID = r"(?:paye|regle|vire|solde|acquitte|honore)e?s?"
_TO_PAY = r"(?:payer|regler|virer|solder|acquitter)"
_MONEY = r"(?:virement|reglement|paiement|cheque|prelevement|transfert|somme|montant|solde|payment|transfer)s?"
_DONE = r"(?:effectue|fait|envoye|emis|parti|execute|passe|transmis|realise|poste|adresse|saisi|lance)e?s?"
_INVOICE = r"(?:factures?|invoices?|bills?)"
_WELL = r"(?:bien |deja |donc |egalement |integralement |hier |aujourd'hui |ce jour )*"
_GOODS = r"(?:prestations?|travaux|chantier|commandes?|marchandises?|produits?|colis|livraisons?|materiel)"
_SOON = r"\b(?:demain|lundi|mardi|mercredi|jeudi|vendredi|semaine|fin|mois|des|le \d)"
_DATA = (
    r"\b(?:rgpd|gdpr|donnees (?:personnelles|a caractere)|mes donnees|personal data|my data|access request"
    r"|droit (?:d'acces|a l'effacement|a l'oubli|de rectification|d'opposition|a la portabilite)|right (?:of|to) \w+)"
)
_ASK = (
    r"\b(?:(?:je|nous) (?:vous )?(?:demand|souhait|exerc|sollicit|voudr|veu|exig)\w*|merci de|veuillez|please"
    r"|i request|(?:i|we) (?:want|wish|would like)|supprim(?:ez|er)|effac(?:ez|er)|delete|erase"
    r"|communiquez|transmettez|rectifiez)\b"
)
_ADDRESSEE = r"(?:interlocut\w+|destinataire|personne|service|adresse|societe|entreprise)\b"
_WRONG = r"(?:errone|incorrect|inexact|faux|fausse|pas (?:le )?bon|pas juste)"

NEGATION = any_of(
    r"\b(?:ne|pas|jamais|aucune?|ni|non|sans)\b|\bn'",
    r"\b(?:not|never|no|cannot|without)\b|\w+n't\b",
)
CONDITION = any_of(
    r"\b(?:si|s'il|s'ils|quand|lorsque|des que|une fois|avant de|apres avoir|afin de|pour pouvoir|sous reserve)\b",
    r"\blorsqu'",
    r"\b(?:if|once|when|whether|unless|before|in order to)\b",
)

PHRASES: Mapping[Intent, tuple[str, ...]] = MappingProxyType(
    {
        Intent.PAID: (
            rf"\b(?:deja|bien) (?:ete )?{_PAID}\b",
            rf"\b(?:a|ont|avons|ai|avez|est|sont) {_WELL}(?:ete )?{_WELL}{_PAID}\b",
            r"^(?:bonjour\W+)?(?:c'est )?(?:bien |deja )?(?:paye|regle|vire)e?s?\b",
            rf"\b{_MONEY}\b.{{0,60}}\b(?:a|ont|avons|ai|est|sont) {_WELL}(?:ete )?{_WELL}{_DONE}\b",
            rf"\b(?:avons|ai|a) {_WELL}{_DONE} (?:le|un|ce|votre|la|les|notre) {_MONEY}\b",
            rf"\b(?:viens|venons|vient) (?:juste )?(?:de |d')(?:\w+ ){{0,2}}(?:{_TO_PAY}|effectuer|faire|envoyer)\b",
            r"\b(?:has|have|was|were|been) (?:already |just |now )?(?:been )?(?:paid|settled|transferred)\b",
            r"\b(?:we|i) (?:already |have already )?paid\b|\b(?:made|sent) (?:the|a|your|our) (?:payment|transfer)\b",
            r"\bpayment (?:was|has been) (?:made|sent)\b",
        ),
        Intent.PROMISES: (
            rf"\b(?:sera|seront|va etre|vont etre) {_WELL}(?:{_PAID}|{_DONE}|mise?s?)\b",
            rf"\b{_MONEY}\b.{{0,60}}\b(?:sera|seront|partira|interviendra|aura lieu)\b",
            rf"\b{_MONEY}\b.{{0,40}}\b(?:prevu|programme|planifie|en cours)",
            r"\b(?:paie|paye|regle|vire|solde)(?:rai|rons|ra|ront)\b",
            rf"\b(?:je|nous|on) (?:vous |le |la |les |l')?(?:regle|paie|paye|vire|solde)(?:ons)?\b.{{0,60}}{_SOON}",
            rf"\b(?:vais|allons|va) (?:\w+ ){{0,2}}(?:{_TO_PAY}|effectuer|proceder|faire (?:le|un|ce) {_MONEY})\b",
            rf"\b(?:je |j'|nous |on )(?:procede|effectue|fai|fait)(?:ons|s|sons)? (?:le|un|ce|au|a son) {_MONEY}\b",
            r"\bmise?s? en paiement\b|\bpasse en paiement\b",
            r"\b(?:will|'ll) (?:be )?(?:paid|pay|settled?|transfer|make the (?:payment|transfer))\b",
            r"\bpayment (?:is|has been) scheduled\b|\bgoing to (?:pay|settle)\b|\bwill be (?:made|sent|processed)\b",
        ),
        Intent.DISPUTES: (
            r"\bcontest(?:e|ons|ation|ee?s?)\b|\blitige\b|\bdesaccord\b|\bpas d'accord\b|\breclamation\b",
            r"\b(?:non.|pas )conformes?\b|\bdefectueu\w+|\bmalfacons?\b|\bvices? caches?\b",
            r"\babime\w*|\bcasse(?:e|s|es)?\b",
            rf"\b{_GOODS}\b.{{0,60}}\b(?:pas|jamais|non)\b.{{0,20}}"
            r"(?:livre|recu|termine|acheve|realise|effectue|fini|faite?|rendu)",
            rf"\b(?:pas|jamais)\b.{{0,15}}\b(?:livre|recu|termine|acheve|realise|effectue)\w*.{{0,30}}\b{_GOODS}\b",
            r"\berreurs? (?:de|sur|dans) (?:la |le |votre |les )?(?:factur|prix|tarif|montant|quantite)",
            rf"\b(?:montant|prix|tarif|facture|quantite)s?\b.{{0,40}}\b{_WRONG}",
            r"\b(?:attente|attendons|attends|recevoir|etablir|manque|emettre)\b.{0,40}"
            r"\b(?:un |l'|votre |d'un |d'|cet )avoir\b(?! \w+e\b)",
            r"\bjamais (?:passe|commande|signe|demande)\b|\brefus(?:e|ons) de (?:payer|regler)\b",
            r"\bdisput(?:e|ed|ing)\b|\b(?:wrong|incorrect) (?:amount|price|invoice)\b|\bcredit note\b|\bdefective\b",
            r"\bnever (?:ordered|delivered)\b|\bnot (?:been )?delivered\b|\bdo not agree\b",
        ),
        Intent.ASKS_FOR_TIME: (
            r"\bdelais?\b.{0,30}\b(?:paiement|supplementaire|reglement|possible|de plus)",
            r"\b(?:accord|octroy|demand|sollicit|obtenir|besoin)\w*\b.{0,40}\b(?:delais?|report|sursis|peu de temps)\b",
            r"\becheancier\b|\bechelonn\w+|\betal(?:er|ement)\b",
            r"\b(?:en|par) (?:plusieurs|deux|trois|quatre|\d{1,2}) fois\b",
            r"\bplusieurs (?:versements|mensualites|echeances)\b|\bmensualites\b|\bfacilites? de paiement\b",
            r"\bpatient(?:er|ez)\b|\breporter (?:le|l'|la)|\brepousser\b|\bplus de temps\b",
            r"\bjours (?:de plus|supplementaires)\b",
            r"\bmore time\b|\bpayment plan\b|\binstal?lments\b|\bextension\b",
            r"\ba few more (?:days|weeks)\b|\bbear with us\b",
        ),
        Intent.INVOICE_NOT_RECEIVED: (
            rf"\b(?:pas|jamais|aucune?|rien)\b.{{0,40}}\b(?:recue?s?|trouve|parvenue?s?|en possession|trace)\b"
            rf".{{0,50}}\b{_INVOICE}\b",
            rf"\b{_INVOICE}\b.{{0,60}}\b(?:pas|jamais|non|aucune?)\b.{{0,25}}"
            r"\b(?:recue?s?|parvenue?s?|trouvee?s?|en possession)\b",
            r"\bduplicata\b|\bcopie (?:de |des |du )(?:la |cette |votre |vos |ces )?factures?\b",
            r"\b(?:r?envoy|renvoi|envoi|(?:re)?transm|adress|communiqu|parvenir)\w*\b.{0,30}"
            r"\b(?:la|les|cette|ces|votre|vos) factures?\b.{0,60}(?:\?|svp|s'il|merci|\bpdf\b|$)",
            r"\b(?:haven't|have not|did not|didn't|never) (?:yet )?(?:received?|get|got|seen?)\b.{0,40}\binvoices?\b",
            r"\b(?:re-?send|send (?:us|me)|copy of)\b.{0,30}\binvoices?\b",
        ),
        Intent.WRONG_PERSON: (
            rf"\bpas (?:le|la|les) bon(?:ne)?s? {_ADDRESSEE}",
            rf"\bmauvaise? {_ADDRESSEE}|\berreur de destinataire\b",
            r"\b(?:ne|n') ?(?:suis|sommes|me|nous|est) (?:pas |plus |en rien )?concerne",
            r"\bne (?:me|nous) concerne (?:pas|plus|en rien)\b",
            r"\bne (?:travaille|fait|fais|suis|gere|gerons|m'occupe|s'occupe)\b.{0,15}\bplus\b",
            r"\ba quitte (?:l'entreprise|la societe|notre)\b",
            r"\b(?:adresser|contacter|ecrire|rapprocher) (?:directement )?(?:au|a|du|le|la) (?:service|siege|compta)",
            r"\bwrong (?:person|address|contact|company|recipient)\b|\bnot the right (?:person|contact)\b",
            r"\bno longer (?:works?|with|in charge)\b|\b(?:has|have) left the company\b",
        ),
        Intent.INSOLVENT: (
            r"\b(?:redressement|liquidation|mandataire|liquidateur|administrateur) (?:\w+ )?judiciaire\b",
            r"\bliquidateur\b",
            r"\bprocedure (?:collective|de sauvegarde)\b|\bplan de sauvegarde\b|\bcessation des? paiements?\b",
            r"\bdepots? (?:de|du|son|notre) bilan\b|\bdepose (?:le|notre|son) bilan\b|\ben liquidation\b",
            r"\bsurendettement\b|\bdeclar(?:er|ation|ez) (?:de |votre |vos )?creances?\b",
            r"\bbankrupt\w*|\binsolven\w+|\bin (?:administration|liquidation|receivership)\b|\bchapter (?:7|11)\b",
        ),
        Intent.DATA_REQUEST: (  # footers speak of these rights too, but ask for nothing
            rf"{_ASK}.{{0,80}}{_DATA}",
            rf"\b(?:rgpd|gdpr|cnil|article (?:15|16|17|21))\b.{{0,80}}{_ASK}",
            r"\b(?:subject|data) access request\b",
        ),
    }
)

STOP = any_of(
    r"(?:stop|arret(?:ez|er)?|unsubscribe|remove me|desabonnement|desinscription|(?:me )?(?:desabonner|desinscrire))"
    r"(?: (?:mails?|e mails?|emails?|courriels?|sms|tout|all|svp|s il vous plait|merci|stop|please))*"
)
THANKS = any_of(r"\b(?:merci|thanks?|remercions?|remercie|bien (?:recu|note)|bonne note|noted|received|entendu|ok)\b")
POLITE = frozenset(
    word
    for line in (
        "a all an and d de du et est for is it l la le les the to very your votre you vous much many ok c ce cette",
        "accord avons beaucoup bien bonne dit entendu j ai je nous note noted parfait pour prends prenons",
        "bonjour bonsoir dear hello hi cordialement journee soiree m madame mail mesdames messieurs mme monsieur mr",
        "merci remercie remercions thank thanks well received recu reception reponse retour",
        "courriel e email message info information rappel reminder relance",
    )
    for word in line.split()
)
