"""Counting the debtors that the machine cannot serve: without policy, address or segment."""

from __future__ import annotations

from relanced.counter import Asked, Desk, Told
from relanced.rules.model import Segment
from relanced.rules.turns import ways


async def census(desk: Desk, asked: Asked) -> Told:
    """How many open cases there are, and how many lack something. `bad` is never set: these are hints."""
    ids = await desk.store.views.case_ids()
    loaded = await desk.store.planning.load(list(ids), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    without: dict[str, list[str]] = {"policy": [], "address": [], "segment": []}
    for case in loaded:
        policy = desk.premises.policy(case)
        if policy is None:
            without["policy"].append(case.facts.debtor.key)
        elif not any(list(ways(s.via, case.facts.addresses, desk.premises.consent)) for s in policy.steps if s.via):
            without["address"].append(case.facts.debtor.key)
        if case.facts.debtor.segment is Segment.UNKNOWN:
            without["segment"].append(case.facts.debtor.key)
    lines = [f"{len(loaded)} open cases"]
    lines += [_line(what, keys) for what, keys in without.items() if keys]
    return Told(tuple(lines), record={"open": len(loaded), **without})


def _line(what: str, keys: list[str]) -> str:
    shown = ", ".join(keys[:10]) + (", …" if len(keys) > 10 else "")
    meaning = {
        "policy": "are never chased",
        "address": "cannot be reached",
        "segment": "get the most protective rules",
    }[what]
    return f"{len(keys)} without {what} {meaning}: {shown}"
