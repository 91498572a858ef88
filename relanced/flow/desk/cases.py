"""Verbs about cases: the list, payments people know of, pauses, closing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount, moment, table
from relanced.flow.desk.working import how_it_ends
from relanced.rules.model import CaseFacts
from relanced.rules.owed import balances
from relanced.store.facts import Loaded

BEFORE_ITS_END = (timedelta(days=4), timedelta(days=1))  # when the end of a pause is announced: over a weekend too
CASES = ("case", "creditor", "debtor", "name", "state", "owed", "overdue", "policy", "note")


async def cases(desk: Desk, asked: Asked) -> Told:
    """The cases with something owed, or all."""
    state = None if asked.flag("all") else "open"
    ids = await desk.store.views.case_ids(asked.maybe("creditor"), state)
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    rows = [case_row(desk, case) for case in loaded]
    if asked.flag("no_policy"):
        rows = [r for r in rows if r["policy"] == ""]
    rows.sort(key=lambda r: (r["creditor"], -r["cents"]))
    return table(CASES, rows, none="no case is open")


def case_row(desk: Desk, case: Loaded) -> dict[str, Any]:
    """A case in one row of the list."""
    owed = balances(case.facts)
    late = {t.id: owed[t.id] for t in case.facts.terms if t.due_on < desk.now.date()}
    policy = desk.premises.policy(case)
    return {
        "case": case.facts.id,
        "creditor": case.facts.creditor,
        "debtor": case.facts.debtor.key,
        "name": case.facts.debtor.name,
        "state": case.state,
        "cents": sum(owed.values()),
        "owed": in_each(case.facts, owed),
        "overdue": in_each(case.facts, late),
        "policy": policy.name if policy else "",
        "note": _note(case, bool(policy)),
    }


def in_each(facts: CaseFacts, cents: Mapping[int, int]) -> str:
    """These amounts, by term, as one sum for each currency."""
    sums = dict.fromkeys([t.currency for t in facts.terms] or ["EUR"], 0)
    for term in facts.terms:
        sums[term.currency] += cents.get(term.id, 0)
    owing = {name: total for name, total in sums.items() if total}
    return ", ".join(amount(total, name) for name, total in (owing or dict([*sums.items()][:1])).items())


def _note(case: Loaded, fits: bool) -> str:
    said = ["crossed"] if case.crossed else []
    said += [f"hold: {h.kind.value}" for h in case.facts.holds]
    said += [] if fits else ["no policy fits: never chased"]
    return ", ".join(dict.fromkeys(said))


async def paid(desk: Desk, asked: Asked) -> Told:
    """A person knows that an invoice is paid: nothing about it leaves any more."""
    number, day = asked.text("invoice"), asked.day("on", desk.now.date())
    if day > desk.now.date():
        raise Misasked(f"on: {day} has not come yet")
    await desk.store.people.paid(asked.maybe("creditor"), number, day, asked.by, desk.now)
    return Told((f"invoice {number} counts as paid on {day}: relanced undo {number} takes it back",))


async def undo(desk: Desk, asked: Asked) -> Told:
    """The invoice is not paid after all."""
    number = asked.text("invoice")
    await desk.store.people.paid(asked.maybe("creditor"), number, None, asked.by, desk.now)
    return Told((f"invoice {number} is owed again as the books say",))


async def pause(desk: Desk, asked: Asked) -> Told:
    """A case stands still until the end of a day."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    until, why = asked.end_of("until", desk.now), asked.text("reason")
    remind_at = next((until - ahead for ahead in BEFORE_ITS_END if until - ahead > desk.now), None)
    await desk.store.people.pause(case_id, until, why, asked.by, desk.now, remind_at)
    return Told((f"case {case_id} stands still until {moment(until, desk)}: {why}",))


async def resume(desk: Desk, asked: Asked) -> Told:
    """The pause of a case ends, and what only the machine began; or, with accept, this copy of the database is the one
    that works."""
    if asked.flag("accept"):
        await desk.store.house.accept_copy(asked.by, desk.now)
        return Told(("this database works from now on: what the other copy sent since is not known here",))
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    ended = await desk.store.people.resume(case_id, asked.maybe("reason") or "", asked.by, desk.now)
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    still = {h.kind: f"{h.kind.value.replace('_', ' ')} ({how_it_ends(h.kind, case_id)})" for h in case.facts.holds}
    done = f"{ended} {'hold' if ended == 1 else 'holds'} ended" if ended else "nothing was paused"
    if still:
        return Told((f"case {case_id}: {done}; still on hold: {', '.join(still.values())}",))
    return Told((f"case {case_id} goes on ({done})" if ended else f"case {case_id} had no hold",))


async def close(desk: Desk, asked: Asked) -> Told:
    """What a case owes now is not pursued any more; or, with reopen, it is again."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    why = asked.text("reason")
    if asked.flag("reopen"):
        await desk.store.people.reopen(case_id, why, asked.by, desk.now)
        return Told((f"case {case_id} is open again",))
    terms = await desk.store.people.close(case_id, why, asked.by, desk.now, desk.now.date())
    return Told((f"case {case_id} is closed with {terms} terms; a new invoice opens it again",))


VERBS: dict[str, Verb] = {
    "cases": cases,
    "paid": paid,
    "undo": undo,
    "pause": pause,
    "resume": resume,
    "close": close,
}
