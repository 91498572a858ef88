"""What would leave in the coming days; and what would be otherwise if a file held the policies."""

from __future__ import annotations

import asyncio
from itertools import chain

from msgspec.structs import replace

from relanced.config import ConfigFault
from relanced.config.policy_file import load_policies
from relanced.counter import Asked, Desk, Misasked, Told, table
from relanced.flow.forecast.difference import CHANGES, changes, summed, words
from relanced.flow.forecast.texts import with_segments
from relanced.flow.forecast.walk import Foreseen, walk
from relanced.premises import Conditions, Premises
from relanced.rules.adopt import notice_lost, passed, passed_by_place
from relanced.store.facts import Loaded

COLUMNS = ("day", "creditor", "debtor", "name", "step", "road", "invoices", "amount", "note")
LONGEST = 92


async def forecast(desk: Desk, asked: Asked) -> Told:
    """What would leave, day by day, if nobody pays and bank data are imported every day; with a file of policies, what
    would leave otherwise if every case climbed those."""
    days = min(asked.number("days", 14), LONGEST)
    if days < 1:
        raise Misasked(f"days: {days} days are none: say 1 to {LONGEST}")
    ids = await desk.store.views.case_ids(asked.maybe("creditor"))
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    note = f"the next {days} days, if nobody pays and bank data stay fresh"
    if asked.files:
        return await _compared(desk, asked, loaded, days, note)
    seen = list(chain.from_iterable(await _all(desk, desk.premises, loaded, days)))
    seen.sort(key=lambda f: (f.day, f.case.facts.creditor, f.case.facts.debtor.name))
    seen, texts = with_segments(desk.premises, seen)
    return table(COLUMNS, [f.row() for f in seen], note, *texts, none="nothing would leave")


async def _all(desk: Desk, premises: Premises, cases: list[Loaded], days: int) -> list[list[Foreseen]]:
    """What would leave, case by case; between two cases the wheels have their turn."""
    conditions = replace(await desk.premises.conditions(desk.store), stopped="", closed={}, heard=None)
    seen = []
    for case in cases:
        seen.append(_one(desk, premises, case, days, conditions))
        await asyncio.sleep(0)
    return seen


def _one(desk: Desk, premises: Premises, case: Loaded, days: int, conditions: Conditions) -> list[Foreseen]:
    policy = premises.policy(case) if premises.creditor(case.facts.creditor) else None
    return list(walk(premises, case, policy, desk.now, days, conditions)) if policy else []


def _moved(desk: Desk, other: Premises, case: Loaded) -> Loaded:
    """The case as `adopt` would move it: it keeps its place where steps have other names, or stays as a whole."""
    old, new = desk.premises.policy(case), other.chosen(case)
    if old is None or new is None or case.policy_digest in (None, new.digest):
        return replace(case, policy_digest=None)
    if notice_lost(case.facts, old, new):
        return case
    passes = passed_by_place(case.facts, old, new)
    return replace(case, facts=passed(case.facts, passes, desk.now.date()), policy_digest=None)


async def _compared(desk: Desk, asked: Asked, cases: list[Loaded], days: int, note: str) -> Told:
    ((name, raw),) = asked.files.items()
    premises = desk.premises
    try:
        policies = await asyncio.to_thread(load_policies, raw, name, premises.config.creditors)
    except ConfigFault as faults:
        return Told(tuple(str(fault) for fault in faults.faults), bad=True)
    other = Premises(replace(premises.config, policies=policies), premises.words)
    before = await _all(desk, premises, cases, days)
    await other.known(desk.store, cases)
    after = await _all(desk, other, [_moved(desk, other, case) for case in cases], days)
    found = [change for one, two in zip(before, after, strict=True) for change in changes(one, two)]
    sums = summed(before, after, found)
    left = [case.facts.debtor.key for case in cases if premises.policy(case) and not other.chosen(case)]
    lines = [note, f"as if every case climbed {name}: relanced adopt moves cases that have started", *words(sums)]
    lines += [f"would have no policy ({len(left)}): {', '.join(left[:10])}"] if left else []
    rows = [change.row() for change in found if change.what]
    rows.sort(key=lambda row: (str(row["after"] or row["before"]), str(row["creditor"]), str(row["name"])))
    told = table(CHANGES, rows, *lines, none="nothing would be otherwise")
    return replace(told, record={"changes": told.record, **sums, "without policy": left})
