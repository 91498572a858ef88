"""Names that leave the house and must come back: references, Message-IDs, attempts, and what an approval binds."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence

from relanced.rules.decide import Named
from relanced.rules.model import Road, Term

_TEST = "test-"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U; 32, so that bytes draw them evenly


def new_reference() -> str:
    """A short reference to print and to quote: 50 random bits, without letters that are mistaken for others."""
    drawn = "".join([_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(10)])
    return f"{drawn[:5]}-{drawn[5:]}"


def new_attempt() -> str:
    """The name of one try: it goes into envelope, file and job names."""
    return secrets.token_hex(12)


def new_test() -> str:
    """The same for a test, which belongs to no case: what comes back to it is nobody's."""
    return f"{_TEST}{new_attempt()}"


def is_test(attempt: str) -> bool:
    """Whether that is the name of a test."""
    return attempt.startswith(_TEST)


def new_mail_id(reference: str, sender: str) -> str:
    """A Message-ID of the creditor's domain: 96 random bits that only a recipient can know. The same on every try."""
    domain = sender.rpartition("@")[2].rstrip(">").strip() or "localhost"
    return f"<{reference.lower()}.{secrets.token_hex(12)}@{domain}>"


def approval_words(
    step: str, road: Road, place: str, lines: Sequence[Named], terms: Sequence[Term], wording: str
) -> str:
    """What an approval binds: step, road, address, lines with their principal, and the digest of the wording, as JSON
    that is the same for the same. Dates may move."""
    known = {t.id: t for t in terms}
    named = sorted([known[n.term_id].invoice, known[n.term_id].n, n.cents] for n in lines if n.term_id in known)
    return json.dumps([step, road.value, place, named, wording], ensure_ascii=False)


def approval_difference(before: str, after: str) -> str:
    """What is asked for now beside what was approved, for a person to read."""
    (step, road, place, was, wording), (*now, named, words) = json.loads(before), json.loads(after)
    old, new = ({(number, n): cents for number, n, cents in lines} for lines in (was, named))
    keys = [key for key in sorted(old.keys() | new.keys()) if old.get(key) != new.get(key)]
    told = [f"{key[0]}: {_euros(old, key)}, now {_euros(new, key)}" for key in keys]
    told += ["another step, road or address"] if [step, road, place] != now else []
    return "; ".join([*told, *(["another wording"] if wording != words else [])])


def _euros(lines: Mapping[tuple[str, int], int], key: tuple[str, int]) -> str:
    return f"{lines[key] / 100:.2f}" if key in lines else "not named"
