"""Agreements on instalments: what is owed is paid in dated parts, each judged as a promise is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import insert, select, update

from relanced.rules.instalments import Instalment, too_long
from relanced.rules.model import HoldKind, PaymentMode, Term
from relanced.rules.owed import askable, balances
from relanced.rules.promises import last_day, one_currency, promisable, unoffered
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.calling import follow_up_key
from relanced.store.engine import Engine
from relanced.store.facts import Loaded, load
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.promising import close_answered, end_holds, hold_terms, pairs, replace_words
from relanced.store.saying import NewWord, tell
from relanced.store.tables import agreements, cases, promises
from relanced.store.tasks import Task, close_tasks, promise_key

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_GIVES_WAY = (HoldKind.PROMISE, HoldKind.CALL_BACK, HoldKind.VALIDATION)


class Wanted(Struct, frozen=True):
    """What is agreed: how a sum in cents is cut into parts (may raise ValueError), of which invoices, by what means.

    `anyway`: even over a longer time than a judge would grant.
    """

    cut: Callable[[int], Sequence[Instalment]]
    invoices: tuple[str, ...] = ()
    means: PaymentMode = PaymentMode.TRANSFER
    said_by: str = ""
    anyway: bool = False


class Agreed(Struct, frozen=True):
    """The agreement as it was kept."""

    id: int
    cents: int
    currency: str
    invoices: tuple[str, ...]
    parts: tuple[Instalment, ...]


class Agreements:
    """The instalments' side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def agree(self, hands: Hands, wanted: Wanted, now: datetime, confirm: NewWord | Task | None = None) -> Agreed:
        """What may be asked now of the invoices is paid in parts, and stands still while the agreement runs.

        `confirm` is what confirms it to the debtor, or asks a person to.

        Raises Unfitting for parts that do not add up, lie in the past or go on too long, for what is contested, and
        while an offer or another agreement is running.
        """

        async def work(connection: AsyncConnection) -> Agreed:
            await lay(connection, hands)
            if await _running(connection, hands.case_id):
                revoke = f"relanced instalments {hands.case_id} --revoke"
                raise Unfitting(f"instalments are running: {revoke} comes first")
            (loaded,) = await load(connection, [hands.case_id], now.date())
            try:
                terms, parts, currency = _cut(loaded, wanted, now)
            except ValueError as fault:
                raise Unfitting(str(fault)) from None
            number = await self._write(connection, loaded, terms, parts, currency, wanted, hands, now)
            await bump(connection, [hands.case_id], now, self._bumps)
            numbers = tuple(dict.fromkeys(t.invoice for t in terms))
            told = {"agreement": number, "cents": parts[-1].upto, "invoices": numbers}
            told |= {"parts": [[p.on, p.cents] for p in parts]}
            entries = [Entry(hands.case_id, "instalments agreed", told, hands.by)]
            whose = loaded.facts.creditor
            entries += await tell(connection, hands.case_id, whose, confirm, {"agreement": number}, hands.by, now)
            await journal.write(connection, entries, now)
            return Agreed(number, parts[-1].upto, currency, numbers, parts)

        return await self._engine.write(work)

    async def _write(
        self,
        connection: AsyncConnection,
        loaded: Loaded,
        terms: Sequence[Term],
        parts: Sequence[Instalment],
        currency: str,
        wanted: Wanted,
        hands: Hands,
        now: datetime,
    ) -> int:
        owed, ids = balances(loaded.facts), [t.id for t in terms]
        await replace_words(connection, hands.case_id, ids, now.date())
        await end_holds(connection, hands.case_id, _GIVES_WAY, ids, hands.by, now)
        await close_tasks(connection, [follow_up_key(hands.case_id)], hands.by, now)
        await close_answered(connection, hands.case_id, ids, hands.by, now)
        values: dict[str, Any] = {"case_id": hands.case_id, "cents": parts[-1].upto, "currency": currency}
        made = insert(agreements).values(**values, by=hands.by, at=now).returning(agreements.c.id)
        number = int((await connection.execute(made)).scalar_one())
        about = {"case_id": hands.case_id, "agreement_id": number, "currency": currency, "means": wanted.means.value}
        about |= {"said_by": wanted.said_by, "said_on": now.date(), "by": hands.by, "at": now}
        about |= {"terms": pairs({i: owed[i] for i in ids})}
        rows = [{**about, **_row(part, wanted.means)} for part in parts]
        await connection.execute(insert(promises), rows)
        held = {"owner": loaded.owner or hands.by, "by": hands.by, "began_at": now}
        reason = f"{len(parts)} instalments until {parts[-1].on}"
        await hold_terms(connection, hands.case_id, HoldKind.INSTALMENTS, terms, reason, **held)
        await connection.execute(update(cases).where(cases.c.id == hands.case_id).values(spoken_on=now.date()))
        return number

    async def revoke(self, hands: Hands, why: str, now: datetime) -> int:
        """A person ends the agreement (*déchéance du terme*): everything that is owed is due again, and climbs on.

        Returns what the agreement was about, in cents. Raises Unfitting when none is running.
        """

        async def work(connection: AsyncConnection) -> int:
            await lay(connection, hands)
            row = await _running(connection, hands.case_id)
            if row is None:
                raise Unfitting(f"case {hands.case_id} has no agreement on instalments that is running")
            ended = {"state": "revoked", "ended_at": now, "ended_by": hands.by}
            await connection.execute(update(agreements).where(agreements.c.id == row.id).values(**ended))
            await self._set_aside(connection, hands, row.id, now)
            await bump(connection, [hands.case_id], now, self._bumps)
            told = {"agreement": row.id, "why": why}
            await journal.write(connection, [Entry(hands.case_id, "instalments revoked", told, hands.by)], now)
            return int(row.cents)

        return await self._engine.write(work)

    async def _set_aside(self, connection: AsyncConnection, hands: Hands, agreement: int, now: datetime) -> None:
        """The parts to come are due no longer on their dates; nobody is asked about those that were missed."""
        mine = promises.c.agreement_id == agreement
        parts = (await connection.execute(select(promises.c.id, promises.c.terms).where(mine))).all()
        still = update(promises).where(mine, promises.c.state == "open")
        await connection.execute(still.values(state="replaced", judged_on=now.date()))
        terms = {term for part in parts for term, _ in part.terms}
        await end_holds(connection, hands.case_id, [HoldKind.INSTALMENTS], terms, hands.by, now)
        await close_tasks(connection, [promise_key(part.id) for part in parts], hands.by, now)


