"""What is wrong in a configuration: where, and what was expected. All faults are told at once, one line each."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct

Loc = tuple[str | int, ...]


class Mark(Struct, frozen=True, order=True):
    """A place in the file, both counted from 1."""

    line: int
    column: int


class Fault(Struct, frozen=True):
    """One problem. Without `mark` it concerns the whole file; `where` is the dotted path of the value."""

    file: str
    mark: Mark | None
    where: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.mark.line}:{self.mark.column}" if self.mark else self.file
        return f"{place}: {self.where}: {self.text}" if self.where else f"{place}: {self.text}"


class ConfigFault(Exception):
    """The configuration cannot be used. `faults` holds every problem, in the order of the file."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        unique = dict.fromkeys(faults)
        self.faults = tuple(sorted(unique, key=lambda f: f.mark or Mark(0, 0)))
        super().__init__("\n".join(map(str, self.faults)))


def dotted(loc: Loc) -> str:
    """The path as people write it: ``policies.standard.steps[1].when``; items are counted from 0."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A suggestion in brackets, or what is known when nothing looks alike and the list is short."""
    names = sorted(known)
    close = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean {close[0]}?)"
    return f" (known here: {', '.join(names)})" if 0 < len(names) <= 10 else ""
