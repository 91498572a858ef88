"""The conversation with a debtor in order of time: what left, what came back, what people noted, what was agreed."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from msgspec import Struct

from relanced.counter import Desk, moment
from relanced.flow.desk.filing import intent, number, spoken
from relanced.premises.wires import form_of, in_lines
from relanced.rules.model import MessageState, Road
from relanced.store.filing import Lying
from relanced.store.journal import DAEMON

Row = Mapping[str, Any]

WIDTH = 100
_MARGIN = " " * 18
_LEFT = frozenset(
    {
        MessageState.SENT,
        MessageState.DELIVERED,
        MessageState.FAILED,
        MessageState.IN_TRAY,
        MessageState.UNCERTAIN,
        MessageState.SUBMITTING,
    }
)


class Event(Struct, frozen=True):
    """Something that was said or done: in one line, with what is to be known of it, and in full words."""

    at: datetime
    head: str
    notes: tuple[str, ...] = ()
    text: tuple[str, ...] = ()


def lines_of(event: Event, desk: Desk) -> Iterator[str]:
    """As it is read in a terminal."""
    yield f"{moment(event.at, desk)}  {event.head}"
    yield from (_MARGIN + line for note in event.notes for line in wrap(note, WIDTH))
    for line in event.text:
        yield from (f"{_MARGIN}| {part}".rstrip() for part in wrap(line, WIDTH, break_on_hyphens=False) or [""])


def as_record(event: Event) -> dict[str, Any]:
    """The same for machines."""
    return {"at": event.at, "what": event.head, "notes": event.notes, "text": "\n".join(event.text)}


async def thread(
    desk: Desk, case_id: int, messages: Sequence[Row], entries: Sequence[Row], whole: bool = True
) -> list[Event]:
    """All of it, oldest first; `whole`: what was written and answered in full words."""
    told = [(entry, json.loads(entry["body"] or "{}")) for entry in entries]
    receipts = _receipts(desk, told)
    events = [await _message(desk, m, receipts[m["id"]], whole) for m in messages]
    events += [_reply(one, whole) for one in await desk.store.filing.of_case(case_id)]
    events += [
        Event(entry["at"], f"{entry['by']}: {_words(desk, entry['event'], body)}")
        for entry, body in told
        if not _said_otherwise(entry)
    ]
    return sorted(events, key=lambda event: event.at)


# -- what left ----------------------------------------------------------------------------------------------------


async def _message(desk: Desk, m: Row, receipts: Sequence[str], whole: bool) -> Event:
    state, to = MessageState(m["state"]), ", ".join(m["place"].splitlines())
    who = f"{m['written_by']}, " if m["written_by"] not in (None, DAEMON) else ""
    head = f"→ {who}{m['step'] or 'message'} by {m['road']} to {to}: {state.value.replace('_', ' ')}"
    text = await _text(desk, m) if whole and state in _LEFT else []
    notes = [f"message {m['id']} {m['reference']}", m["words"] or m["reason"] or ""]
    at = m["sent_at"] or m["ended_at"] or m["planned_at"]
    return Event(at, head, (": ".join(note for note in notes if note), *receipts), tuple(text))


async def _text(desk: Desk, m: Row) -> list[str]:
    """The words of what left; of a letter, those on its pages."""
    parcel = await desk.store.sending.last_parcel(m["id"])
    return _trimmed(in_lines(form_of(Road(m["road"])), parcel.wire)) if parcel else []


def _receipts(desk: Desk, told: Sequence[tuple[Row, Row]]) -> dict[int, list[str]]:
    """What machines said of each message."""
    found: dict[int, list[str]] = defaultdict(list)
    for entry, body in told:
        if entry["event"].startswith("receipt "):
            words = f": {body['words']}" if body.get("words") else ""
            what = entry["event"].removeprefix("receipt ")
            found[body["message"]].append(f"{what} {moment(entry['at'], desk)}{words}")
    return found


# -- what came back -----------------------------------------------------------------------------------------------


def _reply(one: Lying, whole: bool) -> Event:
    said = one.reply
    seems = f"seems: {known}; " if (known := intent(one, whole=not whole)) else ""
    put = f"put here by {one.filed_by}; " if one.filed_by else ""
    unread = f"cannot be read: {one.fault}; " if one.fault else ""
    notes = (f"{seems}{put}{unread}as it came: relanced heard {number(one)}",)
    head = f"← {said.get('sender') or 'somebody'} through {one.channel}: {said.get('subject', '')}".rstrip(": ")
    return Event(one.came_at, head, notes, tuple(_trimmed(list(spoken(one)))) if whole else ())


def _trimmed(lines: Sequence[str]) -> list[str]:
    """Without empty lines at its ends, never two between others."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return kept[:-1] if kept and not kept[-1] else kept


# -- what the journal tells besides -------------------------------------------------------------------------------

_ELSEWHERE = ("reply", "receipt ", "reminder ", "message planned", "message sealed")
_MONEY = ("cents", "waived", "paid", "owed")  # in cents
_CORRECTED = ("debtor edited", "contact added", "contact edited", "contact removed")  # each field: [was, is]
_PARTS = "parts"  # of an agreement: each a day, and an amount in cents
_UNSAID = frozenset({"sha256", "attempt", "digest", "heard"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")


def _said_otherwise(entry: Row) -> bool:
    """Whether it stands with its message already."""
    machines = entry["by"] == DAEMON and entry["event"].startswith("message ")
    return machines or str(entry["event"]).startswith(_ELSEWHERE)


def _words(desk: Desk, event: str, body: Row) -> str:
    said = {name: value for name, value in body.items() if name not in _UNSAID and value not in (None, "", [])}
    note = said.pop("note", "")
    if event in _CORRECTED:
        said = {name: _changed(value) if isinstance(value, list) else value for name, value in said.items()}
    more = ", ".join(f"{name}={_value(desk, name, value)}" for name, value in said.items())
    return event + (f": {more}" if more else "") + (f": « {note} »" if note else "")


def _changed(pair: list[Any]) -> str:
    """What a field was, and what it is now."""
    if len(pair) != 2:
        return "; ".join(map(str, pair))
    was, now = ("" if one is None else str(one) for one in pair)
    return " → ".join(one for one in (was, now or "nothing") if one)


def _value(desk: Desk, name: str, value: Any) -> str:
    """A moment to the minute, in local time; an amount without its currency, which the journal does not tell; of
    several things each in plain words."""
    if name == _PARTS:
        return "; ".join(f"{day} {cents / 100:.2f}" for day, cents in value)
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in value)
    said = str(value)
    if _MOMENT.fullmatch(said):
        return moment(datetime.fromisoformat(said), desk)
    return f"{value / 100:.2f}" if name in _MONEY and isinstance(value, int) else said
