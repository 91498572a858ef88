"""How the files of a creditor are written, where it cannot be found out from the file itself."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Protocol

from msgspec import Struct, field


class FileMapping(Protocol):
    """How one kind of file is written. None, or an absent column, means: find it out."""

    @property
    def columns(self) -> Map[str, str | int]:
        """Field to heading, or to position from 1."""

    @property
    def date(self) -> str | None:
        """A pattern as strftime writes it."""

    @property
    def decimal(self) -> str | None:
        """`,` or `.`"""

    @property
    def header(self) -> bool:
        """Whether a heading line is there."""

    @property
    def delimiter(self) -> str | None:
        """One character, or the word `tab`."""

    @property
    def encoding(self) -> str | None:
        """A Python codec of text."""

    @property
    def sheet(self) -> str | None:
        """The name of a sheet; otherwise the first visible one."""


class Mapping(Protocol):
    """The files of one creditor, by kind."""

    def of(self, kind: str) -> FileMapping | None:
        """How that kind of file is written, if anybody said."""


class Layout(Struct, frozen=True):
    """A plain `FileMapping`; as it comes it says nothing."""

    columns: Map[str, str | int] = field(default_factory=dict)
    date: str | None = None
    decimal: str | None = None
    header: bool = True
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


def layout_of(kind: str, mapping: Mapping | None) -> FileMapping:
    """How a file of that kind is written. A snapshot is written like the invoices unless somebody said otherwise."""
    if mapping is None:
        return Layout()
    said = mapping.of(kind) or (mapping.of("invoices") if kind == "snapshot" else None)
    return said or Layout()
