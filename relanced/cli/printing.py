"""Printing what the desk said: a table for people, JSON or tab-separated values for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

BUSY, BAD_CONFIG = 75, 78  # exit statuses, as sysexits(3) names them


class Failed(Exception):
    """What went wrong, in one line or several, and the exit status."""

    def __init__(self, words: str, status: int = 1) -> None:
        super().__init__(words)
        self.status = status


def show(said: Mapping[str, Any], style: str) -> None:
    """Print an answer as `table`, `json` or `tsv`; `auto` is a table on a terminal and tsv elsewhere."""
    if style == "auto":
        style = "table" if sys.stdout.isatty() else "tsv"
    if style == "json":
        record = said.get("record")
        print(json.dumps(said.get("lines") if record is None else record, ensure_ascii=False, indent=1))
        return
    columns, rows = said.get("columns") or [], said.get("rows") or []
    if rows and style == "tsv":
        _tsv(columns, rows)
    elif rows:
        _table(columns, rows)
    for line in said.get("lines") or []:
        print(_plain(line), file=sys.stderr if rows and style == "tsv" else sys.stdout)


def _tsv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    print("\t".join(columns))
    for row in rows:
        print("\t".join(_plain(cell) for cell in row))


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_plain(cell)) for cell in row))
    Console().print(table)


def _plain(cell: Any) -> str:
    """One line without control characters: a debtor's name must not drive the terminal."""
    text = "" if cell is None else str(cell)
    return "".join(c if c.isprintable() else " " for c in text)
