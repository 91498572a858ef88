"""The files that the company's accounting program would export: customers, invoices, credit notes, bank statements."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from relanced.demo.company import CUSTOMERS, NAMES, CreditNote, Customer, Invoice, Transfer

_MARK = "\ufeff"  # a spreadsheet then reads the accents rightly


def customers(who: Sequence[Customer] = CUSTOMERS) -> str:
    """The customer file: names and postal addresses."""
    heading = ("Code client", "Raison sociale", "Type client", "SIREN", "Adresse", "Code postal", "Ville")
    return _written(heading, ((c.code, c.name, c.kind, c.siren, c.street, *_place(c.town)) for c in who))


def contacts(who: Sequence[Customer] = CUSTOMERS) -> str:
    """Whom to write to, where somebody is known."""
    heading = ("Code client", "Contact", "E-mail", "Téléphone", "Mobile pour SMS")
    return _written(heading, ((c.code, c.contact, c.email, c.phone, c.mobile) for c in who if c.email))


def invoices(sold: Iterable[Invoice]) -> str:
    """The sales journal."""
    heading = ("Code client", "N° facture", "Date facture", "Échéance", "Montant TTC", "N° commande")
    return _written(
        heading, ((i.customer, i.number, _day(i.issued_on), _day(i.due_on), _euros(i.cents), i.order) for i in sold)
    )


def credit_notes(given: Iterable[CreditNote]) -> str:
    """The credit notes."""
    heading = ("Code client", "N° avoir", "Date avoir", "Montant avoir", "Facture d'origine")
    return _written(heading, ((c.customer, c.number, _day(c.issued_on), _euros(c.cents), c.invoice) for c in given))


def bank(paid: Iterable[Transfer]) -> str:
    """A bank statement, as the accounts have matched it."""
    heading = ("Date opération", "Libellé", "Montant", "Référence bancaire", "Code client", "N° facture")
    return _written(heading, (_booked(t) for t in paid))


def _booked(t: Transfer) -> tuple[str, ...]:
    label = f"VIR SEPA {NAMES[t.customer].upper()} {t.invoice}".strip()
    return _day(t.booked_on), label, _euros(t.cents), f"VIR{t.booked_on:%y%m%d}{t.customer}", t.customer, t.invoice


def _place(town: str) -> tuple[str, str]:
    code, _, name = town.partition(" ")
    return code, name


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"


def _written(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return _MARK + out.getvalue()
