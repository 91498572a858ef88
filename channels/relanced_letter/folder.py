"""Letters that lie in a folder, where a person or a mail house takes them: a PDF and its JSON note."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from relanced.channel import (
    Absent,
    Answer,
    Asks,
    Awaited,
    Go,
    Heard,
    Keep,
    Parcel,
    Probes,
    Receipt,
    Scope,
    Surroundings,
    Tray,
    Unavailable,
    Unknown,
)
from relanced_letter.channel import LetterChannel
from relanced_letter.disk import whole
from relanced_letter.faults import Closed
from relanced_letter.followed import Followed
from relanced_letter.receipts import receipts_of
from relanced_letter.settings import LetterSettings
from relanced_letter.sheet import Sheet, sheet_of
from relanced_letter.spool import Spool, Standing

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


class FolderDoor(LetterChannel, out=("folder", "mail")):
    """Lays finished letters in a folder. It always knows whether a letter appeared there, even after a crash."""

    def __init__(self, settings: LetterSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        assert settings.folder is not None
        self._spool = Spool(settings.folder, surroundings.state)
        self._spool.found()
        self._swept = False

    async def _bring(self, sheet: Sheet, go: Go) -> Answer:
        """The rename of the PDF is the byte that cannot be taken back."""
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

    async def _look(self, sheet: Sheet) -> Tray | Absent | Unknown:
        """By the bytes of its PDF."""
        standing = await self._whole(self._spool.standing, sheet)
        match standing:
            case Standing.HERE:
                return self._tray(sheet)
            case Standing.NOWHERE | Standing.WITHDRAWN:
                return Absent(f"{self._spool.folder}: {standing.value}")
        return Unknown(self._doubt(standing, sheet))

    async def withdraw(self, parcel: Parcel) -> bool:
        """Pull the letter back into ``withdrawn/``. True: nobody can post it any more; False: it is not in the folder.

        Raises OSError when the folder cannot be reached.
        """
        return await self._whole(self._spool.withdraw, sheet_of(parcel))

    async def probe(self) -> list[str]:
        """Whether a letter could be laid in the folder now. Nothing appears in it."""
        try:
            await self._whole(self._spool.tried)
        except Closed as closed:
            return [str(closed)]
        return []

    async def _whole(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """File work, to its end. Raises Closed."""
        try:
            return await whole(work, *args, **kwargs)
        except OSError as error:
            trouble = _TROUBLE.get(error.errno or 0, f"answered: {error.strerror}")
            raise Closed(f"the letters folder {self._spool.folder} {trouble}") from error

    def _tray(self, sheet: Sheet) -> Tray:
        return Tray(sheet.attempt, f"{self._spool.folder / sheet.attempt}.pdf")

    def _doubt(self, standing: Standing, sheet: Sheet) -> str:
        where = f"{self._spool.folder / sheet.attempt}.pdf"
        if standing is Standing.OTHER:
            return f"{where} already holds other bytes; it was left as it is"
        return f"{where} appeared in the folder and is gone: look whether somebody took it and posted it"


class FollowedFolderDoor(Followed, FolderDoor, out=("folder", "mail"), followed=True):
    """A folder whose registered letters La Poste tells of."""

    @property
    def ask_every(self) -> timedelta:
        """As configured."""
        return self._post.every

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Keep what La Poste says of these letters. Raises OSError."""
        await self._post.ask(awaited, keep)

    def read(self, heard: Heard) -> tuple[Receipt, ...]:
        """What La Poste said of one letter."""
        return receipts_of(heard)

    async def probe(self) -> list[str]:
        """Whether a letter could be laid in the folder, and La Poste asked."""
        return [*await super().probe(), *await self._post.probe()]


_: type[Probes] = FolderDoor
_asks: type[Asks] = FollowedFolderDoor
