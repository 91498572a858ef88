"""The headings of French and English files, by kind and field; `headings.normal` levels case, accents and signs.

The first word that a file uses wins. A word behind `?` is read once the kind is known, but does not tell the kind.
"""

from __future__ import annotations

from collections.abc import Mapping

_KEY = {
    "debtor": "code client, n client, compte client, id client, ref client, reference client, code tiers, compte tiers,"
    " n compte, n tiers, compte auxiliaire, code debiteur, code, customer id, customer code, customer n, client id,"
    " client n, client code, account n, debtor id, debtor key, debtor code, debtor n, debtor, debiteur, client,"
    " customer, tiers, account, raison sociale, nom client, customer name, company name, societe, company",
}
_NAME = {
    "name": "raison sociale, nom client, denomination, nom societe, nom debiteur, nom tiers, customer name,"
    " debtor name, client name, company name, societe, company, ?nom, ?name, ?client, ?customer, ?debiteur, ?tiers",
}
_DEBTOR = {
    "segment": "segment, type client, type debiteur, categorie client, nature client, customer type, debtor type,"
    " ?categorie, ?category",
    "siren": "siren, siret, n siren, n siret, siren siret, siret siren",
    "address": "adresse, adresse 1, adresse1, adresse postale, adresse facturation, rue, address, address 1, address1,"
    " address line 1, street, street address, billing address",
    "address_2": "adresse 2, adresse2, complement adresse, complement, address 2, address2, address line 2",
    "address_3": "adresse 3, adresse3, address 3, address3, address line 3",
    "address_4": "adresse 4, adresse4, address 4, address4, address line 4",
    "postcode": "code postal, cp, postcode, post code, postal code, zip, zip code",
    "town": "ville, commune, localite, town, city",
    "country": "pays, code pays, country, country code",
    "language": "langue, language",
    "tags": "etiquettes, etiquette, tags, tag",
    "policy": "scenario, scenario relance, policy",
    "owner": "charge, charge recouvrement, gestionnaire, responsable, owner, collector",
}
_CONTACT = {
    "contact": "contact, nom contact, interlocuteur, contact name, destinataire",
    "email": "email, e mail, mail, courriel, adresse email, adresse e mail, adresse mail, email address,"
    " email facturation, email comptabilite, email relance, email contact, contact email, billing email",
    "email_2": "email 2, e mail 2, mail 2, email2, mail2, autre email, second email, email secondaire",
    "phone": "telephone, tel, telephone fixe, tel fixe, fixe, n telephone, n tel, telephone 1, phone, phone n,"
    " telephone n, landline",
    "mobile": "mobile, portable, telephone portable, tel portable, telephone mobile, tel mobile, gsm, mobile phone,"
    " cell phone, telephone 2",
    "sms": "sms, mobile sms, portable sms, telephone sms, n sms, mobile pour sms, portable pour sms, sms n,"
    " mobile for sms",
    "sms_consent": "consentement sms, accord sms, opt in sms, sms consent, sms opt in",
    "consent": "consentement, accord, opt in, consent",
    "rank": "rang, priorite, rank, priority",
}
_INVOICE = {
    "number": "n facture, facture n, facture, ref facture, reference facture, invoice n, invoice, invoice ref,"
    " invoice reference, n piece, piece, ref piece, reference piece, n document, document n, document, ?reference, ?n",
    "issued_on": "date facture, date facturation, date emission, date piece, date document, emise, invoice date,"
    " issue date, issued, issued on, document date, ?date",
    "due_on": "echeance, date echeance, date limite, date limite paiement, date exigibilite, due date, due, due on,"
    " payment due",
    "amount": "montant echeance, montant terme, term amount, instalment amount, montant, amount",
    "total": "montant ttc, total ttc, ttc, montant facture, montant facture ttc, montant total, total facture, total,"
    " net a payer, invoice amount, invoice total, total amount, gross amount, amount incl vat, total incl vat",
    "open": "reste du, reste a payer, reste a regler, solde du, restant du, montant restant, montant restant du,"
    " solde restant, montant du, solde, reste, open amount, open, outstanding amount, outstanding, balance due,"
    " balance, amount due, remaining amount, remaining",
    "invoice_open": "solde facture, reste du facture, restant du facture, invoice open, invoice balance",
    "type": "type piece, type document, nature piece, type facture, document type, ?type",
    "invoice": "facture origine, n facture origine, facture liee, facture corrigee, original invoice",
    "currency": "devise, code devise, monnaie, currency, currency code",
    "order_number": "n commande, bon commande, n bon commande, commande, commande n, ref commande, reference commande,"
    " n bc, n engagement, order n, order, purchase order, purchase order n, po n, po",
    "payment_mode": "mode paiement, mode reglement, moyen paiement, moyen reglement, payment mode, payment method",
    "payer": "payeur, tiers payeur, payer",
    "payee_iban": "iban creancier, iban beneficiaire, iban facture, payee iban, creditor iban",
    "excluded": "exclue, exclu, facture exclue, hors relance, ne pas relancer, excluded, do not remind",
}
_INVOICES = (
    _KEY
    | _INVOICE
    | _NAME
    | _DEBTOR
    | _CONTACT
    | {"debtor_excluded": "client exclu, debtor excluded, customer excluded"}
)

