"""Why does a case stand where it stands? The decision, and every question of the gate with its answer."""

from __future__ import annotations

from collections.abc import Iterator

from relanced.counter import Asked, Desk, Told, amount, moment
from relanced.premises import Conditions
from relanced.rules.decide import Decision, stand
from relanced.rules.gate import Moment, Strength, all_verdicts, ask
from relanced.rules.model import Reminder, Term
from relanced.rules.owed import balances
from relanced.rules.policy import Policy, Step
from relanced.rules.turns import FOLLOW_UP, followed, next_message, open_slots, rests, slots
from relanced.store.facts import Loaded


async def why(desk: Desk, asked: Asked) -> Told:
    """The reason for the next thing done, or for nothing being done."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    conditions = await desk.premises.conditions(desk.store)
    lines = [f"case {case_id}: {case.facts.debtor.name}", *await _reasons(desk, case, conditions)]
    return Told(tuple(lines), record={"case": case_id, "lines": lines})


async def _reasons(desk: Desk, case: Loaded, conditions: Conditions) -> list[str]:
    if desk.premises.creditor(case.facts.creditor) is None:
        return [f"creditor {case.facts.creditor} is not in the configuration: nothing is done"]
    await desk.premises.known(desk.store, [case])
    policy = desk.premises.policy(case)
    if policy is None:
        return [f"no policy fits (segment {case.facts.debtor.segment.value}): the debtor is never chased"]
    decision = desk.premises.decide(case, policy, desk.now)
    told = [f"policy {policy.name}; now: {decision.reason}", *_terms(desk, case, policy)]
    if case.creditor.opened_on is None:
        told.append(f"creditor {case.facts.creditor} is not opened: relanced open {case.facts.creditor}")
    if decision.step is not None and not decision.step.hand_over:
        told += _gate(desk, case, decision, conditions)
    elif decision.look_again:
        told.append(f"looked at again at {moment(decision.look_again, desk)} or when a fact changes")
    papers = await desk.store.proofs.of_case(case.facts.id)
    proved = [f"  {p['kind']} of {p['reference']}, {p['on_day']}: {p['name']}, by {p['by']}" for p in papers]
    return [*told, *_not_followed_up(desk, case, policy), *await _on_its_way(desk, case), *proved]


def _terms(desk: Desk, case: Loaded, policy: Policy) -> list[str]:
    owed, told = balances(case.facts), []
    for term in sorted(case.facts.terms, key=lambda t: t.due_on):
        if owed[term.id] <= 0:
            continue
        at = stand(case.facts, policy, term, owed[term.id], desk.now.date())
        step = f"next {at.step.name}" if at.step else "the ladder has ended"
        when = f" on {at.due}" if at.due else ""
        told.append(f"  {term.invoice} due {term.due_on}, owes {amount(owed[term.id], term.currency)}: {step}{when}")
        told += [f"    {words}" for words in _held(case, term, desk)]
    return told


def _held(case: Loaded, term: Term, desk: Desk) -> Iterator[str]:
    """What keeps this term back while others of the case may go on, or a part of it."""
    for hold in case.facts.holds:
        over = hold.until is not None and hold.until <= desk.now
        if hold.term_id == term.id and not over:
            part = f"{amount(hold.cents, term.currency)} of it " if hold.cents is not None else ""
            yield f"{part}on hold ({hold.kind.value}: {hold.reason})"


def _gate(desk: Desk, case: Loaded, decision: Decision, conditions: Conditions) -> list[str]:
    moment_ = _moment(desk, case, decision, conditions)
    if moment_ is None:
        return ["  no usable address on any road of the step"]
    told = []
    for verdict in all_verdicts(moment_):
        if verdict.strength is not Strength.ALLOW:
            until = f" (until {moment(verdict.until, desk)})" if verdict.until else ""
            told.append(f"  {verdict.strength.name.lower()}: {verdict.words}{until}")
    strongest = ask(moment_)
    return told or [f"  nothing speaks against it; the permit is good until {moment(strongest.until, desk)}"]


def _moment(desk: Desk, case: Loaded, decision: Decision, conditions: Conditions) -> Moment | None:
    step = decision.step
    live = case.facts.live
    turn = next_message(step, 0, (), case.facts.addresses, desk.premises.consent) if step else None
    if step is None or turn is None:
        return None
    approved = not step.approval or any(m.approved for m in (live.messages if live else ()))
    return desk.premises.moment(
        case, step, decision.lines, decision, turn.road, turn.address.id, desk.now, conditions, approved=approved
    )


def _not_followed_up(desk: Desk, case: Loaded, policy: Policy) -> list[str]:
    """The copies and next turns of performed reminders that have not left, nor wait to, and why not."""
    owed, told = balances(case.facts), []
    known = {step.name: step for step in policy.steps}
    for reminder in case.facts.reminders:
        step, on = known.get(reminder.step), reminder.performed_on
        owing = any(owed.get(t, 0) > 0 for t in reminder.term_ids)
        if step is None or on is None or not owing or reminder.round != case.facts.round:
            continue
        for slot in open_slots(step, reminder.messages, performed=True):
            why = _why_not(desk, case, reminder, step, slot)
            told.append(f"  {step.name} of {on}, {_slot(step, slot)}: {why}")
    return told


def _slot(step: Step, slot: int) -> str:
    return f"copy by {slots(step)[slot][0].value}" if slot else "another try"


def _why_not(desk: Desk, case: Loaded, reminder: Reminder, step: Step, slot: int) -> str:
    if rests(slot, reminder.messages, case.facts.addresses, desk.premises.consent):
        return "it did not arrive at an address that still serves: nothing follows by itself"
    turn = next_message(step, slot, reminder.messages, case.facts.addresses, desk.premises.consent)
    last = reminder.performed_on + FOLLOW_UP if reminder.performed_on else desk.now.date()
    if not followed(reminder, slot, step, case.facts, desk.now.date()):
        return f"passed over: it could not leave within {FOLLOW_UP.days} days, until {last}"
    until = f"until {last}, " if last >= desk.now.date() else ""
    return "no usable address" if turn is None else f"follows {until}as soon as nothing speaks against it"


async def _on_its_way(desk: Desk, case: Loaded) -> list[str]:
    rows = await desk.store.views.messages_of(case.facts.id)
    return [
        f"  message {m['id']} ({m['step']}, {m['road']}) is {m['state']}: {m['reason'] or m['words'] or ''}"
        for m in rows
        if m["state"] in ("planned", "parked", "submitting", "uncertain", "in_tray")
    ]
