"""The days on which France rests, its parts, and payments in euro: fixed ones, and those that move with Easter.

Sources: Code du travail L3133-1 (France), L3134-13 (Alsace, Moselle), L3422-2 and décret n° 83-1003 (the end of slavery
overseas); Code du travail of each Pacific territory; local custom of the Antilles; ECB, TARGET calendar.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter
from msgspec import Struct

MID_LENT, GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_MONDAY = -24, -2, 1, 39, 50  # days after Easter


class Holidays(Struct, frozen=True, eq=False):
    """`fixed`: "MM-DD". `moving`: days after Easter Sunday. Each of them is itself and no other."""

    fixed: tuple[str, ...] = ()
    moving: tuple[int, ...] = ()

    def of(self, year: int) -> frozenset[date]:
        """The days of one year."""
        sunday = easter(year)
        moved = {sunday + timedelta(days) for days in self.moving}
        return frozenset({date.fromisoformat(f"{year:04}-{day}") for day in self.fixed} | moved)


FRANCE = Holidays(
    ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"), (EASTER_MONDAY, ASCENSION, WHIT_MONDAY)
)

TARGET = Holidays(("01-01", "05-01", "12-25", "12-26"), (GOOD_FRIDAY, EASTER_MONDAY))

_NONE = Holidays()
_ALSACE_MOSELLE = Holidays(("12-26",), (GOOD_FRIDAY,))

# What is added to the national ones, by the first digits of the postcode. A longer prefix comes first.
_LOCAL = (
    ("57", _ALSACE_MOSELLE),
    ("67", _ALSACE_MOSELLE),
    ("68", _ALSACE_MOSELLE),
    ("97133", Holidays(("10-09",))),  # Saint-Barthélemy
    ("97150", Holidays(("05-28", "07-21"))),  # Saint-Martin
    ("971", Holidays(("05-27", "07-21"), (MID_LENT, GOOD_FRIDAY))),  # Guadeloupe
    ("972", Holidays(("05-22", "07-21"))),  # Martinique
    ("973", Holidays(("06-10",))),  # Guyane
    ("974", Holidays(("12-20",))),  # La Réunion
    ("976", Holidays(("04-27",))),  # Mayotte
    ("986", Holidays(("04-28", "06-29", "07-29"))),  # Wallis-et-Futuna
    ("987", Holidays(("03-05", "11-20"), (GOOD_FRIDAY,))),  # Polynésie française
    ("988", Holidays(("09-24",))),  # Nouvelle-Calédonie
)


@lru_cache(maxsize=4096)
def local(postcode: str) -> Holidays:
    """What a French postcode adds to the holidays of the whole country; nothing for what is no postcode."""
    digits = "".join(c for c in postcode if c.isdigit())
    if len(digits) != 5:
        return _NONE
    return next((there for prefix, there in _LOCAL if digits.startswith(prefix)), _NONE)
