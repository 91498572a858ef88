"""The bytes of a message say what the draft says: to the stdlib's two parsers, to the relay, to a hostile reader."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from relanced.channel import Blob, Enclosure, MailDraft, Parcel, Unfit
from relanced_email.address import bare, sender
from relanced_email.header import plain
from relanced_email.mime import canary, compose
from tests.email.things import NOW, a_draft

LIMIT = 1_000_000
PDF = Enclosure("Facture n° FA-1 échue.pdf", "application/pdf", bytes(range(256)) * 40)
NAMES = ["Date", "From", "To", "Subject", "Message-ID", "X-Relanced-Reference", "X-Relanced-Attempt"]
NAMES += ["Auto-Submitted", "MIME-Version", "Content-Type"]

lines = st.text(st.characters(codec="utf-8"), max_size=120)
names = lines.map(lambda text: text[:60])
bodies = st.text(st.characters(codec="utf-8"), max_size=400).map(lambda text: "Bonjour " + text)
file_names = names.filter(lambda name: plain(name) != "")


def sealed(**changes: object) -> Parcel:
    return compose(a_draft(**changes), enclosures_limit=LIMIT)


def classic(parcel: Parcel) -> Message:
    return message_from_bytes(parcel.wire)


def modern(parcel: Parcel) -> EmailMessage:
    return message_from_bytes(parcel.wire, policy=policy.default)


def decoded(raw: str) -> str:
    return str(make_header(decode_header(raw)))


def unfolded(raw: str) -> str:
    return raw.replace("\r\n ", " ")


def unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


# -- a message as people know it ------------------------------------------------------------------------------------


def test_a_reminder_reads_as_it_was_worded() -> None:
    draft, message = a_draft(), modern(sealed())
    assert message.keys() == NAMES
    assert message["From"].addresses[0].display_name == "Claire Dubois"
    assert message["To"].addresses[0].addr_spec == draft.to
    assert message["To"].addresses[0].display_name == draft.to_name
    assert message["Subject"] == draft.subject
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == draft.message_id
    assert message["X-Relanced-Reference"] == "RL-4F7K2"
    assert message["Auto-Submitted"] == "auto-generated"
    assert not message.defects
    text, html = message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    assert (message.get_content_type(), text.get_content_type()) == ("multipart/alternative", "text/plain")
    assert unix(text.get_content()) == draft.text
    assert (html.get_content_type(), unix(html.get_content())) == ("text/html", draft.html)


def test_the_envelope_knows_sender_recipient_and_message_id() -> None:
    parcel = compose(a_draft(), enclosures_limit=LIMIT, copy_to="journal@atelier-dubois.example")
    assert parcel.envelope == {
        "from": "compta@atelier-dubois.example",
        "to": "achats@client.example",
        "message_id": "<m1.1@atelier-dubois.example>",
        "copy": "journal@atelier-dubois.example",
    }
    assert b"journal@" not in parcel.wire
    assert (parcel.attempt, parcel.address) == ("01JD-7Q3", "achats@client.example")


def test_a_word_of_a_person_is_not_called_automatic() -> None:
    assert "Auto-Submitted" not in classic(sealed(automatic=False))


def test_a_message_without_html_is_plain_text() -> None:
    message = modern(sealed(html=""))
    assert message.get_content_type() == "text/plain"
    assert unix(message.get_content()) == a_draft().text


def test_the_same_draft_gives_the_same_bytes_and_the_date_keeps_its_own_zone() -> None:
    first, utc, again = sealed(), sealed(sent_on=NOW.astimezone(UTC)), sealed()
    assert first == again
    assert classic(first)["Date"] == "Mon, 23 Nov 2026 10:00:00 +0100"
    assert classic(utc)["Date"] == "Mon, 23 Nov 2026 09:00:00 +0000"


def test_a_thread_is_one_id_per_line_never_encoded() -> None:
    long = f"<{'a' * 90}@mail.client-tres-long.example>"
    parcel = sealed(references=("<1@x.example>", "no id at all\r\nBcc: evil@x.example", long))
    assert f"In-Reply-To: {long}\r\n".encode() in parcel.wire
    assert f"References: <1@x.example>\r\n {long}\r\n".encode() in parcel.wire
    assert b"evil" not in parcel.wire


def test_a_very_long_thread_keeps_its_beginning_and_its_end() -> None:
    ids = tuple(f"<{n}@x.example>" for n in range(100))
    kept = classic(sealed(references=ids))["References"].split()
    assert kept == [ids[0], *ids[81:]]


# -- enclosures -----------------------------------------------------------------------------------------------------


def test_an_enclosure_is_encoded_once_and_shared() -> None:
    first, second = sealed(enclosures=(PDF,)), sealed(enclosures=(PDF,), attempt="other")
    blob, other = (next(piece for piece in parcel.pieces if isinstance(piece, Blob)) for parcel in (first, second))
    assert blob is other
    assert blob == Blob.of(blob.content)


def test_enclosures_arrive_byte_for_byte_under_their_french_names() -> None:
    second = Enclosure("relevé.csv", "text/csv", b"a;b\n1;2\n.\n")
    message = modern(sealed(enclosures=(PDF, second)))
    assert message.get_content_type() == "multipart/mixed"
    assert not message.defects
    body, *files = message.iter_parts()
    assert body.get_content_type() == "multipart/alternative"
    assert [file.get_filename() for file in files] == [PDF.name, second.name]
    assert [file.get_content_type() for file in files] == ["application/pdf", "text/csv"]
    assert [file.get_payload(decode=True) for file in files] == [PDF.content, second.content]


@pytest.mark.parametrize(
    ("enclosure", "why"),
    [
        (Enclosure("a.pdf", "application/pdf", b"x" * (LIMIT + 1)), "weigh"),
        (Enclosure("a.pdf", "application/pdf; x=y\r\nBcc: e@x.example", b"x"), "media type"),
        (Enclosure("a.eml", "message/rfc822", b"x"), "media type"),
        (Enclosure("\r\n", "application/pdf", b"x"), "no name"),
        (Enclosure("a.pdf", "application/pdf", b""), "no content"),
        (Enclosure("a" * 201, "application/pdf", b"x"), "longer than"),
    ],
)
def test_an_enclosure_that_cannot_go_is_refused(enclosure: Enclosure, why: str) -> None:
    with pytest.raises(Unfit, match=why):
        sealed(enclosures=(enclosure,))


# -- attacks --------------------------------------------------------------------------------------------------------

HOSTILE = [
    "=?utf-8?q?=0d=0aBcc:_evil=40x?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAeC5leGFtcGxl?= =?utf-8?q?x?=",
    "Lefèvre\r\nBcc: evil@x.example",
    "Lefèvre\nBcc: evil@x.example\n\nbody",
    "Lefèvre\u2028Bcc: evil@x.example\u2029\x85\x0b\x0c",
    "Lefèvre\0\x1b[31m",
    "exe.\u202efdp.erutcaf\u2066",
    '"Dupont" <evil@x.example>, "x',
    "=\u202e?utf-8?q?=0aBcc:_e=40x?=",
    "\ud800 half a character",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["to_name", "subject", "reference", "sender", "file"])
def test_attacks_1_and_2_no_text_adds_a_header_or_turns_the_reading_direction(text: str, field: str) -> None:
    """Attacks 1 and 2, also after a careless tool has read the message and written it again."""
    draft = a_draft(enclosures=(PDF,))
    if field == "file":
        parcel = sealed(enclosures=(Enclosure(text, "application/pdf", b"x"),))
    elif field == "sender" and ("<" in text):
        with pytest.raises(Unfit):
            sealed(sender=f"{text} <a@b.example>")
        return
    else:
        parcel = sealed(**{field: f"{text} <a@b.example>" if field == "sender" else text}, enclosures=draft.enclosures)
    for parser in (policy.default, policy.SMTP, policy.compat32):
        message = message_from_bytes(parcel.wire, policy=parser)
        assert message.keys() == NAMES
        again = message_from_bytes(message.as_bytes(), policy=policy.compat32)
        assert again.keys() == NAMES
    assert [address for _, address in getaddresses([unfolded(classic(parcel)["To"])])] == [draft.to]
    shown = "".join(decoded(unfolded(value)) for value in classic(parcel).values())
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x1f\x7f-\x9f\u2028\u2029]", shown)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "é" * 5_000},
        {"to_name": "x" * 5_000},
        {"reference": "x" * 5_000},
        {"sender": "x" * 5_000 + " <a@b.example>"},
        {"subject": " \r\n"},
        {"text": " \n"},
        {"text": "half a character \ud800"},
        {"attempt": "a b"},
        {"attempt": 'a"\r\nBcc: e@x.example'},
        {"attempt": ""},
        {"message_id": "<a@b.example>\r\nBcc: e@x.example"},
        {"message_id": "a@b.example"},
        {"message_id": "<é@b.example>"},
        {"sent_on": NOW.replace(tzinfo=None)},
    ],
)
def test_attack_2_what_cannot_be_said_in_a_header_is_unfit(change: dict[str, object]) -> None:
    """Attack 2."""
    with pytest.raises(Unfit):
        sealed(**change)


ADDRESSES_REFUSED = [
    "a@b.example, c@d.example",
    "a@b, c@d",
    '"<evil@x>"@good.fr',
    "a@x)b@y",
    "a@b.example\r\nRCPT TO:<evil@x.example>",
    "a@b.example>\r\nRCPT TO:<evil@x.example",
    "<a@b.example>",
    "Anne <a@b.example>",
    "é@b.example",
    "a b@c.example",
    "a@b@c.example",
    ".a@b.example",
    "a..b@c.example",
    "a.@b.example",
    "a@b",
    "a@-b.example",
    "a@b..example",
    "a@[127.0.0.1]",
    "a@b.example.",
    "a%evil.example@b.example",
    "evil.example!a@b.example",
    "=?utf-8?q?a?=@b.example",
    "a@b\u200b.example",
    "a@ｂ.example",
    "a@straße.example",
    "a\0@b.example",
    "a@b.example\n",
    "a" * 65 + "@b.example",
    "a@" + "b." * 130 + "example",
    "@b.example",
    "a@",
    "",
]


@pytest.mark.parametrize("text", ADDRESSES_REFUSED)
def test_attack_3_only_one_plain_address_is_an_address(text: str) -> None:
    """Attack 3; a local part outside ASCII would need SMTPUTF8 (fault 36)."""
    with pytest.raises(Unfit):
        sealed(to=text)
    with pytest.raises(Unfit):
        sealed(sender=f"Claire <{text}>")


@pytest.mark.parametrize(
    ("text", "ascii_form"),
    [
        ("achats@client.example", "achats@client.example"),
        ("Jean-Paul.O'Neill+factures@sous.client.example", "Jean-Paul.O'Neill+factures@sous.client.example"),
        ("compta@société.example", "compta@xn--socit-esab.example"),
    ],
)
def test_an_honest_address_goes_through(text: str, ascii_form: str) -> None:
    assert bare(text) == ascii_form
    assert sealed(to=text).envelope["to"] == ascii_form
    assert sealed(to=text).address == text


def test_a_sender_may_be_quoted_or_bare() -> None:
    assert sender('"Dubois, Claire" <c@d.example>') == ("Dubois, Claire", "c@d.example")
    assert sender("c@d.example") == ("", "c@d.example")
    for text in ("Claire <c@d.example> x", "Claire <c@d.example", "Claire <a@b.example> <c@d.example>"):
        with pytest.raises(Unfit):
            sender(text)


@pytest.mark.parametrize("text", [".\n", "..\n.\r\n.", "a\r.\rb", "a\n\r\n.\r\r\nMAIL FROM:<x@y.example>\n", "." * 200])
def test_attack_4_dots_and_line_ends_of_a_text_stay_text(text: str) -> None:
    """Attack 4."""
    parcel = sealed(text=f"Bonjour\n{text}", html="")
    assert b"\n" not in parcel.wire.replace(b"\r\n", b"")
    assert b"\r" not in parcel.wire.replace(b"\r\n", b"")
    assert unix(modern(parcel).get_content()).rstrip("\n") == unix(f"Bonjour\n{text}").rstrip("\n")


# -- whatever the words ---------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(lines.filter(lambda text: plain(text) != ""), names, names)
def test_both_stdlib_parsers_read_the_headers_back(subject: str, name: str, reference: str) -> None:
    parcel = sealed(subject=subject, to_name=name, reference=reference)
    old, new = classic(parcel), modern(parcel)
    assert old.keys() == new.keys() == NAMES
    assert decoded(old["Subject"]) == new["Subject"] == plain(subject)
    assert decoded(old["X-Relanced-Reference"]) == (plain(reference) or "-")
    assert getaddresses([old["To"]])[0][1] == new["To"].addresses[0].addr_spec == "achats@client.example"
    written = decoded(getaddresses([unfolded(old["To"])])[0][0])
    assert written == plain(name)
    if parcel.wire.count(b"=?utf-8?b?", parcel.wire.index(b"To: "), parcel.wire.index(b"Subject: ")) < 2:
        # The parser of 3.11 puts a space between two encoded words, and makes one of several kinds in a row.
        assert new["To"].addresses[0].display_name.split() == plain(name).split()
    assert parsedate_to_datetime(old["Date"]) == NOW


@settings(max_examples=100)
@example("Bonjour", "Bonjour", [("<>", b"x"), ('"F-1?".pdf', b"y")])
@given(bodies, bodies, st.lists(st.tuples(file_names, st.binary(min_size=1, max_size=300)), max_size=3))
def test_both_stdlib_parsers_read_the_parts_back(text: str, html: str, files: list[tuple[str, bytes]]) -> None:
    enclosed = tuple(Enclosure(name, "application/pdf", content) for name, content in files)
    parcel = sealed(text=text, html=html, enclosures=enclosed)
    for message in (classic(parcel), modern(parcel)):
        assert not message.defects
        leaves = [part for part in message.walk() if not part.is_multipart()]
        shown = [part.get_payload(decode=True) for part in leaves]
        assert [unix(s.decode()) for s in shown[:2] if isinstance(s, bytes)] == [unix(text), unix(html)]
        assert shown[2:] == [content for _, content in files]
        assert [part.get_filename() for part in leaves[2:]] == [
            plain(name.translate(dict.fromkeys(map(ord, '\\/:*?"<>|'), "-"))) for name, _ in files
        ]


@settings(max_examples=150)
@given(lines.filter(lambda text: plain(text) != ""), names, bodies, file_names)
def test_every_line_is_short_and_seven_bit(subject: str, name: str, text: str, file: str) -> None:
    enclosed = (Enclosure(file, "application/pdf", b"%PDF" * 100),)
    parcel = sealed(subject=subject, to_name=name, text=text, enclosures=enclosed)
    assert parcel.wire.isascii()
    assert parcel.wire.endswith(b"\r\n")
    assert max(map(len, parcel.wire.split(b"\r\n"))) <= 76


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert "=?" not in plain(text)


def test_french_spaces_survive_in_a_subject() -> None:
    assert plain("2 317,25 € – réglé ?") == "2 317,25 € – réglé ?"


def test_a_canary_goes_to_the_journal_mailbox_alone() -> None:
    parcel = canary("canary-1", "compta@x.example", "journal@x.example", NOW, NOW + timedelta(minutes=5))
    assert parcel.envelope["to"] == parcel.address == "journal@x.example"
    assert parcel.envelope["notify"] == "NEVER"
    assert classic(parcel)["X-Relanced-Attempt"] == "canary-1"


def test_a_draft_is_left_as_it_was() -> None:
    draft: MailDraft = a_draft()
    compose(draft, enclosures_limit=LIMIT)
    assert draft == a_draft()
