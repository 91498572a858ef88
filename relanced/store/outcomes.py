"""Recording what a door answered, or what a person says became of a message. Written before anything new is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.channel import Absent, Answer, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, look
from relanced.store.tables import addresses, attempts, cases, lines, messages, reminders
from relanced.store.tasks import Task, open_tasks


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The last check said no, or the house is closing: provably nothing left."""

    words: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. `lapse_at`: how long a sheet may lie in the tray. `settle_at`: when to ask first."""

    message_id: int
    case_id: int
    attempt: str
    channel: str
    answer: Answer | Absent | NotBegun
    settle_at: datetime
    lapse_at: datetime | None = None
    tell: bool = False  # nobody can tell, and a person should know


_EVENTS: dict[type[Answer | Absent | NotBegun], MessageEvent] = {
    Sent: MessageEvent.TAKEN,
    Tray: MessageEvent.TRAYED,
    Unavailable: MessageEvent.UNAVAILABLE,
    Unknown: MessageEvent.SILENCE,
    Absent: MessageEvent.ABSENT,
    NotBegun: MessageEvent.NOT_BEGUN,
}


@dataclass(slots=True)
class _Recording:
    """One batch being recorded: what it changes beyond the messages themselves."""

    connection: AsyncConnection
    now: datetime
    today: date
    entries: list[Entry]
    attempts: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    performed: list[int]
    looked: set[int]
    bumped: set[int]
    dead: list[tuple[int, date]]
    crossed: list[int]
    tasks: list[Task]


async def record(
    connection: AsyncConnection,
    outcomes: Sequence[Outcome],
    now: datetime,
    today: date,
    entries: list[Entry],
    bumps: Bumps,
) -> None:
    """Write down every outcome. One that comes late (the message has moved on) is kept on its attempt alone."""
    if not outcomes:
        return
    r = _Recording(connection, now, today, entries, [], [], [], set(), set(), [], [], [])
    rows = await _rows(connection, [o.message_id for o in outcomes])
    for outcome in outcomes:
        _take_down(r, outcome, rows[outcome.message_id])
    await _write(r, bumps)


async def _rows(connection: AsyncConnection, ids: list[int]) -> dict[int, Any]:
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    query = select(
        messages.c.id,
        messages.c.case_id,
        messages.c.creditor,
        messages.c.state,
        messages.c.slot,
        messages.c.reminder_id,
        messages.c.attempt_id,
        messages.c.address_id,
        messages.c.failures,
        messages.c.reference,
        cases.c.version,
        attempts.c.permit_version,
    ).select_from(joined.outerjoin(attempts, attempts.c.id == messages.c.attempt_id))
    return {row.id: row for row in (await connection.execute(query.where(messages.c.id.in_(ids)))).all()}


def _take_down(r: _Recording, outcome: Outcome, row: Row[Any]) -> None:
    answer = outcome.answer
    kind, words = _told(answer)
    r.attempts.append(
        {
            "which": outcome.attempt,
            "answer": kind,
            "words": words,
            "provider": answer.id if isinstance(answer, Sent) else answer.job if isinstance(answer, Tray) else "",
            "at": r.now,
        }
    )
    if row.attempt_id != outcome.attempt or row.state not in ("submitting", "uncertain"):
        r.entries.append(Entry(row.case_id, "late answer", {"message": row.id, "answer": kind, "words": words}))
        return None
    if isinstance(answer, Unknown) and row.state == "uncertain":
        return _still_uncertain(r, outcome, row, words)
    event = _event(answer)
    state = advance(MessageState(row.state), event)
    r.messages.append(_values(r, outcome, row, state, words))
    about = {"message": row.id, "attempt": outcome.attempt, "state": state.value, "words": words}
    r.entries.append(Entry(row.case_id, f"message {state.value}", about))
    return _consequences(r, outcome, row, state)


def _told(answer: Answer | Absent | NotBegun) -> tuple[str, str]:
    kind = type(answer).__name__.lower()
    if isinstance(answer, Refused):
        return f"{kind}:{answer.why.value}", answer.words
    if isinstance(answer, Unavailable):
        return f"{kind}:{answer.scope.value}", answer.words
    return kind, answer.words


def _event(answer: Answer | Absent | NotBegun) -> MessageEvent:
    if isinstance(answer, Refused):
        return MessageEvent.UNFIT if answer.why is Refusal.CONTENT else MessageEvent.REFUSED
    return _EVENTS[type(answer)]


def _still_uncertain(r: _Recording, outcome: Outcome, row: Row[Any], words: str) -> None:
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


def _values(r: _Recording, outcome: Outcome, row: Row[Any], state: MessageState, words: str) -> dict[str, Any]:
    failures = row.failures
    due: datetime | None = None
    if state is MessageState.PLANNED:
        due, failures = _due(outcome.answer, r.now, failures)
    return {
        "which": row.id,
        "state": state.value,
        "reason": "" if state in (MessageState.SENT, MessageState.IN_TRAY) else words[:500] or state.value,
        "due": due,
        "failures": failures,
        "settle": outcome.settle_at if state is MessageState.UNCERTAIN else None,
        "lapse": outcome.lapse_at if state is MessageState.IN_TRAY else None,
        "sent": r.now if state is MessageState.SENT else None,
        "ended": r.now if state is MessageState.FAILED else None,
    }


def _due(answer: Answer | Absent | NotBegun, now: datetime, failures: int) -> tuple[datetime, int]:
    """When to try again. A door that is closed counts no try; a message refused for now waits longer each time."""
    if not isinstance(answer, Unavailable) or answer.scope is Scope.CHANNEL:
        return now, failures
    if answer.not_before:
        return max(answer.not_before, now), failures + 1
    return now + min(timedelta(minutes=2**failures), timedelta(hours=4)), failures + 1


def _consequences(r: _Recording, outcome: Outcome, row: Row[Any], state: MessageState) -> None:
    r.looked.add(row.case_id)
    if state is MessageState.SENT and row.slot == 0 and row.reminder_id is not None:
        r.performed.append(row.reminder_id)
    if state in (MessageState.SENT, MessageState.IN_TRAY) and row.version != row.permit_version:
        r.crossed.append(row.case_id)
    if state is MessageState.FAILED and row.address_id is not None:
        r.dead.append((row.address_id, r.today))
        r.bumped.add(row.case_id)
    if state is MessageState.PARKED:
        words = f"message {row.id} ({row.reference}) was refused for its content: {outcome.answer.words}"
        r.tasks.append(Task("content", f"content:{row.id}", words, row.creditor, row.case_id))


async def _write(r: _Recording, bumps: Bumps) -> None:
    await r.connection.execute(_ATTEMPT, r.attempts)
    if r.messages:
        await r.connection.execute(_MESSAGE, r.messages)
    await perform(r.connection, r.performed, r.today)
    for address_id, day in r.dead:
        await r.connection.execute(update(addresses).where(addresses.c.id == address_id).values(dead_since=day))
    if r.crossed:
        await r.connection.execute(update(cases).where(cases.c.id.in_(r.crossed)).values(crossed=True))
        r.entries += [Entry(i, "crossed", {"why": "a fact changed while the message was leaving"}) for i in r.crossed]
    await open_tasks(r.connection, r.tasks, r.now)
    await look(r.connection, r.looked - r.bumped, r.now)
    await bump(r.connection, r.bumped, r.now, bumps)


_ATTEMPT = (
    update(attempts)
    .where(attempts.c.id == bindparam("which"))
    .values(
        answer=bindparam("answer"),
        words=bindparam("words"),
        provider_id=bindparam("provider"),
        answered_at=bindparam("at"),
    )
)

_MESSAGE = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(
        state=bindparam("state"),
        reason=bindparam("reason"),
        due_at=bindparam("due"),
        failures=bindparam("failures"),
        settle_at=bindparam("settle"),
        lapse_at=bindparam("lapse"),
        sent_at=bindparam("sent"),
        ended_at=bindparam("ended"),
    )
)

_REMINDER = (
    update(reminders)
    .where(reminders.c.id == bindparam("which"), reminders.c.live)
    .values(live=False, performed_on=bindparam("day"))
)

_LINES = (
    update(lines)
    .where(lines.c.reminder_id == bindparam("which"), lines.c.state == "planned")
    .values(state="performed", on_day=bindparam("day"))
)


async def perform(connection: AsyncConnection, reminder_ids: Sequence[int], today: date) -> None:
    """These reminders count from today on, whatever becomes of their messages later."""
    if reminder_ids:
        rows = [{"which": i, "day": today} for i in reminder_ids]
        await connection.execute(_REMINDER, rows)
        await connection.execute(_LINES, rows)
