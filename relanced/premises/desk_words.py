"""What the desk says besides reminders: to whom it goes, and the facts its wording may speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from relanced.premises.brief import brief, offer_facts
from relanced.premises.names import new_mail_id, new_reference
from relanced.premises.premises import Conditions, Premises
from relanced.rules.decide import Decision, Named
from relanced.rules.gate import Moment, Strength, calendar_open
from relanced.rules.given import DeskWord, Offer, Promise, PromiseState, WordKind
from relanced.rules.instalments import hushed, runs
from relanced.rules.model import LineKind, PaymentMode, Road
from relanced.rules.offers import progress, running
from relanced.rules.owed import askable, contested
from relanced.rules.policy import Step, Tone, When
from relanced.rules.promises import BROKEN, covered, share_of
from relanced.rules.turns import ways
from relanced.store.facts import Loaded
from relanced.store.saying import NewWord
from relanced.words.facts import PartFacts, ReminderFacts

# The wording of each kind; a reply has the words of whoever writes it.
WORDINGS = {
    WordKind.REPLY: "reponse",
    WordKind.PROMISE: "confirmation-promesse",
    WordKind.INSTALMENTS: "echeancier",
    WordKind.UPCOMING: "echeance-a-venir",
    WordKind.MISSED: "echeance-manquee",
    WordKind.OFFER: "offre",
    WordKind.THANKS: "remerciement",
}
OF_NO_LINE = (WordKind.REPLY, WordKind.THANKS)  # they speak of no amount
_OF_THE_REST = (WordKind.PROMISE, WordKind.UPCOMING, WordKind.MISSED)  # they ask for what has not come of it yet
_NOTICES = (WordKind.UPCOMING, WordKind.MISSED)  # nobody asked for them: they wait while a person is at work
_CONTESTED = "what it is about is contested"
FRESH = timedelta(days=5)  # how long after it was missed an instalment is still news


def new_word(
    premises: Premises, case: Loaded, kind: WordKind, key: str, now: datetime, to: str = "", **said: Any
) -> NewWord | None:
    """A word by mail, to that address if the case has it, else to the first contact who can be written to; None when
    nobody can."""
    creditor, door = premises.creditor(case.facts.creditor), premises.door(case.facts.creditor, Road.EMAIL)
    found = [address for _, address in ways((Road.EMAIL,), case.facts.addresses, premises.consent)]
    if creditor is None or door is None or not found:
        return None
    address = next((a for a in found if a.where.lower() == to.lower()), found[0])
    reference = new_reference()
    mail_id = new_mail_id(reference, str(creditor.send_as))
    whom = (door.name, address.id, address.where, address.name, reference, mail_id, now)
    return NewWord(kind, key, *whom, **said)


def desk_step(kind: WordKind) -> Step:
    """What the gate and the wording take for its step: it stands on no ladder."""
    return Step(WORDINGS[kind], Tone.COURTEOUS, When(0))


def desk_moment(
    premises: Premises,
    case: Loaded,
    kind: WordKind,
    now: datetime,
    conditions: Conditions,
    road: Road = Road.EMAIL,
    address_id: int | None = None,
) -> Moment:
    """The question put to the gate about a word of the desk; `now` is local."""
    nothing = Decision(None, "a word of the desk")
    return premises.moment(case, desk_step(kind), (), nothing, road, address_id, now, conditions, follows=True)


def leaves_on(premises: Premises, case: Loaded, kind: WordKind, now: datetime) -> datetime:
    """When the hours of contact let it leave: now, or once they open again. `now` is local."""
    verdict = calendar_open(desk_moment(premises, case, kind, now, Conditions()))
    return now if verdict.strength is Strength.ALLOW else verdict.until or now


def desk_facts(
    premises: Premises, case: Loaded, said: DeskWord, reference: str, contact: str, today: date
) -> ReminderFacts:
    """The facts as they stand today. Raises ValueError when what it speaks of is gone."""
    parts, offer = _parts(case, said), _offer(case, said)
    spoken_of: list[Promise | Offer] = [*parts, offer] if offer else [*parts]
    mine = {term for one in spoken_of for term, _ in one.terms} or {t.id for t in case.facts.terms}
    left = askable(case.facts)
    named = [t.id for t in case.facts.terms if t.id in mine and left[t.id] > 0] or sorted(mine)
    named = named[:1] if said.kind in OF_NO_LINE else named
    step, key = desk_step(said.kind), case.facts.creditor
    lines = [Named(i, step.name, LineKind.MAIN, left[i]) for i in named]
    house = (premises.config.creditors[key], premises.letterheads[key], premises.rates)
    facts = brief(case, step, lines, Road.EMAIL, reference, contact, today, *house)
    told = tuple(PartFacts(p.n, len(parts), p.on, p.cents, 0, PaymentMode(p.means), p.said_by) for p in parts)
    about = next((t for p, t in zip(parts, told, strict=True) if p.id == said.promise), None)
    if about and said.kind in _OF_THE_REST:
        about = _so_far(case, parts, next(p for p in parts if p.id == said.promise), about, said.kind)
    offered = offer_facts(case.facts, offer) if offer else None
    if offered is None and said.kind is WordKind.PROMISE and facts.offer and not facts.offer.lapsed:
        offered = facts.offer  # what was promised takes it up
    elif offered:
        about = PartFacts(0, 1, offered.until, offered.cents)
    return replace(facts, parts=told, part=about, broken=None, spoken_on=None, offer=offered)


def out_of_date(case: Loaded, said: DeskWord, today: date) -> str:
    """Why it must not be said any more; empty when it still holds."""
    if said.kind in OF_NO_LINE:
        return ""
    if said.kind is WordKind.OFFER:
        offer = next((o for o in running(case.facts.offers, today) if o.id == said.offer), None)
        if offer is None:
            return "the offer runs no more"
        come = progress(case.facts, offer)
        if not come.asks:
            return "what it asks has been paid"
        return "" if come.waived else "a credit note gave already what was to be let go"
    parts = _parts(case, said)
    about = [p for p in parts if said.promise in (None, p.id)]
    wanted = BROKEN if said.kind is WordKind.MISSED else (PromiseState.OPEN,)
    if not any(p.state in wanted and _rest(case, p) for p in about):
        return "what it speaks of has been paid, or was replaced"
    if any(_too_late(said.kind, p, today) for p in about):
        return "its day is over"
    agreed = said.kind is WordKind.PROMISE or any(runs(case.facts, p) for p in about)
    return "" if agreed else "the agreement is over"


def _too_late(kind: WordKind, part: Promise, today: date) -> bool:
    """Whether it comes too late to be said: the day it announces has come, or what it tells is no news any more."""
    if kind is WordKind.MISSED:
        return part.judged_on is not None and today > part.judged_on + FRESH
    return today > part.on if kind is WordKind.PROMISE else kind is WordKind.UPCOMING and today >= part.on


def held_up(case: Loaded, said: DeskWord, now: datetime) -> str:
    """Why it has to wait for a person: what was agreed or offered while more would be asked than is uncontested, a
    notice while somebody has spoken, or quiet was asked for. Empty when it need not."""
    if said.kind in _NOTICES:
        return next((hushed(case.facts, p, now) for p in case.facts.promises if p.id == said.promise), "")
    if said.kind is WordKind.OFFER:
        offer = _offer(case, said)
        return _CONTESTED if offer and contested(case.facts, now.date()).keys() & dict(offer.terms) else ""
    if said.kind in OF_NO_LINE:
        return ""
    parts = _parts(case, said)
    left, terms = askable(case.facts), {term for part in parts for term, _ in part.terms}
    wanted = sum(_rest(case, part) for part in parts)
    return _CONTESTED if wanted > sum(left.get(term, 0) for term in terms) else ""


def _parts(case: Loaded, said: DeskWord) -> Sequence[Promise]:
    """The promise it speaks of, or every instalment of its agreement."""
    if said.agreement is not None:
        return [p for p in case.facts.promises if p.agreement == said.agreement]
    return [p for p in case.facts.promises if p.id == said.promise]


def _so_far(case: Loaded, parts: Sequence[Promise], part: Promise, told: PartFacts, kind: WordKind) -> PartFacts:
    """An instalment with what has come of it; a missed one with all of those until then, once one before it was late:
    whoever has paid since has paid that one."""
    come = covered(case.facts, part)
    if kind is WordKind.MISSED and any(p.state in BROKEN for p in parts if p.n < part.n):
        done, credited = min(come.cents, part.upto), min(come.credited, part.upto)
        return replace(told, cents=part.upto, paid_cents=done, credited_cents=credited, all_until=True)
    mine = share_of(part, come)
    return replace(told, paid_cents=mine.cents, credited_cents=mine.credited)


def _rest(case: Loaded, part: Promise) -> int:
    """What has not come yet of a part; the parts before it are paid first."""
    return part.cents - share_of(part, covered(case.facts, part)).cents


def _offer(case: Loaded, said: DeskWord) -> Offer | None:
    """The offer it speaks of."""
    return next((o for o in case.facts.offers if o.id == said.offer), None)
