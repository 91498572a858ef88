"""Bytes into parts, texts and names, as broken as they come.

Fault 46: mail that no standard allows is read as far as it goes. Attack 24: a name is a name, never a path.
"""

from __future__ import annotations

import pytest

from relanced.reading import Kind, read
from relanced.reading.decoding import decode_text, decode_words
from relanced.reading.message import parse

HEAD = b"From: jean@client.example\n"


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("réglé".encode(), "utf-8", "réglé"),
        ("réglé – 5 €".encode("cp1252"), "iso-8859-1", "réglé – 5 €"),
        ("réglé".encode("cp1252"), "", "réglé"),
        ("réglé".encode(), "us-ascii", "réglé"),
        ("réglé".encode(), "iso-8859-1", "réglé"),  # it says latin-1 and is UTF-8
        ("réglé".encode("cp1252"), "utf-8", "réglé"),  # and the other way round
        ("réglé le 3 été".encode()[:-1], "utf-8", "réglé le 3 ét\ufffd"),
        ("réglé".encode("utf-16"), "", "réglé"),
        ("réglé".encode("utf-16-le"), "utf-16le", "réglé"),
        ("réglé".encode("utf-7"), "unicode-1-1-utf-7", "réglé"),
        (b"\xef\xbb\xbfpay\xc3\xa9", "", "payé"),
        (b"pay\x81", "", "pay\x81"),
        (b"a-b", "punycode", "a-b"),
        (b"abc", "zlib", "abc"),
        (b"abc", "\0", "abc"),
        (b"a\0b", "", "ab"),
        (b"", "utf-8", ""),
    ],
)
def test_a_text_is_decoded_whatever_it_claims(content: bytes, charset: str, text: str) -> None:
    assert decode_text(content, charset) == text


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("=?utf-8?q?R=C3=A9gl=C3=A9?=", "Réglé"),
        ("=?iso-8859-1?b?Ukln?= =?utf-8?q?l=C3=A9?= fin", "RIglé fin"),
        ("=?x-klingon?q?R=E9gl=E9?=", "Réglé"),
        ("=?utf-8?b?####?= x", "x"),
        ("=?utf-8?b?=?=", ""),
        ("Réf  déjà\tvue", "Réf déjà vue"),
    ],
)
def test_a_header_is_decoded_whatever_it_claims(header: str, text: str) -> None:
    assert decode_words(header) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (HEAD + b"\nun", "un"),
        (HEAD.replace(b"\n", b"\r\n") + b"\r\nun\r\ndeux", "un\ndeux"),
        (HEAD.replace(b"\n", b"\r") + b"\run\rdeux", "un\ndeux"),
        (b"From jean Tue Mar  3 10:12:00 2026\n" + HEAD + b"\nun", "un"),
        (b"\xef\xbb\xbf" + HEAD + b"\nun", "un"),
        (HEAD + b"Subject: x\nBonjour sans ligne vide\n\nsuite", "Bonjour sans ligne vide\n\nsuite"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nun\n--x\n\ndeux", "un\n\ndeux"),  # no end
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x--\n\nperdu", "--x--\n\nperdu"),
        (HEAD + b"Content-Type: multipart/mixed\n\nun", "un"),
        (HEAD + b'Content-Type: multipart/mixed; boundary="a  b"\n\n--a  b\n\nun\n--a  b--', "un"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--xy\n--x\n\n--xy\nun\n--x--", "--xy\nun"),
        (HEAD + b"Content-Type: nonsense\n\nun", "un"),
        (HEAD + b"Content-Transfer-Encoding: base64\n\ndW4=", "un"),
        (HEAD + b"Content-Transfer-Encoding: base64\n\ndW4", "un"),
        (HEAD + b"Content-Transfer-Encoding: quoted-printable\n\nun=20=\ndeux=E9=zz", "un deux\u00e9=zz"),
        (HEAD + b"Content-Transfer-Encoding: 9bit\n\nun", "un"),
        (HEAD + b"Content-Type: text/plain; charset*=utf-8''utf%2D8\n\nr\xc3\xa9gl\xc3\xa9", "réglé"),
    ],
)
def test_a_message_is_read_as_far_as_it_goes(raw: bytes, text: str) -> None:
    verdict = read(raw)
    assert (verdict.kind, verdict.text) == (Kind.PERSON, text)


def test_the_plain_text_counts_unless_the_page_alone_has_words() -> None:
    def both(plain: bytes) -> bytes:
        page = b"--x\nContent-Type: text/html\n\n<p>page</p>\n"
        return HEAD + b"Content-Type: multipart/alternative; boundary=x\n\n--x\n\n%s\n%s" % (plain, page)

    assert read(both(b"texte")).text == "texte"
    assert read(both(b"")).text == "page"
    assert read(both(b"> rien que la citation")).text == "page"


def test_texts_around_an_enclosure_are_one_and_enclosures_are_none() -> None:
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\navant\n"
        b"--x\nContent-Disposition: attachment;"
        b' filename="../../etc/passwd"\n\nsecret\n--x\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n'
        b"--x\n\nfin\n--x--"
    )
    verdict = read(raw)
    assert verdict.text == "avant\n\nfin"
    assert verdict.enclosures == ("../../etc/passwd",)


def test_parts_lie_in_the_bytes_as_they_came() -> None:
    message = parse(HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nun\r\n--x--\r\n")
    (part,) = message.parts
    assert message.raw[part.start : part.end] == b"un"


def test_nothing_else_is_a_message() -> None:
    for raw in (b"", b"\n", b"\x89PNG\r\n\x1a\n", b"hello", b"X-Thing: 1\n\nhello", b"{" * 1000):
        assert read(raw).kind is Kind.UNREADABLE
