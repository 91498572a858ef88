"""A word of the desk as a mail: a reply, a confirmation, an offer, thanks, a notice around an instalment."""

from __future__ import annotations

from datetime import datetime, timedelta

from relanced.channel import Channel, MailDraft, Unfit
from relanced.flow.send.worded import Changed, Worded, withdrawn
from relanced.premises import Conditions, Premises, new_attempt
from relanced.premises.desk_words import (
    OF_NO_LINE,
    WORDINGS,
    desk_facts,
    desk_moment,
    desk_step,
    held_up,
    out_of_date,
)
from relanced.rules.gate import DESK_GATE, REPLY_GATE, Strength, Verdict, ask
from relanced.rules.given import DeskWord, WordKind
from relanced.rules.lifecycle import MessageEvent
from relanced.rules.promises import undecided
from relanced.store.facts import Loaded
from relanced.store.sealing import Permit, Seal
from relanced.store.sending import Ruling, Waiting
from relanced.words.errors import WordingError

HELD_AGAIN = timedelta(hours=1)  # when a word is asked about again that waits for a person


def desk_word(
    premises: Premises, door: Channel, message: Waiting, case: Loaded, conditions: Conditions, now: datetime
) -> Worded | Ruling | Changed:
    """Ready to be sealed, or why not now. The desk has a gate of its own: its words count as no contact."""
    said = case.words.get(message.id)
    why = out_of_date(case, said, now.date()) if said else "nobody says it any more"
    if said is None or why:
        return withdrawn(message, why)
    if said.kind not in OF_NO_LINE and undecided(case.facts, now.date(), case.creditor.covers):
        return Changed(case.facts.id)
    if wait := held_up(case, said, now):
        return Ruling(message.id, case.facts.id, MessageEvent.DEFER, wait, now + HELD_AGAIN)
    verdict = _asked(premises, message, case, said, conditions, now)
    until = max(verdict.until or now, now + timedelta(seconds=1))
    lapse_at = premises.lapse_at(desk_step(said.kind), now, case.facts.creditor)
    if verdict.strength is Strength.CANCEL:
        return withdrawn(message, verdict.words)
    if verdict.strength is Strength.PARK:
        return Ruling(message.id, case.facts.id, MessageEvent.PARK, verdict.words, lapse_at=lapse_at)
    if verdict.strength is Strength.DEFER:
        return Ruling(message.id, case.facts.id, MessageEvent.DEFER, verdict.words, until)
    try:
        parcel = door.compose(desk_mail(premises, message, case, until, now))
    except (WordingError, Unfit) as error:
        words = f"cannot be worded: {error}"
        return Ruling(message.id, case.facts.id, MessageEvent.PARK, words, lapse_at=lapse_at)
    permit = Permit(case.facts.version, case.creditor.version, conditions.epoch, until)
    about = (message.id, case.facts.id, None, case.facts.creditor, message.channel)
    return Worded(Seal(*about, parcel, permit), lapse_at)


def _asked(
    premises: Premises, message: Waiting, case: Loaded, said: DeskWord, conditions: Conditions, now: datetime
) -> Verdict:
    moment = desk_moment(premises, case, said.kind, now, conditions, message.road, message.address_id)
    return ask(moment, REPLY_GATE if said.kind is WordKind.REPLY else DESK_GATE)


def desk_mail(premises: Premises, message: Waiting, case: Loaded, until: datetime, now: datetime) -> MailDraft:
    """In the thread of what was written before; a person's reply is not marked as automatic. Raises WordingError."""
    said, key = case.words[message.id], case.facts.creditor
    try:
        facts = desk_facts(premises, case, said, message.reference, message.contact, now.date())
    except ValueError as error:
        raise WordingError(WORDINGS[said.kind], 0, str(error)) from error
    words, reply = premises.words[key], said.kind is WordKind.REPLY
    wording = WORDINGS[said.kind]
    mail = words.reply(said.subject, said.body, facts) if reply else words.mail(wording, facts, said.subject)
    return MailDraft(
        attempt=new_attempt(),
        reference=message.reference,
        deadline=until,
        sent_on=now,
        sender=str(premises.config.creditors[key].send_as),
        to=message.place,
        to_name=message.contact,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=message.mail_id,
        references=(*message.thread, *said.answers),
        automatic=not reply,
        enclosures=(),
    )
