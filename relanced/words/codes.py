"""Small square codes, as SVG."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from relanced.words.facts import ReminderFacts
from relanced.words.typography import clean

if TYPE_CHECKING:  # it brings a client of HTTP with it: only a page waits for that
    from segno import QRCode


def reference_code(reference: str) -> str:
    """The reference of a reminder, for whoever scans a returned envelope or a sheet of the tray."""
    from segno import make

    return _svg(make(reference, micro=False, error="m"))


def transfer_code(facts: ReminderFacts) -> str:
    """The transfer, ready to scan in a bank's application (EPC069-12); empty when there is none to prepare."""
    us, cents = facts.letterhead, facts.payable_cents
    if not us.iban or facts.currency != "EUR" or not 0 < cents <= 99_999_999_999:
        return ""
    from segno.helpers import make_epc_qr

    code = make_epc_qr(
        name=clean(us.name)[:70],
        iban=us.iban.replace(" ", ""),
        amount=Decimal(cents) / 100,
        text=clean(facts.reference)[:140],
        bic=us.bic or None,
    )
    return _svg(code)


def _svg(code: QRCode) -> str:
    drawing = BytesIO()
    code.save(drawing, kind="svg", border=0, xmldecl=False)
    return drawing.getvalue().decode()
