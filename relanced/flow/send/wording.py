"""One message that may leave: in which words, and in which exact bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from relanced.channel import Channel, Draft, Form, MailDraft, PaperDraft, Parcel, TextDraft, Unfit
from relanced.flow.send.allowing import Allowed, Gatekeeper, Told
from relanced.flow.send.calls import call_draft
from relanced.flow.send.desk_mail import desk_mail
from relanced.flow.send.documents import Duplicates, find_duplicates
from relanced.flow.send.worded import Worded
from relanced.premises import (
    Premises,
    brief,
    gist,
    new_attempt,
)
from relanced.rules.lifecycle import MessageEvent
from relanced.rules.model import Road
from relanced.rules.policy import Enclose
from relanced.store.facts import Loaded, case_key, place_key
from relanced.store.sealing import Seal
from relanced.store.sending import Ruling, Waiting
from relanced.store.tasks import Task
from relanced.words.errors import WordingError
from relanced.words.facts import ReminderFacts


class Drafted(Struct, frozen=True):
    """The same in its words, with the invoices it encloses."""

    allowed: Allowed
    draft: Draft
    duplicates: Duplicates


class Wording:
    """Words messages of one configuration through the open doors."""

    def __init__(self, premises: Premises, doors: Mapping[str, Channel]) -> None:
        self._premises = premises
        self._doors = doors

    async def draft(self, allowed: Allowed) -> Drafted | Ruling:
        """What it says."""
        message, told, until = allowed.message, allowed.told, allowed.permit.until
        try:
            return Drafted(allowed, *await self._drafted(message, told, until, allowed.now))
        except (WordingError, Unfit) as error:
            return self._unfit(allowed, error)

    def compose(self, drafted: Drafted) -> Worded | Ruling:
        """Its exact bytes, to be sealed."""
        allowed = drafted.allowed
        try:
            seal = self._seal(allowed, self._doors[allowed.message.channel].compose(drafted.draft))
        except Unfit as error:
            return self._unfit(allowed, error)
        return Worded(seal, self._lapse_at(allowed), _missing(allowed.told, drafted.duplicates), allowed.rest)

    def _unfit(self, allowed: Allowed, error: WordingError | Unfit) -> Ruling:
        ids, why = (allowed.message.id, allowed.told.case.facts.id), f"cannot be worded: {error}"
        return Ruling(*ids, MessageEvent.PARK, why, lapse_at=self._lapse_at(allowed))

    def _lapse_at(self, allowed: Allowed) -> datetime:
        told = allowed.told
        return self._premises.lapse_at(told.step, allowed.now, told.case.facts.creditor)

    async def preview(self, message: Waiting, case: Loaded, now: datetime) -> tuple[Draft, Parcel]:
        """What a message would say if it left now, for a person to read: no gate is asked. `now` is local.

        Raises WordingError or Unfit.
        """
        if message.reminder_id is None:
            mail = desk_mail(self._premises, message, case, now, now)
            return mail, self._doors[message.channel].compose(mail)
        told = Gatekeeper(self._premises, self._doors).told(message, case, now)
        if told is None or not told.lines:
            raise Unfit("its step is not in the policy any more, or nothing of it is owed")
        draft, _duplicates = await self._drafted(message, told, now, now)
        return draft, self._doors[message.channel].compose(draft)

    async def _drafted(self, message: Waiting, told: Told, until: datetime, now: datetime) -> tuple[Draft, Duplicates]:
        duplicates = await self._duplicates(told)
        door = self._doors[message.channel]
        facts = brief(
            told.case,
            told.step,
            told.lines,
            message.road,
            message.reference,
            message.contact,
            now.date(),
            self._premises.config.creditors[told.case.facts.creditor],
            self._premises.letterheads[told.case.facts.creditor],
            self._premises.rates,
            duplicates.enclosed,
            duplicates.missing,
            told.reminder.id,
        )
        return await self._said(message, told, door.form, facts, duplicates, until, now), duplicates

    async def _duplicates(self, told: Told) -> Duplicates:
        if told.step.enclose is not Enclose.INVOICES:
            return Duplicates()
        known = {t.id: t.invoice for t in told.case.facts.terms}
        documents = self._premises.config.creditors[told.case.facts.creditor].documents
        return await asyncio.to_thread(find_duplicates, documents, [known[n.term_id] for n in told.lines])

    async def _said(
        self,
        message: Waiting,
        told: Told,
        form: Form,
        facts: ReminderFacts,
        duplicates: Duplicates,
        until: datetime,
        now: datetime,
    ) -> Draft:
        if form is Form.PAPER:
            return await asyncio.to_thread(self._paper, message, told, facts, duplicates, until)
        words = self._premises.words[told.case.facts.creditor]
        attempt = new_attempt()
        if form is Form.TEXT:
            return TextDraft(attempt, message.reference, until, message.place, words.text(told.step.words, facts))
        if form is Form.CALL:
            return call_draft(message, told.case, facts, words.call(told.step.words, facts), until)
        said = words.mail(told.step.words, facts)
        creditor = self._premises.config.creditors[told.case.facts.creditor]
        return MailDraft(
            attempt=attempt,
            reference=message.reference,
            deadline=until,
            sent_on=now,
            sender=str(creditor.send_as),
            to=message.place,
            to_name=message.contact,
            subject=said.subject,
            text=said.text,
            html=said.html,
            message_id=message.mail_id,
            references=message.thread,
            automatic=True,
            enclosures=duplicates.enclosures,
        )

    def _paper(
        self, message: Waiting, told: Told, facts: ReminderFacts, duplicates: Duplicates, until: datetime
    ) -> PaperDraft:
        said = self._premises.words[told.case.facts.creditor].letter(told.step.words, facts)
        if said.missing_glyphs:
            raise WordingError(told.step.words, 0, f"no font has the characters {' '.join(said.missing_glyphs)}")
        pdf, pages = said.pdf, said.pages
        if duplicates.enclosures:
            from relanced.words.enclosures import append_enclosures  # slow to import, and rarely needed

            pdf, pages = append_enclosures(pdf, duplicates.enclosures)
        sidecar = {"creditor": told.case.facts.creditor, "debtor": told.case.facts.debtor.key, "step": told.step.name}
        return PaperDraft(new_attempt(), message.reference, until, said.address, said.title, pdf, pages, sidecar)

    def _seal(self, allowed: Allowed, parcel: Parcel) -> Seal:
        message, told, case = allowed.message, allowed.told, allowed.told.case
        touches = () if told.follows else _touches(message, case, allowed.permit.until)
        return Seal(
            message.id,
            case.facts.id,
            message.reminder_id,
            case.facts.creditor,
            message.channel,
            parcel,
            allowed.permit,
            touches,
            _gist(told, self._doors[message.channel].form, allowed.now),
        )


def _gist(told: Told, form: Form, now: datetime) -> str:
    """What must stay true of a sheet or a call, which waits for a person; a mail or a text leaves at once."""
    if form not in (Form.PAPER, Form.CALL):
        return ""
    return gist(told.case, told.lines, told.reminder.id, now.date())


def _touches(message: Waiting, case: Loaded, until: datetime) -> tuple[tuple[str, int], ...]:
    """The contacts this message counts as: with the debtor, and at the address over all debtors."""
    today = (until - timedelta(microseconds=1)).date()
    mine = sum(1 for day in case.facts.touched_on if day == today)
    touched = [(case_key(case.facts.id), mine)]
    if message.road is not Road.REGISTERED:
        there = sum(1 for where, day in case.facts.address_days if where == message.place and day == today)
        touched.append((place_key(message.place, case.facts.debtor.name), there))
    return tuple(touched)


def _missing(told: Told, duplicates: Duplicates) -> tuple[Task, ...]:
    facts = told.case.facts
    return tuple(
        Task(
            "duplicate missing",
            f"duplicate:{facts.creditor}:{number}",
            f"no PDF of invoice {number} was found to enclose for {facts.debtor.name}",
            facts.creditor,
            facts.id,
            told.case.owner,
        )
        for number in duplicates.missing
    )
