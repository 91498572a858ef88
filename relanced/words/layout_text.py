"""A sheet as plain text of at most 76 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from relanced.words.blocks import Bullets, Paragraph
from relanced.words.layout import Content
from relanced.words.tables import Payment, Row, Signature, Table
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
            return "\n".join(line for one in content.text.split("\n") for line in wrapped(one, WIDTH))
        case Bullets():
            return "\n".join("– " + "\n  ".join(wrapped(item, WIDTH - 2)) for item in content.items)
        case Table():
            return _table(content)
        case Payment():
            rows = [f"  {label}{NBSP}: {value}" for label, value in content.rows]
            return "\n".join([f"{content.title}{NBSP}:", *rows, *wrapped(content.note, WIDTH)])
        case Signature():
            return _signature(content)


def _table(table: Table) -> str:
    """The caption, then rules around the rows, then the total."""
    grid = _Grid(table)
    rule = "-" * grid.width
    rows = [line for row in table.rows for line in grid.row(row)]
    return "\n".join([f"{table.caption}{NBSP}:", "", *grid.row(Row(table.heads)), rule, *rows, rule, grid.total])


def _signature(signature: Signature) -> str:
    mail = signature.mail.format(signature.reply_to)
    lines = filter(None, (*signature.person, signature.creditor, signature.phone, mail))
    return "\n".join([*lines, "", *(line for part in signature.foot for line in wrapped(part, WIDTH))])


class _Grid:
    """The columns of one table: figures as wide as they need, the first column gets what is left and wraps.

    The second column (a date) is left out when the first would get too narrow.
    """

    def __init__(self, table: Table) -> None:
        self._left = table.left
        self._shown = list(range(len(table.heads)))
        cells = [table.heads, *(row.cells for row in table.rows)]
        wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
        if self._spare(wide) < _NARROWEST and table.left > 1:
            self._shown.remove(1)
        wide[0] = min(wide[0], max(self._spare(wide), _NARROWEST))
        if table.left == 1:
            wide[0] = self._spare(wide)
        self._wide = [wide[i] for i in self._shown]
        self.width = sum(self._wide) + len(_GAP) * (len(self._wide) - 1)
        self.total = self._foot(table)

    def _spare(self, wide: Sequence[int]) -> int:
        return WIDTH - sum(wide[i] + len(_GAP) for i in self._shown if i)

    def row(self, row: Row) -> Iterator[str]:
        """The lines of one row: wrapped first column, figures beside its first line, small print below."""
        first, *others = (row.cells[i] for i in self._shown)
        head, *more = wrapped(first, self._wide[0]) or ("",)
        figures = (self._cell(i, text) for i, text in enumerate(others, 1))
        yield _GAP.join([head.ljust(self._wide[0]), *figures]).rstrip(" ")
        yield from more
        yield from ("  " + line for line in wrapped(row.detail, self.width - 2))

    def _cell(self, column: int, text: str) -> str:
        words = self._shown[column] < self._left
        return text.ljust(self._wide[column]) if words else text.rjust(self._wide[column])

    def _foot(self, table: Table) -> str:
        """The total, under the column it sums."""
        label, amount = table.total
        end = sum(w + len(_GAP) for w, i in zip(self._wide, self._shown, strict=True) if i <= table.summed) - len(_GAP)
        return label + amount.rjust(end - len(label))


@lru_cache(maxsize=1024)
def wrapped(text: str, width: int) -> tuple[str, ...]:
    """Lines of at most `width` columns, broken at plain spaces, inside a word only when it is too long by itself."""
    lines, start = [], 0
    while len(text) - start > width:
        space = text.rfind(" ", start, start + width + 1)
        end = space if space > start else start + width
        lines.append(text[start:end])
        start = end + (end == space)
    return (*lines, text[start:]) if start < len(text) else tuple(lines)
