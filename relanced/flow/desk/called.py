"""The verb that says what became of a call, made or received."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from msgspec.structs import replace

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment
from relanced.flow.desk.promised import confirmation, written
from relanced.flow.desk.working import how_it_ends
from relanced.rules.calls import EFFECTS, CallResult
from relanced.rules.given import WordKind
from relanced.rules.model import HoldKind
from relanced.store.calls import Call, Logged
from relanced.store.saying import NewWord
from relanced.store.tasks import Task
from relanced.store.views import NotFound


async def call(desk: Desk, asked: Asked) -> Told:
    """What became of a call, made or received: the step, the number, holds and tasks follow."""
    result = _result(asked.text("result"))
    incoming = asked.flag("incoming")
    if incoming and not EFFECTS[result].spoke:
        raise Misasked(f"result: {result.value} is no end of a call that we received")
    message_id, case_id = await _which(desk, asked, incoming)
    said = Call(
        case_id,
        result,
        asked.maybe("note") or "",
        message_id,
        incoming,
        _named(desk, asked),
        tuple(n for n in (asked.maybe("invoices") or "").split(",") if n),
        asked.maybe("number") or "",
    )
    confirm = await _confirmation(desk, said, asked)
    logged = await desk.store.calls.log(said, asked.by, desk.now, confirm)
    return Told((*_outcome(desk, said, logged), *(written(confirm) if logged.held else ())))


async def _confirmation(desk: Desk, said: Call, asked: Asked) -> NewWord | Task | None:
    """What confirms in writing what was promised by telephone."""
    if EFFECTS[said.result].hold is not HoldKind.PROMISE or asked.flag("unconfirmed"):
        return None
    return await confirmation(desk, said.case_id, WordKind.PROMISE)


def _result(said: str) -> CallResult:
    try:
        return CallResult(said.strip().lower().replace(" ", "-").replace("_", "-"))
    except ValueError:
        raise Misasked(f"result: {said!r} is none of {', '.join(CallResult)}") from None


async def _which(desk: Desk, asked: Asked, incoming: bool) -> tuple[int | None, int]:
    """The message and the case. A case stands for its waiting call, but not when the debtor called.

    Raises Misasked for a number that is the one's message and the other's case.
    """
    text = asked.text("which")
    named = await desk.store.calls.asked(text)
    try:
        case_id = await desk.store.views.find_case(text, asked.maybe("creditor"))
    except NotFound:
        if named is None:
            raise
        case_id = named[1]
    if named and named[1] != case_id:
        raise Misasked(f"{text} is a call of case {named[1]}, and another case too: say the reference or the debtor")
    if incoming:
        return None, case_id
    if named:
        return named
    waiting = await desk.store.calls.of_case(case_id)
    return (waiting[0].message_id if waiting else None), case_id


def _named(desk: Desk, asked: Asked) -> datetime | None:
    """The moment the debtor named: a day, a time of today, or both. Raises Misasked."""
    at = asked.maybe("at")
    if at is None and asked.maybe("date") is None:
        return None
    day_said, _, hour_said = (at or "").strip().replace("T", " ").rpartition(" ")
    if at and "-" in hour_said:  # a day alone
        day_said, hour_said = hour_said, ""
    day = replace(asked, words={"at": day_said}).day("at") if day_said else asked.day("date", desk.now.date())
    return datetime.combine(day, _hour(hour_said), tzinfo=desk.now.tzinfo)


def _hour(said: str) -> time:
    try:
        return time.fromisoformat(said) if said else time.min
    except ValueError:
        raise Misasked(f"at: {said!r} is not a moment like 10:30 or 2026-03-31 10:30") from None


def _outcome(desk: Desk, said: Call, logged: Logged) -> Iterable[str]:
    what, number = logged.ending, said.message_id
    yield f"case {said.case_id}: {'received' if said.incoming else 'called'}, {said.result.value}"
    if logged.late:
        yield f"CROSSED, {logged.late}: relanced show {said.case_id}"
    elif number and what.closed:
        yield f"message {number} counts as performed" + (f" ({what.word})" if not what.effect.spoke else "")
    elif number and what.again_on:
        yield f"message {number} is tried again from {what.again_on} on (try {logged.tries})"
    if what.strikes:
        yield "the number is not dialled any more: the next number or road is taken"
    if logged.held:
        until = (
            f"until {moment(what.until, desk)}"
            if what.until
            else f"until {how_it_ends(what.effect.hold or HoldKind.REPLY, said.case_id)}"
        )
        whom = "the case stands" if what.effect.whole else "what was spoken of stands"
        yield f"{whom} still {until}; task: {what.effect.asks}"


VERBS: dict[str, Verb] = {"call": call}
