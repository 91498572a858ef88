"""Verbs about cases: the list, one whole, payments people know of, pauses, closing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount, moment, table
from relanced.flow.desk.proofs import paper_line, proof_line
from relanced.rules.habits import in_words
from relanced.rules.model import Hold
from relanced.rules.owed import balances, overdue
from relanced.rules.promises import word_of_the_last
from relanced.store.facts import Loaded

BEFORE_ITS_END = (timedelta(days=4), timedelta(days=1))  # when the end of a pause is announced: over a weekend too
CASES = ("case", "creditor", "debtor", "name", "state", "owed", "overdue", "policy", "note")


async def cases(desk: Desk, asked: Asked) -> Told:
    """The cases with something owed, or all."""
    state = None if asked.flag("all") else "open"
    ids = await desk.store.views.case_ids(asked.maybe("creditor"), state)
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    rows = [_row(desk, case) for case in loaded]
    if asked.flag("no_policy"):
        rows = [r for r in rows if r["policy"] == ""]
    rows.sort(key=lambda r: (r["creditor"], -r["cents"]))
    return table(CASES, rows, none="no case is open")


def _row(desk: Desk, case: Loaded) -> dict[str, Any]:
    owed = balances(case.facts)
    currency = case.facts.terms[0].currency if case.facts.terms else "EUR"
    policy = desk.premises.policy(case)
    return {
        "case": case.facts.id,
        "creditor": case.facts.creditor,
        "debtor": case.facts.debtor.key,
        "name": case.facts.debtor.name,
        "state": case.state,
        "cents": sum(owed.values()),
        "owed": amount(sum(owed.values()), currency),
        "overdue": amount(overdue(case.facts.terms, owed, desk.now.date()), currency),
        "policy": policy.name if policy else "",
        "note": _note(case, bool(policy)),
    }


def _note(case: Loaded, fits: bool) -> str:
    said = ["crossed"] if case.crossed else []
    said += [f"hold: {h.kind.value}" for h in case.facts.holds]
    said += [] if fits else ["no policy fits: never chased"]
    return ", ".join(dict.fromkeys(said))


async def show(desk: Desk, asked: Asked) -> Told:
    """One case whole: terms, habits, holds, addresses, all that was written, the last words of its journal."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    await desk.premises.known(desk.store, [case])
    views = desk.store.views
    messages, entries = await views.messages_of(case_id), await views.journal_of(case_id, 30)
    tasks, proofs = await views.tasks(case_id), await desk.store.proofs.of_case(case_id)
    papers = await desk.store.proofs.papers_of(case_id)
    row, words = await desk.store.edits.row(case_id), await desk.store.promises.of_case(case_id)
    lines = [
        f"case {case_id}: {case.facts.debtor.name} ({case.facts.debtor.key}), owes {case.facts.creditor}",
        f"state {case.state}, segment {case.facts.debtor.segment.value}, owner {case.owner or 'nobody'}"
        + (", CROSSED: a fact changed while a message was leaving" if case.crossed else ""),
        f"version {row['version']}, {_hands(desk, row)}" + (f", not paid: {row['cause']}" if row["cause"] else ""),
        "; ".join(said for said in (in_words(case.facts.habits), word_of_the_last(case.facts.promises)) if said),
        "",
        *_terms(case),
        "",
        *(_hold(desk, h) for h in case.facts.holds),
        *(_word(w) for w in words),
        *(f"task {t['id']}: {t['kind']}: {t['words']}" for t in tasks),
        *(f"{a.road.value} {a.where.replace(chr(10), ', ')}" + _address(a) for a in case.facts.addresses),
        "",
        *(_message(desk, m) for m in messages),
        *(proof_line(desk, p) for p in proofs),
        *(paper_line(desk, p) for p in papers),
        "",
        *(f"{moment(e['at'], desk)}  {e['by']:<10} {e['event']}  {_words(e['body'])}" for e in entries),
    ]
    record = {"case": case_id, "messages": messages, "journal": entries, "tasks": tasks, "proofs": proofs}
    told = {
        "version": row["version"],
        "taken_by": row["taken_by"],
        "cause": row["cause"],
        "promises": words,
        "papers": papers,
    }
    return Told(tuple(lines), record={**record, **told, **_row(desk, case)})


def _hands(desk: Desk, row: Mapping[str, Any]) -> str:
    return (
        f"in the hands of {row['taken_by']} since {moment(row['taken_at'], desk)}" if row["taken_by"] else "in no hands"
    )


def _hold(desk: Desk, h: Hold) -> str:
    part = f" ({amount(h.cents)} of it)" if h.cents is not None else ""
    until = moment(h.until, desk) or "released"
    return f"hold {h.id}: {h.kind.value}{part}, {h.reason}, until {until}" + (f", {h.owner}'s" if h.owner else "")


def _word(w: Mapping[str, Any]) -> str:
    what = f"instalment {w['n']}" if w["agreement_id"] else "promise"
    said = f" by {w['said_by']}" if w["said_by"] else ""
    paid = f", {amount(w['paid'], w['currency'])} paid" if w["judged_on"] else ""
    return f"{what} of {amount(w['cents'], w['currency'])} for {w['on_day']}{said}: {w['state']}{paid}"


def _terms(case: Loaded) -> list[str]:
    owed = balances(case.facts)
    last: dict[int, str] = {}
    for line in case.facts.lines:
        last[line.term_id] = f"{line.step} {line.state.value.replace('_', ' ')} on {line.on}"
    return [
        f"invoice {t.invoice}" + (f" ({t.n})" if t.n > 1 else "") + f" of {t.issued_on}, due {t.due_on}: "
        f"owes {amount(owed[t.id], t.currency)} of {amount(t.cents, t.currency)}" + f"; {last.get(t.id, 'no step yet')}"
        for t in sorted(case.facts.terms, key=lambda t: t.due_on)
    ]


def _address(a: Any) -> str:
    return (f" ({a.name})" if a.name else "") + (f", dead since {a.dead_since}" if a.dead_since else "")


def _message(desk: Desk, m: dict[str, Any]) -> str:
    when = moment(m["sent_at"] or m["planned_at"], desk)
    said = m["words"] or m["reason"] or ""
    return f"message {m['id']} {m['reference']}: {m['step'] or ''} by {m['road']}, {m['state']} {when}  {said}"


def _words(body: str | None) -> str:
    told = json.loads(body) if body else {}
    return ", ".join(f"{k}={v}" for k, v in told.items() if k not in ("sha256", "attempt"))[:160]


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
    """A case goes on; or, with accept, this copy of the database is the one that works."""
    if asked.flag("accept"):
        await desk.store.house.accept_copy(asked.by, desk.now)
        return Told(("this database works from now on: what the other copy sent since is not known here",))
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    ended = await desk.store.people.resume(case_id, asked.maybe("reason") or "", asked.by, desk.now)
    return Told((f"case {case_id} goes on ({ended} holds ended)" if ended else f"case {case_id} had no hold",))


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
    "show": show,
    "paid": paid,
    "undo": undo,
    "pause": pause,
    "resume": resume,
    "close": close,
}
