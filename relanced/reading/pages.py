"""HTML into plain text, in which what is quoted begins with « > » as in any other mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

import html_text
import lxml.etree
import lxml.html

_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_QUOTE_CLASS = re.compile(r"quote|cite", re.IGNORECASE)
_BAR = re.compile(r"border-left(?:-\w+)?\s*:\s*(?!0|none)", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:[a-z]+/[a-z0-9.+-]+;base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)


def text_of_page(page: str, most: int) -> str:
    """What a reader sees of an HTML mail, of which `most` characters are read, embedded pictures not counted.

    Nothing is fetched; what cannot be parsed is stripped of its tags.
    """
    page = _EMBEDDED.sub("", page.replace(_OPEN, "").replace(_CLOSE, ""))[:most]
    try:
        tree = html_text.parse_html(page)
        for quote in list(_quotes(tree)):
            _mark(quote)
        return _quoted(html_text.extract_text(tree))
    except (lxml.etree.LxmlError, ValueError, AssertionError, RecursionError):
        return re.sub(r"<[^<>]{0,2000}>", " ", page)


def _quotes(tree: lxml.html.HtmlElement) -> Iterator[lxml.html.HtmlElement]:
    """The outermost elements that quote: `blockquote` as mail programs write it. An indented paragraph is no quote."""
    inside: lxml.html.HtmlElement | None = None
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end"), tag="blockquote"):
        if event == "start" and inside is None and _is_quote(element):
            inside = element
            yield element
        elif event == "end" and element is inside:
            inside = None


def _is_quote(element: lxml.html.HtmlElement) -> bool:
    told = element.get("type", "").lower() == "cite" or element.get("cite") is not None
    return bool(
        told or _QUOTE_CLASS.search(element.get("class", "")[:500]) or _BAR.search(element.get("style", "")[:1000])
    )


def _mark(quote: lxml.html.HtmlElement) -> None:
    """Put a line of its own before and behind what is quoted."""
    first, last = (lxml.html.Element("p") for _ in range(2))
    first.text, last.text = _OPEN, _CLOSE
    first.tail, quote.text = quote.text, None
    quote.insert(0, first)
    quote.append(last)


def _quoted(text: str) -> str:
    lines, deep = [], False
    for line in text.split("\n"):
        deep = (deep or _OPEN in line) and _CLOSE not in line
        bare = line.replace(_OPEN, "").replace(_CLOSE, "")
        if bare != line and not bare.strip():
            continue
        lines.append(f"> {bare}" if deep or _CLOSE in line else bare)
    return "\n".join(lines)
