"""What must not be asked for: what a debtor contests, and what a court has taken out of our hands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import insert, update

from relanced.rules.given import Cause
from relanced.rules.model import CaseFacts, HoldKind, Term
from relanced.rules.owed import balances, contested
from relanced.rules.promises import meant
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.deadlines import ends_key
from relanced.store.disputed import dispute_key
from relanced.store.engine import Engine
from relanced.store.facts import load
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.offering import withdraw_all
from relanced.store.promising import end_holds, hold_terms, replace_all, replace_words
from relanced.store.tables import cases, holds
from relanced.store.tasks import Task, close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Contested(Struct, frozen=True):
    """What a debtor contests, and why. `cents` is a part of one invoice: the rest of it goes on climbing."""

    why: str
    cause: Cause = Cause.DISPUTE
    invoices: tuple[str, ...] = ()
    cents: int | None = None
    until: datetime | None = None


class Procedure(Struct, frozen=True):
    """A collective procedure: what it is called, the day of the judgment, and until when claims must be declared (a
    local moment of the last day)."""

    what: str
    judged_on: date
    declare_by: datetime
    remind_at: datetime
    note: str = ""


class Contesting:
    """The verbs that take something out of the ladder."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def dispute(self, hands: Hands, said: Contested, now: datetime) -> tuple[Term, ...]:
        """What is contested stands still until a person ends it; with an amount only that part. Returns the terms.

        Raises Unfitting for an amount without exactly one invoice, or above what it owes.
        """

        async def work(connection: AsyncConnection) -> tuple[Term, ...]:
            row = await lay(connection, hands)
            (loaded,) = await load(connection, [hands.case_id], now.date())
            try:
                terms = meant(loaded.facts, said.invoices, now.date())
                if said.cents is not None:
                    terms = _part(terms, balances(loaded.facts), said.cents)
            except ValueError as fault:
                raise Unfitting(str(fault)) from None
            await _gives_way(connection, hands, loaded.facts, terms, said, now)
            about: dict[str, Any] = {"owner": row.owner or hands.by, "by": hands.by, "began_at": now}
            about |= {"until": said.until, "cents": said.cents}
            await hold_terms(connection, hands.case_id, HoldKind.DISPUTE, terms, said.why, **about)
            values = {"cause": said.cause.value, "spoken_on": now.date()}
            await connection.execute(update(cases).where(cases.c.id == hands.case_id).values(**values))
            asked = _look_into(row, said, terms, hands.by)
            await close_tasks(connection, [task.key for task in asked], hands.by, now)
            await open_tasks(connection, asked, now)
            await bump(connection, [hands.case_id], now, self._bumps)
            told = {"why": said.why, "cause": said.cause.value, "invoices": _numbers(terms), "cents": said.cents}
            await journal.write(connection, [Entry(hands.case_id, "dispute", told, hands.by)], now)
            return terms

        return await self._engine.write(work)

    async def insolvency(self, hands: Hands, said: Procedure, now: datetime) -> None:
        """A collective procedure has begun: nothing of the case is asked for any more; the claim must be declared.

        Promises and instalments are void. Only `release` with this kind ends it; told again, it is corrected.
        """

        async def work(connection: AsyncConnection) -> None:
            row = await lay(connection, hands)
            about = {"case_id": hands.case_id, "kind": HoldKind.INSOLVENCY.value, "by": hands.by, "began_at": now}
            reason = f"{said.what} of {said.judged_on}"
            about |= {"reason": reason, "owner": row.owner or hands.by}
            await _take_back(connection, hands, now)
            await connection.execute(insert(holds).values(**about, answer_by=said.declare_by, remind_at=said.remind_at))
            await _void(connection, hands, now)
            values = {"cause": Cause.INSOLVENT.value}
            await connection.execute(update(cases).where(cases.c.id == hands.case_id).values(**values))
            await open_tasks(connection, [_declare(row, said, hands.by)], now)
            await bump(connection, [hands.case_id], now, self._bumps)
            told = {"what": said.what, "on": said.judged_on, "declare by": said.declare_by.date(), "note": said.note}
            await journal.write(connection, [Entry(hands.case_id, "insolvency", told, hands.by)], now)

        await self._engine.write(work)


