"""A person's day, in French: what waits for them this morning, as a mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path

from msgspec import Struct

from relanced.words.blocks import Bullets, Paragraph, sheet
from relanced.words.dialect import Dialect, find
from relanced.words.engine import LABELS, MailWords
from relanced.words.errors import WordingError
from relanced.words.labels import Labels
from relanced.words.layout_html import as_html
from relanced.words.layout_text import as_text
from relanced.words.typography import NARROW, NBSP, euros

WORDING, TASK = "matin/mail.j2", "phrases/taches.j2"
HAND_OVER = "transmission du dossier"
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHOWN = 15  # of a kind; the workbook has them all


class Entry(Struct, frozen=True):
    """One thing that waits. `case` is a number, 0 for none; `cents` 0 when it is about no amount. `hour`: of `until`,
    where one was named."""

    debtor: str
    case: int = 0
    cents: int = 0
    currency: str = "EUR"
    step: str = ""
    road: str = ""
    place: str = ""
    contact: str = ""
    reference: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    hour: time | None = None

    @property
    def amount(self) -> str:
        """« 1 234,50 € »; empty without an amount."""
        return euros(self.cents, self.currency) if self.cents else ""


class Some(Struct, frozen=True):
    """The first entries of a kind, how many there are, and how many are not shown."""

    shown: tuple[Entry, ...]
    number: int

    @property
    def more(self) -> int:
        """How many only the workbook shows."""
        return self.number - len(self.shown)


class Agenda(Struct, frozen=True):
    """What waits for one person, each kind in the order in which it should be done."""

    person: str
    day: date
    calls: tuple[Entry, ...] = ()
    replies: tuple[Entry, ...] = ()
    approvals: tuple[Entry, ...] = ()
    held: tuple[Entry, ...] = ()
    promises: tuple[Entry, ...] = ()
    letters: tuple[Entry, ...] = ()
    tasks: tuple[Entry, ...] = ()
    leaving: tuple[Entry, ...] = ()

    @property
    def asks(self) -> int:
        """How many things want this person."""
        mine = (self.calls, self.replies, self.approvals, self.held, self.promises, self.letters, self.tasks)
        return sum(map(len, mine))


class AgendaWords:
    """Words a person's day from folders of templates, the first folder that has the file wins."""

    def __init__(self, folders: Sequence[Path], language: str = "fr") -> None:
        spoken = [folder / language for folder in folders]
        labels = find(spoken, LABELS)
        if labels is None:
            raise WordingError(LABELS, 0, "no folder of templates has this file")
        self._labels = Labels.read(labels.read_text("utf-8"))
        self._dialect = Dialect(spoken, self._labels)

    def mail(self, agenda: Agenda) -> MailWords:
        """The mail. Raises WordingError."""
        kinds = ("calls", "replies", "approvals", "held", "promises", "letters", "tasks", "leaving")
        known: dict[str, object] = {kind: _some(getattr(agenda, kind)) for kind in kinds}
        about = {"person": agenda.person, "day": agenda.day, "weekday": WEEKDAYS[agenda.day.weekday()]}
        text = self._dialect.fill(WORDING, {**known, **about, "asks": agenda.asks})
        try:
            page = sheet(text)
        except ValueError as error:
            raise WordingError(WORDING, 0, str(error)) from error
        below = [block for block in page.blocks if isinstance(block, Paragraph | Bullets)]
        subject = page.subject.replace(NARROW, NBSP)
        return MailWords(subject, as_text(below), as_html(page.subject, below))

    def task(self, entry: Entry) -> str:
        """What a task asks, in one sentence. Raises WordingError."""
        return self._dialect.fill(TASK, {"one": entry}).strip()

    def step(self, entry: Entry) -> str:
        """How people call the step; a step without a road is a hand-over."""
        return self._labels.step(entry.step) if entry.road else HAND_OVER if entry.step else ""


def _some(entries: tuple[Entry, ...]) -> Some:
    return Some(entries[:SHOWN], len(entries))
