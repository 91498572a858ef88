"""An event of La Poste's tracking, and what it says became of a letter. Pure.

The codes are few and say little: why a letter comes back is told by the words alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from zoneinfo import ZoneInfo

from msgspec import Struct

PARIS = ZoneInfo("Europe/Paris")


class Means(Enum):
    """What an event says became of the letter."""

    NOTHING = auto()  # it is on its way
    LATE = auto()
    IN_CHARGE = auto()  # the post has it
    PRESENTED = auto()  # the postman was at the door, or it waits at the counter
    BACK = auto()  # it does not arrive, or has come back to us
    ARRIVED = auto()  # the debtor has it


ENDS = (Means.BACK, Means.ARRIVED)

CODES: Mapping[str, Means] = {
    "PC1": Means.IN_CHARGE,  # Pris en charge
    "PC2": Means.IN_CHARGE,  # Pris en charge dans le pays d'expédition
    "PB1": Means.LATE,  # Problème en cours
    "DO3": Means.LATE,  # Retenu en douane
    "DI3": Means.LATE,  # Retardé
    "AG1": Means.PRESENTED,  # En attente d'être retiré au guichet
    "ND1": Means.BACK,  # Non distribuable
    "RE1": Means.BACK,  # Retourné à l'expéditeur
    "DI0": Means.ARRIVED,  # Distribué en lot
    "DI1": Means.ARRIVED,  # Distribué
    "DI2": Means.BACK,  # Distribué à l'expéditeur: not to the debtor
}
"""All others are on the way: DR1, DR2 (declared), ET1 to ET4, EP1, MD1, MD2, MD4, DO1, DO2, PB2, ID0, and new ones."""

REFUSED = re.compile(r"\brefus")
UNCLAIMED = re.compile(
    r"non reclam|pas (?:ete )?(?:reclam|retir)|non retir|delai d.instance|delai de (?:garde|retrait)"
)
NOBODY = re.compile(
    r"inconnu|n.habite pas|npai|demenage|parti sans laisser|defaut d.(?:acces|adress)|boite aux lettres non"
    r"|adresse (?:est )?(?:incorrect|incomplet|errone|inexistant|insuffisant|imprecis)"
)
_ABSENT = re.compile(r"\babsent|avis de passage|\bavise")
_COMING = re.compile(r"\bretour")  # to us


class Event(Struct, frozen=True):
    """One event of a letter: its code, its words, and when it was, as they say it. `last`: they say nothing follows."""

    code: str
    label: str
    date: str
    last: bool = False

    @property
    def means(self) -> Means:
        """What is said of an absence is a presentation, whatever the code; an absence is not yet a return. What was not
        delivered, nobody says why, may be tomorrow: it is back when nothing follows."""
        words = _plain(self.label)
        if self.code in ("ND1", "PB1") and self.why is None and _ABSENT.search(words):
            return Means.PRESENTED
        if self.code == "ND1" and self.why is None and not self.last and not _COMING.search(words):
            return Means.LATE
        return CODES.get(self.code, Means.NOTHING)

    @property
    def why(self) -> re.Pattern[str] | None:
        """Not fetched, refused, or nobody of that name there: in that order, for « avisé et non réclamé » is one."""
        words = _plain(self.label)
        return next((why for why in (UNCLAIMED, REFUSED, NOBODY) if why.search(words)), None)

    @property
    def words(self) -> str:
        """Their code and their words, on one line."""
        return "".join(c if c.isprintable() else " " for c in f"{self.code} {self.label}".strip())[:400]

    @property
    def at(self) -> datetime | None:
        """When it was; their local time where they name no zone. None: no moment at all."""
        try:
            said = datetime.fromisoformat(self.date)
        except ValueError:
            return None
        return said if said.tzinfo else said.replace(tzinfo=PARIS)


def _plain(label: str) -> str:
    """Without accents and capitals."""
    parts = unicodedata.normalize("NFKD", label)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()
