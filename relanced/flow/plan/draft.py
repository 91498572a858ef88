"""From one case and what is due to a plan. Pure but for the random names it gives to new messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from msgspec.structs import replace

from relanced.flow.plan.notices import next_day, notices
from relanced.flow.plan.offered import after_an_offer, settled
from relanced.flow.plan.reminders import IN_MOTION, WAITING, Reminders
from relanced.premises import Conditions, Premises
from relanced.premises.unsaid import no_longer_missed, not_arrived, waits_in_vain
from relanced.rules.calls import kept_their_word
from relanced.rules.decide import Decision
from relanced.rules.given import Promise, PromiseState
from relanced.rules.lifecycle import CaseState
from relanced.rules.model import HoldKind
from relanced.rules.offers import ruled
from relanced.rules.owed import balances
from relanced.rules.policy import Policy
from relanced.rules.promises import BROKEN, Judged, judged, made_good
from relanced.store.calling import follow_up_key
from relanced.store.deadlines import ends_key
from relanced.store.disputed import dispute_key
from relanced.store.facts import Loaded
from relanced.store.planning import Plan
from relanced.store.saying import NewWord
from relanced.store.tasks import Task, promise_key


def plan_case(case: Loaded, premises: Premises, conditions: Conditions, now: datetime) -> Plan:
    """What to write for the case; `now` is local."""
    idle = _idle(case, premises, now)
    over = ruled(case.facts, now.date(), case.creditor.covers)
    if over:
        return replace(idle, ruled=over, tasks=tuple(after_an_offer(case, one) for one in over if one.left))
    found = judged(case.facts, now.date(), case.creditor.covers)
    if found:
        told = tuple(_broken(case, one) for one in found if one.state in BROKEN)
        return replace(idle, judged=found, tasks=told, done_tasks=(*idle.done_tasks, follow_up_key(case.facts.id)))
    if case.creditor.opened_on is None or premises.creditor(case.facts.creditor) is None:
        return idle
    policy = premises.policy(case)
    if policy is None:
        return _without_policy(case, idle)
    decision = premises.decide(case, policy, now)
    said = notices(case, premises, now)
    plan = replace(
        idle,
        look_at=_earliest(decision.look_again, next_day(case, now.date()), now),
        passes=decision.passes,
        tasks=tuple(_ladder_ended(case, term_id) for term_id in decision.ended),
        done_tasks=(*idle.done_tasks, *_no_longer_ended(case, policy, decision)),
        says=tuple(one for one in said if isinstance(one, NewWord)),
        once=idle.once + tuple(one for one in said if isinstance(one, Task)),
        policy_digest=_kept(case, premises, policy) if idle.state == CaseState.OPEN else None,
        policy_body=_body(case, premises) if idle.state == CaseState.OPEN else "",
    )
    return Reminders(case, premises, conditions, now, policy, decision).drawn_into(plan)


def _idle(case: Loaded, premises: Premises, now: datetime) -> Plan:
    """Nothing is done but to look after the words of the desk; the case is open while a term that was not closed owes
    anything."""
    owed = balances(case.facts)
    open_terms = [t for t in case.facts.terms if owed[t.id] > 0]
    state = CaseState.OPEN if any(not t.closed_on for t in open_terms) else CaseState.CLEAR
    if open_terms and state is CaseState.CLEAR:
        state = CaseState.CLOSED
    live = case.facts.live
    newest = max((m.id for r in case.facts.reminders for m in r.messages), default=0)
    return Plan(
        case.facts.id,
        case.facts.version,
        None,
        state.value,
        case.policy_digest if state is CaseState.OPEN else None,
        seen_live=live.id if live else None,
        seen_message=newest,
        seen_look=case.look_at,
        done_tasks=_done(case, owed, now),
        once=not_arrived(premises, case, now.date()),
        cancel=waits_in_vain(premises, case),
        paid_up=_paid_up(case, owed),
    )


def _paid_up(case: Loaded, owed: Mapping[int, int]) -> tuple[int, ...]:
    """The agreements that still keep something quiet, though every instalment was judged and nothing is owed."""
    held = {hold.term_id for hold in case.facts.holds if hold.kind is HoldKind.INSTALMENTS}
    parts = [p for p in case.facts.promises if p.agreement is not None and held & set(dict(p.terms))]
    still = {p.agreement for p in parts if p.state is PromiseState.OPEN or any(owed.get(t) for t, _ in p.terms)}
    return tuple(sorted({p.agreement for p in parts if p.agreement is not None} - still))


def _done(case: Loaded, owed: Mapping[int, int], now: datetime) -> tuple[str, ...]:
    """What nobody has to look after any more: words that were kept, holds whose end has come."""
    over = tuple(ends_key(h.id) for h in case.facts.holds if h.until is not None and h.until <= now)
    kept = (follow_up_key(case.facts.id),) if kept_their_word(case.facts.holds, owed) else ()
    broken = (p for p in case.facts.promises if p.state in BROKEN and _is_paid(case, p, owed))
    paid = tuple(promise_key(p.id) for p in broken) + settled(case.facts.offers, owed)
    return kept + over + paid + _no_longer_contested(case, owed) + no_longer_missed(case, now.date())


def _no_longer_contested(case: Loaded, owed: Mapping[int, int]) -> tuple[str, ...]:
    """Nobody looks into what was contested of an invoice that owes nothing any more."""
    held = {h.term_id for h in case.facts.holds if h.kind is HoldKind.DISPUTE}
    contested = [t for t in case.facts.terms if t.id in held]
    still = {t.invoice for t in contested if owed[t.id] > 0}
    return tuple(dispute_key(case.facts.id, number) for number in {t.invoice for t in contested} - still)


def _is_paid(case: Loaded, word: Promise, owed: Mapping[int, int]) -> bool:
    """Whether a broken word was kept later, or nothing of it is owed any more."""
    return not any(owed.get(t) for t, _ in word.terms) or made_good(case.facts, word)


def _earliest(moment: datetime | None, day: date | None, now: datetime) -> datetime | None:
    """Whichever comes first: a moment, or the start of a local day."""
    start = datetime.combine(day, time.min, tzinfo=now.tzinfo) if day else None
    return min((m for m in (moment, start) if m), default=None)


def _broken(case: Loaded, one: Judged) -> Task:
    """Somebody should know: nothing, or not all, of what was promised has come."""
    facts, word = case.facts, one.promise
    paid = f"{one.paid / 100:.2f} of {word.cents / 100:.2f}"
    kind, what = ("missed instalment", "instalment") if word.agreement else ("broken promise", "promise")
    came_back = ": a payment came back" if word.state is PromiseState.KEPT else ""
    words = f"{facts.debtor.name}: {what} for {word.on}, {paid} was paid{came_back}"
    return Task(kind, promise_key(word.id), words, facts.creditor, facts.id, case.owner)


def _without_policy(case: Loaded, idle: Plan) -> Plan:
    """No policy fits any more: nothing of the case leaves."""
    why, live = "no policy fits the debtor any more", case.facts.live
    waiting = tuple((m.id, why) for r in case.facts.reminders for m in r.messages if m.state in WAITING)
    gone = live is not None and not any(m.state in IN_MOTION for m in live.messages)
    return replace(idle, cancel=idle.cancel + waiting, withdraw=live.id if live and gone else None, withdraw_why=why)


def _kept(case: Loaded, premises: Premises, policy: Policy) -> str | None:
    """The digest of the policy as configured, roads and all: the snapshot the case keeps until nothing is open."""
    return case.policy_digest or (chosen.digest if (chosen := premises.chosen(case)) else policy.digest)


def _body(case: Loaded, premises: Premises) -> str:
    chosen = premises.chosen(case)
    return "" if case.policy_digest or chosen is None else chosen.to_json()


def _ladder_ended(case: Loaded, term_id: int) -> Task:
    term = next(t for t in case.facts.terms if t.id == term_id)
    words = f"{case.facts.debtor.name}: invoice {term.invoice} has climbed every step and is still owed"
    return Task("ladder ended", _ended_key(case, term_id), words, case.facts.creditor, case.facts.id, case.owner)


def _ended_key(case: Loaded, term_id: int) -> str:
    return f"ended:{case.facts.id}:{term_id}"


def _no_longer_ended(case: Loaded, policy: Policy, decision: Decision) -> tuple[str, ...]:
    last = policy.steps[-1].name
    climbed = {line.term_id for line in case.facts.lines if line.step == last}
    return tuple(_ended_key(case, t) for t in sorted(climbed - set(decision.ended)))
