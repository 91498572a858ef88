"""A sheet as plain text of at most 76 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

from relanced.words.blocks import Bullets, Paragraph
from relanced.words.layout import Content
from relanced.words.tables import Payment, Signature, Table
from relanced.words.typography import NARROW, NBSP

WIDTH = 76
_GAP = "  "
_NARROWEST = 12


def as_text(contents: Iterable[Content]) -> str:
    """The whole text, lines ended by LF. U+202F becomes U+00A0, which every mail program knows."""
    return "\n\n".join(map(_shown, contents)).replace(NARROW, NBSP) + "\n"


def _shown(content: Content) -> str:
    match content:
        case Paragraph():
            return _paragraph(content.text)
        case Bullets():
            return "\n".join("– " + "\n  ".join(wrapped(item, WIDTH - 2)) for item in content.items)
        case Table():
            return _table(content)
        case Payment():
            rows = [f"  {label}{NBSP}: {value}" for label, value in content.rows]
            return "\n".join([f"{content.title}{NBSP}:", *rows, *wrapped(content.note, WIDTH)])
        case Signature():
            return _signature(content)


@lru_cache(maxsize=256)
def _paragraph(text: str) -> str:
    """Most sentences come back in every mail."""
    return "\n".join(line for one in text.split("\n") for line in wrapped(one, WIDTH))


def _table(table: Table) -> str:
    """The caption, then rules around the rows, then the total."""
    cells = [table.heads, *[row.cells for row in table.rows]]
    widest = map(max, zip(*[map(len, one) for one in cells], strict=True))
    grid = _grid(tuple(widest), table.left, table.summed)
    rule = "-" * grid.width
    rows = [line for row in table.rows for line in grid.row(row.cells, row.detail)]
    label, amount = table.total
    total = label + amount.rjust(grid.sum_ends - len(label))
    return "\n".join([f"{table.caption}{NBSP}:", "", *grid.row(table.heads), rule, *rows, rule, total])


def _signature(signature: Signature) -> str:
    mail = signature.mail.format(signature.reply_to)
    lines = filter(None, (*signature.person, signature.creditor, signature.phone, mail))
    return "\n".join([*lines, "", *(line for part in signature.foot for line in wrapped(part, WIDTH))])


class _Grid(Struct, frozen=True):
    """The columns of a table: how wide the first is, the form of a line, how wide all are, and where the sum ends."""

    first: int
    line: str
    width: int
    sum_ends: int
    without_second: bool

    def row(self, cells: Sequence[str], detail: str = "") -> Sequence[str]:
        """The lines of one row: wrapped first column, figures beside its first line, small print below."""
        first, *others = (cells[0], *cells[2:]) if self.without_second else cells
        head, *more = wrapped(first, self.first) or ("",)
        small = ["  " + line for line in wrapped(detail, self.width - 2)]
        return (self.line.format(head, *others).rstrip(" "), *more, *small)


@lru_cache(maxsize=256)
def _grid(widest: tuple[int, ...], left: int, summed: int) -> _Grid:
    """Figures are as wide as they need, the first column gets what is left and wraps.

    The second column (a date) is left out when the first would get too narrow.
    """
    wide = list(widest)
    without_second = left > 1 and _spare(wide) < _NARROWEST
    if without_second:
        del wide[1]
    room = max(_spare(wide), _NARROWEST)
    wide[0] = room if left == 1 else min(wide[0], room)
    words = left - without_second
    line = _GAP.join(f"{{:{'<' if i < words else '>'}{width}}}" for i, width in enumerate(wide))
    return _Grid(wide[0], line, _across(wide), _across(wide[: summed + 1 - without_second]), without_second)


def _across(wide: Sequence[int]) -> int:
    """How wide columns of these widths are together."""
    return sum(wide) + len(_GAP) * (len(wide) - 1)


def _spare(wide: Sequence[int]) -> int:
    """What the other columns leave to the first."""
    return WIDTH - len(_GAP) - _across(wide[1:])


def wrapped(text: str, width: int) -> tuple[str, ...]:
    """Lines of at most `width` columns, broken at plain spaces, inside a word only when it is too long by itself."""
    if len(text) > width:
        return _broken(text, width)
    return (text,) if text else ()


@lru_cache(maxsize=256)
def _broken(text: str, width: int) -> tuple[str, ...]:
    lines, start = [], 0
    while len(text) - start > width:
        space = text.rfind(" ", start, start + width + 1)
        end = space if space > start else start + width
        lines.append(text[start:end])
        start = end + (end == space)
    return (*lines, text[start:]) if start < len(text) else tuple(lines)
