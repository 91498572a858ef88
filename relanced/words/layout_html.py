"""A sheet as an HTML mail: inline styles, no picture, no script, nothing fetched; what a person typed is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable
from functools import lru_cache
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

escape = lru_cache(maxsize=1024)(html.escape)  # the same labels, days and sentences come back in every mail


def as_html(subject: str, contents: Iterable[Content]) -> str:
    """The whole document. U+202F becomes U+00A0, which every mail program knows."""
    shown = "\n".join(map(_shown, contents))
    document = (
        '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(subject)}</title>\n</head>\n"
        f'<body style="{_BODY}">\n<div style="max-width:42em">\n{shown}\n</div>\n</body>\n</html>\n'
    )
    return document.replace(NARROW, NBSP)


def _shown(content: Content) -> str:
    match content:
        case Paragraph():
            return f"<p>{escape(content.text).replace(_LINE, '<br>')}</p>"
        case Bullets():
            return "<ul>\n" + "".join(f"<li>{escape(item)}</li>\n" for item in content.items) + "</ul>"
        case Table():
            return _table(content)
        case Payment():
            return _payment(content)
        case Signature():
            return _signature(content)


def _table(table: Table) -> str:
    heads = "".join(_cell("th", "col", _HEAD, i < table.left, escape(h)) for i, h in enumerate(table.heads))
    rows = "".join(f"<tr>{_row(row, table.left)}</tr>\n" for row in table.rows)
    return (
        f'<table style="{_TABLE}">\n<caption style="{_CAPTION}">{escape(table.caption)}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n<tfoot><tr>{_total(table)}</tr></tfoot>\n</table>"
    )


def _row(row: Row, left: int) -> str:
    first, *others = map(escape, row.cells)
    detail = f'<br><span style="{_SMALL}">{escape(row.detail)}</span>' if row.detail else ""
    cells = "".join(_cell("td", "", _CELL, i < left, text) for i, text in enumerate(others, 1))
    return _cell("th", "row", _CELL, True, first + detail) + cells


def _total(table: Table) -> str:
    """The total, under the column it sums."""
    label, amount = map(escape, table.total)
    after = "<td></td>" * (len(table.heads) - 1 - table.summed)
    span = f'<th scope="row" colspan="{table.summed}" style="{_SUM};{_ALIGN[True]}">{label}</th>'
    return span + f'<td style="{_SUM};{_ALIGN[False]}">{amount}</td>' + after


def _cell(tag: str, scope: str, style: str, left: bool, content: str) -> str:
    scoped = f' scope="{scope}"' if scope else ""
    return f'<{tag}{scoped} style="{style};{_ALIGN[left]}">{content}</{tag}>'


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
    link = f'<a href="mailto:{quote(signature.reply_to, safe="@")}">{escape(signature.reply_to)}</a>'
    words = filter(None, (*signature.person, signature.creditor, signature.phone))
    lines = [*map(escape, words), escape(signature.mail).format(link)]
    foot = "<br>".join(map(escape, signature.foot))
    return f'<p>{"<br>".join(lines)}</p>\n<p style="{_SMALL}">{foot}</p>'
