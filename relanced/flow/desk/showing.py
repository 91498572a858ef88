"""The verb that shows one case whole: who owes what and how they pay, what stands still, and the conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from relanced.counter import Asked, Desk, Told, Verb, amount, moment
from relanced.flow.desk.cases import case_row
from relanced.flow.desk.proofs import paper_line, proof_line
from relanced.flow.desk.thread import Event, as_record, lines_of, thread
from relanced.rules.habits import in_words
from relanced.rules.model import Address, Consent, Hold
from relanced.rules.owed import balances
from relanced.rules.promises import word_of_the_last
from relanced.store.facts import Loaded

Row = Mapping[str, Any]
LATEST = 1000  # entries of the journal that are looked at


class _Whole(Struct, frozen=True):
    """All that is known of a case."""

    case: Loaded
    row: Row
    words: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    proofs: list[dict[str, Any]]
    papers: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    said: list[Event]


async def show(desk: Desk, asked: Asked) -> Told:
    """One case whole: its head, its terms, what stands still, its papers, and all that was said; `brief`: not in full
    words."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    known = await _known(desk, case_id, whole=not asked.flag("brief"))
    parts = (
        _head(desk, known.case, known.row),
        _terms(known.case),
        _standing(desk, known),
        map(_address, known.case.facts.addresses),
        (*(proof_line(desk, p) for p in known.proofs), *(paper_line(desk, p) for p in known.papers)),
        (line for event in known.said for line in lines_of(event, desk)),
    )
    return Told(tuple(_apart(*map(list, parts))), record=_record(desk, known))


async def _known(desk: Desk, case_id: int, whole: bool) -> _Whole:
    store = desk.store
    (case,) = await store.planning.load([case_id], desk.now.date())
    await desk.premises.known(store, [case])
    messages, journal = await store.views.messages_of(case_id), await store.views.journal_of(case_id, LATEST)
    return _Whole(
        case,
        await store.edits.row(case_id),
        await store.promises.of_case(case_id),
        await store.offers.of_case(case_id),
        await store.views.tasks(case_id),
        await store.proofs.of_case(case_id),
        await store.proofs.papers_of(case_id),
        messages,
        journal,
        await thread(desk, case_id, messages, journal, whole),
    )


def _record(desk: Desk, known: _Whole) -> dict[str, Any]:
    habits = known.case.facts.habits
    return {
        **case_row(desk, known.case),
        **{name: known.row[name] for name in ("version", "taken_by", "cause")},
        "paid_invoices": habits.paid_invoices,
        "mean_lateness": habits.mean_lateness,
        "promises": known.words,
        "offers": known.offers,
        "tasks": known.tasks,
        "messages": known.messages,
        "proofs": known.proofs,
        "papers": known.papers,
        "journal": known.journal[-30:],
        "thread": [as_record(event) for event in known.said],
    }


def _apart(*parts: list[str]) -> Iterator[str]:
    """The parts that say anything, an empty line between them."""
    for n, part in enumerate(part for part in parts if part):
        yield from ([""] if n else []) + part


def _head(desk: Desk, case: Loaded, row: Row) -> Iterator[str]:
    facts = case.facts
    yield f"case {facts.id}: {facts.debtor.name} ({facts.debtor.key}), owes {facts.creditor}"
    crossed = ", CROSSED: a fact changed while a message was leaving" if case.crossed else ""
    yield f"state {case.state}, segment {facts.debtor.segment.value}, owner {case.owner or 'nobody'}{crossed}"
    taken = f"in the hands of {row['taken_by']} since {moment(row['taken_at'], desk)}" if row["taken_by"] else ""
    cause = f", not paid: {row['cause']}" if row["cause"] else ""
    yield f"version {row['version']}, {taken or 'in no hands'}{cause}"
    yield "; ".join(said for said in (in_words(facts.habits), word_of_the_last(facts.promises)) if said)


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


def _standing(desk: Desk, known: _Whole) -> Iterator[str]:
    yield from (_hold(desk, hold) for hold in known.case.facts.holds)
    yield from map(_word, known.words)
    yield from map(_offer, known.offers)
    yield from (f"task {task['id']}: {task['kind']}: {task['words']}" for task in known.tasks)


def _hold(desk: Desk, h: Hold) -> str:
    part = f" ({amount(h.cents)} of it)" if h.cents is not None else ""
    until = moment(h.until, desk) or "released"
    return f"hold {h.id}: {h.kind.value}{part}, {h.reason}, until {until}" + (f", {h.owner}'s" if h.owner else "")


def _word(w: Row) -> str:
    what = f"instalment {w['n']}" if w["agreement_id"] else "promise"
    said = f" by {w['said_by']}" if w["said_by"] else ""
    paid = f", {amount(w['paid'], w['currency'])} paid" if w["judged_on"] else ""
    return f"{what} of {amount(w['cents'], w['currency'])} for {w['on_day']}{said}: {w['state']}{paid}"


def _offer(o: Row) -> str:
    pay, off = amount(o["cents"], o["currency"]), amount(o["waived"], o["currency"])
    paid = f", {amount(o['paid'], o['currency'])} paid" if o["state"] in ("taken", "lapsed") else ""
    return f"offer of {off} off for {pay} paid by {o['until_day']}: {o['state']}{paid}"


def _address(a: Address) -> str:
    dead = f", dead since {a.dead_since}" if a.dead_since else ""
    dead += ", opted out" if a.consent is Consent.WITHDRAWN else ""
    return f"{a.road.value} {a.where.replace(chr(10), ', ')}" + (f" ({a.name})" if a.name else "") + dead


VERBS: dict[str, Verb] = {"show": show}
