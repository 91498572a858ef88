"""What is wrong with a file: every bad line with its number, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from msgspec import Struct


class Fault(Struct, frozen=True, order=True):
    """One thing to correct. `line` is the line of the text or the row of the sheet, 0 for the whole file."""

    file: str
    line: int
    field: str
    words: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.words) if part)


class IntakeFault(Exception):
    """The file was refused whole: nothing of it counts. `faults` holds everything to correct, first line first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class Unreadable(ValueError):
    """A cell is not what its column asks for. The text goes on from the cell: `is not an amount`."""


class Faults:
    """Gathers what is wrong with one file while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, words: str, line: int = 0, field: str = "") -> None:
        """Remember a fault and go on."""
        self.found.append(Fault(self.file, line, field, words))

    def stop(self, words: str, line: int = 0, field: str = "") -> NoReturn:
        """Give up: what follows cannot be read. Raises `IntakeFault` with all that was found."""
        self.add(words, line, field)
        raise IntakeFault(self.found)

    def check(self) -> None:
        """Raises `IntakeFault` if anything was found."""
        if self.found:
            raise IntakeFault(self.found)


def printable(text: str, longest: int = 60) -> str:
    """The text as it may be shown on a terminal: invisible characters written out, the end cut off."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:longest])
    return shown + "…" if len(text) > longest else shown