async def _running(connection: AsyncConnection, case_id: int) -> Any:
    """The agreement of a case, though it may stand still for other reasons; None when there is none."""
    running = (agreements.c.case_id == case_id) & (agreements.c.state == "running")
    return (await connection.execute(select(agreements).where(running))).first()


def _cut(loaded: Loaded, wanted: Wanted, now: datetime) -> tuple[tuple[Term, ...], tuple[Instalment, ...], str]:
    """The terms and the parts. Raises ValueError."""
    facts = loaded.facts
    terms = promisable(facts, wanted.invoices, now.date())
    unoffered(facts, terms)
    currency, left = one_currency(terms), askable(facts)
    parts = tuple(wanted.cut(sum(left[t.id] for t in terms)))
    if parts[0].on < now.date():
        raise ValueError(f"{parts[0].on} is past")
    if not wanted.anyway and too_long(parts, now.date()):
        raise ValueError(f"{parts[-1].on} is more than 24 months away (C. civ. 1343-5): say --anyway if it may be so")
    return terms, parts, currency


def _row(part: Instalment, means: PaymentMode) -> dict[str, Any]:
    return {
        "n": part.n,
        "on_day": part.on,
        "until_day": last_day(part.on, means),
        "cents": part.cents,
        "upto": part.upto,
    }
