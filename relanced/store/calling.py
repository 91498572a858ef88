"""What a person says of a call, and all that follows from it: the message, the number, holds, tasks, the journal.

Everything here happens within one transaction of the caller, who holds the lock of the case.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import func, insert, select, update

from relanced.rules.calls import EFFECTS, NOT_REACHED, REPLACED, CallResult, Ending, ending
from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import HoldKind, LineState, MessageState, Road
from relanced.rules.owed import balances
from relanced.rules.promises import free_of, sum_promised
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.disputed import dispute_key
from relanced.store.facts import Loaded, load
from relanced.store.journal import Entry
from relanced.store.promising import Word, replace_words, write_word
from relanced.store.saying import NewWord, tell
from relanced.store.steps import perform
from relanced.store.tables import addresses, attempts, calls, cases, holds, messages
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_IN_VAIN = tuple(result.value for result, effect in EFFECTS.items() if not effect.spoke)


class Call(Struct, frozen=True):
    """What a person says of a call: made for a message, made of their own accord, or received.

    `named` is the moment the debtor named, aware and local; `invoices` those that were spoken of, empty: all that are
    overdue. `number` is the one that was dialled, where no message says it.
    """

    case_id: int
    result: CallResult
    note: str = ""
    message_id: int | None = None
    incoming: bool = False
    named: datetime | None = None
    invoices: tuple[str, ...] = ()
    number: str = ""


class Logged(Struct, frozen=True):
    """What became of it: the ending, how often nobody was reached, how many terms stand still now.

    `late` says why the step could not be performed: the call had been withdrawn, or had lapsed, before it was made.
    """

    ending: Ending
    tries: int
    held: int = 0
    late: str = ""

    @property
    def bumps(self) -> bool:
        """Whether a fact of the case has changed."""
        return self.held > 0 or self.ending.strikes or bool(self.late)


class _Told(Struct, frozen=True):
    """One call with everything around it. `row` is the message that still waits for it."""

    call: Call
    row: Any
    loaded: Loaded
    ending: Ending
    tries: int
    late: str
    number: str
    by: str
    now: datetime


async def log(
    connection: AsyncConnection, call: Call, by: str, now: datetime, confirm: NewWord | Task | None = None
) -> Logged:
    """Write down a call and all that follows; `confirm` tells the debtor in writing what was promised, or asks a person
    to. Raises Unfitting for what is no call, or does not fit the debtor."""
    told = await _gathered(connection, call, by, now)
    terms = _terms(told) if told.ending.effect.hold else []
    entries = [_entry(told)]
    await _keep(connection, told)
    if told.row is not None:
        await _settle(connection, told.row, told.ending, told.tries, now, now.date())
    if told.ending.strikes:
        await _strike(connection, told)
    if told.ending.effect.spoke:
        spoken = update(cases).where(cases.c.id == call.case_id)
        await connection.execute(spoken.values(spoken_on=now.date()))
        entries += await _follow_up(connection, told, terms, confirm)
    if told.late and told.ending.effect.spoke:
        await connection.execute(update(cases).where(cases.c.id == call.case_id).values(crossed=True))
    await journal.write(connection, entries, now)
    return Logged(told.ending, told.tries, len(terms), told.late)


async def _gathered(connection: AsyncConnection, call: Call, by: str, now: datetime) -> _Told:
    (loaded,) = await load(connection, [call.case_id], now.date())
    named = await _message(connection, call)
    row = named if named is not None and named.state == MessageState.IN_TRAY else None
    tries = await _tries(connection, row.id) + 1 if row is not None else 1
    try:
        what = ending(call.result, tries, call.named, now, loaded.facts.debtor.postcode)
    except ValueError as fault:
        raise Unfitting(str(fault)) from None
    late = f"message {named.id} is {named.state}: {named.reason}" if named is not None and row is None else ""
    number = call.number or (named.place if named is not None else "")
    return _Told(call, row, loaded, what, tries, late, number, by, now)


async def _message(connection: AsyncConnection, call: Call) -> Any:
    """The message the call was made for. One that was withdrawn or lapsed meanwhile is not refused: it was made."""
    if call.message_id is None:
        return None
    mine = (messages.c.id == call.message_id) & (messages.c.case_id == call.case_id)
    row = (await connection.execute(select(messages).where(mine))).first()
    if row is None or row.road != Road.PHONE or not row.attempt_id:
        raise Unfitting(f"message {call.message_id} is no call that anybody was asked to make")
    if row.state == MessageState.SENT:
        raise Unfitting(f"message {row.id} was closed before: {row.reason}; log a further call on the case")
    return row


async def _tries(connection: AsyncConnection, message_id: int) -> int:
    """How often nobody was reached for this message."""
    vain = (calls.c.message_id == message_id) & calls.c.result.in_(_IN_VAIN)
    return int((await connection.execute(select(func.count()).select_from(calls).where(vain))).scalar_one())


def _terms(told: _Told) -> Sequence[int | None]:
    """What the hold lies on: the invoices named, else what the call was about, else all that is overdue, else owed."""
    facts, invoices = told.loaded.facts, set(told.call.invoices)
    owed = {t.id: t for t in facts.terms if balances(facts)[t.id] > 0}
    if unknown := sorted(invoices - {t.invoice for t in owed.values()}):
        raise Unfitting(f"{facts.debtor.name} owes nothing of an invoice {unknown[0]}")
    if told.ending.effect.whole:
        return [None]
    if invoices:
        return _free(told, [t for t in owed if owed[t].invoice in invoices])
    planned = (line for line in facts.lines if line.state is LineState.PLANNED)
    mine = {line.term_id for line in planned if told.row is not None and line.reminder_id == told.row.reminder_id}
    late = {t for t in owed if owed[t].due_on < told.now.date()}
    return _free(told, sorted((mine & owed.keys()) or late or owed.keys()))


def _free(told: _Told, found: Sequence[int]) -> Sequence[int]:
    """Nobody promises what is contested, or waived. Raises Unfitting."""
    if told.ending.effect.hold is not HoldKind.PROMISE:
        return found
    facts, named = told.loaded.facts, bool(told.call.invoices)
    try:
        free = free_of(facts, [t for t in facts.terms if t.id in found], named, told.now.date())
    except ValueError as fault:
        raise Unfitting(str(fault)) from None
    return [t.id for t in free]


async def _keep(connection: AsyncConnection, told: _Told) -> None:
    call = told.call
    about = {"case_id": call.case_id, "message_id": call.message_id, "at": told.now, "by": told.by}
    about |= {"incoming": call.incoming, "result": call.result.value, "number": told.number}
    await connection.execute(insert(calls).values(**about, until=told.ending.until))


async def _settle(connection: AsyncConnection, row: Any, what: Ending, tries: int, now: datetime, today: date) -> None:
    """The message is closed, tried again, or gives way to the next number or road."""
    values: dict[str, Any]
    if what.closed:
        state = advance(MessageState(row.state), MessageEvent.CALLED)
        values = {"state": state.value, "reason": what.word, "sent_at": now, "due_at": None, "lapse_at": None}
    elif what.strikes:
        state = advance(MessageState(row.state), MessageEvent.WITHDRAW)
        values = {"state": state.value, "reason": "wrong number", "ended_at": now}
    else:
        values = {"reason": f"{NOT_REACHED}: {tries}", "due_at": _morning(what.again_on, now)}
    await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    if what.strikes:
        await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(pulled_at=now))
    if what.closed and row.slot == 0 and row.reminder_id is not None:
        await perform(connection, [row.reminder_id], today)


def _morning(day: date | None, now: datetime) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=now.tzinfo) if day else None


async def _strike(connection: AsyncConnection, told: _Told) -> None:
    """Somebody else answers there: the number is dead for calls and for short texts."""
    mine = (addresses.c.case_id == told.call.case_id) & (addresses.c.place == told.number)
    there = mine & addresses.c.dead_since.is_(None)
    struck = await connection.execute(update(addresses).where(there).values(dead_since=told.now.date()))
    if not struck.rowcount and told.call.message_id is None:
        raise Unfitting("wrong-number: say which number was dialled, as the case shows it")


async def _follow_up(
    connection: AsyncConnection, told: _Told, terms: Sequence[int | None], confirm: NewWord | Task | None
) -> list[Entry]:
    """The debtor's newest word takes the place of those before; a person is asked for what is to be done."""
    case_id, effect = told.call.case_id, told.ending.effect
    await _end(connection, told, terms)
    await close_tasks(connection, [follow_up_key(case_id)], told.by, told.now)
    if effect.hold is None or not terms:
        return []
    about: dict[str, Any] = {"case_id": case_id, "kind": effect.hold.value, "reason": _reason(told)}
    about |= {"owner": _owner(told), "by": told.by, "began_at": told.now, "until": told.ending.until}
    await connection.execute(insert(holds), [{**about, "term_id": t} for t in terms])
    asked = _tasks(told, terms)
    await close_tasks(connection, [task.key for task in asked], told.by, told.now)
    await open_tasks(connection, asked, told.now)
    if effect.hold is not HoldKind.PROMISE or not told.call.named:
        return []
    number = await write_word(connection, _word(told, told.call.named.date(), terms), told.by, told.now)
    creditor = told.loaded.facts.creditor
    return await tell(connection, case_id, creditor, confirm, {"promise": number}, told.by, told.now)


