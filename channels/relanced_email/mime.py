"""A mail draft in, the exact RFC 5322 bytes out: 7-bit lines ending in CRLF, folded at 76 columns.

Built by hand because we hash, keep and prove these bytes: no version of a library may fold or decode them otherwise.
"""

from __future__ import annotations

import hashlib
import re
from binascii import b2a_base64, b2a_qp
from collections import OrderedDict
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from threading import Lock

from relanced.channel import Blob, Enclosure, MailDraft, Parcel, TooHeavy, Unfit
from relanced_email.address import bare, sender
from relanced_email.header import disposition, ids, mailbox, plain, short, unstructured
from relanced_email.verp import envelope_of

_ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")  # fits a boundary and an ENVID as it is
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_IN_NO_FILE_NAME = re.compile(r'[\\/:*?"<>|]')  # on the debtor's system, whichever it is
_MEDIA_TYPE = re.compile(r"(?!message/|multipart/)[a-z0-9][a-z0-9.+-]{0,63}/[a-z0-9][a-z0-9.+-]{0,63}")
_REFERENCES_KEPT = 20


def compose(
    draft: MailDraft, *, enclosures_limit: int, copy_to: str = "", verp: bool = False, anchored: bool = False
) -> Parcel:
    """Fix the bytes of one message and its envelope. `enclosures_limit` is in bytes. Raises Unfit.

    `anchored`: the relay writes over our Message-ID, so References holds it too: every answer then quotes it.
    """
    _check(draft, enclosures_limit)
    to = bare(draft.to)
    head = b"\r\n".join(_headers(draft, to, anchored=anchored))
    envelope = envelope_of(sender(draft.sender).address, draft.attempt, verp=verp)
    envelope |= {"to": to, "message_id": draft.message_id}
    if copy_to:
        envelope["copy"] = copy_to
    return Parcel(draft.attempt, draft.to, draft.deadline, _pieces(draft, head), envelope)


def _check(draft: MailDraft, enclosures_limit: int) -> None:
    if not _ATTEMPT.fullmatch(draft.attempt):
        raise Unfit(f"an attempt is named by letters, digits, dot, dash: not {draft.attempt!r}")
    if not _MESSAGE_ID.fullmatch(draft.message_id):
        raise Unfit(f"{draft.message_id!r} is not a Message-ID")
    if not draft.text.strip():
        raise Unfit("the text is empty")
    size = sum(len(enclosure.content) for enclosure in draft.enclosures)
    if size > enclosures_limit:
        words = f"the enclosures weigh {size} bytes, more than the {enclosures_limit} allowed"
        raise TooHeavy(words, enclosures_limit)


def _headers(draft: MailDraft, to: str, *, anchored: bool) -> list[bytes]:
    subject = short(draft.subject, 250, "the subject")
    if not subject:
        raise Unfit("the subject is empty")
    lines = [
        _date(draft.sent_on, draft.sent_on.utcoffset()),
        _from(draft.sender),
        mailbox("To", short(draft.to_name, 120, "the name of the recipient"), to),
        unstructured("Subject", subject),
        b"Message-ID: " + draft.message_id.encode("ascii"),
        *_thread(draft.references, draft.message_id if anchored else ""),
        unstructured("X-Relanced-Reference", short(draft.reference, 120, "the reference") or "-"),
        b"X-Relanced-Attempt: " + draft.attempt.encode("ascii"),
    ]
    if draft.automatic:
        lines.append(b"Auto-Submitted: auto-generated")  # RFC 3834 §5
    lines.append(b"MIME-Version: 1.0")
    return lines


@lru_cache(maxsize=64)
def _date(sent_on: datetime, offset: timedelta | None) -> bytes:
    """The Date line. The offset is part of the key: equal moments of two zones are written differently."""
    if offset is None:
        raise Unfit("the Date of a message must know its time zone")
    return b"Date: " + format_datetime(sent_on).encode("ascii")


@lru_cache(maxsize=256)
def _from(text: str) -> bytes:
    writer = sender(text)
    return mailbox("From", short(writer.name, 120, "the name of the sender"), writer.address)


def _thread(references: tuple[str, ...], anchor: str) -> list[bytes]:
    """In-Reply-To and References. Others write ids too: one that is no Message-ID threads nothing and is left out."""
    known = tuple(i for i in references if _MESSAGE_ID.fullmatch(i))
    quoted = (*known, anchor) if anchor else known
    if not quoted:
        return []
    kept = quoted if len(quoted) <= _REFERENCES_KEPT else quoted[:1] + quoted[1 - _REFERENCES_KEPT :]
    return [*([ids("In-Reply-To", known[-1:])] if known else []), ids("References", kept)]


