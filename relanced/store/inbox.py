"""What waits for people, of every kind, with who owns it and since when. Reading only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, case, func, literal, select

from relanced.store.audit import LIVE
from relanced.store.engine import Engine
from relanced.store.tables import cases, holds, in_state, messages, reminders, tasks
from relanced.store.unanswered import heard_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_MOST = 500  # of a kind, the oldest


class Waiting(Struct, frozen=True):
    """One thing. `owner`: the person it belongs to, else nobody; `what` is how a command would name it."""

    kind: str
    what: str
    case_id: int | None
    creditor: str
    debtor: str
    owner: str
    taken_by: str
    since: datetime
    until: datetime | None
    words: str


class Inbox:
    """The inbox's side of the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def waiting(self) -> list[Waiting]:
        """Everything, the oldest first. What a hold or a message says already is not said again by its task."""

        async def work(connection: AsyncConnection) -> list[Waiting]:
            found = []
            for query in (_REPLIES, _APPROVALS, _HAND_OVERS, _IN_TRAY, _UNCERTAIN, _TASKS):
                rows = await connection.execute(query.limit(_MOST))
                found += [_named(_waiting(row)) for row in rows]
            return sorted(found, key=lambda one: (one.since, one.case_id or 0))

        return await self._engine.read(work)


def _waiting(row: Any) -> Waiting:
    said = dict(row._mapping)
    return Waiting(**{**said, "what": str(said["what"])})


def _named(one: Waiting) -> Waiting:
    """A reply goes by what was heard; one that nobody was asked to read, by its case."""
    if one.kind != "reply":
        return one
    heard_id = heard_of(one.what)
    return replace(one, what=f"h{heard_id}" if heard_id else str(one.case_id))


_CASE = (cases.c.id.label("case_id"), cases.c.creditor, cases.c.name.label("debtor"))
_TAKEN = cases.c.taken_by


def _first(*columns: ColumnElement[str]) -> ColumnElement[str]:
    """The first of them that says anything."""
    return func.coalesce(*(func.nullif(column, "") for column in columns), "")


_ASKED = (tasks.c.case_id == holds.c.case_id) & (tasks.c.kind == "reply") & tasks.c.closed_at.is_(None)
_REPLIES: Select[Any] = (  # each by itself: the second may say the contrary of the first
    select(
        literal("reply").label("kind"),
        func.coalesce(tasks.c.key, "").label("what"),
        *_CASE,
        _first(holds.c.owner, tasks.c.owner, cases.c.owner).label("owner"),
        _TAKEN,
        func.coalesce(tasks.c.opened_at, holds.c.began_at).label("since"),
        holds.c.answer_by.label("until"),
        func.coalesce(tasks.c.words, holds.c.reason).label("words"),
    )
    .select_from(holds.join(cases, cases.c.id == holds.c.case_id).outerjoin(tasks, _ASKED))
    .where(holds.c.kind == "reply", holds.c.ended_at.is_(None))
    .order_by(func.coalesce(tasks.c.opened_at, holds.c.began_at), tasks.c.id)
)


def _messages(kind: ColumnElement[str], what: Any, which: ColumnElement[bool]) -> Select[Any]:
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    joined = joined.outerjoin(reminders, reminders.c.id == messages.c.reminder_id)
    words = func.coalesce(reminders.c.step, "") + " " + messages.c.road + " " + messages.c.reason
    since, until = messages.c.planned_at.label("since"), messages.c.lapse_at.label("until")
    query = select(
        kind.label("kind"), what.label("what"), *_CASE, cases.c.owner, _TAKEN, since, until, words.label("words")
    )
    return query.select_from(joined).where(which).order_by(messages.c.planned_at)


_ASKS = case((messages.c.asked_digest != "", "approval"), else_="parked")
_BY_HAND = case((messages.c.road == "phone", "call"), else_="letter")
_APPROVALS = _messages(_ASKS, messages.c.id, in_state("parked"))
_IN_TRAY = _messages(_BY_HAND, messages.c.reference, in_state("in_tray"))
_UNCERTAIN = _messages(literal("uncertain"), messages.c.id, in_state("uncertain"))
_HAND_OVERS: Select[Any] = (
    select(
        literal("approval").label("kind"),
        (literal("r") + func.cast(reminders.c.id, cases.c.name.type)).label("what"),
        *_CASE,
        cases.c.owner,
        _TAKEN,
        reminders.c.planned_at.label("since"),
        literal(None, type_=messages.c.lapse_at.type).label("until"),
        (reminders.c.step + " hand-over").label("words"),
    )
    .select_from(
        reminders.join(cases, cases.c.id == reminders.c.case_id).outerjoin(
            messages, messages.c.reminder_id == reminders.c.id
        )
    )
    .where(LIVE, messages.c.id.is_(None))
    .order_by(reminders.c.planned_at)
)
_SAID_ABOVE = ("hand-over", "uncertain", "reply")
_OF_WHAT_CAME = ("not ours", "unreadable", "unread", "unproved")  # of no creditor: each mail is shown by itself
_TASKS: Select[Any] = (
    select(
        tasks.c.kind,
        func.coalesce(cases.c.id, 0).label("what"),
        cases.c.id.label("case_id"),
        _first(tasks.c.creditor, cases.c.creditor).label("creditor"),
        func.coalesce(cases.c.name, "").label("debtor"),
        _first(tasks.c.owner, cases.c.owner).label("owner"),
        func.coalesce(cases.c.taken_by, "").label("taken_by"),
        tasks.c.opened_at.label("since"),
        literal(None, type_=messages.c.lapse_at.type).label("until"),
        tasks.c.words,
    )
    .select_from(tasks.outerjoin(cases, cases.c.id == tasks.c.case_id))
    .where(
        tasks.c.closed_at.is_(None),
        tasks.c.kind.not_in(_SAID_ABOVE),
        (tasks.c.creditor != "") | tasks.c.kind.not_in(_OF_WHAT_CAME),
    )
    .order_by(tasks.c.opened_at)
)
