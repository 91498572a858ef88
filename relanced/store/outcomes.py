"""Recording what a door answered, or what a person says became of a message. Written before anything new is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select

from relanced.channel import Absent, Answer, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.store.among import among
from relanced.store.journal import Entry
from relanced.store.lock import Bumps
from relanced.store.recording import Recording, write
from relanced.store.tables import attempts, cases, messages
from relanced.store.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MANY_FAILURES = 10  # refused for now so many times: a person looks


class NotBegun(Struct, frozen=True):
    """The last check said no, or the house is closing: provably nothing left."""

    words: str


class Rest(Struct, frozen=True):
    """What the planner would find once the message has left on this `day`: nothing to do `until` then, or for ever."""

    day: date
    until: datetime | None


class Outcome(Struct, frozen=True):
    """What became of one attempt. `lapse_at`: how long a sheet may lie in the tray. `settle_at`: when to ask first."""

    message_id: int
    case_id: int
    attempt: str
    channel: str
    answer: Answer | Absent | NotBegun
    settle_at: datetime
    lapse_at: datetime | None = None
    tell: bool = False  # nobody can tell, and a person should know
    rest: Rest | None = None


_EVENTS: dict[type[Answer | Absent | NotBegun], MessageEvent] = {
    Sent: MessageEvent.TAKEN,
    Tray: MessageEvent.TRAYED,
    Unavailable: MessageEvent.UNAVAILABLE,
    Unknown: MessageEvent.SILENCE,
    Absent: MessageEvent.ABSENT,
    NotBegun: MessageEvent.NOT_BEGUN,
}


async def record(
    connection: AsyncConnection,
    outcomes: Sequence[Outcome],
    now: datetime,
    today: date,
    entries: list[Entry],
    bumps: Bumps,
) -> None:
    """Write down every outcome. One that comes late (the message has moved on) is kept on its attempt."""
    for some in _each_message_once([_storable(o) for o in outcomes]):
        r = Recording(now, today, entries)
        found = await connection.execute(_KNOWN, {"ids": [o.message_id for o in some]})
        rows: dict[int, Any] = {row.id: row for row in found.all()}
        for outcome in some:
            _take_down(r, outcome, rows[outcome.message_id])
        await write(connection, r, bumps)


def _storable(outcome: Outcome) -> Outcome:
    """Words of strangers as both databases take them: no NUL, no half character."""
    answer: Any = outcome.answer
    said = {name: getattr(answer, name) for name in answer.__struct_fields__}
    texts = {name: text for name, text in said.items() if type(text) is str}
    clean = {name: text.encode("utf-8", "replace").decode().replace("\0", "?") for name, text in texts.items()}
    return outcome if clean == texts else replace(outcome, answer=replace(answer, **clean))


def _each_message_once(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    rounds: list[dict[int, Outcome]] = []
    for outcome in outcomes:
        free = next((r for r in rounds if outcome.message_id not in r), None)
        if free is None:
            rounds.append(free := {})
        free[outcome.message_id] = outcome
    return [list(r.values()) for r in rounds]


_KNOWN = (
    select(
        messages.c.id,
        messages.c.case_id,
        messages.c.creditor,
        messages.c.state,
        messages.c.slot,
        messages.c.reminder_id,
        messages.c.attempt_id,
        messages.c.address_id,
        messages.c.failures,
        messages.c.lapse_at,
        messages.c.reference,
        cases.c.version,
        attempts.c.permit_version,
    )
    .select_from(
        messages.join(cases, cases.c.id == messages.c.case_id).outerjoin(
            attempts, attempts.c.id == messages.c.attempt_id
        )
    )
    .where(among(messages.c.id, "ids"))
)


def _take_down(r: Recording, outcome: Outcome, row: Any) -> None:
    answer = outcome.answer
    kind, words = _told(answer)
    given = answer.id if isinstance(answer, Sent) else answer.job if isinstance(answer, Tray) else ""
    r.attempts.append({"which": outcome.attempt, "answer": kind, "words": words, "provider": given, "at": r.now})
    if row.attempt_id != outcome.attempt or row.state not in ("submitting", "uncertain"):
        return _late(r, outcome, row, kind, words)
    if isinstance(answer, Unknown) and row.state == "uncertain":
        return _still_uncertain(r, outcome, row, words)
    return _advance(r, outcome, row, _event(answer), words)


def _advance(r: Recording, outcome: Outcome, row: Any, event: MessageEvent, words: str) -> None:
    state = advance(MessageState(row.state), event)
    if state is MessageState.SENT:
        r.sent.append(row.id)
    else:
        r.messages.append(_values(r, outcome, row, state, words))
    about = {"message": row.id, "attempt": outcome.attempt, "state": state.value, "words": words}
    r.entries.append(Entry(row.case_id, f"message {state.value}", about))
    _consequences(r, outcome, row, state)


def _late(r: Recording, outcome: Outcome, row: Any, kind: str, words: str) -> None:
    """An answer nobody waited for any more. One that waits to leave again has left: it must not leave twice."""
    about = {"message": row.id, "attempt": outcome.attempt, "answer": kind, "words": words, "was": row.state}
    r.entries.append(Entry(row.case_id, "late answer", about))
    if isinstance(outcome.answer, Sent) and row.state == "planned":
        _advance(r, outcome, row, MessageEvent.NAMED, words)
    elif isinstance(outcome.answer, Sent | Tray) and row.state not in _GONE:
        why = f"message {row.id} ({row.reference}) is {row.state}, but an earlier try of it left: {words or kind}"
        r.crossed[row.case_id] = why
        r.tasks.append(Task("late answer", f"late:{outcome.attempt}", why, row.creditor, row.case_id))


_GONE = ("sent", "delivered", "failed", "in_tray")


def _told(answer: Answer | Absent | NotBegun) -> tuple[str, str]:
    kind, words = type(answer).__name__.lower(), answer.words
    if isinstance(answer, Refused):
        return f"{kind}:{answer.why.value}", words
    if isinstance(answer, Unavailable):
        return f"{kind}:{answer.scope.value}", words
    return kind, words


def _event(answer: Answer | Absent | NotBegun) -> MessageEvent:
    if isinstance(answer, Refused):
        return MessageEvent.UNFIT if answer.why is Refusal.CONTENT else MessageEvent.REFUSED
    return _EVENTS[type(answer)]


def _still_uncertain(r: Recording, outcome: Outcome, row: Any, words: str) -> None:
    """Nobody can tell yet: ask again at `settle_at`, and let a person know."""
    r.messages.append(_values(r, outcome, row, MessageState.UNCERTAIN, words))
    if not outcome.tell:
        return
    r.tasks.append(
        Task(
            "uncertain",
            f"uncertain:{row.id}",
            f"message {row.id} ({row.reference}) may have left, and nobody can tell: {words}",
            row.creditor,
            row.case_id,
        )
    )


_ON_A_PERSON = (MessageState.IN_TRAY, MessageState.PARKED)


def _values(r: Recording, outcome: Outcome, row: Any, state: MessageState, words: str) -> dict[str, Any]:
    failures = row.failures
    due: datetime | None = None
    if state is MessageState.PLANNED:
        due, failures = _due(outcome.answer, r.now, failures)
    return {
        "which": row.id,
        "state": state.value,
        "reason": "" if state is MessageState.IN_TRAY else words[:500] or state.value,
        "due": due,
        "failures": failures,
        "settle": outcome.settle_at if state is MessageState.UNCERTAIN else None,
        "lapse": outcome.lapse_at or row.lapse_at if state in _ON_A_PERSON else row.lapse_at,
        "ended": r.now if state is MessageState.FAILED else None,
    }


def _due(answer: Answer | Absent | NotBegun, now: datetime, failures: int) -> tuple[datetime, int]:
    """When to try again. A door that is closed counts no try; a message refused for now waits longer each time."""
    if not isinstance(answer, Unavailable) or answer.scope is Scope.CHANNEL:
        return now, failures
    if answer.not_before:
        return max(answer.not_before, now), failures + 1
    return now + min(timedelta(minutes=2 ** min(failures, 8)), timedelta(hours=4)), failures + 1


def _consequences(r: Recording, outcome: Outcome, row: Any, state: MessageState) -> None:
    unchanged = row.version == row.permit_version
    if state is MessageState.SENT and outcome.rest and outcome.rest.day == r.today and unchanged:
        r.resting.setdefault(outcome.rest.until, []).append(row.case_id)
    else:
        r.looked.add(row.case_id)
    _patience(r, outcome, row, state)
    left = state in (MessageState.SENT, MessageState.IN_TRAY)
    if row.slot == 0 and row.reminder_id is not None and state is MessageState.SENT:
        r.performed.append(row.reminder_id)
    if row.slot == 0 and row.reminder_id is not None and state in (MessageState.PLANNED, MessageState.FAILED):
        r.not_begun.append(row.reminder_id)
    if left and row.version != row.permit_version:
        r.crossed[row.case_id] = "a fact changed while the message was leaving"
    if row.state == "uncertain" and state is not MessageState.UNCERTAIN:
        r.settled.append(f"uncertain:{row.id}")
    if isinstance(outcome.answer, Refused) and state is MessageState.FAILED and row.address_id is not None:
        _strike(r, outcome.answer, row)
    if state is MessageState.PARKED:
        words = f"message {row.id} ({row.reference}) was refused for its content: {outcome.answer.words}"
        r.tasks.append(Task("content", f"content:{row.id}", words, row.creditor, row.case_id))


def _patience(r: Recording, outcome: Outcome, row: Any, state: MessageState) -> None:
    """A message that is refused for now again and again is shown to a person, until something becomes of it."""
    answer, times = outcome.answer, row.failures + 1
    refused = isinstance(answer, Unavailable) and answer.scope is Scope.MESSAGE
    if refused and state is MessageState.PLANNED and times >= MANY_FAILURES:
        words = f"message {row.id} ({row.reference}) has been refused for now {times} times: {answer.words}"
        r.tasks.append(Task("refused for now", f"refused:{row.id}", words, row.creditor, row.case_id))
    elif row.failures >= MANY_FAILURES and state not in (MessageState.PLANNED, MessageState.UNCERTAIN):
        r.settled.append(f"refused:{row.id}")


def _strike(r: Recording, answer: Refused, row: Any) -> None:
    """Nobody lives at the address, or somebody who does not want to be written to."""
    gone = answer.why is Refusal.ADDRESS
    r.struck.append((row.address_id, {"dead_since": r.today} if gone else {"consent": "withdrawn"}))
    r.bumped.add(row.case_id)
