"""What must be true of every demonstration, looked up in what it left behind: the files, the database, the log."""

from __future__ import annotations

import email
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from relanced.demo.chapters import Chapter
from relanced.demo.folder import Folder
from relanced.demo.post import customers_mail, mornings, opened, text
from relanced.demo.story import NOTICE
from relanced.demo.twilio import Twilio
from relanced.house import House
from relanced.rules.model import LineState, Money
from relanced.rules.owed import outstanding
from relanced.store.soundness import unsound

_LEFT = ("sent", "delivered")


async def faults(
    house: House,
    told: Sequence[Chapter],
    folder: Folder,
    twilio: Twilio,
    reasons: Sequence[str],
    errors: Sequence[str],
) -> list[str]:
    """What is not as it must be, a line each; empty when all is well."""
    return [
        *(f"the log tells of an error: {error}" for error in errors),
        *_mail(told, folder),
        *_mornings(folder),
        *_texts(told, twilio),
        *_stopped(twilio),
        *_answered(told, folder),
        *_letters(folder),
        *(fault for chapter in told for fault in (*_twice(chapter), *_after_payment(chapter), *_notice(chapter))),
        *_refusal(reasons),
        *await unsound(house.store.engine),
    ]


def _mail(told: Sequence[Chapter], folder: Folder) -> Iterator[str]:
    """The mailbox holds exactly what the database says has left, byte for byte."""
    arrived = [path.read_bytes() for path in customers_mail(folder)]
    ids = Counter(email.message_from_bytes(octets)["Message-ID"] for octets in arrived)
    yield from (f"the message {i} arrived {n} times" for i, n in ids.items() if n > 1)
    mails = [m for c in told for m in c.messages if m["road"] == "email" and m["state"] in _LEFT]
    sent, there = Counter(m["sha256"] for m in mails), Counter(hashlib.sha256(o).hexdigest() for o in arrived)
    if sent != there:
        yield f"{len(mails)} e-mails were sent, {(sent & there).total()} of the {len(arrived)} in the mailbox are these"


def _mornings(folder: Folder) -> Iterator[str]:
    """Our own people get one mail a morning at most."""
    got = Counter((mail["To"], mail["Date"].datetime.date()) for mail in map(opened, mornings(folder)))
    yield from (f"{to} got {n} mails on the morning of {day}" for (to, day), n in got.items() if n > 1)


def _texts(told: Sequence[Chapter], twilio: Twilio) -> Iterator[str]:
    """Twilio's books hold exactly what the database says has left, each text once."""
    texts = [m for c in told for m in c.messages if m["road"] == "sms" and m["sent_at"]]
    sent = Counter((m["place"], m["sha256"]) for m in texts)
    books = Counter((text.to, hashlib.sha256(text.body.encode()).hexdigest()) for text in twilio.sent)
    yield from (f"the same text went to {to} {n} times" for (to, _), n in books.items() if n > 1)
    if sent != books:
        yield f"{len(texts)} texts were sent, {(sent & books).total()} of the {len(twilio.sent)} at Twilio are these"


def _stopped(twilio: Twilio) -> Iterator[str]:
    """Who said STOP gets no text any more."""
    said = {text.sender: text.created for text in twilio.texts if text.direction == "inbound"}
    for sent in twilio.sent:
        if sent.to in said and sent.created >= said[sent.to]:
            yield f"{sent.to} got a text after STOP"


def _answered(told: Sequence[Chapter], folder: Folder) -> Iterator[str]:
    """Who answers by mail is left alone until Claire has written back in their thread; then the machine recalls it."""
    for answer in map(opened, sorted(folder.answers.glob("*.eml"))):
        whom = answer["From"].addresses[0].addr_spec
        (chapter,) = (c for c in told if whom in {a.where for a in c.case.facts.addresses})
        if not any(json.loads(e["body"] or "{}").get("kind") == "reply" for e in chapter.journal):
            yield f"{chapter.key} wrote, and the case did not stand still"
        mails = [
            mail for path in customers_mail(folder) if path.name.endswith(f"-{whom}.eml") if (mail := opened(path))
        ]
        since = [mail for mail in mails if mail["Date"].datetime > answer["Date"].datetime]
        if not since or since[0]["In-Reply-To"] != answer["Message-ID"]:
            yield f"{chapter.key} wrote, and what came next was no answer in the thread"
        elif len(since) < 2 or "suite à notre échange" not in "".join(text(since[1])):
            yield f"{chapter.key} wrote, and the next reminder did not begin with it"


def _letters(folder: Folder) -> Iterator[str]:
    sheets = [*folder.letters.rglob("*.pdf"), *folder.registered.rglob("*.pdf"), *folder.posted.glob("*.pdf")]
    yield from (f"{sheet} is no PDF" for sheet in sheets if not sheet.read_bytes().startswith(b"%PDF-"))


def _twice(chapter: Chapter) -> Iterator[str]:
    """No step of a term was performed twice."""
    done = Counter((line.term_id, line.step) for line in chapter.case.facts.lines if line.state is LineState.PERFORMED)
    yield from (f"{chapter.key}: {step} was performed {n} times for one term" for (_, step), n in done.items() if n > 1)


def _after_payment(chapter: Chapter) -> Iterator[str]:
    """Nothing left about a term that owed nothing, by the money that was booked when it left."""
    terms = {message.id: r.term_ids for r in chapter.case.facts.reminders for message in r.messages}
    for message in chapter.messages:
        if message["sent_at"]:
            owed = outstanding(chapter.case.facts.terms, _money_known(chapter, message["sent_at"]))
            if not all(owed[term] for term in terms.get(message["id"], ())):  # what people write names none
                yield f"{chapter.key}: message {message['id']} left after the payment"


def _money_known(chapter: Chapter, at: datetime) -> list[Money]:
    booked = [e["at"] for e in chapter.journal if e["event"] in ("payments booked", "credits booked")]
    money = sorted(chapter.case.facts.money, key=lambda m: m.id)
    return [m for m, known in zip(money, booked, strict=True) if known <= at]


def _notice(chapter: Chapter) -> Iterator[str]:
    """A notice is sealed only after a person has approved it."""
    for message in chapter.messages:
        if message["step"] != NOTICE or message["road"] != "registered":
            continue
        steps = [e["event"] for e in chapter.journal if json.loads(e["body"] or "{}").get("message") == message["id"]]
        if steps[:3] != ["message parked", "message approved", "message sealed"]:
            yield f"{chapter.key}: the notice went {', '.join(steps)}"


def _refusal(reasons: Sequence[str]) -> Iterator[str]:
    if not any("bank data cover until" in reason for reason in reasons):
        yield "why did not tell that the bank data are too old"
