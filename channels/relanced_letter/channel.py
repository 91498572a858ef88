"""The letter door: a parcel in, a PDF and its JSON note in a folder out, and the truth about it."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

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
from relanced_letter.settings import LetterSettings
from relanced_letter.sheet import Sheet, parcel_of, sheet_of
from relanced_letter.spool import InDoubt, Spool, Standing

UNDER_WAY = "this letter is being laid at this very moment"

P = ParamSpec("P")
T = TypeVar("T")

_TROUBLE = {
    errno.ENOENT: "does not exist; create it, or mount it",
    errno.ENOTDIR: "is not a folder",
    errno.EACCES: "may not be read or written by this user",
    errno.EPERM: "may not be read or written by this user",
    errno.EROFS: "is on a read-only disk",
    errno.ENOSPC: "is on a full disk",
    errno.EDQUOT: "is over its quota",
}


class LetterChannel:
    """Lays finished letters in a folder. It always knows whether a letter appeared there, even after a crash."""

    form: Form = Form.PAPER
    Settings: type[BaseModel] = LetterSettings
    can_prove_absence = True
    local_evidence = True  # the marks, and usually the folder too

    def __init__(self, settings: LetterSettings, surroundings: Surroundings) -> None:
        self.settle: timedelta = settings.settle
        self.connections: int = settings.connections
        self._registered = settings.registered
        self._spool = Spool(settings.folder, surroundings.state)
        self._spool.found()
        self._under_way: set[str] = set()
        self._swept = False

    def compose(self, draft: Draft) -> Parcel:
        """Fix the bytes. Raises `Unfit`: not a PDF, or an address that NF Z10-011 does not allow."""
        if not isinstance(draft, PaperDraft):
            raise Unfit("a letter door carries finished PDFs only")
        return parcel_of(draft, registered=self._registered)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Lay the letter in the folder; the PDF's rename is the byte that cannot be taken back."""
        try:
            sheet = sheet_of(parcel)
        except Unfit as unfit:
            return Refused(Refusal.CONTENT, str(unfit))
        if sheet.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        self._under_way.add(sheet.attempt)
        try:
            return await self._bring(sheet, go)
        except _Closed as closed:
            return Unavailable(Scope.CHANNEL, str(closed))
        except InDoubt as doubt:
            return Unknown(str(doubt))
        finally:
            self._under_way.discard(sheet.attempt)

    async def _bring(self, sheet: Sheet, go: Go) -> Answer:
        await self._sweep_once()
        standing = await self._whole(self._spool.standing, sheet)
        if standing is Standing.WITHDRAWN:
            return Unavailable(Scope.MESSAGE, "this letter was withdrawn")
        if standing is not Standing.NOWHERE:
            return self._tray(sheet) if standing is Standing.HERE else Unknown(self._doubt(standing, sheet))
        if not await self._laid(sheet, go):
            return Unavailable(Scope.MESSAGE, "stopped before it appeared in the folder")
        await self._whole(self._spool.publish, sheet)
        return self._tray(sheet)

    async def _sweep_once(self) -> None:
        if not self._swept:
            self._swept = True
            await self._whole(self._spool.sweep)

    async def _laid(self, sheet: Sheet, go: Go) -> bool:
        """Write everything but the renames, and ask whether they may happen. Unless they may, nothing is left."""
        may = False
        try:
            await self._whole(self._spool.lay, sheet)
            may = await go()
        finally:
            if not may:
                await self._whole(self._spool.clear, sheet.attempt)
        return may

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Tell whether the letter appeared in the folder, by the bytes of its PDF."""
        try:
            sheet = sheet_of(parcel)
            if sheet.attempt in self._under_way:
                return Unknown(UNDER_WAY)
            standing = await self._whole(self._spool.standing, sheet)
        except (Unfit, _Closed) as fault:
            return Unknown(str(fault))
        if sheet.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        match standing:
            case Standing.HERE:
                return Found(self._tray(sheet))
            case Standing.NOWHERE | Standing.WITHDRAWN:
                return Absent(f"{self._spool.folder}: {standing.value}")
        return Unknown(self._doubt(standing, sheet))

    async def withdraw(self, parcel: Parcel) -> bool:
        """Pull the letter back into ``withdrawn/``. True: nobody can post it any more; False: it is not in the folder.

        Raises OSError when the folder cannot be reached.
        """
        return await self._whole(self._spool.withdraw, sheet_of(parcel))

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _whole(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do file work in a thread. A cancellation waits for its end: nothing appears after it. Raises _Closed."""
        working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.wait({working})
            raise
        except OSError as error:
            trouble = _TROUBLE.get(error.errno or 0, f"answered: {error.strerror}")
            raise _Closed(f"the letters folder {self._spool.folder} {trouble}") from error

    def _tray(self, sheet: Sheet) -> Tray:
        return Tray(sheet.attempt, f"{self._spool.folder / sheet.attempt}.pdf")

    def _doubt(self, standing: Standing, sheet: Sheet) -> str:
        where = f"{self._spool.folder / sheet.attempt}.pdf"
        if standing is Standing.OTHER:
            return f"{where} already holds other bytes; it was left as it is"
        return f"{where} appeared in the folder and is gone: look whether somebody took it and posted it"


class _Closed(OSError):
    """The folder cannot be used; nothing appeared in it."""


_: type[Channel] = LetterChannel