def _word(told: _Told, on: date, terms: Sequence[int | None]) -> Word:
    """All that may be asked of what was spoken of. Raises Unfitting where it does not fit an offer that runs."""
    facts, left = told.loaded.facts, balances(told.loaded.facts)
    about = [t for t in facts.terms if t.id in terms]
    try:
        cents = sum_promised(facts, about, on)
    except ValueError as fault:
        raise Unfitting(str(fault)) from None
    return Word(told.call.case_id, on, cents, about[0].currency, {t.id: left[t.id] for t in about})


async def _end(connection: AsyncConnection, told: _Told, terms: Sequence[int | None]) -> None:
    """End the holds that the new word replaces; whoever was to be called back has been spoken to."""
    await replace_words(connection, told.call.case_id, [t for t in terms if t], told.now.date())
    mine = (holds.c.case_id == told.call.case_id) & holds.c.ended_at.is_(None)
    same = holds.c.kind.in_([kind.value for kind in REPLACED]) & holds.c.term_id.in_([t for t in terms if t])
    over = mine & ((holds.c.kind == HoldKind.CALL_BACK.value) | same)
    await connection.execute(update(holds).where(over).values(ended_at=told.now, ended_by=told.by))


def follow_up_key(case_id: int) -> str:
    """The key of the task that a call leaves behind; a case has one at most."""
    return f"call:{case_id}"