def _pieces(draft: MailDraft, head: bytes) -> tuple[bytes | Blob, ...]:
    """The message in runs: what is its own, and the encoded enclosures that many messages share."""
    words = _words(draft)
    if not draft.enclosures:
        return (b"%s\r\n%s%s" % (head, words, b"" if words.endswith(b"\r\n") else b"\r\n"),)
    boundary = b"=_%s_m" % draft.attempt.encode("ascii")  # "=_" stands in no quoted-printable and no base64
    run = b'%s\r\nContent-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n%s' % (head, boundary, boundary, words)
    pieces: list[bytes | Blob] = []
    for enclosure in draft.enclosures:
        pieces += [
            b"%s\r\n--%s\r\n%s\r\n\r\n" % (run, boundary, _enclosure_head(enclosure)),
            _encode(enclosure.content),
        ]
        run = b""
    return (*pieces, b"\r\n--%s--\r\n" % boundary)


def _words(draft: MailDraft) -> bytes:
    """The entity a person reads: text and HTML, or text alone. Without its last line end."""
    text = _entity(b"plain", draft.text)
    if not draft.html:
        return text
    boundary = b"=_%s_a" % draft.attempt.encode("ascii")
    return b'Content-Type: multipart/alternative; boundary="%s"\r\n\r\n--%s\r\n%s\r\n--%s\r\n%s\r\n--%s--' % (
        boundary,
        boundary,
        text,
        boundary,
        _entity(b"html", draft.html),
        boundary,
    )


def _entity(kind: bytes, text: str) -> bytes:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        encoded = b"\r\n".join(map(_quoted, text.encode("utf-8").split(b"\n")))
    except UnicodeEncodeError:
        raise Unfit("the text holds half a character (a lone surrogate)") from None
    return b"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s" % (
        kind,
        encoded,
    )


@lru_cache(256)
def _quoted(line: bytes) -> bytes:
    """One line in quoted-printable, which looks at no other; most lines of a wording are the same in every message."""
    return b2a_qp(line, istext=True).replace(b"\n", b"\r\n")


def _enclosure_head(enclosure: Enclosure) -> bytes:
    name = short(_IN_NO_FILE_NAME.sub("-", enclosure.name), 200, "the name of an enclosure")
    if not name or not enclosure.content:
        raise Unfit("an enclosure has no name or no content")
    if not _MEDIA_TYPE.fullmatch(enclosure.media_type):
        raise Unfit(f"{plain(enclosure.media_type)!r} is not a media type that can be enclosed")
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n%s" % (
        enclosure.media_type.encode("ascii"),
        disposition(name),
    )


class _Encoder:
    """Base64 of enclosures, each encoded once while it is in use: at most `room` encoded bytes are remembered."""

    def __init__(self, room: int) -> None:
        self._room, self._held = room, 0
        self._blobs: OrderedDict[bytes, Blob] = OrderedDict()
        self._lock = Lock()

    def __call__(self, content: bytes) -> Blob:
        digest = hashlib.sha256(content).digest()
        with self._lock:
            if digest in self._blobs:
                self._blobs.move_to_end(digest)
                return self._blobs[digest]
        blob = Blob.of(_base64_lines(content))
        with self._lock:
            self._remember(digest, blob)
        return blob

    def _remember(self, digest: bytes, blob: Blob) -> None:
        if digest not in self._blobs:
            self._held += len(blob.content)
        self._blobs[digest] = blob
        while self._held > self._room and self._blobs:
            _, oldest = self._blobs.popitem(last=False)
            self._held -= len(oldest.content)


def _base64_lines(content: bytes) -> bytes:
    encoded = b2a_base64(content, newline=False)
    return b"\r\n".join([encoded[i : i + 76] for i in range(0, len(encoded), 76)])


_encode = _Encoder(32_000_000)


def canary(attempt: str, writer: str, to: str, sent_on: datetime, deadline: datetime) -> Parcel:
    """A message to our own journal mailbox: once it arrives, the mailbox is alive. No report is asked for it."""
    domain = writer.rpartition("@")[2]
    draft = MailDraft(
        attempt=attempt,
        reference=attempt,
        deadline=deadline,
        sent_on=sent_on,
        sender=writer,
        to=to,
        to_name="",
        subject="relanced : la boîte des copies est-elle vivante ?",
        text="Ce message vérifie que la boîte des copies reçoit le courrier. Rien à faire.\n",
        html="",
        message_id=f"<{attempt}@{domain}>",
    )
    parcel = compose(draft, enclosures_limit=0)
    return Parcel(attempt, to, deadline, parcel.pieces, {**parcel.envelope, "notify": "NEVER"})
