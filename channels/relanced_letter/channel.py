"""The letter door: a finished PDF in, paper on its way out, and the truth about it. `out` chooses the way."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from typing import ClassVar

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    PaperDraft,
    Parcel,
    Refusal,
    Refused,
    Scope,
    Surroundings,
    Tray,
    Unavailable,
    Unfit,
    Unknown,
)
from relanced_letter.faults import Closed, InDoubt
from relanced_letter.settings import LetterSettings
from relanced_letter.sheet import Sheet, parcel_of, sheet_of

UNDER_WAY = "this letter is being handed over at this very moment"


class LetterChannel:
    """What every way out keeps: the form of a letter, and one hand on each attempt at a time.

    `LetterChannel(settings, surroundings)` opens the way that the settings name.
    """

    form: Form = Form.PAPER
    Settings: type[BaseModel] = LetterSettings
    can_prove_absence = True
    local_evidence = True  # the marks in the state folder, and often the folder too
    prints = False
    first_look = timedelta(0)
    ways: ClassVar[dict[tuple[str, bool], type[LetterChannel]]] = {}

    def __init_subclass__(cls, *, out: tuple[str, ...], followed: bool = False) -> None:
        """A way out says which words of the settings choose it, and whether its letters are followed."""
        LetterChannel.ways |= dict.fromkeys([(word, followed) for word in out], cls)

    def __new__(cls, settings: LetterSettings, surroundings: Surroundings) -> LetterChannel:
        """The way that the settings name. Who prints nothing does not wait for the libraries of printing."""
        way = (settings.out, settings.tracking is not None)
        if way not in cls.ways:
            import_module(f"relanced_letter.{settings.out}")
        return object.__new__(cls.ways[way])

    def __init__(self, settings: LetterSettings, surroundings: Surroundings) -> None:
        self.settle: timedelta = self.first_look if settings.settle is None else settings.settle
        self.connections: int = settings.connections
        self._registered = settings.registered
        self._under_way: set[str] = set()

    def compose(self, draft: Draft) -> Parcel:
        """Fix the bytes. Raises `Unfit`: not a PDF, or an address that NF Z10-011 does not allow."""
        if not isinstance(draft, PaperDraft):
            raise Unfit("a letter door carries finished PDFs only")
        return parcel_of(draft, registered=self._registered)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the letter over, unless it was handed over before."""
        try:
            sheet = sheet_of(parcel)
        except Unfit as unfit:
            return Refused(Refusal.CONTENT, str(unfit))
        if sheet.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        self._under_way.add(sheet.attempt)
        try:
            return await self._bring(sheet, go)
        except Closed as closed:
            return Unavailable(Scope.CHANNEL, str(closed))
        except InDoubt as doubt:
            return Unknown(str(doubt))
        finally:
            self._under_way.discard(sheet.attempt)

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Tell whether the letter was handed over."""
        try:
            sheet = sheet_of(parcel)
            if sheet.attempt in self._under_way:
                return Unknown(UNDER_WAY)
            found = await self._look(sheet)
        except (Unfit, Closed) as fault:
            return Unknown(str(fault))
        if sheet.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        return Found(found) if isinstance(found, Tray) else found

    async def withdraw(self, parcel: Parcel) -> bool:
        """Pull the letter back. True: nobody can post it any more; False: it may be in somebody's hands.

        Raises OSError when the way out cannot be reached.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of what is open."""

    async def _bring(self, sheet: Sheet, go: Go) -> Answer:
        """Hand it over. Raises Closed when nothing left, InDoubt when something may have."""
        raise NotImplementedError

    async def _look(self, sheet: Sheet) -> Tray | Absent | Unknown:
        """What became of it. Raises Closed when nobody can look."""
        raise NotImplementedError


_: type[Channel] = LetterChannel
