"""Payments and credit notes out of lines."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

from msgspec.structs import replace

from relanced.flow.intake import cells
from relanced.flow.intake.faults import printable
from relanced.flow.intake.line import Line
from relanced.rules.rows import CreditRow, PaymentRow


def payments(lines: Iterable[Line], today: date) -> tuple[PaymentRow, ...]:
    """The payments of a file. `today` bounds their days: what is not booked yet is no payment."""
    name = _Namer()
    return tuple(row for line in lines if (row := _payment(line, today, name)))


def _payment(line: Line, today: date, name: _Namer) -> PaymentRow | None:
    currency = line.read("currency", cells.currency) or "EUR"
    booked_on, cents = line.need_day("booked_on"), _cents(line, currency)
    debtor, invoice = line.read("debtor", cells.text), line.read("invoice", cells.text)
    label = line.read("label", cells.note) or ""
    reference = line.read("reference", cells.text)
    if booked_on is None or cents is None:
        return None
    if booked_on > today:
        line.fault("booked_on", f"{booked_on:%d/%m/%Y} is after today: only what the bank has booked is a payment")
    row = PaymentRow(line.number, "", booked_on, cents, currency, debtor, invoice, label)
    return replace(row, key=name(row, reference, line.fault))


def _cents(line: Line, currency: str) -> int | None:
    """Money in, positive; a rejected payment, negative: in one column with signs, or in two."""
    amount, debit = line.cents("amount", currency), line.cents("debit", currency)
    if line.cell("amount") == line.cell("debit") == "":
        line.fault("amount", "is missing")
    elif amount and debit:
        line.fault("debit", "stands beside an amount received in the same line")
    elif (amount, debit) in ((0, 0), (0, None), (None, 0)):
        line.fault("amount", "0,00 pays nothing")
    elif amount is not None or debit is not None:
        return (amount or 0) - abs(debit or 0)
    return None


class _Namer:
    """Gives every payment the name it keeps for ever, so that the same file read twice changes nothing.

    The bank's reference, else day, cents, debtor, label and n-th such row of the file.
    """

    def __init__(self) -> None:
        self._nth: Counter[str] = Counter()
        self._referred: dict[str, list[PaymentRow]] = {}

    def __call__(self, row: PaymentRow, reference: str | None, fault: Callable[[str, str], None]) -> str:
        if not reference:
            said = (row.booked_on.isoformat(), str(row.cents), row.debtor or "", row.label)
            return "row " + hashlib.sha256(self._numbered("\x1f".join(said)).encode()).hexdigest()[:32]
        name = reference if row.cents > 0 else f"{reference} reversed"
        others = self._referred.setdefault(name, [])
        for other in others:
            _compare(row, other, reference, fault)
        others.append(row)
        return name if len(others) == 1 else f"{name} {len(others)}"

    def _numbered(self, said: str) -> str:
        self._nth[said] += 1
        return f"{said}\x1f{self._nth[said]}"


def _compare(row: PaymentRow, other: PaymentRow, reference: str, fault: Callable[[str, str], None]) -> None:
    """One transfer may pay several invoices; a word that comes back on another day is no reference of a bank."""
    if row.booked_on != other.booked_on:
        fault("reference", f'"{printable(reference)}" names a payment of another day in line {other.line}')
    elif replace(row, line=other.line, label=other.label) == other:
        fault("reference", f'"{printable(reference)}" is the payment of line {other.line} once more')


def credit_notes(lines: Iterable[Line]) -> tuple[CreditRow, ...]:
    """The credit notes of a file, each number once."""
    by_number: dict[str, CreditRow] = {}
    for line in lines:
        if (row := _credit_note(line)) and (known := by_number.setdefault(row.number, row)) is not row:
            line.fault("number", f'"{printable(row.number)}" stands in line {known.line} already')
    return tuple(by_number.values())


def _credit_note(line: Line) -> CreditRow | None:
    """The sign of the amount does not matter: a credit note gives back."""
    currency = line.read("currency", cells.currency) or "EUR"
    debtor, number = line.need("debtor", cells.text), line.need("number", cells.text)
    issued_on, cents = line.need_day("issued_on"), line.cents("amount", currency)
    invoice = line.read("invoice", cells.text)
    if line.cell("amount") == "":
        line.fault("amount", "is missing")
    if debtor is None or number is None or issued_on is None or cents is None:
        return None
    return CreditRow(line.number, debtor, number, issued_on, abs(cents), currency, invoice)
