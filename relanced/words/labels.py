"""The short words of the layouts: column heads, « IBAN », names of steps and roads, from ``layout/labels.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from relanced.words.typography import typeset


class Labels(Struct, frozen=True):
    """Every fixed word a layout prints. ``{}`` in a label is where a value goes."""

    invoice: str
    issued: str
    due: str
    amount: str
    open: str
    late: str
    days: str
    invoices: str
    absorbed: str
    total: str
    term: str
    order: str
    received: str
    contested: str
    instalment: str
    instalments: str
    claim: str
    claim_line: str
    claim_amount: str
    principal: str
    interest: str
    interest_detail: str
    indemnity: str
    claim_total: str
    provisional: str
    payment: str
    payee: str
    iban: str
    bic: str
    payable: str
    quote: str
    unchanged: str
    no_iban: str
    scan: str
    subject: str
    reference: str
    our_reference: str
    place: str
    registered: str
    registered_number: str
    enclosures: str
    siren: str
    phone: str
    mail: str
    page: str
    reminder: str
    roads: Mapping[str, str]
    steps: Mapping[str, str]

    @classmethod
    def read(cls, toml: str) -> Labels:
        """From TOML text. Raises ValueError naming the labels that are missing or unknown."""
        found = tomllib.loads(toml)
        wanted = set(cls.__struct_fields__)
        if wrong := sorted(wanted ^ set(found)):
            raise ValueError(f"missing or unknown labels: {', '.join(wrong)}")
        return cls(**{key: _typeset(value) for key, value in found.items()})

    def step(self, name: str) -> str:
        """How a debtor reads the name of a step."""
        return self.steps.get(name, self.reminder)


def _typeset(value: Any) -> Any:
    return {k: typeset(str(v)) for k, v in value.items()} if isinstance(value, dict) else typeset(str(value))
