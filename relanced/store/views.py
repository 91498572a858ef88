"""What people look at: the cases, one case whole, the open tasks. Reading only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, or_, select

from relanced.store.engine import Engine, StoreError
from relanced.store.tables import (
    attempts,
    cases,
    channels,
    creditors,
    invoices,
    journal,
    journal_texts,
    messages,
    reminders,
    tasks,
    words,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]


class NotFound(StoreError):
    """Nothing goes by that name."""


class Views:
    """The desk's side of the store, for looking."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async def work(connection: AsyncConnection) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)

    async def awaiting(self, step: str | None = None) -> list[Row]:
        """Messages that wait for approval; not those that wait for a person for any other reason."""
        joined = messages.join(reminders, reminders.c.id == messages.c.reminder_id)
        joined = joined.join(cases, cases.c.id == messages.c.case_id)
        query = select(messages.c.id, reminders.c.step, messages.c.reason, cases.c.taken_by).select_from(joined)
        query = query.where(messages.c.state == "parked", messages.c.asked_digest != "")
        return await self._rows(query.where(reminders.c.step == step) if step else query)

    async def hand_overs(self) -> list[Row]:
        """Hand-overs that wait for approval: live reminders without a message."""
        joined = reminders.join(cases, cases.c.id == reminders.c.case_id)
        joined = joined.outerjoin(messages, messages.c.reminder_id == reminders.c.id)
        query = select(
            reminders.c.id,
            cases.c.creditor,
            cases.c.debtor_key.label("debtor"),
            cases.c.name,
            reminders.c.step,
            reminders.c.planned_at,
            cases.c.taken_by,
        ).select_from(joined)
        return await self._rows(query.where(reminders.c.live, messages.c.id.is_(None)).order_by(reminders.c.id))

    async def cases(self, creditor: str | None = None, state: str | None = "open") -> list[Row]:
        """Cases with what stands in the books; `state` None: all."""
        query = select(
            cases.c.id,
            cases.c.creditor,
            cases.c.debtor_key.label("debtor"),
            cases.c.name,
            cases.c.segment,
            cases.c.state,
            cases.c.owner,
            cases.c.crossed,
            cases.c.look_at,
            cases.c.policy_digest,
        ).order_by(cases.c.creditor, cases.c.name, cases.c.id)
        query = query.where(cases.c.creditor == creditor) if creditor else query
        return await self._rows(query.where(cases.c.state == state) if state else query)

    async def find_case(self, text: str, creditor: str | None = None) -> int:
        """The id of a case by id, debtor key or invoice number. Raises NotFound, naming the choices if many fit."""
        by_invoice = select(invoices.c.case_id).where(invoices.c.number == text)
        named = or_(cases.c.debtor_key == text, cases.c.id.in_(by_invoice))
        query = select(cases.c.id, cases.c.creditor, cases.c.debtor_key, cases.c.name).where(named)
        found = await self._rows(query.where(cases.c.creditor == creditor) if creditor else query)
        if not found and text.isdecimal() and len(text) < 10:
            found = await self._rows(select(cases.c.id).where(cases.c.id == int(text)))
        if not found:
            raise NotFound(f"no case, debtor or invoice goes by {text!r}")
        if len(found) > 1:
            choices = ", ".join(f"{r['id']} ({r['creditor']}, {r['debtor_key']}, {r['name']})" for r in found)
            raise NotFound(f"{text!r} names several cases: {choices}: say the number, or --creditor")
        return int(found[0]["id"])

    async def messages_of(self, case_id: int) -> list[Row]:
        """Everything that was worded for a case, with what the door said."""
        joined = messages.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
        joined = joined.outerjoin(attempts, attempts.c.id == messages.c.attempt_id)
        joined = joined.outerjoin(words, words.c.id == messages.c.word_id)
        query = select(
            messages.c.id,
            func.coalesce(reminders.c.step, words.c.kind).label("step"),
            messages.c.slot,
            messages.c.turn,
            messages.c.road,
            messages.c.state,
            messages.c.reference,
            messages.c.place,
            messages.c.planned_at,
            messages.c.sent_at,
            messages.c.ended_at,
            messages.c.reason,
            attempts.c.words,
            attempts.c.sha256,
            messages.c.approved_by,
            words.c.by.label("written_by"),
        ).select_from(joined)
        return await self._rows(query.where(messages.c.case_id == case_id).order_by(messages.c.id))

    async def journal_of(self, case_id: int, limit: int = 200) -> list[Row]:
        """The newest entries of a case's journal, oldest first."""
        same = (journal_texts.c.case_id == journal.c.case_id) & (journal_texts.c.seq == journal.c.seq)
        query = select(journal.c.seq, journal.c.at, journal.c.by, journal.c.event, journal_texts.c.body)
        query = query.select_from(journal.outerjoin(journal_texts, same)).where(journal.c.case_id == case_id)
        return (await self._rows(query.order_by(journal.c.seq.desc()).limit(limit)))[::-1]

    async def tasks(self, case_id: int | None = None) -> list[Row]:
        """Open tasks, oldest first."""
        joined = tasks.outerjoin(cases, cases.c.id == tasks.c.case_id)
        query = (
            select(
                tasks.c.id,
                tasks.c.kind,
                tasks.c.words,
                tasks.c.creditor,
                tasks.c.case_id,
                cases.c.name,
                tasks.c.opened_at,
            )
            .select_from(joined)
            .where(tasks.c.closed_at.is_(None))
            .order_by(tasks.c.id)
        )
        return await self._rows(query.where(tasks.c.case_id == case_id) if case_id is not None else query)

    async def message(self, message_id: int) -> Row:
        """One message with its step. Raises NotFound."""
        joined = messages.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
        query = select(messages, reminders.c.step).select_from(joined).where(messages.c.id == message_id)
        found = await self._rows(query)
        if not found:
            raise NotFound(f"there is no message {message_id}")
        return found[0]

    async def counts(self) -> dict[str, int]:
        """Messages by state: for the end of a demonstration and for `run --once`, never in a wheel."""
        query = select(messages.c.state, func.count().label("n")).group_by(messages.c.state)
        return {r["state"]: r["n"] for r in await self._rows(query)}

    async def doors(self) -> list[Row]:
        """The channels that have been closed or have failed of late."""
        return await self._rows(select(channels).order_by(channels.c.name))

    async def creditors(self) -> list[Row]:
        """Every creditor."""
        return await self._rows(select(creditors).order_by(creditors.c.key))

    async def case_ids(self, creditor: str | None = None, state: str | None = "open") -> Sequence[int]:
        """The ids alone."""
        return [int(r["id"]) for r in await self.cases(creditor, state)]
