"""The verb that shows what waits for a person: their own, that of whom they stand in for, and nobody's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.flow.desk.filing import first_reader, in_brief, number, readable
from relanced.store.filing import Lying
from relanced.store.inbox import Waiting

INBOX = ("kind", "what", "case", "debtor", "age", "until", "owner", "backup", "words")


async def inbox(desk: Desk, asked: Asked) -> Told:
    """What waits for whoever asks, or `of` somebody; with `all` everything. The oldest comes first."""
    people, whose = desk.premises.config.people, asked.maybe("of") or asked.by
    if asked.maybe("of") and whose not in people:
        raise Misasked(f"of: nobody is named {whose} (there are: {', '.join(people)})")
    lying = [_placeless(desk, one) for one in await desk.store.filing.lying(readable(desk))]
    waiting = sorted([*await desk.store.inbox.waiting(), *lying], key=lambda one: (one.since, one.case_id or 0))
    rows = [_row(desk, one) for one in waiting]
    if not asked.flag("all") and whose in people:
        mine = {whose, "", *(key for key, person in people.items() if person.backup == whose)}
        rows = [row for row in rows if row["owner"] in mine]
    return table(INBOX, rows, none="nothing waits")


def _placeless(desk: Desk, one: Lying) -> Waiting:
    """What came back and belongs to no case yet."""
    owner = first_reader(desk, one.channel)
    return Waiting(one.why, number(one), None, "", "", owner, "", one.came_at, None, in_brief(one))


def _row(desk: Desk, one: Waiting) -> dict[str, Any]:
    owner = one.taken_by or one.owner or _reader(desk, one.creditor)
    person = desk.premises.config.people.get(owner)
    return {
        "kind": one.kind,
        "what": one.what if one.what != "0" else "",
        "case": one.case_id,
        "debtor": one.debtor,
        "age": age(one.since, desk.now),
        "until": moment(one.until, desk)[:10],
        "owner": owner,
        "backup": (person.backup or "") if person else "",
        "words": " ".join(one.words.split()),
    }


def _reader(desk: Desk, creditor: str) -> str:
    """Who reads the answers to a creditor first."""
    known = desk.premises.creditor(creditor)
    return known.read_by[0] if known and known.read_by else ""


def age(since: datetime, now: datetime) -> str:
    """In its largest unit: 3 d, 5 h, 12 min."""
    minutes = max(0, int((now - since).total_seconds())) // 60
    if minutes >= 1440:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


VERBS: dict[str, Verb] = {"inbox": inbox}
