"""The folder of letters, one PDF and one JSON note per attempt. Every call blocks: ask from a thread.

A reader of the folder never sees half a file, nor a PDF without its note. What is being written is hidden:
``.<attempt>.pdf.part``. The rename of that part is the point of no return, and it alone makes the part vanish. With a
mark kept in the private state folder, made durable before the rename, the two tell a letter that never appeared (no
mark, or a part) from one that did and was taken away (a mark, and no part): the second may be in the post.
"""

from __future__ import annotations

import re
from contextlib import suppress
from enum import Enum
from pathlib import Path

from msgspec import Struct

from relanced_letter.disk import DAY, older, sync, write
from relanced_letter.faults import InDoubt
from relanced_letter.sheet import ATTEMPT, Sheet

WITHDRAWN = "withdrawn"  # the subfolder of what was pulled back
_PART = re.compile(rf"\.({ATTEMPT.pattern})\.(?:pdf|json)\.part")
_FOLDER_MODE = 0o750
_PART_LIFE, _MARK_LIFE = DAY, 90 * DAY


class Standing(Enum):
    """Where a letter stands, judged by its PDF."""

    NOWHERE = "nowhere"  # it never appeared in the folder
    HERE = "here"  # it lies there, byte for byte
    OTHER = "other"  # a file of that name holds other bytes
    WITHDRAWN = "withdrawn"  # it was pulled back
    TAKEN = "taken"  # it appeared, and somebody took it away


class Spool(Struct, frozen=True):
    """The folder that others read, and the private folder of marks. Every method may raise OSError."""

    folder: Path
    state: Path

    def found(self) -> None:
        """Make the folder where its parent is there and ours to write in, whatever the umask: the group may read it.

        A parent that is missing is a disk that is not mounted, or a slip of the pen: nothing is made, letters wait.
        """
        with suppress(OSError):
            self.folder.mkdir()
            self.folder.chmod(_FOLDER_MODE)

    def tried(self) -> None:
        """Write something hidden where a letter would be written first, and take it away again."""
        part = self._part("probe", ".pdf")
        try:
            write(part, b"relanced")
        finally:
            part.unlink(missing_ok=True)

    def standing(self, sheet: Sheet) -> Standing:
        """Where this letter stands now; `HERE` is durable."""
        self.folder.stat()  # a missing folder proves nothing
        lying = _content(self._pdf(sheet.attempt))
        if lying is not None:
            return self._lying(lying, sheet)
        if self._withdrawn(sheet.attempt, ".pdf").exists():
            return Standing.WITHDRAWN
        taken = self._mark(sheet.attempt).exists() and not self._part(sheet.attempt, ".pdf").exists()
        return Standing.TAKEN if taken else Standing.NOWHERE

    def _lying(self, content: bytes, sheet: Sheet) -> Standing:
        if content != sheet.pdf:
            return Standing.OTHER
        sync(self.folder)
        return Standing.HERE

    def lay(self, sheet: Sheet) -> None:
        """Write both files hidden, then the mark, all durable. What a crash left of the same attempt is replaced."""
        self.clear(sheet.attempt)
        write(self._part(sheet.attempt, ".json"), sheet.note)
        write(self._part(sheet.attempt, ".pdf"), sheet.pdf)
        self.state.mkdir(parents=True, exist_ok=True)
        write(self._mark(sheet.attempt), b"")
        sync(self.state)

    def publish(self, sheet: Sheet) -> None:
        """Let the laid letter appear: the note, then the PDF. OSError: it did not appear. Raises `InDoubt`."""
        try:
            self._enter(sheet.attempt, ".json", sheet.note)
            self._enter(sheet.attempt, ".pdf", sheet.pdf)
            sync(self.folder)
        except InDoubt:
            self.clear(sheet.attempt)
            raise
        except OSError as error:
            if not self._still_hidden(sheet.attempt):
                raise InDoubt(f"{self.folder} answered: {error.strerror}") from error
            self.clear(sheet.attempt)
            raise

    def _enter(self, attempt: str, suffix: str, content: bytes) -> None:
        final = self.folder / (attempt + suffix)
        if _content(final) not in (None, content):
            raise InDoubt(f"{final} already holds other bytes; it was left as it is")
        self._part(attempt, suffix).rename(final)

    def _still_hidden(self, attempt: str) -> bool:
        try:
            return self._part(attempt, ".pdf").exists()
        except OSError:
            return False

    def clear(self, attempt: str) -> None:
        """Remove what was laid and not published; what cannot be removed now is swept later.

        The order matters: as long as the hidden PDF is there the letter provably never appeared.
        """
        note, pdf = self._part(attempt, ".json"), self._part(attempt, ".pdf")
        with suppress(OSError):
            if pdf.exists():
                self._mark(attempt).unlink(missing_ok=True)
                if not note.exists():  # stopped between the two renames
                    self._note(attempt).unlink(missing_ok=True)
            pdf.unlink(missing_ok=True)
            note.unlink(missing_ok=True)

    def withdraw(self, sheet: Sheet) -> bool:
        """Move the letter to ``withdrawn/``. True: it lies there now; False: it is not, or no longer, in the folder."""
        aside = self.folder / WITHDRAWN
        standing = self.standing(sheet)
        if standing is Standing.HERE:
            aside.mkdir(exist_ok=True)
            if not _moved(self._pdf(sheet.attempt), self._withdrawn(sheet.attempt, ".pdf")):
                return False
        elif standing is not Standing.WITHDRAWN:
            return False
        _moved(self._note(sheet.attempt), self._withdrawn(sheet.attempt, ".json"))
        sync(aside)
        sync(self.folder)
        return True

    def sweep(self) -> None:
        """Remove what crashes left: hidden parts older than a day, marks older than ninety days."""
        with suppress(OSError):
            parts = [path for path in self.folder.glob(".*.part") if older(path, _PART_LIFE)]
            for attempt in {found[1] for path in parts if (found := _PART.fullmatch(path.name))}:
                self.clear(attempt)
            for mark in [path for path in self.state.glob("*.laid") if older(path, _MARK_LIFE)]:
                mark.unlink(missing_ok=True)

    def _pdf(self, attempt: str) -> Path:
        return self.folder / f"{attempt}.pdf"

    def _note(self, attempt: str) -> Path:
        return self.folder / f"{attempt}.json"

    def _part(self, attempt: str, suffix: str) -> Path:
        return self.folder / f".{attempt}{suffix}.part"

    def _mark(self, attempt: str) -> Path:
        return self.state / f"{attempt}.laid"

    def _withdrawn(self, attempt: str, suffix: str) -> Path:
        return self.folder / WITHDRAWN / (attempt + suffix)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _moved(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except FileNotFoundError:
        return False
    return True