VOCABULARY: Mapping[str, Mapping[str, str]] = {
    "debtors": _KEY
    | _NAME
    | _DEBTOR
    | {"segment": _DEBTOR["segment"] + ", ?type"}
    | {"excluded": "exclu, client exclu, ne pas relancer, hors relance, excluded, debtor excluded, do not remind"}
    | _CONTACT,
    "contacts": _KEY | _CONTACT | {"contact": _CONTACT["contact"] + ", ?nom, ?name"},
    "invoices": _INVOICES,
    "snapshot": _INVOICES,
    "credits": _KEY
    | {
        "number": "n avoir, avoir n, avoir, ref avoir, reference avoir, credit note n, credit note, credit memo,"
        " ?n piece, ?piece, ?n document, ?document, ?reference, ?n",
        "issued_on": "date avoir, credit note date, ?date emission, ?date piece, ?date document, ?issue date,"
        " ?issued on, ?date",
        "amount": "montant avoir, credit amount, montant, amount, montant ttc, total ttc, total, total amount",
        "invoice": "n facture, facture n, facture, facture origine, n facture origine, facture liee, invoice n,"
        " invoice, original invoice",
        "currency": _INVOICE["currency"],
    },
    "payments": _KEY
    | {
        "booked_on": "date comptable, date comptabilisation, date operation, date reglement, date paiement,"
        " date encaissement, date versement, date ecriture, booking date, booked on, booked, payment date, paid on,"
        " date paid, transaction date, ?date",
        "amount": "montant regle, montant paye, montant encaisse, montant reglement, montant paiement,"
        " montant operation, montant, encaissement, credit, montant credit, amount paid, paid amount,"
        " amount received, amount",
        "debit": "debit, montant debit, debit amount",
        "reference": "reference bancaire, ref bancaire, reference banque, reference operation, ref operation,"
        " n operation, id operation, bank reference, bank ref, transaction id, transaction reference",
        "label": "libelle, libelle operation, libelle ecriture, libelle simplifie, motif, communication, label,"
        " description, details, memo",
        "invoice": "n facture, facture n, facture, ref facture, reference facture, invoice n, invoice, invoice ref,"
        " n piece, piece",
        "currency": _INVOICE["currency"],
    },
    "history": _KEY
    | {
        "invoice": "n facture, facture n, facture, ref facture, reference facture, invoice n, invoice, invoice ref,"
        " n piece, piece",
        "step": "niveau, niveau relance, niveau atteint, etape, derniere etape, etape atteinte, step, step reached,"
        " last step, level",
        "last_contact": "dernier contact, derniere relance, date derniere relance, date dernier contact, last contact,"
        " last reminder, last contacted",
        "hold_until": "suspendu jusqu au, suspension jusqu au, bloque jusqu au, en attente jusqu au, jusqu au,"
        " hold until, on hold until, pause until",
        "comment": "commentaire, commentaires, remarque, remarques, observation, observations, note, notes, comment,"
        " comments",
    },
}
