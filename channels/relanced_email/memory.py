"""What an ear has heard in each folder, so that little is fetched twice. Lost, it costs time alone: the house keeps
nothing twice."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from pathlib import Path


class Memory:
    """Numbers (UID) by folder, worth something while its UIDVALIDITY lasts, and the day the ear was first opened."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._since: date | None = None
        self._folders: dict[str, tuple[int, set[int]]] = {}
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            said = json.loads(file.read_text("utf-8"))
            folders = {n: (int(f["validity"]), set(map(int, f["uids"]))) for n, f in said["folders"].items()}
            self._since, self._folders = date.fromisoformat(said["since"]), folders

    def first_day(self, otherwise: date) -> date:
        """The day on which the ear was first opened, as far as is known: at the latest `otherwise`."""
        self._since = min(self._since or otherwise, otherwise)
        return self._since

    def heard(self, folder: str, validity: int) -> set[int]:
        """What was heard in a folder; nothing when the folder was made anew."""
        known, uids = self._folders.get(folder, (validity, set()))
        return set(uids) if known == validity else set()

    def keep(self, folder: str, validity: int, uids: set[int]) -> None:
        """All that was heard in a folder."""
        if self._folders.get(folder) == (validity, uids):
            return
        self._folders[folder] = (validity, set(uids))
        self._write()

    def _write(self) -> None:
        """As a whole or not at all; a disk that is full costs time alone."""
        folders = {n: {"validity": v, "uids": sorted(uids)} for n, (v, uids) in self._folders.items()}
        fresh = self._file.with_suffix(".new")
        with suppress(OSError):
            fresh.write_text(json.dumps({"since": str(self._since), "folders": folders}), "utf-8")
            fresh.rename(self._file)
