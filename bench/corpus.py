"""The debtors both sides write to: invented, the same at every run but for the day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from msgspec import Struct

CREDITOR = "Atelier Dubois SARL"
SENDER = "compta@atelier-dubois.example"
LATE = 8  # days: past the first reminder of the ladder, before the second, whatever the bank holidays

_TRADES = ("Boulangerie", "Garage", "Menuiserie", "Librairie", "Imprimerie", "Clinique", "Pépinière", "Électricité")
_NAMES = ("Lefèvre", "Nguyễn", "de l'Étang", "Garcia", "Müller", "Œuvrard", "Le Goff", "Benali", "Chaŷlard", "Roux")


class Invoice(Struct, frozen=True):
    """One invoice, wholly owed."""

    number: str
    issued_on: date
    due_on: date
    cents: int


class Debtor(Struct, frozen=True):
    """Somebody who is late with one to three invoices."""

    key: str
    name: str
    mail: str
    invoices: tuple[Invoice, ...]


def debtors(many: int, today: date) -> Iterator[Debtor]:
    """The first `many` of them, all late since the same day."""
    for n in range(many):
        name = f"{_TRADES[n % len(_TRADES)]} {_NAMES[n % len(_NAMES)]} {n}"
        yield Debtor(f"C{n:06}", name, f"compta{n}@client{n}.example", tuple(_invoices(n, today)))


def _invoices(n: int, today: date) -> Iterator[Invoice]:
    for i in range(1 + n % 3):
        due = today - timedelta(days=LATE)
        yield Invoice(f"F{n:06}-{i}", due - timedelta(days=30), due, 5_000 + (n * 7919 + i * 104_729) % 500_000)
