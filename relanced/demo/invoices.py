"""The invoices of the company as PDF, so that duplicates can be enclosed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import typst

from relanced.demo.company import CUSTOMERS, INVOICES, Invoice

_LAYOUT = Path(__file__).with_name("invoice.typ")
_CUSTOMERS = {customer.code: customer for customer in CUSTOMERS}


def print_invoices(folder: Path) -> None:
    """Lay a PDF of every invoice in the folder, named after its number."""
    for number, pdf in _printed():
        (folder / f"{number}.pdf").write_bytes(pdf)


def _printed() -> Iterator[tuple[str, bytes]]:
    nowhere = Path(os.devnull)
    press = typst.Compiler(
        root=_LAYOUT.parent, ignore_system_fonts=True, package_path=nowhere, package_cache_path=nowhere
    )
    for invoice in INVOICES:
        moment = datetime.combine(invoice.issued_on, time(), UTC)
        pdf = press.compile(
            _LAYOUT.read_bytes(), format="pdf", sys_inputs={"invoice": _facts(invoice)}, timestamp=moment
        )
        assert isinstance(pdf, bytes)
        yield invoice.number, pdf


def _facts(invoice: Invoice) -> str:
    customer = _CUSTOMERS[invoice.customer]
    net = round(invoice.cents / 1.2)
    said = {
        "number": invoice.number,
        "issued": _day(invoice.issued_on),
        "due": _day(invoice.due_on),
        "customer": customer.code,
        "name": customer.name,
        "address": [line for line in (customer.street, customer.town) if line],
        "order": invoice.order,
        "work": invoice.work,
        "net": _euros(net),
        "vat": _euros(invoice.cents - net),
        "total": _euros(invoice.cents),
    }
    return json.dumps(said, ensure_ascii=False)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _euros(cents: int) -> str:
    return f"{cents // 100:,}".replace(",", "\u00a0") + f",{cents % 100:02d}\u00a0€"
