"""What people change: messages held and let go, invoices called paid, cases paused and closed; under the case lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from relanced.rules.lifecycle import MessageEvent, advance
from relanced.rules.model import Address, HoldKind, MessageState, Road
from relanced.rules.owed import balances
from relanced.store import journal
from relanced.store.asked import Unfitting, about, locked, moved
from relanced.store.engine import Engine
from relanced.store.facts import load
from relanced.store.hands import Hands, lay
from relanced.store.holds import close_announced, end_paid_but_open
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, lock_cases, look
from relanced.store.resending import succeed
from relanced.store.steps import mark_handed_over, pass_over, perform, withdraw
from relanced.store.tables import attempts, cases, holds, invoices, lines, messages, reminders, terms
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_BY_HAND = frozenset({Road.LETTER, Road.REGISTERED, Road.PHONE})


RESUMED = frozenset({HoldKind.PAUSE, HoldKind.ABSENT, HoldKind.LAPSED, HoldKind.UNREACHABLE, HoldKind.HISTORY})
A_PERSONS_TIME = timedelta(days=14)  # how long a message parked by a person waits: ten working days


__all__ = ["People", "Unfitting"]


class People:
    """The verbs of the desk that change rows."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    # -- messages -------------------------------------------------------------------------------------------------

    async def park(self, message_id: int, why: str, by: str, now: datetime) -> None:
        """A planned message waits for a person, who lets it go by name: nothing was asked. Raises Unfitting."""
        values: dict[str, Any] = {"reason": why, "asked_digest": "", "lease_owner": "", "lease_until": None}
        values["lapse_at"] = now + A_PERSONS_TIME  # absence freezes no ladder
        await self._message(message_id, MessageEvent.PARK, values, why, by, now)

    async def approve(self, message_ids: Sequence[int], by: str, now: datetime) -> list[int]:
        """Parked messages may go: what was shown is approved, by digest; what was approved before stays so.

        Returns those that were parked.
        """

        async def work(connection: AsyncConnection) -> list[int]:
            rows = await locked(connection, message_ids, by)
            parked = [r for r in rows if r.state == "parked"]
            entries = []
            for row in parked:
                state = advance(MessageState.PARKED, MessageEvent.APPROVE)
                values = {"state": state.value, "reason": "", "due_at": now, "lapse_at": None}
                values |= {"approved_digest": row.asked_digest or row.approved_digest, "approved_by": by}
                values |= {"asked_digest": ""}
                await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
                entries.append(Entry(row.case_id, "message approved", {"message": row.id, "was": row.reason}, by))
            await bump(connection, {r.case_id for r in parked}, now, self._bumps)
            await journal.write(connection, entries, now)
            return [r.id for r in parked]

        return await self._engine.write(work)

    async def approve_hand_over(self, reminder_id: int, by: str, now: datetime, today: date) -> None:
        """The terms of a hand-over leave the ladder. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> None:
            row = (await connection.execute(select(reminders).where(reminders.c.id == reminder_id))).first()
            if row is None or not row.live:
                raise Unfitting(f"hand-over r{reminder_id} does not wait for approval")
            await lay(connection, Hands(row.case_id, by))
            named = select(lines.c.term_id).where(lines.c.reminder_id == reminder_id, lines.c.state == "planned")
            ids = list((await connection.execute(named)).scalars())
            await perform(connection, [reminder_id], today)
            await mark_handed_over(connection, ids, today)
            await close_tasks(connection, [f"hand-over:{reminder_id}"], by, now)
            await bump(connection, [row.case_id], now, self._bumps)
            await journal.write(connection, [Entry(row.case_id, "handed over", {"terms": ids}, by)], now)

        await self._engine.write(work)

    async def cancel(self, message_id: int, why: str, by: str, now: datetime, today: date) -> bool:
        """A message will not leave. Returns whether the step it would have performed is thereby passed over for its
        terms. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> bool:
            (row,) = await locked(connection, [message_id], by)
            uncertain = row.state == "uncertain"
            event = MessageEvent.SAID_NOT_SENT if uncertain else MessageEvent.WITHDRAW
            state = moved(row, event)
            values = {"state": state.value, "reason": why, "ended_at": now}
            await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
            alive = select(reminders.c.id).where(reminders.c.id == row.reminder_id, reminders.c.live)
            passed = row.slot == 0 and (await connection.execute(alive)).first() is not None
            if passed:
                await pass_over(connection, row.reminder_id, "person", today)
            await close_tasks(connection, [f"uncertain:{row.id}", f"content:{row.id}"], by, now)
            await bump(connection, [row.case_id], now, self._bumps)
            await journal.write(connection, [Entry(row.case_id, "message cancelled", about(row, why), by)], now)
            return passed

        return await self._engine.write(work)

    async def said_sent(
        self, message_id: int, why: str, by: str, now: datetime, today: date, lapse_at: datetime
    ) -> MessageState:
        """A person knows that an uncertain message left the house: it is sent; paper and calls lie in the tray until
        `lapse_at`, for a sheet that was printed is not posted yet. Returns its state. Raises Unfitting.
        """

        async def work(connection: AsyncConnection) -> MessageState:
            (row,) = await locked(connection, [message_id], by)
            tray = row.road in _BY_HAND
            state = moved(row, MessageEvent.FOUND_IN_TRAY if tray else MessageEvent.SAID_SENT)
            values: dict[str, Any] = {"state": state.value, "reason": "", "settle_at": None}
            values |= {"lapse_at": lapse_at} if tray else {"sent_at": now, "lapse_at": None}
            await connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
            if tray:
                said = {"answer": "tray", "words": why, "answered_at": now}
                await connection.execute(update(attempts).where(attempts.c.id == row.attempt_id).values(**said))
            elif row.slot == 0 and row.reminder_id is not None:
                await perform(connection, [row.reminder_id], today)
            await close_tasks(connection, [f"uncertain:{row.id}"], by, now)
            await look(connection, [row.case_id], now)
            await journal.write(connection, [Entry(row.case_id, f"message {state.value}", about(row, why), by)], now)
            return state

        return await self._engine.write(work)

    async def resend(
        self,
        message_id: int,
        why: str,
        reference: str,
        mail_id: str,
        by: str,
        now: datetime,
        to: Address | None = None,
    ) -> int:
        """The same words once more, as a new message, because a person asks; `to` another address. Returns its id.

        Raises Unfitting.
        """

        async def work(connection: AsyncConnection) -> int:
            (row,) = await locked(connection, [message_id], by)
            new = await succeed(connection, row, reference, mail_id, to, by, now)
            told = {**about(row, why), "new": new}
            await journal.write(connection, [Entry(row.case_id, "message resent", told, by)], now)
            return new

        return await self._engine.write(work)

    async def _message(
        self, message_id: int, event: MessageEvent, values: dict[str, Any], why: str, by: str, now: datetime
    ) -> None:
        async def work(connection: AsyncConnection) -> None:
            (row,) = await locked(connection, [message_id], by)
            state = moved(row, event)
            await connection.execute(
                update(messages).where(messages.c.id == row.id).values(state=state.value, **values)
            )
            await journal.write(connection, [Entry(row.case_id, f"message {state.value}", about(row, why), by)], now)

        await self._engine.write(work)

    # -- invoices and cases ---------------------------------------------------------------------------------------

    async def paid(self, creditor: str | None, number: str, on: date | None, by: str, now: datetime) -> int:
        """A person says that an invoice is paid, or with `on` None takes it back. The case's id. Raises Unfitting."""

        async def work(connection: AsyncConnection) -> int:
            invoice = await _invoice(connection, creditor, number)
            if on is None:
                await lay(connection, Hands(invoice.case_id, by))
            else:  # what is paid is paid, whoever has the case in hand
                await lock_cases(connection, [invoice.case_id])
            values = {"settled_on": on, "settled_by": by if on else ""}
            await connection.execute(update(terms).where(terms.c.invoice_id == invoice.id).values(**values))
            if on is None:
                await end_paid_but_open(connection, [invoice.id], by, now)
            await close_tasks(connection, [f"paid-but-open:{invoice.id}"], by, now)
            await bump(connection, [invoice.case_id], now, self._bumps)
            event = "invoice said paid" if on else "paid taken back"
            await journal.write(connection, [Entry(invoice.case_id, event, {"invoice": number, "on": on}, by)], now)
            return int(invoice.case_id)

        return await self._engine.write(work)

    async def pause(
        self, case_id: int, until: datetime, why: str, by: str, now: datetime, remind_at: datetime | None = None
    ) -> None:
        """The case stands still until a moment; at `remind_at` its end is announced. Raises Unfitting."""
        values = {"case_id": case_id, "kind": "pause", "reason": why, "owner": by, "by": by, "remind_at": remind_at}
        await self._case(
            case_id,
            Entry(case_id, "hold begun", {"kind": "pause", "until": until, "why": why}, by),
            now,
            [insert(holds).values(**values, began_at=now, until=until)],
        )

    async def resume(self, case_id: int, why: str, by: str, now: datetime) -> int:
        """The pauses of a case end, and what only the machine began. Returns how many holds there were.

        Whatever else stands still ends by its own verb: a reply is answered, an agreement revoked. Raises Unfitting.
        """

        async def work(connection: AsyncConnection) -> int:
            await lay(connection, Hands(case_id, by))
            running = (holds.c.case_id == case_id) & holds.c.ended_at.is_(None) & holds.c.kind.in_(sorted(RESUMED))
            ended = (await connection.execute(update(holds).where(running).values(ended_at=now, ended_by=by))).rowcount
            await close_announced(connection, case_id, by, now)
            await bump(connection, [case_id], now, self._bumps)
            await journal.write(connection, [Entry(case_id, "holds ended", {"count": ended, "why": why}, by)], now)
            return ended

        return await self._engine.write(work)

    async def close(self, case_id: int, why: str, by: str, now: datetime, today: date) -> int:
        """The terms owed now are not pursued any more. Returns how many. Raises Unfitting when a message is leaving."""

        async def work(connection: AsyncConnection) -> int:
            await lay(connection, Hands(case_id, by))
            (loaded,) = await load(connection, [case_id], today)
            entries: list[Entry] = []
            live = loaded.facts.live
            if live and not await withdraw(connection, case_id, live.id, f"case closed: {why}", now, entries):
                raise Unfitting("a message is leaving right now: ask again in a moment")
            owing = [term_id for term_id, cents in balances(loaded.facts).items() if cents > 0]
            await connection.execute(update(terms).where(terms.c.id.in_(owing)).values(closed_on=today))
            await connection.execute(update(cases).where(cases.c.id == case_id).values(state="closed"))
            await bump(connection, [case_id], now, self._bumps)
            entries.append(Entry(case_id, "case closed", {"why": why, "terms": owing}, by))
            await journal.write(connection, entries, now)
            return len(owing)

        return await self._engine.write(work)

    async def reopen(self, case_id: int, why: str, by: str, now: datetime) -> None:
        """A closed case is taken up again, with the terms that were closed."""
        await self._case(
            case_id,
            Entry(case_id, "case reopened", {"why": why}, by),
            now,
            [
                update(terms).where(terms.c.case_id == case_id).values(closed_on=None),
                update(cases).where(cases.c.id == case_id).values(state="open"),
            ],
        )

    async def _case(self, case_id: int, entry: Entry, now: datetime, statements: Sequence[Any]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await lay(connection, Hands(case_id, entry.by))
            for statement in statements:
                await connection.execute(statement)
            await bump(connection, [case_id], now, self._bumps)
            await journal.write(connection, [entry], now)

        await self._engine.write(work)


async def _invoice(connection: AsyncConnection, creditor: str | None, number: str) -> Any:
    query = select(invoices).where(invoices.c.number == number)
    if creditor:
        query = query.where(invoices.c.creditor == creditor)
    found = (await connection.execute(query)).all()
    if not found:
        raise Unfitting(f"there is no invoice {number}")
    if len(found) > 1:
        owners = ", ".join(sorted(r.creditor for r in found))
        raise Unfitting(f"invoice {number} exists for {owners}: say --creditor")
    return found[0]
