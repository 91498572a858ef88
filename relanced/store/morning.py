"""What waits for people this morning: rows for the digest, each with whose it is. Reading only, bounded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, case, func, literal_column, or_, select

from relanced.store.audit import LIVE
from relanced.store.engine import Engine
from relanced.store.tables import cases, holds, in_state, invoices, lines, messages, promises, reminders, tasks, terms

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST = 1000  # rows of a kind
LATELY = timedelta(days=3)  # what was promised for Friday is asked for on Monday too


class Item(Struct, frozen=True):
    """One thing that waits. `owner`: the case's, else nobody's; `cents`: what it is about, 0 when nothing.

    `place` is an address or a number; `since` and `until` are aware moments. `named`: the day or the moment that the
    debtor named.
    """

    creditor: str
    owner: str
    case_id: int | None
    debtor: str
    since: datetime
    debtor_key: str = ""
    cents: int = 0
    step: str = ""
    road: str = ""
    place: str = ""
    contact: str = ""
    reference: str = ""
    channel: str = ""
    message_id: int = 0
    kind: str = ""  # of a task, or of a promise
    asks: bool = True  # a message that waits for approval, not for any other reason
    currency: str = "EUR"
    until: datetime | None = None
    named: date | datetime | None = None


class Waiting(Struct, frozen=True):
    """Everything that waits, by kind, oldest first."""

    calls: tuple[Item, ...] = ()
    approvals: tuple[Item, ...] = ()
    replies: tuple[Item, ...] = ()
    letters: tuple[Item, ...] = ()
    promises: tuple[Item, ...] = ()
    leaving: tuple[Item, ...] = ()
    tasks: tuple[Item, ...] = ()


class Morning:
    """The digest's side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def waiting(self, start: datetime, end: datetime) -> Waiting:
        """What waits for people, and what leaves before `end`, the end of the local day that began at `start`."""

        async def work(connection: AsyncConnection) -> Waiting:
            async def items(query: Select[Any]) -> tuple[Item, ...]:
                found = [Item(**row._mapping) for row in await connection.execute(query.limit(MOST))]
                return tuple(sorted(found, key=_oldest_first))

            today_or_lately = promises.c.on_day.between((start - LATELY).date(), start.date())
            spoken, written = messages.c.road == "phone", messages.c.road != "phone"
            today = in_state("planned") & (messages.c.due_at < end)
            again = or_(messages.c.due_at.is_(None), messages.c.due_at < end)  # who was not reached may wait for a day
            return Waiting(
                calls=await items(_messages(in_state("in_tray") & spoken & again))
                + await items(_messages(today & spoken)),
                approvals=await items(_messages(in_state("parked"))) + await items(_HAND_OVERS),
                replies=await items(_REPLIES),
                letters=await items(_messages(in_state("in_tray") & written)),
                promises=await items(_PROMISES.where(today_or_lately)),
                leaving=await items(_messages(today & written)),
                tasks=await items(_TASKS.where(or_(tasks.c.not_before.is_(None), tasks.c.not_before < end))),
            )

        return await self._engine.read(work)


def _oldest_first(item: Item) -> tuple[datetime, str]:
    """Sorted here, not there: to sort by number a database would walk whole tables."""
    return item.since, item.debtor


_CASE = (cases.c.creditor, cases.c.owner, cases.c.id.label("case_id"), cases.c.name.label("debtor"), cases.c.debtor_key)
_NAMED = ("planned", "performed")  # a message that only follows names what was performed
_SUM = (
    select(func.coalesce(func.sum(lines.c.cents), 0))
    .where(lines.c.reminder_id == reminders.c.id, lines.c.state.in_(_NAMED), lines.c.kind != "absorbed")
    .scalar_subquery()
)

_CURRENCY = func.coalesce(
    select(func.min(invoices.c.currency))
    .select_from(lines.join(terms, terms.c.id == lines.c.term_id).join(invoices, invoices.c.id == terms.c.invoice_id))
    .where(lines.c.reminder_id == reminders.c.id)
    .scalar_subquery(),
    "EUR",
).label("currency")


def _messages(which: ColumnElement[bool]) -> Select[Any]:
    """Messages that have not left, with the sum their reminder names."""
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    joined = joined.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
    columns = (messages.c.road, messages.c.place, messages.c.contact, messages.c.reference, messages.c.channel)
    named = (func.coalesce(reminders.c.step, "").label("step"), _SUM.label("cents"))
    told = (messages.c.planned_at.label("since"), messages.c.lapse_at.label("until"))
    asks = (messages.c.asked_digest != "").label("asks")
    about = (messages.c.id.label("message_id"), *columns, *named, _CURRENCY, *told, asks)
    return select(*_CASE, *about).select_from(joined).where(which)


_HAND_OVERS = (
    select(*_CASE, reminders.c.step, _SUM.label("cents"), _CURRENCY, reminders.c.planned_at.label("since"))
    .select_from(
        reminders.join(cases, cases.c.id == reminders.c.case_id).outerjoin(
            messages, messages.c.reminder_id == reminders.c.id
        )
    )
    .where(LIVE, messages.c.id.is_(None))
)


def _whose(*owners: ColumnElement[str]) -> tuple[Any, ...]:
    """A case, and the first of these who is anybody."""
    owner = func.coalesce(*(func.nullif(one, "") for one in owners), "").label("owner")
    return cases.c.creditor, owner, cases.c.id.label("case_id"), cases.c.name.label("debtor"), cases.c.debtor_key


_REPLIES = (
    select(*_whose(holds.c.owner, cases.c.owner), holds.c.began_at.label("since"), holds.c.until)
    .select_from(holds.join(cases, cases.c.id == holds.c.case_id))
    .where(holds.c.kind == "reply", holds.c.ended_at.is_(None))
)
_PROMISES = (
    select(
        *_whose(cases.c.owner, promises.c.by),
        promises.c.cents,
        promises.c.currency,
        case((promises.c.agreement_id.is_(None), "promise"), else_="instalment").label("kind"),
        promises.c.at.label("since"),
        promises.c.on_day.label("named"),
    )
    .select_from(promises.join(cases, cases.c.id == promises.c.case_id))
    .where(promises.c.state == literal_column("'open'"))  # as the partial index spells it
)
_TASKS = (
    select(
        func.coalesce(func.nullif(tasks.c.creditor, ""), cases.c.creditor, "").label("creditor"),
        func.coalesce(func.nullif(tasks.c.owner, ""), cases.c.owner, "").label("owner"),
        tasks.c.case_id,
        func.coalesce(cases.c.name, "").label("debtor"),
        func.coalesce(cases.c.debtor_key, "").label("debtor_key"),
        tasks.c.kind,
        tasks.c.opened_at.label("since"),
        tasks.c.not_before.label("named"),
    )
    .select_from(tasks.outerjoin(cases, cases.c.id == tasks.c.case_id))
    .where(tasks.c.closed_at.is_(None))
)
