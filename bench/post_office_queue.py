"""Fills post_office's queue: one e-mail per debtor, its template rendered when it is sent. Runs inside Django."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import django

from bench.corpus import CREDITOR, LATE, SENDER, Debtor, debtors
from relanced.words.typography import euros, iban, jour, jour_court, siren

WORDING = Path(__file__).parent / "wording"


def context(debtor: Debtor) -> dict[str, Any]:
    """What the templates name, as texts: post_office has nothing left to reckon."""
    lines = [
        {
            "number": i.number,
            "issued": jour_court(i.issued_on),
            "due": jour_court(i.due_on),
            "due_words": jour(i.due_on),
            "amount": _nbsp(euros(i.cents)),
            "open": _nbsp(euros(i.cents)),
            "late": f"{LATE}\u00a0j",
        }
        for i in debtor.invoices
    ]
    identity = (
        f"{CREDITOR} · SARL au capital de 10 000 € · SIREN {siren('732829320')} · 12 RUE DES FORGES, 35000 RENNES"
    )
    return {
        "lines": lines,
        "total": _nbsp(euros(sum(i.cents for i in debtor.invoices))),
        "reference": debtor.key,
        "creditor": CREDITOR,
        "iban": iban("FR7630006000011234567890189"),
        "reply_to": SENDER,
        "signer": "Claire Dubois",
        "capacity": "responsable clients",
        "phone": "+33 2 99 00 12 34",
        "identity": identity,
    }


def _nbsp(text: str) -> str:
    return text.replace("\u202f", "\u00a0")


def fill(many: int, today: date) -> None:
    """Write the template and the queue."""
    from post_office import mail
    from post_office.models import EmailTemplate

    read = {name: (WORDING / name).read_text("utf-8") for name in ("subject.txt", "mail.txt", "mail.html")}
    template = EmailTemplate.objects.create(
        name="rappel", subject=read["subject.txt"], content=read["mail.txt"], html_content=read["mail.html"]
    )
    mail.send_many(
        {
            "recipients": [f"{d.name} <{d.mail}>"],
            "sender": f"Claire Dubois <{SENDER}>",
            "template": template,
            "context": context(d),
            "headers": {"Auto-Submitted": "auto-generated", "X-Relanced-Reference": d.key},
            "render_on_delivery": True,
        }
        for d in debtors(many, today)
    )


if __name__ == "__main__":
    django.setup()
    fill(int(sys.argv[1]), date.fromisoformat(sys.argv[2]))
