"""A sheet as an HTML mail: inline styles, no picture, no script, nothing fetched; what a person typed is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import lru_cache
from operator import add
from urllib.parse import quote

from relanced.words.blocks import Bullets, Paragraph
from relanced.words.layout import Content
from relanced.words.tables import Payment, Row, Signature, Table
from relanced.words.typography import NARROW, NBSP

_BODY = "margin:0;padding:24px 16px;background:#fff;color:#1f2328;font:16px/1.5 Georgia,'Times New Roman',serif"
_TABLE = "border-collapse:collapse;width:100%;margin:1.2em 0;font-size:15px"
_CAPTION = "text-align:left;font-weight:bold;padding:0 0 .4em"
_HEAD = "padding:.35em .6em .35em 0;border-bottom:2px solid #57606a;font-weight:bold;vertical-align:bottom"
_CELL = "padding:.35em .6em .35em 0;border-bottom:1px solid #d0d7de;font-weight:normal;vertical-align:top"
_SUM = "padding:.45em .6em .35em 0;font-weight:bold"
_LABEL = (
    "text-align:left;font-weight:normal;color:#57606a;padding:.1em 1em .1em 0;white-space:nowrap;vertical-align:top"
)
_SMALL = "font-size:13px;color:#57606a"
_ALIGN = ("text-align:right;white-space:nowrap", "text-align:left")

_LINE = "\n"
_ABOVE_TITLE = (
    '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>'
)
_BELOW_TITLE = f'</title>\n</head>\n<body style="{_BODY}">\n<div style="max-width:42em">\n'


@lru_cache(maxsize=256)
def escape(text: str) -> str:
    """A text as HTML shows it: the same labels, days and sentences come back in every mail.

    U+202F becomes U+00A0, which every mail program knows.
    """
    return html.escape(text).replace(NARROW, NBSP)


def as_html(subject: str, contents: Iterable[Content]) -> str:
    """The whole document."""
    shown = "\n".join(map(_shown, contents))
    return f"{_ABOVE_TITLE}{escape(subject)}{_BELOW_TITLE}{shown}\n</div>\n</body>\n</html>\n"


def _shown(content: Content) -> str:
    match content:
        case Paragraph():
            return _paragraph(content.text)
        case Bullets():
            return "<ul>\n" + "".join(f"<li>{escape(item)}</li>\n" for item in content.items) + "</ul>"
        case Table():
            return _table(content)
        case Payment():
            return _payment(content)
        case Signature():
            return _signature(content)


@lru_cache(maxsize=256)
def _paragraph(text: str) -> str:
    return f"<p>{escape(text).replace(_LINE, '<br>')}</p>"


def _table(table: Table) -> str:
    openings = _openings(len(table.heads), table.left)
    rows = "".join([f"{''.join(map(add, openings, _cells(row)))}\n</td></tr>\n" for row in table.rows])
    return (
        f"{_above(table.caption, table.heads, table.left)}"
        f"<tbody>\n{rows}</tbody>\n<tfoot><tr>{_total(table)}</tr></tfoot>\n</table>"
    )


@lru_cache(maxsize=64)
def _above(caption: str, heads: tuple[str, ...], left: int) -> str:
    """What stands above the rows: the same in most mails."""
    cells = (f'<th scope="col" style="{_HEAD};{_ALIGN[i < left]}">{escape(head)}</th>' for i, head in enumerate(heads))
    return (
        f'<table style="{_TABLE}">\n<caption style="{_CAPTION}">{escape(caption)}</caption>\n'
        f"<thead><tr>{''.join(cells)}</tr></thead>\n"
    )


@lru_cache(maxsize=64)
def _openings(many: int, left: int) -> tuple[str, ...]:
    """What stands before each cell of a row, the end of the one before it included: lines that come back in every mail,
    apart from what a cell says."""
    first, second, *others = (f'style="{_CELL};{_ALIGN[i < left]}">\n' for i in range(many))
    return (f'<tr><th scope="row" {first}', f"\n</th><td {second}", *(f"\n</td><td {other}" for other in others))


def _cells(row: Row) -> Iterable[str]:
    """What stands in the cells of a row, small print below the first."""
    cells = map(escape, row.cells)
    if not row.detail:
        return cells
    return (f'{next(cells)}<br><span style="{_SMALL}">{escape(row.detail)}</span>', *cells)


def _total(table: Table) -> str:
    """The total, under the column it sums."""
    label, amount = map(escape, table.total)
    after = "<td></td>" * (len(table.heads) - 1 - table.summed)
    span = f'<th scope="row" colspan="{table.summed}" style="{_SUM};{_ALIGN[True]}">{label}</th>'
    return f'{span}<td style="{_SUM};{_ALIGN[False]}">\n{amount}\n</td>{after}'


def _payment(payment: Payment) -> str:
    rows = "".join(
        f'<tr><th scope="row" style="{_LABEL}">{escape(label)}</th><td>{escape(value)}</td></tr>\n'
        for label, value in payment.rows
    )
    caption = f'<caption style="{_CAPTION}">{escape(payment.title)}</caption>'
    table = f'<table style="border-collapse:collapse;margin:1.2em 0">\n{caption}\n<tbody>\n{rows}</tbody>\n</table>'
    note = f"<p>{escape(payment.note)}</p>"
    return f"{table}\n{note}" if rows else note


def _signature(signature: Signature) -> str:
    words = filter(None, (*signature.person, signature.creditor, signature.phone))
    lines = [*map(escape, words), escape(signature.mail).format(_link(signature.reply_to))]
    foot = "<br>".join(map(escape, signature.foot))
    return f'<p>{"<br>".join(lines)}</p>\n<p style="{_SMALL}">{foot}</p>'


@lru_cache(maxsize=64)
def _link(address: str) -> str:
    return f'<a href="mailto:{quote(address, safe="@")}">{escape(address)}</a>'
