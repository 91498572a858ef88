"""Messages made to burst a reader: each several megabytes, or more than anybody should unfold."""

from __future__ import annotations

import base64
from collections.abc import Callable

HEAD = b"From: a@b.example\nTo: c@d.example\nSubject: x\n"
PAGE = HEAD + b"Content-Type: text/html\n\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n"
DAEMON = b"Return-Path: <>\nFrom: mailer-daemon@x.example\nSubject: failure notice\n\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n"
STATUS = REPORT + b"Content-Type: message/delivery-status\n\n"
MEGABYTE = 1_000_000


def filled(start: bytes, run: bytes, size: int = 4 * MEGABYTE) -> bytes:
    """A start, then the same run again and again."""
    return start + run * (size // len(run))


def nested(depth: int, inside: bytes) -> bytes:
    """Multiparts within each other."""
    opened = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return HEAD + b"".join(opened) + b"\n" + inside


def wrapped(depth: int) -> bytes:
    """Messages within each other, each encoded anew: a third larger every time."""
    raw = HEAD + b"\nhi"
    for _ in range(depth):
        head = HEAD + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        raw = head + base64.encodebytes(raw)
    return raw


def many(kind: bytes, run: bytes) -> bytes:
    """As many parts as may be, each 25 kB."""
    return MIXED + b"".join(
        b"--x\nContent-Type: text/%s\n\n%s\n" % (kind, filled(b"", run, 25_000)) for _ in range(190)
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "marks of quotation, one a line": lambda: filled(HEAD + b"\n", b">\n", 10 * MEGABYTE),
    "one line of marks of quotation": lambda: filled(HEAD + b"\n", b">", 10 * MEGABYTE),
    "deeper and deeper quotations": lambda: HEAD + b"\n" + b"\n".join(b">" * n + b" x" for n in range(4400)),
    "empty lines": lambda: filled(HEAD + b"\n", b"\n"),
    "one line of blanks": lambda: filled(HEAD + b"\n", b" "),
    "nothing but NUL": lambda: filled(HEAD + b"\n", b"\0"),
    "attributions that never end": lambda: filled(HEAD + b"\n", b"On 1 x wrote\n"),
    "one attribution that never ends": lambda: filled(HEAD + b"\n", b"Le 1 "),
    "lines that may be an attribution": lambda: filled(HEAD + b"\n", b"@\n"),
    "headers that never end": lambda: filled(HEAD + b"\n", b"De :\nA :\n"),
    "signatures": lambda: filled(HEAD + b"\n", b"x\n-- \n"),
    "originals": lambda: filled(HEAD + b"\n", b"-----Original Message-----\n"),
    "one sentence without end": lambda: filled(HEAD + b"\n", b"la facture a ete "),
    "references": lambda: filled(HEAD + b"\n", b"ABCDE-12345 "),
    "49 multiparts": lambda: nested(49, b"a\n" * 5 * MEGABYTE),
    "500 multiparts": lambda: nested(500, b"a\n" * MEGABYTE),
    "a million parts": lambda: filled(MIXED, b"--x\n\nhello\n"),
    "lines that look like a boundary": lambda: filled(MIXED, b"--xy\n"),
    "messages in messages in messages": lambda: wrapped(36),
    "190 texts": lambda: many(b"plain", b"Le 1\n"),
    "190 pages": lambda: many(b"html", b"<p>x"),
    "encoded words": lambda: filled(b"From: a@b.example\nSubject: ", b"=?utf-8?q?a?= ", 60_000) + b"\n\nx",
    "a comment in a comment": lambda: filled(b"From: ", b"(", 60_000) + b"\n\nx",
    "a parameter of semicolons": lambda: filled(HEAD + b'Content-Type: text/plain; a="', b";", 60_000) + b"\n\nx",
    "Message-IDs": lambda: filled(HEAD + b"References: ", b"<a@b> ", 60_000) + b"\n\nx",
    "a header of a megabyte": lambda: filled(HEAD + b"X-Y: ", b"z", MEGABYTE) + b"\n\nx",
    "elements in elements": lambda: filled(PAGE, b"<div>"),
    "quotations in quotations": lambda: filled(PAGE, b"<blockquote type=cite>x"),
    "tables in tables": lambda: filled(PAGE, b"<table><tr><td>"),
    "lines of a page": lambda: filled(PAGE, b"x<br>"),
    "attributes": lambda: filled(PAGE + b"<p ", b"a=b "),
    "angles": lambda: filled(PAGE, b"<"),
    "entities": lambda: filled(PAGE, b"&amp;"),
    "an embedded picture": lambda: filled(PAGE + b'<img src="data:image/png;base64,', b"A") + b'">x',
    "a charset that is slow": lambda: filled(HEAD + b"Content-Type: text/plain; charset=punycode\n\n", b"a-"),
    "equal signs": lambda: filled(HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n", b"="),
    "padding": lambda: filled(HEAD + b"Content-Transfer-Encoding: base64\n\n", b"=\n"),
    "a report on a million recipients": lambda: filled(STATUS, b"Final-Recipient: rfc822;a@b\n\n"),
    "a diagnosis of a megabyte": lambda: filled(STATUS + b"Action: failed\nDiagnostic-Code: x; ", b"user ", MEGABYTE),
    "a server that talks": lambda: filled(DAEMON, b"<a@b.example>:\nuser \n"),
    "a server that stutters": lambda: filled(DAEMON, b"a.b@"),
    "an absence without end": lambda: filled(HEAD + b"Auto-Submitted: auto-replied\n\n", b"jusqu'au 99 "),
}
