"""What must be remembered of an attempt beside its parcel, durably: a small file per mark in the private folder."""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from relanced_letter.disk import DAY, older, sync, write

_LIFE = 90 * DAY


class Mark(StrEnum):
    """What is known of an attempt."""

    GIVEN = "given"  # from here on its pages may have reached the printer; says the number of the job
    BACK = "back"  # it was pulled back before it was printed
    TOLD = "told"  # the house knows how its job ended


class Marks(Struct, frozen=True):
    """The marks of one channel. Every method may raise OSError."""

    state: Path

    def read(self, attempt: str, mark: Mark) -> str | None:
        """The words of the mark; None when the attempt does not bear it."""
        try:
            return self._file(attempt, mark).read_text("ascii")
        except FileNotFoundError:
            return None

    def set(self, attempt: str, mark: Mark, words: str = "") -> None:
        """In place of an older one; durable when this returns."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.lift(attempt, mark)
        write(self._file(attempt, mark), words.encode("ascii"))
        sync(self.state)

    def lift(self, attempt: str, mark: Mark) -> None:
        """Take it away; after a crash it may be there again."""
        self._file(attempt, mark).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Forget what is older than ninety days."""
        with suppress(OSError):
            for file in [file for mark in Mark for file in self.state.glob(f"*.{mark}") if older(file, _LIFE)]:
                file.unlink(missing_ok=True)

    def _file(self, attempt: str, mark: Mark) -> Path:
        return self.state / f"{attempt}.{mark}"
