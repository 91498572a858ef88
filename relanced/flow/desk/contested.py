"""Verbs about what must not be asked for: what is contested, and what a court has taken out of our hands."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Set
from datetime import date, datetime, time, timedelta

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount, moment
from relanced.flow.desk.promised import numbers
from relanced.flow.desk.working import cause_named, hands_on, how_it_ends
from relanced.rules.given import Cause
from relanced.rules.model import HoldKind
from relanced.rules.offers import about, running
from relanced.store.contesting import Contested, Procedure

PROCEDURES = ("sauvegarde", "redressement", "liquidation")
AHEAD = timedelta(days=14)  # how long before the deadline a person is asked again


async def dispute(desk: Desk, asked: Asked) -> Told:
    """A debtor contests invoices, or a part of one: that stands still, the rest goes on."""
    hands = await hands_on(desk, asked)
    said = Contested(
        asked.text("reason"),
        cause_named(asked.maybe("cause") or Cause.DISPUTE.value),
        numbers(asked),
        asked.cents("amount"),
        asked.end_of("until", desk.now) if asked.maybe("until") else None,
    )
    terms = await desk.store.contesting.dispute(hands, said, desk.now)
    what = ", ".join(dict.fromkeys(t.invoice for t in terms))
    until = (
        f"until {moment(said.until, desk)}" if said.until else f"until relanced release {hands.case_id} --kind dispute"
    )
    if said.cents is not None:
        what = f"{amount(said.cents, terms[0].currency)} of {what}"
    head = f"case {hands.case_id}: {what} is contested and stands still {until}; the rest goes on"
    return Told((head, *await _still_runs(desk, hands.case_id, {t.id for t in terms})))


async def _still_runs(desk: Desk, case_id: int, terms: Set[int]) -> list[str]:
    """What was agreed of these terms before, and ends by its own verb alone."""
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    told = []
    if any(h.kind is HoldKind.INSTALMENTS and h.term_id in terms for h in case.facts.holds):
        told.append(f"its instalments run on, none is announced: {how_it_ends(HoldKind.INSTALMENTS, case_id)}")
    if about(running(case.facts.offers, desk.now.date()), terms):
        told.append(f"our offer runs on, no reminder recalls it: {how_it_ends(HoldKind.OFFER, case_id)}")
    return told


async def insolvency(desk: Desk, asked: Asked) -> Told:
    """A collective procedure: nothing is asked for any more, and the claim is to be declared in time."""
    hands, what = await hands_on(desk, asked), asked.text("what")
    if what not in PROCEDURES:
        raise Misasked(f"what: {what!r} is none of {', '.join(PROCEDURES)}")
    judged_on = asked.day("on")
    if judged_on > desk.now.date():
        raise Misasked(f"on: {judged_on} has not come yet")
    published_on = asked.day("published", judged_on)
    if published_on < judged_on:
        raise Misasked(f"published: {published_on} is before the judgment of {judged_on}")
    declare_by = two_months_after(published_on)
    end = datetime.combine(declare_by, time(23, 59), tzinfo=desk.now.tzinfo)
    said = Procedure(what, judged_on, end, max(desk.now, end - AHEAD), asked.maybe("note") or "")
    await desk.store.contesting.insolvency(hands, said, desk.now)
    published = "" if asked.maybe("published") else " (counted from the judgment: say --published for the BODACC's day)"
    return Told(
        (
            f"case {hands.case_id}: {what} of {judged_on}; nothing is asked for any more",
            f"declare the claim until {declare_by}{published}",
        ),
        record={"case": hands.case_id, "declare_by": declare_by},
    )


def two_months_after(published: date) -> date:
    """The last day on which a claim may be declared (C. com. R622-24); in a month that is too short its last day."""
    year, month = divmod(published.year * 12 + published.month + 1, 12)
    return date(year, month + 1, min(published.day, monthrange(year, month + 1)[1]))


VERBS: dict[str, Verb] = {"dispute": dispute, "insolvency": insolvency}
