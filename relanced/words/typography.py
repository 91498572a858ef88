"""French typography: amounts, days, rates and spaces as a careful typist sets them.

U+202F is the narrow no-break space of figures and of ; ! ? and U+00A0 the no-break space of : « » € and %.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sized
from datetime import date, time
from decimal import Decimal
from functools import lru_cache

NARROW = "\u202f"
NBSP = "\u00a0"
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_DIALLED_AS_AT_HOME = (33, 262, 590, 594, 596)  # France and its overseas departments: ten digits, the first is 0
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@lru_cache(maxsize=256)
def euros(cents: int, currency: str = "EUR") -> str:
    """An amount in cents: 123450 -> « 1 234,50 € »."""
    whole, rest = divmod(abs(cents), 100)
    sign = "\u2212" if cents < 0 else ""
    return f"{sign}{whole:,}".replace(",", NARROW) + f",{rest:02}{NBSP}{_SYMBOLS.get(currency, currency)}"


@lru_cache(maxsize=4096)
def jour(day: date) -> str:
    """A day in words: « 1er mars 2026 »."""
    return f"{'1er' if day.day == 1 else day.day}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


@lru_cache(maxsize=4096)
def jour_court(day: date) -> str:
    """A day in figures for tables: « 01/03/2026 »."""
    return f"{day:%d/%m/%Y}"


def heure(moment: time) -> str:
    """A time of the day: « 10 h 30 », « 14 h »."""
    return f"{moment.hour}{NBSP}h" + (f"{NBSP}{moment.minute:02}" if moment.minute else "")


@lru_cache(maxsize=4096)
def telephone(number: str) -> str:
    """A number as the French dial it: « 02 99 00 12 34 »; one of another country with its code: « +32 2 123 45 67 ».

    What is no number stays as it is.
    """
    import phonenumbers  # a moment that only a list of calls needs

    try:
        known = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(known):
        return number
    if known.country_code in _DIALLED_AS_AT_HOME:
        digits = f"{known.national_number:010}"
        return NBSP.join(digits[i : i + 2] for i in range(0, len(digits), 2))
    return phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(" ", NBSP)


def taux(rate: Decimal) -> str:
    """A yearly rate in percent: Decimal("12.15") -> « 12,15 % »."""
    return f"{rate:.2f}".replace(".", ",") + f"{NBSP}%"


def pluriel(count: int | Sized, one: str, many: str) -> str:
    """The singular for 0 and 1, the plural from 2 on, as French wants it."""
    number = count if isinstance(count, int) else len(count)
    return many if number >= 2 else one


def liste(words: Iterable[str]) -> str:
    """« A, B et C »."""
    *head, last = words
    return f"{', '.join(head)} et {last}" if head else last


def siren(number: str) -> str:
    """« 732 829 320 »; anything that is not nine digits stays as it is."""
    digits = number.replace(" ", "")
    return NBSP.join((digits[:3], digits[3:6], digits[6:])) if re.fullmatch(r"\d{9}", digits) else number


@lru_cache(maxsize=256)
def iban(number: str) -> str:
    """Groups of four, with plain spaces so that it can be copied."""
    bare = number.replace(" ", "")
    return " ".join(bare[i : i + 4] for i in range(0, len(bare), 4))


_SPACES = (
    (re.compile(" (?=[;!?])"), NARROW),
    (re.compile("(?<=«) | (?=[:»€%])|(?<=n°) |(?<=SIREN) |(?<=\\b[LRD]\\.) (?=\\d)"), NBSP),
    (re.compile(r"(?<=\w)'(?=\w|$)"), "’"),
    (re.compile(r"\.\.\."), "…"),
)


def typeset(prose: str) -> str:
    """Prose written on a plain keyboard, with no-break spaces and apostrophes as printed."""
    for pattern, wanted in _SPACES:
        prose = pattern.sub(wanted, prose)
    return prose


_TITLE = re.compile(r"(?<![^ (])(M\.|MM\.|Mme|Mmes|Mlle|Me|Dr) (?=[^\W\d_])")


def titled(name: str) -> str:
    """« M. Petit » and « Mme Petit » stay on one line."""
    return _TITLE.sub(rf"\1{NBSP}", name) if " " in name else name


_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\uf8ff\ufff0-\ufffb]+"
)


def clean(text: str) -> str:
    """One line without controls, direction marks and invisible characters, whatever somebody typed as a name."""
    return text if text.isascii() and text.isprintable() else _cleaned(text)


@lru_cache(maxsize=256)
def _cleaned(text: str) -> str:
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub(" ", text).strip(" "))
