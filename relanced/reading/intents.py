"""What a person seems to want, with the words it rests on. A suggestion: two readings are none.

Each sentence is looked at alone. « Payé » in a negation, a condition or a question is no payment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from relanced.reading.flat import any_of, flat
from relanced.reading.phrases import CONDITION, NEGATION, PHRASES, POLITE, STOP, THANKS
from relanced.reading.verdict import Intent

_LONGEST = 16 * 1024  # characters
_LONGEST_SENTENCE = 600
_MOST_SENTENCES = 200
_MOST_POLITE = 25  # words of a note that only thanks
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n\s*\n|\n\s*[-•*]\s")
_READ = {intent: any_of(*phrases) for intent, phrases in PHRASES.items()}
_FACTS = frozenset({Intent.PAID, Intent.PROMISES})  # what a negation, a condition or a question turns round


class Suggestion(Struct, frozen=True):
    """An intent, or none, and the words it rests on."""

    intent: Intent | None
    words: str


def suggested(text: str) -> Suggestion:
    """What the person's own words seem to say. None where nothing is clear, or where two things are said."""
    if _says_stop(text):
        return Suggestion(Intent.STOP, f"« {' '.join(text.split())} »")
    found: dict[Intent, str] = {}
    for sentence in _sentences(text[:_LONGEST]):
        for intent in _intents(" ".join(flat(sentence).split())):
            found.setdefault(intent, " ".join(sentence.split())[:200])
    if not found and _only_thanks(text):
        return Suggestion(Intent.THANKS_ONLY, f"« {' '.join(text.split())[:200]} »")
    told = "; ".join(f"{intent.value}: « {words} »" for intent, words in found.items())
    if len(found) == 1:
        return Suggestion(next(iter(found)), told)
    return Suggestion(None, f"more than one reading: {told}" if found else "")


def _sentences(text: str) -> Iterator[str]:
    for sentence in _ENDS.split(text)[:_MOST_SENTENCES]:
        for at in range(0, len(sentence), _LONGEST_SENTENCE):
            yield sentence[at : at + _LONGEST_SENTENCE]


def _intents(sentence: str) -> Iterator[Intent]:
    turned = bool(NEGATION.search(sentence) or CONDITION.search(sentence) or "?" in sentence)
    missing = _READ[Intent.INVOICE_NOT_RECEIVED].search(sentence)
    for intent, pattern in _READ.items():
        if intent in _FACTS and turned:
            continue
        if intent is Intent.DISPUTES and missing:  # « facture jamais reçue » is no quarrel
            continue
        if pattern.search(sentence):
            yield intent


def _says_stop(text: str) -> bool:
    return len(text) <= 60 and STOP.fullmatch(" ".join(re.findall(r"[a-z0-9]+", flat(text)))) is not None


def _only_thanks(text: str) -> bool:
    said = flat(text[:1000])
    words = re.findall(r"[a-z]+", said)
    polite = len(words) <= _MOST_POLITE and "?" not in said and not re.search(r"\d", said) and set(words) <= POLITE
    return polite and len(text) < 1000 and bool(THANKS.search(said))
