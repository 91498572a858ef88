"""What becomes of one letter: posted, first presented, spoiled, destroyed. The caller has locked its case."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import MessageState, Road
from relanced.rules.policy import Policy
from relanced.store.journal import Entry
from relanced.store.lock import look
from relanced.store.rationing import count_again
from relanced.store.rows import case_key, place_key
from relanced.store.steps import instead_of, perform, performed_after_all, withdraw
from relanced.store.tables import attempts, cases, lines, messages, policies, reminders
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

PAPER = frozenset({Road.LETTER, Road.REGISTERED})
GONE = ("cancelled", "expired")


async def message_row(connection: AsyncConnection, message_id: int) -> Any:
    """A message with the version, owner and name of its case, when its step was performed, and its newest attempt."""
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    joined = joined.outerjoin(attempts, attempts.c.id == messages.c.attempt_id)
    joined = joined.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
    tried = (
        attempts.c.permit_version,
        attempts.c.sealed_at,
        attempts.c.answer,
        attempts.c.pulled_at,
        attempts.c.number,
    )
    about = (cases.c.version, cases.c.owner.label("case_owner"), cases.c.name.label("case_name"))
    query = select(messages, *about, reminders.c.performed_on, *tried).select_from(joined)
    return (await connection.execute(query.where(messages.c.id == message_id))).one()


def sealed_on(row: Any, now: datetime) -> date:
    """The local day on which the bytes were fixed: nothing became of them before."""
    day: date = row.sealed_at.astimezone(now.tzinfo).date()
    return day


def in_hand(message_id: int) -> str:
    """The key of the task that asks what became of a sheet."""
    return f"do-not-post:{message_id}"


def not_known(message_id: int) -> str:
    """The key of the task that asks whether a letter was given its right number."""
    return f"not-known:{message_id}"


# -- posted -------------------------------------------------------------------------------------------------------


async def post(
    connection: AsyncConnection, row: Any, number: str, on: date, by: str, now: datetime, entries: list[Entry]
) -> bool:
    """It went to the post on that day: it is sent, whatever was decided meanwhile. True when the case had moved on."""
    withdrawn = row.state in GONE
    crossed = withdrawn or bool(row.version != row.permit_version)
    state = advance(MessageState(row.state), MessageEvent.POSTED)
    values = {"state": state.value, "sent_at": now, "reason": "", "lapse_at": None, "ended_at": None}
    await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    if number:
        await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(number=number))
    await _replaced_by_none(connection, row, now)
    if row.slot == 0:
        await perform(connection, [row.reminder_id], on)
    if row.slot == 0 and withdrawn:
        await _after_all(connection, row, on, now, entries)
    await close_tasks(connection, [in_hand(row.id)], by, now)
    if crossed:
        await connection.execute(update(cases).where(cases.c.id == row.case_id).values(crossed=True))
    await look(connection, [row.case_id], now)
    about = {"message": row.id, "reference": row.reference, "number": number, "on": on, "crossed": crossed}
    entries.append(Entry(row.case_id, "letter posted", about, by))
    return crossed


async def _after_all(connection: AsyncConnection, row: Any, on: date, now: datetime, entries: list[Entry]) -> None:
    """The debtor has these steps in hand: what would take them again is withdrawn, and the contact counts."""
    for other in await instead_of(connection, row.case_id, row.reminder_id):
        await withdraw(connection, row.case_id, other, f"{row.reference} was posted", now, entries)
    await performed_after_all(connection, row.reminder_id, on)
    keys = [case_key(row.case_id)] + ([place_key(row.place, row.case_name)] if row.road != Road.REGISTERED else [])
    await count_again(connection, row.reminder_id, keys, on)


async def _replaced_by_none(connection: AsyncConnection, posted: Any, now: datetime) -> None:
    """The sheet that was to replace a spoiled one is not needed: the spoiled one was posted."""
    same = (messages.c.reminder_id == posted.reminder_id) & (messages.c.slot == posted.slot)
    waiting = same & (messages.c.id != posted.id) & messages.c.state.in_(("planned", "parked", "in_tray"))
    values = {"state": "cancelled", "reason": f"{posted.reference} was posted", "ended_at": now}
    await connection.execute(update(messages).where(waiting).values(**values))


# -- presented ----------------------------------------------------------------------------------------------------


async def has_a_clock(connection: AsyncConnection, row: Any) -> bool:
    """Whether the message is the registered letter of a step with a deadline."""
    joined = reminders.join(policies, policies.c.digest == reminders.c.policy_digest)
    query = select(reminders.c.step, policies.c.body).select_from(joined).where(reminders.c.id == row.reminder_id)
    found = (await connection.execute(query)).first()
    if found is None or row.road != Road.REGISTERED:
        return False
    return Policy.from_json(found.body).step(found.step).deadline is not None


async def present(connection: AsyncConnection, row: Any, on: date, by: str, entries: list[Entry]) -> None:
    """The notice's clock runs from that day. The caller bumps the case."""
    mine = (lines.c.reminder_id == row.reminder_id) & (lines.c.state == "performed")
    await connection.execute(update(lines).where(mine).values(clock_from=on))
    about = {"message": row.id, "reference": row.reference, "on": on}
    entries.append(Entry(row.case_id, "letter presented", about, by))


# -- spoiled ------------------------------------------------------------------------------------------------------


async def spoil(
    connection: AsyncConnection, row: Any, new_reference: str, why: str, by: str, now: datetime, entries: list[Entry]
) -> int:
    """The sheet is lost or unusable: the next turn prints another. Its id."""
    state = advance(MessageState(row.state), MessageEvent.SPOILED)
    values: dict[str, Any] = {"state": state.value, "reason": why, "ended_at": now}
    await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(pulled_at=now))
    kept = ("case_id", "creditor", "reminder_id", "slot", "road", "channel", "address_id", "place", "contact")
    fresh: dict[str, Any] = {name: getattr(row, name) for name in (*kept, "approved_digest", "approved_by")}
    fresh |= {"turn": row.turn + 1, "state": "planned", "due_at": now, "planned_at": now}
    new = insert(messages).values(**fresh, reference=new_reference).returning(messages.c.id)
    made = int((await connection.execute(new)).scalar_one())
    about = {"message": row.id, "reference": row.reference, "new": made, "why": why}
    entries.append(Entry(row.case_id, "letter spoiled", about, by))
    return made


async def destroy(
    connection: AsyncConnection, row: Any, why: str, by: str, now: datetime, entries: list[Entry]
) -> None:
    """A sheet that must not be posted is destroyed: nothing replaces it."""
    await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(pulled_at=now))
    await close_tasks(connection, [in_hand(row.id)], by, now)
    about = {"message": row.id, "reference": row.reference, "why": why}
    entries.append(Entry(row.case_id, "letter destroyed", about, by))
