"""Text as phrases are looked for in it: lower case, no accents, one kind of apostrophe and of space, lines kept."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

_SPACES = re.compile(r"[^\S\n]+")


def flat(text: str) -> str:
    """« Réglé  l’été » becomes « regle l'ete ». Costs time in proportion to the length: cut long texts first."""
    text = text.lower().replace("\u2019", "'").replace("\u02bc", "'").replace("\u0153", "oe")
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _SPACES.sub(" ", text)


def any_of(*phrases: str) -> re.Pattern[str]:
    """A pattern of phrases in flat text; each may be a regular expression without a group."""
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases))


def line_of(text: str, phrase: re.Match[str]) -> str:
    """The line of a text in which a phrase was found once it was flat; shortened, in quotation marks."""
    number = phrase.string.count("\n", 0, phrase.start())
    line = next(islice(text.split("\n"), number, None), "")
    at = max(0, phrase.start() - phrase.string.rfind("\n", 0, phrase.start()) - 80)
    return f"« {' '.join(line[at:].split())[:160]} »"
