"""Names that leave the house and must come back: references, Message-IDs, attempts, and the digest of an approval."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence

from relanced.rules.decide import Named
from relanced.rules.model import Road, Term

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U


def new_reference() -> str:
    """A short reference to print and to quote: 50 random bits, without letters that are mistaken for others."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{drawn[:5]}-{drawn[5:]}"


def new_attempt() -> str:
    """The name of one try: it goes into envelope, file and job names."""
    return secrets.token_hex(12)


def new_mail_id(reference: str, sender: str) -> str:
    """A Message-ID of the creditor's domain: 96 random bits that only a recipient can know. The same on every try."""
    domain = sender.rpartition("@")[2].rstrip(">").strip() or "localhost"
    return f"<{reference.lower()}.{secrets.token_hex(12)}@{domain}>"


def approval_digest(
    step: str, road: Road, place: str, lines: Sequence[Named], terms: Sequence[Term], wording: str
) -> str:
    """What an approval binds: step, road, address, lines with their principal, and the wording. Dates may move."""
    known = {t.id: t for t in terms}
    named = sorted([known[n.term_id].invoice, known[n.term_id].n, n.cents] for n in lines if n.term_id in known)
    said = json.dumps([step, road.value, place, named, wording], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()
