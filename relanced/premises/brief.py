"""From a case and the lines of a reminder to the facts its wording may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from relanced.config import Creditor
from relanced.rules.calls import answered
from relanced.rules.claim import Claim, ClaimTerm, claim
from relanced.rules.decide import Named
from relanced.rules.given import Offer, OfferState, Promise
from relanced.rules.model import CaseFacts, LineKind, MessageState, Reminder, Road, Term
from relanced.rules.offers import progress
from relanced.rules.owed import askable, balances
from relanced.rules.policy import Step, Tone
from relanced.rules.promises import covered, share_of
from relanced.rules.rates import RateTable
from relanced.rules.recalls import recalls
from relanced.store.facts import Loaded
from relanced.words.facts import Addressee, BrokenFacts, EarlierFacts, Letterhead, LineFacts, OfferFacts, ReminderFacts


def brief(
    case: Loaded,
    step: Step,
    lines: Sequence[Named],
    road: Road,
    reference: str,
    contact: str,
    today: date,
    creditor: Creditor,
    head: Letterhead,
    rates: RateTable,
    enclosed: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    reminder_id: int | None = None,
) -> ReminderFacts:
    """The facts of one reminder as they stand today."""
    facts = case.facts
    left, owed = balances(facts), askable(facts)
    known = {t.id: t for t in facts.terms}
    before, terms = _left_before(facts, reminder_id), {n.term_id for n in lines}
    named = [(n.kind, _line(known[n.term_id], owed[n.term_id], today, left[n.term_id])) for n in lines]
    last = _last_of(before)
    recalled = recalls(facts, terms, last, today)
    return ReminderFacts(
        today=today,
        reference=reference,
        step=step.name,
        tone=step.tone,
        segment=facts.debtor.segment,
        road=road,
        letterhead=head,
        addressee=_addressee(facts, contact),
        lines=tuple(line for kind, line in named if kind is not LineKind.ABSORBED),
        absorbed=tuple(line for kind, line in named if kind is LineKind.ABSORBED),
        claim=claim_of(facts, lines, creditor, rates, today) if step.tone >= Tone.FIRM else None,
        deadline_days=step.deadline,
        earlier=tuple(told for reminder, told in before if terms & set(reminder.term_ids)),
        enclosed=enclosed,
        missing=missing,
        broken=_broken(facts, recalled.broken) if recalled.broken else None,
        offer=offer_facts(facts, recalled.offer) if recalled.offer else None,
        spoken_on=case.spoken_on if case.spoken_on and case.spoken_on >= last else None,
        agreed_on=recalled.missed.said_on if recalled.missed else None,
    )


OVERTAKEN = "what it says is not so any more"  # of a sheet with another gist


def gist(case: Loaded, lines: Sequence[Named], reminder_id: int, today: date) -> str:
    """What a reminder asks for, to which account, and what it recalls, in a mark: while it stays the same, a sheet in a
    tray is true. The account is the one that people confirmed: until then the gate keeps the sheet where it is."""
    asked, last = (f"{n.term_id}={n.cents}" for n in lines), _last_of(_left_before(case.facts, reminder_id))
    recalled = recalls(case.facts, {n.term_id for n in lines}, last, today)
    return " ".join([case.creditor.iban, *sorted(asked), *recalled.marks(case.facts)])


def letterhead(creditor: Creditor, logo: bytes = b"") -> Letterhead:
    """The creditor as printed."""
    signer = creditor.sign
    return Letterhead(
        name=creditor.name,
        reply_to=creditor.send_as.address,
        signer=signer.name if signer else creditor.send_as.name or creditor.name,
        capacity=(signer.title or "") if signer else "",
        legal=creditor.legal or "",
        siren=creditor.siren,
        address=creditor.address,
        phone=creditor.phone or "",
        iban=creditor.iban,
        bic=creditor.bic or "",
        logo=logo,
    )


def _addressee(facts: CaseFacts, contact: str) -> Addressee:
    debtor = facts.debtor
    person = contact if contact not in ("", debtor.name) else ""
    return Addressee(debtor.name, person, debtor.siren, debtor.address)


def _line(term: Term, cents: int, today: date, left: int) -> LineFacts:
    return LineFacts(
        invoice=term.invoice,
        issued_on=term.issued_on,
        due_on=term.due_on,
        cents=term.cents,
        open_cents=cents,
        days_late=max(0, (today - term.due_on).days),
        n=term.n,
        of=term.of,
        invoice_cents=term.invoice_cents,
        order_number=term.order_number,
        currency=term.currency,
        contested_cents=left - cents,
    )


def _broken(facts: CaseFacts, word: Promise) -> BrokenFacts:
    return BrokenFacts(word.said_on or word.on, word.on, word.cents, share_of(word, covered(facts, word)).paid)


def offer_facts(facts: CaseFacts, offer: Offer) -> OfferFacts:
    """An offer as a wording may speak of it: what was paid on it since is asked for no more."""
    mine, come = dict(offer.terms), progress(facts, offer)
    invoices = dict.fromkeys(t.invoice for t in facts.terms if t.id in mine)
    parted = any(t.invoice in invoices and t.id not in mine for t in facts.terms)
    said_on, lapsed = offer.said_on or offer.until, offer.state is OfferState.LAPSED
    return OfferFacts(said_on, offer.until, come.asks, come.waived, tuple(invoices), lapsed, parted)


def _left_before(facts: CaseFacts, reminder_id: int | None) -> list[tuple[Reminder, EarlierFacts]]:
    """The reminders that left before this one and still stand, oldest first; no call that reached nobody."""
    told = []
    left = (MessageState.SENT, MessageState.DELIVERED)
    for reminder in facts.reminders:
        first = [m for m in reminder.messages if m.state in left and answered(m)]
        if reminder.id != reminder_id and reminder.performed_on and first:
            told.append((reminder, EarlierFacts(reminder.performed_on, reminder.step, first[0].road)))
    return sorted(told, key=lambda one: one[1].on)


def _last_of(before: list[tuple[Reminder, EarlierFacts]]) -> date:
    """The day of the last of them."""
    return before[-1][1].on if before else date.min


def claim_of(facts: CaseFacts, lines: Sequence[Named], creditor: Creditor, rates: RateTable, until: date) -> Claim:
    """The *décompte* of these lines: interest runs on what is still owed, never on what was paid meanwhile."""
    owed = askable(facts)
    known = {t.id: t for t in facts.terms}
    notices = {line.term_id: line.clock_from for line in facts.lines if line.clock_from}
    terms = [
        ClaimTerm(known[n.term_id].invoice, known[n.term_id].due_on, owed[n.term_id], notice_on=notices.get(n.term_id))
        for n in lines
    ]
    return claim(terms, facts.debtor.segment, until, rates, creditor.penalty)
