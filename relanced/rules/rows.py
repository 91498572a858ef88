"""What an import says, row by row: the values that cross from reading a file to writing the store. Amounts in cents.

`line` is the line (or sheet row) of the file, for messages.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from relanced.rules.model import Consent, PaymentMode, Road, Segment


class DebtorRow(Struct, frozen=True):
    """A debtor. None means: the file says nothing, keep what is known."""

    line: int
    key: str
    name: str | None = None
    segment: Segment | None = None
    siren: str | None = None
    address: tuple[str, ...] | None = None
    language: str | None = None
    tags: tuple[str, ...] | None = None
    excluded: bool | None = None
    policy: str | None = None
    owner: str | None = None


class ContactRow(Struct, frozen=True):
    """One address of one debtor. `where` is a mail address or an E.164 number."""

    line: int
    debtor: str
    road: Road
    where: str
    name: str = ""
    rank: int = 0
    consent: Consent = Consent.NONE


class TermRow(Struct, frozen=True):
    """One due date and its part of the invoice."""

    due_on: date
    cents: int


class InvoiceRow(Struct, frozen=True):
    """An invoice with its terms, oldest due date first. `open_cents`: what the books say it still owes, if they say."""

    line: int
    debtor: str
    number: str
    issued_on: date
    cents: int
    terms: tuple[TermRow, ...]
    currency: str = "EUR"
    open_cents: int | None = None
    order_number: str | None = None
    payment_mode: PaymentMode | None = None
    payer: str | None = None
    payee_iban: str | None = None
    excluded: bool | None = None


class CreditRow(Struct, frozen=True):
    """A credit note (*avoir*); without `invoice` it counts for the oldest term. `cents` is positive."""

    line: int
    debtor: str
    number: str
    issued_on: date
    cents: int
    currency: str = "EUR"
    invoice: str | None = None


class PaymentRow(Struct, frozen=True):
    """Money received. `key` names it for ever: the bank's reference, else day, cents, debtor, label and n-th such row.

    Without `debtor` (and without a known `invoice`) nobody knows whose it is: it waits to be matched. Negative `cents`
    is a reversal.
    """

    line: int
    key: str
    booked_on: date
    cents: int
    currency: str = "EUR"
    debtor: str | None = None
    invoice: str | None = None
    label: str = ""


class HistoryRow(Struct, frozen=True):
    """What a former tool did: the step reached for an invoice, the last contact, a hold, a comment.

    `ahead`: that step comes before the due date.
    """

    line: int
    debtor: str
    invoice: str | None = None
    step: str | None = None
    last_contact: date | None = None
    hold_until: date | None = None
    comment: str | None = None
    ahead: bool = False


class Batch(Struct, frozen=True):
    """One file's worth, checked row by row. `covers`: the last day that the payments, or the snapshot, account for.

    A `snapshot` lists every open invoice: what is absent is settled. Otherwise an import only adds and changes.
    `ignored` are the headings that nobody understood, for the dry run to show.
    """

    kind: str  # debtors | contacts | invoices | credits | payments | history | snapshot
    file: str
    digest: str
    debtors: tuple[DebtorRow, ...] = ()
    contacts: tuple[ContactRow, ...] = ()
    invoices: tuple[InvoiceRow, ...] = ()
    credits: tuple[CreditRow, ...] = ()
    payments: tuple[PaymentRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    covers: date | None = None
    ignored: tuple[str, ...] = ()

    @property
    def snapshot(self) -> bool:
        """Whether absence means settled."""
        return self.kind == "snapshot"
