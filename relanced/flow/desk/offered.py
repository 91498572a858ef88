"""The verb about an offer with an end: so much off for whoever pays the rest in time; shown, withdrawn, on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec.structs import replace

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount
from relanced.flow.desk.promised import confirmation, means_named, numbers, written
from relanced.flow.desk.working import hands_on
from relanced.premises.desk_words import WORDINGS, desk_facts, held_up, leaves_on, out_of_date
from relanced.rules.given import DeskWord, WordKind
from relanced.rules.model import Road
from relanced.rules.offers import running, share
from relanced.rules.policy import DuringOffer
from relanced.store.facts import Loaded
from relanced.store.offers import Made, Wanted
from relanced.store.saying import NewWord
from relanced.words.errors import WordingError

OFFERS = ("offer", "until", "pay", "off", "said", "state", "paid")


async def offer(desk: Desk, asked: Asked) -> Told:
    """Offer something `off` for payment `until` a day; `withdraw` it; without either show what was offered."""
    hands = await hands_on(desk, asked)
    if asked.flag("withdraw"):
        told = await desk.store.offers.withdraw(hands, asked.text("reason"), desk.now)
        done = f"case {hands.case_id}: the offer is withdrawn; all of it is owed again"
        return Told((done, *(_BOUND if told else ())))
    if asked.flag("paper"):
        return await _paper(desk, hands.case_id)
    if not asked.maybe("off"):
        return await _shown(desk, hands.case_id)
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    quiet = await _quiet(desk, case, asked)
    note = asked.maybe("note") or ""
    wanted = Wanted(asked.day("until"), _off(asked), numbers(asked), means_named(asked), quiet, note)
    said = None if asked.flag("unconfirmed") else await confirmation(desk, hands.case_id, WordKind.OFFER)
    if isinstance(said, NewWord):
        _in_time(desk, case, wanted.until)
    made = await desk.store.offers.make(hands, wanted, desk.now, said)
    return _told(hands.case_id, made, wanted, written(said, "offered"))


_BOUND = ("the debtor had been told of it, and an offer binds until its end (C. civ. 1116): write to them yourself",)


def _in_time(desk: Desk, case: Loaded, until: date) -> None:
    """The debtor must know of it before its end. Raises Misasked."""
    first = leaves_on(desk.premises, case, WordKind.OFFER, desk.now)
    if first.date() > until >= desk.now.date():
        opens = f"nothing leaves before {first:%Y-%m-%d %H:%M} (hours of contact)"
        raise Misasked(f"until: {opens}: say a later day, or --unconfirmed and tell the debtor yourself")


async def _quiet(desk: Desk, case: Loaded, asked: Asked) -> bool:
    """Whether reminders stand still meanwhile: as the person says, else as the policy of the case does."""
    if asked.flag("hold") or asked.flag("remind"):
        return asked.flag("hold")
    await desk.premises.known(desk.store, [case])
    policy = desk.premises.policy(case)
    return policy is not None and policy.during_offer is DuringOffer.HOLD


def _off(asked: Asked) -> Callable[[int], int]:
    """What is let go of a sum: an amount, or a part of it like 10%. Raises Misasked."""
    said = "".join(asked.text("off").split()).replace(",", ".")
    if not said.endswith("%"):
        cents = asked.cents("off") or 0
        return lambda total: cents
    try:
        percent = Decimal(said[:-1])
    except InvalidOperation:
        percent = Decimal(0)
    if not (percent.is_finite() and 0 < percent < 100):
        raise Misasked(f"off: {asked.text('off')!r} is neither an amount like 100.00 nor a part like 10%")
    return lambda total: share(total, percent)


def _told(case_id: int, made: Made, wanted: Wanted, told: tuple[str, ...]) -> Told:
    pay, off = amount(made.cents, made.currency), amount(made.waived, made.currency)
    head = f"case {case_id}: {off} off ({', '.join(made.invoices)}) for {pay} paid by {wanted.until}"
    quiet = "quiet while it runs" if wanted.quiet else "reminders go on and recall it, nothing formal leaves meanwhile"
    then = f"{quiet}; if the bank has not seen it by {made.last}, all of it is owed again"
    older = (
        (f"{made.older} is older: money of another amount that names no invoice pays it first",) if made.older else ()
    )
    record = {"offer": made.id, "cents": made.cents, "waived": made.waived, "last": made.last}
    return Told((head, then, *older, *told), record=record)


async def _shown(desk: Desk, case_id: int) -> Told:
    shown = [_row(row) for row in await desk.store.offers.of_case(case_id)]
    lines = () if shown else (f"case {case_id} was offered nothing: say --off and --until",)
    return Told(lines, OFFERS, tuple(tuple(row[c] for c in OFFERS) for row in shown), shown)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "offer": row["id"],
        "until": row["until_day"],
        "pay": amount(row["cents"], row["currency"]),
        "off": amount(row["waived"], row["currency"]),
        "said": row["said_on"],
        "state": row["state"],
        "paid": amount(row["paid"], row["currency"]),
    }


async def _paper(desk: Desk, case_id: int) -> Told:
    """The running offer as a letter. Raises Misasked."""
    today = desk.now.date()
    (case,) = await desk.store.planning.load([case_id], today)
    found = running(case.facts.offers, today)
    if not found:
        raise Misasked(f"case {case_id} has no offer that runs")
    said = DeskWord(WordKind.OFFER, offer=found[-1].id)
    if why := out_of_date(case, said, today) or held_up(case, said, desk.now):
        raise Misasked(f"the offer of case {case_id} is not to be said now: {why}")
    page = await asyncio.to_thread(_worded, desk, case, found[-1].id, today)
    told = f"the offer of case {case_id} as a letter: once it is posted, relanced note {case_id} says so"
    return Told((told,), files={f"OFFRE-{found[-1].id}.pdf": page})


def _worded(desk: Desk, case: Loaded, number: int, today: date) -> bytes:
    said = DeskWord(WordKind.OFFER, offer=number)
    facts = desk_facts(desk.premises, case, said, f"OFFRE-{number}", "", today)
    words = desk.premises.words[case.facts.creditor]
    try:
        return words.letter(WORDINGS[said.kind], replace(facts, road=Road.LETTER)).pdf
    except WordingError as error:
        raise Misasked(f"the offer cannot be worded: {error}") from None


VERBS: dict[str, Verb] = {"offer": offer}