async def _gives_way(
    connection: AsyncConnection, hands: Hands, facts: CaseFacts, terms: Sequence[Term], said: Contested, now: datetime
) -> None:
    """What was contested of these terms before; and what was promised, unless something of it is not contested: the
    word holds for the rest."""
    ids, kinds, left = [t.id for t in terms], [HoldKind.DISPUTE, HoldKind.VALIDATION], balances(facts)
    if said.cents is None or all(said.cents >= left[i] for i in ids):
        before = {i for i, cents in contested(facts, now.date()).items() if cents >= left[i]}
        await replace_words(connection, hands.case_id, before | set(ids), now.date(), alone=True)
        kinds.append(HoldKind.PROMISE)
    await end_holds(connection, hands.case_id, kinds, ids, hands.by, now)


def _part(terms: Sequence[Term], left: Mapping[int, int], cents: int) -> tuple[Term, ...]:
    """The one term of which a part is contested. Raises ValueError."""
    if len({t.invoice for t in terms}) != 1:
        raise ValueError("a part is contested of one invoice: say which")
    able = [t for t in terms if left[t.id] >= cents]
    if cents < 1 or not able:
        most = max(left[t.id] for t in terms)
        raise ValueError(f"{cents / 100:.2f} is contested, and {most / 100:.2f} is owed at most of one due date")
    return (able[0],)


def _numbers(terms: Sequence[Term]) -> list[str]:
    return list(dict.fromkeys(t.invoice for t in terms))


def _look_into(row: Any, said: Contested, terms: Sequence[Term], by: str) -> list[Task]:
    """One for each invoice: they are settled one by one."""
    part, about = f"{said.cents / 100:.2f} of " if said.cents else "", (row.creditor, row.id, row.owner or by)
    found = {
        number: f"{row.name}: look into what is contested ({part}{number}): {said.why}" for number in _numbers(terms)
    }
    return [Task("dispute", dispute_key(row.id, number), words, *about) for number, words in found.items()]


def _declare(row: Any, said: Procedure, by: str) -> Task:
    until = f"{said.declare_by:%Y-%m-%d}"
    words = f"{row.name}: {said.what} of {said.judged_on}: declare the claim until {until}"
    return Task("insolvency", _declaring(row.id), words, row.creditor, row.id, row.owner or by)


async def _void(connection: AsyncConnection, hands: Hands, now: datetime) -> None:
    """Nothing that was agreed holds any more."""
    kinds = [HoldKind.PROMISE.value, HoldKind.INSTALMENTS.value, HoldKind.OFFER.value]
    agreed = (holds.c.case_id == hands.case_id) & holds.c.ended_at.is_(None) & holds.c.kind.in_(kinds)
    await connection.execute(update(holds).where(agreed).values(ended_at=now, ended_by=hands.by))
    await replace_all(connection, hands.case_id, hands.by, now)
    await withdraw_all(connection, hands.case_id, hands.by, now)


async def _take_back(connection: AsyncConnection, hands: Hands, now: datetime) -> None:
    """What was said of a procedure before, with its deadline."""
    same = (holds.c.case_id == hands.case_id) & holds.c.ended_at.is_(None) & (holds.c.kind == HoldKind.INSOLVENCY.value)
    ended = update(holds).where(same).values(ended_at=now, ended_by=hands.by).returning(holds.c.id)
    over = [ends_key(hold_id) for hold_id in (await connection.execute(ended)).scalars()]
    await close_tasks(connection, [_declaring(hands.case_id), *over], hands.by, now)


def _declaring(case_id: int) -> str:
    """The key of the task to declare the claim."""
    return f"insolvency:{case_id}"