def _reason(told: _Told) -> str:
    moment = f" for {told.call.named:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if told.call.named else ""
    return f"{told.call.result.value} by phone{moment}"


def _owner(told: _Told) -> str:
    return told.loaded.owner or told.by


def _tasks(told: _Told, terms: Sequence[int | None]) -> list[Task]:
    """What is asked of a person. What is contested is looked into invoice by invoice, whatever is said later."""
    case, numbers = told.call.case_id, dict.fromkeys(t.invoice for t in told.loaded.facts.terms if t.id in terms)
    if told.ending.effect.hold is HoldKind.DISPUTE:
        return [_task(told, [number], dispute_key(case, number)) for number in numbers]
    return [_task(told, numbers, follow_up_key(case))]


def _task(told: _Told, numbers: Collection[str], key: str) -> Task:
    facts, kind = told.loaded.facts, told.ending.effect.hold
    about = f" ({', '.join(numbers)})" if numbers else ""
    words = f"{facts.debtor.name}{about}: {told.ending.effect.asks}; {_reason(told)}, {told.by} on {told.now:%Y-%m-%d}"
    name = kind.value.replace("_", " ") if kind else "call"
    day = told.call.named if told.ending.effect.waits else None
    return Task(name, key, words, facts.creditor, facts.id, _owner(told), day)


def _entry(told: _Told) -> Entry:
    call, what = told.call, told.ending
    about = {
        "result": call.result.value,
        "message": call.message_id,
        "number": told.number,
        "try": told.tries if told.row is not None and not what.effect.spoke else None,
        "counts as": what.word if what.closed and told.row is not None else None,
        "named": call.named,
        "invoices": list(call.invoices),
        "held until": what.until,
        "late": told.late,
        "note": call.note,
    }
    kept = {name: value for name, value in about.items() if value not in (None, "", [])}
    return Entry(call.case_id, "call received" if call.incoming else "call made", kept, told.by)


async def given_up(connection: AsyncConnection, row: Any, now: datetime, today: date) -> Entry | None:
    """A call whose time is over after somebody tried: it counts as performed, nobody was reached. None: no try was."""
    waits = row.road == Road.PHONE and row.state == MessageState.IN_TRAY
    tries = await _tries(connection, row.id) if waits else 0
    if not tries:
        return None
    await _settle(connection, row, Ending(EFFECTS[CallResult.UNREACHABLE], word=NOT_REACHED), tries, now, today)
    return Entry(row.case_id, "call given up", {"message": row.id, "tries": tries, "counts as": NOT_REACHED})
