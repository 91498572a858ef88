"""Invoices out of lines: several lines with one number are its terms; a negative one is a credit note."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from relanced.flow.intake import cells
from relanced.flow.intake.amounts import written
from relanced.flow.intake.faults import Faults, printable
from relanced.flow.intake.line import Line
from relanced.rules.rows import CreditRow, InvoiceRow, TermRow

_ALIKE = ("debtor", "issued_on", "currency", "order_number", "payment_mode", "payer", "payee_iban", "excluded")


class _Piece(Struct, frozen=True):
    """One line. `row` reads it as if it were the whole invoice; `whole` says that its amount really is the invoice's.

    `total` and `open` speak of the invoice, whatever its terms; `corrects` is the invoice that a credit note is about.
    """

    row: InvoiceRow
    credit: bool
    whole: bool
    total: int | None
    open: int | None
    corrects: str | None


class Invoices:
    """The invoices and credit notes of a file."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._pieces: dict[str, list[_Piece]] = {}

    def add(self, line: Line, debtor: str | None) -> None:
        """Read one line of that debtor, None where nobody readable is named."""
        if piece := _piece(line, debtor):
            self._pieces.setdefault(piece.row.number, []).append(piece)

    def rows(self) -> tuple[tuple[InvoiceRow, ...], tuple[CreditRow, ...]]:
        """What the lines amount to. Contradictions between them are told as faults."""
        invoices, credits_ = [], []
        for pieces in self._pieces.values():
            self._compare(pieces)
            whole = _added(pieces)
            self._check_total(pieces, whole)
            if pieces[0].credit:
                credits_.append(_credit(whole, pieces))
            else:
                left = self._open(pieces, whole)
                invoices.append(whole if left == whole.open_cents else replace(whole, open_cents=left))
        return tuple(invoices), tuple(credits_)

    def _compare(self, pieces: list[_Piece]) -> None:
        """The lines of one number must tell of one invoice."""
        first, seen = pieces[0], {pieces[0].row.terms[0].due_on}
        for piece in pieces[1:]:
            for field in _ALIKE:
                new, old = getattr(piece.row, field), getattr(first.row, field)
                if new != old and None not in (new, old):
                    self._other(piece, field, f'"{printable(str(new))}"', first)
            if piece.credit is not first.credit:
                self._other(piece, "amount", "an invoice beside a credit note", first)
            due_on = piece.row.terms[0].due_on
            if piece.whole:
                what = "the total of the invoice (a column with the amount of each term is missing)"
                self._other(piece, "amount", what, first)
            elif due_on in seen and not piece.credit:
                self._other(piece, "due_on", "a second amount for the same due date", first)
            seen.add(due_on)

    def _other(self, piece: _Piece, field: str, found: str, first: _Piece) -> None:
        about = f'{found} does not go with line {first.row.line}, also "{printable(first.row.number)}"'
        self._faults.add(about, piece.row.line, field)

    def _check_total(self, pieces: list[_Piece], whole: InvoiceRow) -> None:
        for piece in pieces:
            if not piece.whole and piece.total not in (None, whole.cents):
                said, found = written(piece.total or 0), written(whole.cents)
                about = f'{said} is not the sum of the terms of "{printable(whole.number)}", {found}'
                self._faults.add(about, piece.row.line, "total")

    def _open(self, pieces: list[_Piece], whole: InvoiceRow) -> int | None:
        """What the books say the invoice still owes: said of the whole, or the sum of what each term owes."""
        for piece in pieces:
            self._check_open(piece, "open", piece.row.open_cents, piece.row.cents)
            self._check_open(piece, "invoice_open", piece.open, whole.cents)
        said = [p.open for p in pieces if p.open is not None]
        if len(set(said)) > 1:
            self._other(pieces[-1], "invoice_open", "another open amount", pieces[0])
        if said:
            return said[0]
        opens = [p.row.open_cents for p in pieces if p.row.open_cents is not None]
        if opens and len(opens) < len(pieces):
            self._other(pieces[-1], "open", "an open amount for some terms only", pieces[0])
        return sum(opens) if opens else None

    def _check_open(self, piece: _Piece, field: str, found: int | None, most: int) -> None:
        if found is not None and found < 0:
            about = f"{written(found)} is negative: write 0, and the surplus as a payment or a credit note"
            self._faults.add(about, piece.row.line, field)
        elif found is not None and found > most:
            self._faults.add(f"{written(found)} is more than the amount, {written(most)}", piece.row.line, field)


def _piece(line: Line, debtor: str | None) -> _Piece | None:
    currency = line.read("currency", cells.currency) or "EUR"
    whole = not line.has("amount")
    amount, total = line.cents("amount", currency), line.cents("total", currency)
    cents = total if whole else amount
    if line.cell("total" if whole else "amount") == "":
        line.fault("amount", "is missing")
    credit = (cents or 0) < 0 or line.read("type", cells.document) is cells.Document.CREDIT
    row = _row(line, debtor, currency, cents, credit)
    said_open, corrects = line.cents("invoice_open", currency), line.read("invoice", cells.text)
    if row is None:
        return None
    return _Piece(row, credit, whole, None if total is None else abs(total), said_open, corrects)


def _row(line: Line, debtor: str | None, currency: str, cents: int | None, credit: bool) -> InvoiceRow | None:
    number, issued_on = line.need("number", cells.text), line.need_day("issued_on")
    due_on = issued_on if credit else line.need_day("due_on")
    said = _said(line, currency)
    if debtor is None or number is None or issued_on is None or due_on is None or cents is None:
        return None
    if due_on < issued_on:
        line.fault("due_on", f"{due_on:%d/%m/%Y} is before the day of the invoice, {issued_on:%d/%m/%Y}")
    terms = (TermRow(due_on, abs(cents)),)
    return InvoiceRow(line.number, debtor, number, issued_on, abs(cents), terms, currency, **said)


def _said(line: Line, currency: str) -> dict[str, Any]:
    """What an invoice list may say beside the amounts."""
    return {
        "open_cents": line.cents("open", currency),
        "order_number": line.read("order_number", cells.text),
        "payment_mode": line.read("payment_mode", cells.payment_mode),
        "payer": line.read("payer", cells.text),
        "payee_iban": line.read("payee_iban", cells.account),
        "excluded": line.read("excluded", cells.yes),
    }


def _added(pieces: list[_Piece]) -> InvoiceRow:
    """The invoice as the sum of its lines, oldest due date first."""
    if len(pieces) == 1:
        return pieces[0].row
    terms = tuple(sorted((p.row.terms[0] for p in pieces), key=lambda t: t.due_on))
    told: dict[str, Any] = {f: next((v for p in pieces if (v := getattr(p.row, f)) is not None), None) for f in _ALIKE}
    return replace(pieces[0].row, terms=terms, cents=sum(t.cents for t in terms), **told)


def _credit(whole: InvoiceRow, pieces: list[_Piece]) -> CreditRow:
    corrects = next((p.corrects for p in pieces if p.corrects), None)
    return CreditRow(whole.line, whole.debtor, whole.number, whole.issued_on, whole.cents, whole.currency, corrects)
