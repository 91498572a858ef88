"""The verb that reports: what became of promises, and why what is owed is not paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount, table
from relanced.rules.owed import balances, overdue

PROMISES = ("on", "debtor", "name", "case", "amount", "paid", "state", "judged", "instalment", "said_by", "by")
CAUSES = ("cause", "creditor", "cases", "owed", "overdue")
LATELY = timedelta(days=365)
_ENDED = ("kept", "partly", "broken")


async def report(desk: Desk, asked: Asked) -> Told:
    """A report by name."""
    reports: dict[str, Callable[[Desk, Asked], Awaitable[Told]]] = {"promises": promises, "causes": causes}
    name = asked.text("report")
    if name not in reports:
        raise Misasked(f"report: {name!r} is none of {', '.join(reports)}")
    return await reports[name](desk, asked)


async def promises(desk: Desk, asked: Asked) -> Told:
    """Every promise and instalment since a day, by default of the last year, with what became of it."""
    since = asked.day("since", desk.now.date() - LATELY)
    found = await desk.store.promises.all(asked.maybe("creditor"), since)
    rows = [_promise(row) for row in found]
    return table(PROMISES, rows, *_kept(found, since), none=f"nothing was promised for {since} or later")


def _promise(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "on": row["on_day"],
        "debtor": row["debtor"],
        "name": row["name"],
        "case": row["case_id"],
        "amount": amount(row["cents"], row["currency"]),
        "paid": amount(row["paid"], row["currency"]),
        "state": row["state"],
        "judged": row["judged_on"],
        "instalment": row["n"] or "",
        "said_by": row["said_by"],
        "by": row["by"],
    }


def _kept(found: list[dict[str, Any]], since: date) -> list[str]:
    """How many words were kept, and how much money came of them; a sum for each currency."""
    ended = [row for row in found if row["state"] in _ENDED]
    if not ended:
        return [f"since {since}: {len(found)} open"] if found else []
    count = {state: sum(1 for row in ended if row["state"] == state) for state in _ENDED}
    told = ", ".join(f"{count[state]} {state}" for state in _ENDED)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in ended:
        sums[row["currency"]][0] += row["paid"]
        sums[row["currency"]][1] += row["cents"]
    paid = ", ".join(f"{amount(got, name)} of {amount(said, name)}" for name, (got, said) in sorted(sums.items()))
    return [f"since {since}: {told}, {len(found) - len(ended)} open; {paid} paid in time"]


async def causes(desk: Desk, asked: Asked) -> Told:
    """What is owed by open cases, by cause of non-payment; those without one are listed too."""
    ids = list(await desk.store.views.case_ids(asked.maybe("creditor")))
    loaded, known = await desk.store.planning.load(ids, desk.now.date()), await desk.store.casework.causes(ids)
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for case in loaded:
        owed, cause = balances(case.facts), known.get(case.facts.id, "not known")
        owing = [t for t in case.facts.terms if owed[t.id]]
        for currency in dict.fromkeys(t.currency for t in owing) or ["EUR"]:
            mine = [t for t in owing if t.currency == currency]
            entry = sums[cause, case.facts.creditor, currency]
            entry[0] += 1
            entry[1] += sum(owed[t.id] for t in mine)
            entry[2] += overdue(mine, owed, desk.now.date())
    ranked = sorted(sums.items(), key=lambda one: -one[1][2])
    rows = [
        {"cause": cause, "creditor": creditor, "cases": n, "owed": amount(all_, money), "overdue": amount(late, money)}
        for (cause, creditor, money), (n, all_, late) in ranked
    ]
    return table(CAUSES, rows, none="no case is open")


VERBS: dict[str, Verb] = {"report": report}
