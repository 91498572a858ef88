"""Printing what the desk said: a table for people, JSON or tab-separated values for programs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

GAP = "  "  # between the columns of a table on a small terminal
LONG = 24  # letters: longer words at the end of a row stand below it
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
    texts = [[_plain(cell) for cell in row] for row in rows]
    width = shutil.get_terminal_size().columns
    if sum(_widths(columns, texts)) + 3 * (len(columns) - 1) > width:
        print("\n".join(_narrow(columns, texts, width)))
    else:
        _wide(columns, texts)


def _widths(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> list[int]:
    """Of each column, its widest cell."""
    return [max(len(name), *(len(row[n]) for row in texts)) for n, name in enumerate(columns)]


def _narrow(columns: Sequence[str], texts: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """On a small terminal words stay whole: what is empty, or one creditor's alone, is left out, and a long last cell
    stands below its row."""
    kept = [n for n, name in enumerate(columns) if _worth(name, {row[n] for row in texts})]
    cells = [[columns[n].replace("_", " ") for n in kept], *([row[n] for n in kept] for row in texts)]
    long = max(len(row[-1]) for row in cells) > LONG or _taken(_words(cells)) > width
    beside = [row[:-1] if long and len(row) > 1 else row for row in cells]
    widths = _shrunk(beside, width)
    yield from _laid(beside[0], widths)
    yield "─" * min(_taken(widths), width)
    for row, shown in zip(cells[1:], beside[1:], strict=True):
        yield from _laid(shown, widths)
        yield from (GAP * 2 + line for cell in row[len(shown) :] for line in _lines(cell, max(width - 4, 1)))


def _worth(column: str, said: set[str]) -> bool:
    return said != {""} and not (column == "creditor" and len(said) == 1)


def _shrunk(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """The widest column gives way, one after the other, as long as it can without cutting a word."""
    widths, words = [max(map(len, column)) for column in zip(*cells, strict=True)], _words(cells)
    while _taken(widths) > width and max(widths) > 1:
        loose = [n for n in range(len(widths)) if widths[n] > words[n]] or range(len(widths))
        widths[max(loose, key=lambda n: widths[n])] -= 1
    return widths


def _words(cells: Sequence[Sequence[str]]) -> list[int]:
    """Of each column, its longest word."""
    return [max(len(word) for cell in column for word in cell.split() or [""]) for column in zip(*cells, strict=True)]


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _laid(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """One row, in as many lines as its longest cell needs."""
    for line in zip_longest(*(_lines(cell, width) for cell, width in zip(cells, widths, strict=True)), fillvalue=""):
        yield GAP.join(part.ljust(width) for part, width in zip(line, widths, strict=True)).rstrip()


def _lines(text: str, width: int) -> list[str]:
    return wrap(text, width, break_on_hyphens=False)


def _wide(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in texts:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _plain(cell: Any) -> str:
    """One line without control characters: a debtor's name must not drive the terminal."""
    text = "" if cell is None else str(cell)
    return "".join(c if c.isprintable() else " " for c in text)
