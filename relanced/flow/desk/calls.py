"""The verb that says whom to call: the largest amount first, with the words to say and what is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, time
from operator import itemgetter
from typing import Any

from msgspec import Struct

from relanced.channel import CallSheet
from relanced.counter import Asked, Desk, Misasked, Told, Verb, amount, moment, table
from relanced.flow.desk.at_hand import asked_again
from relanced.flow.desk.filing import in_brief
from relanced.rules.calls import share
from relanced.rules.gate import GATE, Strength, Verdict, caps_free, channel_open
from relanced.rules.model import LineState, Road
from relanced.store.calls import Waiting
from relanced.store.facts import Loaded
from relanced.store.journal import DAEMON

CALLS = ("reference", "case", "debtor", "contact", "number", "amount", "tries", "until", "person", "note")
LAST_WORDS = 3

# A call was counted when it was asked for, and its door has nothing left to do.
_BEFORE_DIALLING = tuple(question for question in GATE if question not in (caps_free, channel_open))


class _Shown(Struct, frozen=True):
    """A call, who makes it, and what the gate says of it now."""

    call: Waiting
    person: str
    case: Loaded
    verdict: Verdict


async def calls(desk: Desk, asked: Asked) -> Told:
    """The calls that wait, the largest amount first, each with its script; with today, only today's share."""
    waiting = _assigned(desk, await desk.store.calls.waiting(), asked.maybe("of"))
    later = 0
    if asked.flag("today"):
        due = [(call, person) for call, person in waiting if _due(call, desk.now)]
        made = await desk.store.calls.made_since(_midnight(desk.now))
        mine = share(due, lambda one: (one[1], one[0].channel), made, desk.premises.calls_per_day)
        later, waiting = len(waiting) - len(mine), mine
    shown = await _looked_through(desk, waiting)
    stopped = [one for one in shown if one.verdict.strength is Strength.CANCEL]
    good = [one for one in shown if one not in stopped]
    records = [await _record(desk, one) for one in good]
    lines = [line for record in records for line in _sheet(record)]
    lines += [f"do not call {one.call.debtor} ({one.call.reference}): {one.verdict.words}" for one in stopped]
    lines += [f"{later} more calls wait for another day"] if later else []
    said = table(CALLS, records, *lines, none="nobody has to be called")
    return Told(said.lines, said.columns, said.rows, records)


def _assigned(desk: Desk, waiting: Sequence[Waiting], of: str | None) -> list[tuple[Waiting, str]]:
    """Each call with the person who makes it: the owner of the case, else who reads the creditor's answers.

    `of` takes over the calls of everybody for whom that person stands in.
    """
    people = desk.premises.config.people
    if of and of not in people:
        raise Misasked(f"of: nobody is named {of} (there are: {', '.join(people)})")
    theirs = [(call, _person(desk, call)) for call in waiting]
    if not of:
        return theirs
    absent = {of, *(name for name, person in people.items() if person.backup == of)}
    return [(call, of) for call, person in theirs if person in absent]


def _person(desk: Desk, call: Waiting) -> str:
    creditor = desk.premises.creditor(call.creditor)
    readers = creditor.read_by if creditor else ()
    return call.owner or (readers[0] if readers else "")


def _due(call: Waiting, now: datetime) -> bool:
    return call.not_before is None or call.not_before <= now


def _midnight(now: datetime) -> datetime:
    return datetime.combine(now.date(), time.min, tzinfo=now.tzinfo)


async def _looked_through(desk: Desk, waiting: Sequence[tuple[Waiting, str]]) -> list[_Shown]:
    loaded = await desk.store.planning.load(sorted({call.case_id for call, _ in waiting}), desk.now.date())
    await desk.premises.known(desk.store, loaded)
    cases = {case.facts.id: case for case in loaded}
    conditions = await desk.premises.conditions(desk.store)
    shown = []
    for call, person in waiting:
        case = cases[call.case_id]
        verdict = await asked_again(desk, case, call.message_id, Road.PHONE, conditions, _BEFORE_DIALLING)
        shown.append(_Shown(call, person, case, verdict))
    return shown


async def _record(desk: Desk, one: _Shown) -> dict[str, Any]:
    call, held_up = one.call, one.verdict.strength is not Strength.ALLOW
    sheet = CallSheet.read((await desk.store.tray.parcel(call.attempt)).wire)
    planned = {line.term_id for line in one.case.facts.lines if line.state is LineState.PLANNED}
    named = [t for t in one.case.facts.terms if t.id in planned] or one.case.facts.terms
    backup = desk.premises.config.people.get(one.person)
    return {
        "reference": call.reference,
        "message": call.message_id,
        "case": call.case_id,
        "creditor": call.creditor,
        "debtor": call.debtor,
        "contact": call.contact,
        "number": call.number,
        "amount": amount(call.cents, named[0].currency),
        "tries": call.tries,
        "until": moment(call.lapse_at, desk)[:10],
        "person": one.person,
        "backup": (backup.backup or "") if backup else "",
        "note": f"not now: {one.verdict.words}" if held_up else "",
        "script": sheet.script,
        "facts": dict(sheet.facts),
        "last_words": await _last_words(desk, call.case_id),
    }


_WORDS = ("note", "text", "said", "words", "why")
_SAID_OTHERWISE = ("reply", "receipt ", "hold", "consent")  # by the reply itself, by a machine, or by nobody


async def _last_words(desk: Desk, case_id: int) -> list[str]:
    """What was last said of this case, newest first: by the debtor in writing, and by ours who noted something."""
    said = [(one.came_at, in_brief(one)) for one in await desk.store.filing.of_case(case_id) if one.reply]
    for entry in await desk.store.views.journal_of(case_id, 100):
        told = json.loads(entry["body"]) if entry["body"] else {}
        words = next((str(told[name]) for name in _WORDS if told.get(name)), "")
        if words and entry["by"] != DAEMON and not entry["event"].startswith(_SAID_OTHERWISE):
            said.append((entry["at"], f"{entry['by']}, {entry['event']}: {words}"))
    newest = sorted(said, key=itemgetter(0), reverse=True)[:LAST_WORDS]
    return [f"{moment(at, desk)} {words}" for at, words in newest]


def _sheet(record: dict[str, Any]) -> list[str]:
    """Everything a person wants before them while they phone."""
    to = f"{record['contact'] or record['debtor']}, {record['number']}"
    known = [f"  {name}: {value}" for name, value in record["facts"].items() if value]
    words = [f"  {line}" for line in record["last_words"]] or ["  none yet"]
    head = f"== {record['reference']}  {record['debtor']}: {to}"
    return ["", head, "", *record["script"].splitlines(), "", "facts", *known, "last words", *words]


VERBS: dict[str, Verb] = {"calls": calls}
