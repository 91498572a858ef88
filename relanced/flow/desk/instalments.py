"""The verb about payment by instalments: agreed by count or by list, shown, and revoked by a person alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from msgspec.structs import replace

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount
from relanced.flow.desk.promised import confirmation, means_named, numbers, written
from relanced.flow.desk.working import hands_on
from relanced.premises.desk_words import WORDINGS, desk_facts
from relanced.rules.given import DeskWord, PromiseState, WordKind
from relanced.rules.instalments import Instalment, by_count, by_list
from relanced.rules.model import Road
from relanced.store.agreements import Agreed, Wanted
from relanced.words.errors import WordingError

PARTS = ("n", "on", "amount", "until", "state", "paid")


async def instalments(desk: Desk, asked: Asked) -> Told:
    """Agree on instalments, by `count` from `first` on or by `parts`; `revoke` them; without either show them."""
    hands = await hands_on(desk, asked)
    if asked.flag("revoke"):
        cents = await desk.store.agreements.revoke(hands, asked.text("reason"), desk.now)
        done = f"case {hands.case_id}: the instalments of {amount(cents)} are revoked; all of it is due again"
        return Told((done, _SIGNED))
    if asked.flag("paper"):
        return await _paper(desk, hands.case_id)
    cut = _cut(asked)
    if cut is None:
        return await _shown(desk, hands.case_id)
    wanted = Wanted(cut, numbers(asked), means_named(asked), asked.maybe("said_by") or "", asked.flag("anyway"))
    confirm = None if asked.flag("unconfirmed") else await confirmation(desk, hands.case_id, WordKind.INSTALMENTS)
    agreed = await desk.store.agreements.agree(hands, wanted, desk.now, confirm)
    return _told(hands.case_id, agreed, written(confirm))


_SIGNED = (
    "where our page was signed, it promises a formal notice first, and eight days (a private person: thirty) to pay "
    "what was missed: nothing more is due before"
)


def _cut(asked: Asked) -> Callable[[int], Sequence[Instalment]] | None:
    """How the sum is to be cut; None when nothing is asked. Raises Misasked."""
    if asked.maybe("parts"):
        parts = [_part(asked, said) for said in asked.text("parts").split(";") if said.strip()]
        return lambda total: by_list(total, parts)
    if not asked.maybe("count"):
        return None
    count, first = asked.number("count"), asked.day("first")
    return lambda total: by_count(total, count, first)


def _part(asked: Asked, said: str) -> tuple[date, int]:
    """DATE=AMOUNT. Raises Misasked."""
    day, _, sum_ = said.partition("=")
    one = replace(asked, words={"part": day.strip(), "amount": sum_.strip()})
    cents = one.cents("amount")
    if cents is None:
        raise Misasked(f"part: {said!r} is not like 2026-03-31=500.00")
    return one.day("part"), cents


def _told(case_id: int, agreed: Agreed, told: tuple[str, ...]) -> Told:
    total = amount(agreed.cents, agreed.currency)
    head = f"case {case_id}: {total} ({', '.join(agreed.invoices)}) in {len(agreed.parts)} instalments"
    each = [f"  {p.n}. {p.on}  {amount(p.cents, agreed.currency)}" for p in agreed.parts]
    then = "quiet while they are paid; a missed one asks you: relanced instalments CASE --revoke is yours alone to say"
    record = {"agreement": agreed.id, "parts": [{"n": p.n, "on": p.on, "cents": p.cents} for p in agreed.parts]}
    return Told((head, *each, then, *told), record=record)


async def _shown(desk: Desk, case_id: int) -> Told:
    rows = [row for row in await desk.store.promises.of_case(case_id) if row["agreement_id"]]
    newest = max((row["agreement_id"] for row in rows), default=0)
    shown = [
        {
            "n": row["n"],
            "on": row["on_day"],
            "amount": amount(row["cents"], row["currency"]),
            "until": row["until_day"],
            "state": row["state"],
            "paid": amount(row["paid"], row["currency"]),
        }
        for row in rows
        if row["agreement_id"] == newest
    ]
    return Told(
        () if shown else (f"case {case_id} has no instalments: say --count and --first, or --part",),
        PARTS,
        tuple(tuple(row[c] for c in PARTS) for row in shown),
        shown,
    )


async def _paper(desk: Desk, case_id: int) -> Told:
    """The running agreement as a page to be signed by both. Raises Misasked."""
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    found = [p.agreement for p in case.facts.promises if p.agreement is not None and p.state is PromiseState.OPEN]
    if not found:
        raise Misasked(f"case {case_id} has no agreement on instalments that is running")
    said = DeskWord(WordKind.INSTALMENTS, agreement=found[-1])
    reference = f"ACCORD-{found[-1]}"
    facts = desk_facts(desk.premises, case, said, reference, "", desk.now.date())
    words = desk.premises.words[case.facts.creditor]
    try:
        page = await asyncio.to_thread(words.letter, WORDINGS[said.kind], replace(facts, road=Road.LETTER))
    except WordingError as error:
        raise Misasked(f"the agreement cannot be worded: {error}") from None
    then = f"signed, it is kept with: relanced attach {case_id} FILE --as agreement"
    return Told((f"the agreement of case {case_id} to be signed; {then}",), files={f"{reference}.pdf": page.pdf})


VERBS: dict[str, Verb] = {"instalments": instalments}
