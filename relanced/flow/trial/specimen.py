"""What a test says: a reminder as a debtor would see it, over an invoice that does not exist, marked as a test."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from relanced.channel import Draft, Form, MailDraft, PaperDraft, TextDraft
from relanced.config import Creditor
from relanced.counter import Misasked
from relanced.premises import Premises, new_mail_id, new_test
from relanced.rules.model import Road
from relanced.rules.policy import Step
from relanced.words import samples
from relanced.words.engine import Words
from relanced.words.facts import Addressee, Letterhead, LineFacts, ReminderFacts

REFERENCE = "TEST"
LASTS = timedelta(minutes=15)
NOTICE = "Ceci est un test de relanced : la facture ci-dessous n’existe pas, il n’y a rien à payer."
_NOBODY = "TEST, NE PAS POSTER"


class Specimen(Struct, frozen=True):
    """Which creditor writes to whom, by which road, in the words of which step."""

    creditor: Creditor
    road: Road
    step: Step
    to: str  # a mail address, a telephone number; for a letter, postal lines with " / " between them, or nothing


def drawn_up(specimen: Specimen, premises: Premises, form: Form, now: datetime) -> Draft:
    """The draft for a door of that form: a mail, a letter or a short text. Raises WordingError."""
    words = premises.words[specimen.creditor.key]
    facts = _facts(specimen, premises.letterheads[specimen.creditor.key], now)
    attempt, deadline = new_test(), now + LASTS
    if form is Form.MAIL:
        return _mail(specimen, words, facts, attempt, now)
    if form is Form.PAPER:
        said = words.letter(specimen.step.words, facts)
        about = {"creditor": specimen.creditor.key, "debtor": REFERENCE, "step": specimen.step.name}
        title = f"TEST : {said.title}"
        return PaperDraft(attempt, REFERENCE, deadline, said.address, title, said.pdf, said.pages, about)
    text = f"[TEST] {words.text(specimen.step.words, facts)}"
    return TextDraft(attempt, REFERENCE, deadline, specimen.to, text)


def _mail(specimen: Specimen, words: Words, facts: ReminderFacts, attempt: str, now: datetime) -> MailDraft:
    said, sender = words.mail(specimen.step.words, facts), str(specimen.creditor.send_as)
    return MailDraft(
        attempt=attempt,
        reference=REFERENCE,
        deadline=now + LASTS,
        sent_on=now,
        sender=sender,
        to=specimen.to,
        to_name="",
        subject=f"[TEST] {said.subject}",
        text=f"{NOTICE}\n\n{said.text}",
        html=re.sub(r"(<body[^>]*>)", rf"\1\n<p><strong>{html.escape(NOTICE)}</strong></p>", said.html, count=1),
        message_id=new_mail_id(REFERENCE, specimen.creditor.send_as.address),
    )


def _facts(specimen: Specimen, head: Letterhead, now: datetime) -> ReminderFacts:
    """The simplest sample, moved to today, in the creditor's name."""
    sample = samples.cases(specimen.step.words)["one"]
    moved = now.date() - sample.today
    return replace(
        sample,
        today=now.date(),
        reference=REFERENCE,
        step=specimen.step.name,
        tone=specimen.step.tone,
        road=specimen.road,
        letterhead=head,
        addressee=_addressee(specimen),
        lines=tuple(_dated(line, moved) for line in sample.lines),
        earlier=tuple(replace(e, on=e.on + moved) for e in sample.earlier),
        enclosed=(),
    )


def _dated(line: LineFacts, moved: timedelta) -> LineFacts:
    return replace(line, invoice=REFERENCE, issued_on=line.issued_on + moved, due_on=line.due_on + moved)


def _addressee(specimen: Specimen) -> Addressee:
    """Ourselves: on paper at the creditor's own address, unless another was asked for."""
    creditor = specimen.creditor
    lines = tuple(line.strip() for line in specimen.to.split(" / ")) if specimen.to else creditor.address
    on_paper = specimen.road in (Road.LETTER, Road.REGISTERED)
    if on_paper and len(lines) < 2 and specimen.to:
        raise Misasked('to: a letter goes to postal lines, like "12 RUE DES FORGES / 35000 RENNES"')
    return Addressee(_NOBODY if on_paper else creditor.name, address=lines if on_paper else creditor.address)
