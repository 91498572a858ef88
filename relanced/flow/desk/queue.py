"""The verb that shows the queue: its messages, and how old it is by channel and reason."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from relanced.counter import Asked, Desk, Told, Verb, moment, table
from relanced.premises import Conditions
from relanced.store.queue import Pile

QUEUE = ("message", "creditor", "debtor", "name", "step", "road", "age", "state", "due", "reason")
AGES = ("channel", "state", "reason", "messages", "oldest", "age", "until")

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?")
_WAITING = {
    "planned": "waits for its moment",
    "parked": "waits for a person",
    "submitting": "is leaving",
    "uncertain": "nobody knows yet whether it left",
    "in_tray": "waits for a person to post it or to call",
}


async def queue(desk: Desk, asked: Asked) -> Told:
    """What has not left yet, oldest first, and why; with `ages` how much of it by channel and reason."""
    creditor = asked.maybe("creditor")
    conditions = await desk.premises.conditions(desk.store)
    piles = await _piles(desk, creditor, conditions)
    notes = _notes(desk, conditions)
    waiting = [_hand_over(desk, r) for r in await desk.store.views.hand_overs() if creditor in (None, r["creditor"])]
    if asked.flag("ages"):
        return table(AGES, [*piles, *_hand_overs(desk, waiting)], *notes, none="the queue is empty")
    rows = await desk.store.queue.messages(creditor)
    shown = [{**r, **_when(desk, r)} for r in rows]
    more = sum(p["messages"] for p in piles) - len(rows)
    notes = ([f"{more} newer messages are not shown"] if more > 0 else []) + notes
    return table(QUEUE, [*shown, *waiting], *map(_line, piles), *notes, none="the queue is empty")


def _notes(desk: Desk, conditions: Conditions) -> list[str]:
    notes = [f"sending is stopped: {conditions.stopped}"] if conditions.stopped else []
    notes += ["what came back is being read: nothing leaves before it is"] if conditions.unread else []
    closed = conditions.closed.items()
    return notes + [f"{name} is closed until {moment(t, desk)}: {why}" for name, (t, why) in closed if t > desk.now]


def _when(desk: Desk, row: Mapping[str, Any]) -> dict[str, str]:
    due = moment(row["due_at"], desk) if row["state"] == "planned" else ""
    return {"due": due, "age": _age(row["planned_at"], desk.now)}


def _hand_over(desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
    said = {"message": f"r{row['id']}", "road": "hand-over", "state": "parked"}
    return {**row, **said, "age": _age(row["planned_at"], desk.now), "reason": f"{row['step']} waits for approval"}


def _hand_overs(desk: Desk, waiting: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for all of them: they wait as messages do, without being any."""
    if not waiting:
        return []
    first = min(r["planned_at"] for r in waiting)
    since = {"oldest": moment(first, desk), "age": _age(first, desk.now)}
    return [
        {"channel": "hand-over", "state": "parked", "reason": "waits for approval", "messages": len(waiting), **since}
    ]


def _age(since: datetime, now: datetime) -> str:
    """In its largest unit: 3 d, 5 h, 12 min."""
    seconds = max(0, int((now - since).total_seconds()))
    for length, unit in ((86_400, "d"), (3_600, "h")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds // 60} min"


# -- how old it is, by channel and reason --------------------------------------------------------------------------


async def _piles(desk: Desk, creditor: str | None, conditions: Conditions) -> list[dict[str, Any]]:
    rates = {name: door.rates for name, door in desk.premises.config.channels.items()}
    held = await desk.store.queue.out_of_tokens(rates, desk.now)
    alike: dict[tuple[str, str, str], list[tuple[str, Pile]]] = defaultdict(list)
    for pile in await desk.store.queue.piles(desk.now, creditor):
        why = _why(desk, pile, conditions, held)
        alike[pile.channel, pile.state, _MOMENT.sub("…", why)].append((why, pile))
    rows = [_row(desk, key, some) for key, some in alike.items()]
    return sorted(rows, key=lambda r: (r["channel"], r["state"], -r["messages"]))


def _why(desk: Desk, pile: Pile, conditions: Conditions, held: Mapping[str, datetime]) -> str:
    """What keeps these messages; what keeps the whole channel is no reason of theirs, and told once their time came."""
    if pile.state != "planned" or not pile.ripe:
        return pile.reason or _WAITING[pile.state]
    until, why = conditions.closed.get(pile.channel, (desk.now, ""))
    if conditions.stopped:
        return f"sending is stopped: {conditions.stopped}"
    if until > desk.now:
        return f"the door is closed until {moment(until, desk)}: {why}"
    if pile.channel in held:
        return f"held by rate until {moment(held[pile.channel], desk)}"
    return pile.reason or "about to leave"


def _row(desk: Desk, key: tuple[str, str, str], some: Sequence[tuple[str, Pile]]) -> dict[str, Any]:
    """Reasons that differ in their dates alone are one."""
    channel, state, alike = key
    whys, oldest = {why for why, _ in some}, min(pile.oldest for _, pile in some)
    return {
        "channel": channel,
        "state": state,
        "reason": alike if len(whys) > 1 else next(iter(whys)),
        "messages": sum(pile.messages for _, pile in some),
        "oldest": moment(oldest, desk),
        "age": _age(oldest, desk.now),
        "until": _until(desk, state, (pile.until for _, pile in some)),
    }


def _until(desk: Desk, state: str, moments: Iterable[datetime | None]) -> str:
    known = [at for at in moments if at is not None and at > desk.now]
    return moment(min(known), desk) if state == "planned" and known else ""


def _line(row: Mapping[str, Any]) -> str:
    return f"{row['channel']}: {row['messages']} {row['state']}, the oldest {row['age']} old: {row['reason']}"


VERBS: dict[str, Verb] = {"queue": queue}
