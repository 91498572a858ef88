"""How the columns of a creditor's files are called: checked here, read by the intake.

A column is named by its heading or by its position, counted from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, field_validator

from relanced.config.fields import Text
from relanced.config.section import Section

_DEBTOR = "name segment siren address address_2 address_3 address_4 postcode town country language tags policy owner"
_CONTACT = "contact email email_2 phone mobile sms sms_consent consent rank"
_INVOICE = (
    "debtor number issued_on due_on amount total open invoice_open type invoice currency order_number payment_mode"
    f" payer payee_iban excluded debtor_excluded {_DEBTOR} {_CONTACT}"
)

IMPORT_FIELDS: Mapping[str, frozenset[str]] = {
    "debtors": frozenset(f"debtor excluded {_DEBTOR} {_CONTACT}".split()),
    "contacts": frozenset(f"debtor {_CONTACT}".split()),
    "invoices": frozenset(_INVOICE.split()),
    "snapshot": frozenset(_INVOICE.split()),
    "credits": frozenset(["debtor", "number", "issued_on", "amount", "currency", "invoice"]),
    "payments": frozenset(["debtor", "booked_on", "amount", "debit", "reference", "label", "invoice", "currency"]),
    "history": frozenset(["debtor", "invoice", "step", "last_contact", "hold_until", "comment"]),
}
"""The fields each kind of file may hold, by kind."""


def _column(said: object) -> str | int:
    if isinstance(said, bool) or not isinstance(said, (str, int)) or (isinstance(said, int) and said < 1):
        raise ValueError('expected a heading like "N° facture", a position from 1, or "" to leave the field unread')
    return said


Column = Annotated[str | int, PlainValidator(_column, json_schema_input_type=str | Annotated[int, Field(ge=1)])]


class FileMapping(Section):
    """How one kind of file is written. What is absent is found out from the file itself."""

    columns: dict[str, Column] = Field(default_factory=dict, description="field: heading, or position from 1")
    date: Text | None = Field(None, description="as strftime writes it", examples=["%d/%m/%Y"])
    decimal: Literal[",", "."] | None = None
    header: bool = True
    delimiter: Literal[",", ";", "|", "tab"] | None = None
    encoding: Text | None = Field(None, examples=["cp1252"])
    sheet: Text | None = Field(None, description="the sheet of a workbook")

    @field_validator("date")
    @classmethod
    def _whole_date(cls, said: str | None) -> str | None:
        parts = ("%d", "%m", "%y")
        if said is not None and not all(part in said.replace("%Y", "%y") for part in parts):
            raise ValueError("expected day, month and year, like %d/%m/%Y")
        return said

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, said: str | None) -> str | None:
        try:
            b"a".decode(said or "utf-8", errors="ignore")
        except LookupError:
            raise ValueError("expected an encoding like utf-8, cp1252 or cp850") from None
        return said


class ImportMapping(Section):
    """The files of one creditor, by kind."""

    debtors: FileMapping | None = None
    contacts: FileMapping | None = None
    invoices: FileMapping | None = None
    snapshot: FileMapping | None = None
    credits: FileMapping | None = None
    payments: FileMapping | None = None
    history: FileMapping | None = None

    def by_kind(self) -> dict[str, FileMapping]:
        """What the operator said, by kind."""
        said = {kind: getattr(self, kind) for kind in IMPORT_FIELDS}
        return {kind: mapping for kind, mapping in said.items() if mapping is not None}

    def of(self, kind: str) -> FileMapping | None:
        """How that kind of file is written, if the operator said."""
        return self.by_kind().get(kind)
