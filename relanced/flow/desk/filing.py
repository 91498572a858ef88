"""Verbs about what came back and found no case, or no reader: listed, looked at, put with a case, set aside."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from relanced.channel import Form
from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.flow.desk.working import hands_on
from relanced.rules.calendar import answer_by
from relanced.store.filing import Filer, Lying

UNMATCHED = ("what", "why", "came", "channel", "from", "words")
EXCERPT = 120  # characters of what was said, in a list
SHOWN = 60  # lines of what nobody could read
_BECAUSE = {
    "unmatched": "nobody knows whose case it is",
    "unreadable": "it cannot be read",
    "unread": "its channel is not configured (any more)",
    "reply": "it is to be answered",
}


async def unmatched(desk: Desk, asked: Asked) -> Told:
    """What came back and could not be placed or read, the oldest first."""
    del asked
    rows = [
        {
            "what": number(one),
            "why": one.why,
            "came": moment(one.came_at, desk),
            "channel": one.channel,
            "from": one.reply.get("sender", ""),
            "words": in_brief(one),
        }
        for one in await desk.store.filing.lying(readable(desk))
    ]
    return table(UNMATCHED, rows, none="everything that came back has its place")


async def heard(desk: Desk, asked: Asked) -> Told:
    """One thing that came back: what was understood of it; with `raw` the bytes as they came."""
    one, raw = await desk.store.filing.one(_number(asked))
    if asked.flag("raw"):
        return Told(files={f"{number(one)}.{_suffix(desk, one)}": raw})
    text = list(spoken(one)) or raw[: 200 * SHOWN].decode("utf-8", "replace").splitlines()[:SHOWN]
    record = {"heard": one.id, "why": one.why, "case": one.case_id, "said": one.said, "fault": one.fault}
    return Told((*_head(desk, one), "", *(f"  | {line}" for line in text)), record={**record, "text": text})


def _head(desk: Desk, one: Lying) -> Iterator[str]:
    yield f"{number(one)} came {moment(one.came_at, desk)} through {one.channel}, {one.size} bytes"
    if one.reply:
        yield f"from {one.reply['sender']}: {one.reply.get('subject', '')}".rstrip(": ")
    if seems := intent(one):
        yield f"seems: {seems}"
    if one.fault:
        yield f"cannot be read: {one.fault}"
    if one.filed_by:
        yield f"{_where(one)} by {one.filed_by}, {moment(one.filed_at, desk)}" + (
            f": {one.filed_why}" if one.filed_why else ""
        )
    elif one.case_id:
        yield f"of case {one.case_id}, {one.debtor}"
    elif one.why:
        said = f"relanced match {number(one)} CASE, or relanced file {number(one)} --reason …"
        yield f"waits, {_BECAUSE[one.why]}: {said}"


def _where(one: Lying) -> str:
    return f"put with case {one.case_id}, {one.debtor}," if one.case_id else "set aside"


async def match(desk: Desk, asked: Asked) -> Told:
    """It belongs to a case, which stands still until it is answered, like for any reply."""
    heard_id, hands, filer = _number(asked), await hands_on(desk, asked), _filer(desk, asked)
    sender = await desk.store.filing.match(heard_id, hands, filer, desk.now)
    (case,) = await desk.store.planning.load([hands.case_id], desk.now.date())
    told = [f"h{heard_id} is with case {hands.case_id}, {case.facts.debtor.name}: it stands still until it is answered"]
    if "@" in sender and sender.lower() not in {a.where.lower() for a in case.facts.addresses}:
        told.append(f"to know {sender} next time: relanced contact add {case.facts.debtor.key} {sender}")
    return Told(tuple(told), record={"heard": heard_id, "case": hands.case_id})


async def file(desk: Desk, asked: Asked) -> Told:
    """It belongs to no case: it is set aside for a reason, and stays as it came."""
    heard_id, why = _number(asked), asked.text("reason")
    await desk.store.filing.set_aside(heard_id, why, _filer(desk, asked), desk.now)
    return Told((f"h{heard_id} is set aside: {why}",))


def _filer(desk: Desk, asked: Asked) -> Filer:
    readers = {key: c.read_by[0] for key, c in desk.premises.config.creditors.items() if c.read_by}
    return Filer(asked.by, answer_by(desk.now), readers, readable(desk), asked.flag("anyway"))


def _number(asked: Asked) -> int:
    """h12, as lists show it, or 12. Raises Misasked."""
    said = asked.text("heard").lower().removeprefix("h")
    if not said.isdecimal() or len(said) > 9:
        raise Misasked(f"heard: {asked.text('heard')!r} is not a number like h12: relanced unmatched")
    return int(said)


# -- how it is shown ----------------------------------------------------------------------------------------------


def readable(desk: Desk) -> Collection[str]:
    """The channels whose mail is read by itself."""
    return desk.premises.config.channels.keys()


def first_reader(desk: Desk, channel: str) -> str:
    """Who looks at what came through a channel and is nobody's: the only one who reads for those who write by it."""
    users = [c for c in desk.premises.config.creditors.values() if channel in c.roads.values()]
    readers = {c.read_by[0] for c in users if c.read_by}
    return readers.pop() if len(readers) == 1 else ""


def number(one: Lying) -> str:
    """As a command names it."""
    return f"h{one.id}"


def in_brief(one: Lying) -> str:
    """What it says, in one line."""
    if one.reply:
        words = " ".join(str(one.reply.get("text") or one.reply.get("subject", "")).split())
        cut = f"{words[:EXCERPT]}{'…' if len(words) > EXCERPT else ''}"
        return f"{one.reply['sender']} wrote: « {cut} »"
    machine = next((f"a machine says {m['said']}: {m.get('words', '')}" for m in one.said if m.get("said")), "")
    return machine or one.fault or _BECAUSE.get(one.why, "")


def intent(one: Lying, whole: bool = True) -> str:
    """What it seems to say, a suggestion; `whole`: with the words that this rests on."""
    first, _, why = str(one.reply.get("seems") or "").partition(", ")
    return (why if whole and why else first).replace("_", " ")


def spoken(one: Lying) -> Iterator[str]:
    """The person's own words, line by line; else what a machine said."""
    for said in one.said:
        yield from str(said.get("text") or said.get("words") or said.get("subject") or "").splitlines()


def _suffix(desk: Desk, one: Lying) -> str:
    door = desk.premises.config.channels.get(one.channel)
    return "txt" if door and door.form is not Form.MAIL else "eml"


VERBS: dict[str, Verb] = {"unmatched": unmatched, "heard": heard, "match": match, "file": file}
