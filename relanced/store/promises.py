"""Promises: what a debtor said would be paid, and the account of what became of such words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import Select, select, update

from relanced.rules.calls import REPLACED
from relanced.rules.model import HoldKind, PaymentMode, Term
from relanced.rules.owed import balances
from relanced.rules.promises import last_day, one_currency, promisable, sum_promised
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.calling import follow_up_key
from relanced.store.engine import Engine
from relanced.store.facts import Loaded, load
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.promising import Word, end_holds, hold_terms, write_word
from relanced.store.saying import NewWord, tell
from relanced.store.tables import cases, holds, promises
from relanced.store.tasks import Task, close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]


class Said(Struct, frozen=True):
    """What a debtor promises. `cents` None: all that may be asked; no `invoices`: all that is overdue."""

    on: date
    cents: int | None = None
    means: PaymentMode = PaymentMode.TRANSFER
    said_by: str = ""
    invoices: tuple[str, ...] = ()
    note: str = ""


class Given(Struct, frozen=True):
    """The promise as it was kept. `until` is the last day on which the money may arrive."""

    id: int
    cents: int
    currency: str
    until: date
    invoices: tuple[str, ...]


class Promises:
    """The promises' side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def give(self, hands: Hands, said: Said, now: datetime, confirm: NewWord | Task | None = None) -> Given:
        """A debtor has promised: what it is about stands still until the end of the grace. `now` is local; `confirm` is
        what confirms it to the debtor, or asks a person to.

        Raises Unfitting for a day that is past, an amount that is not owed, what is contested or goes past an offer
        that runs, and while instalments are running.
        """

        async def work(connection: AsyncConnection) -> Given:
            await lay(connection, hands)
            (loaded,) = await load(connection, [hands.case_id], now.date())
            try:
                terms, word = _word(loaded, said, now)
            except ValueError as fault:
                raise Unfitting(str(fault)) from None
            number = await write_word(connection, word, hands.by, now)
            await self._stand_still(connection, loaded, terms, said, hands, now)
            await bump(connection, [hands.case_id], now, self._bumps)
            until, invoices = last_day(said.on, said.means), tuple(dict.fromkeys(t.invoice for t in terms))
            about = {"promise": number, "on": said.on, "cents": word.cents, "until": until, "invoices": invoices}
            about |= {"said by": said.said_by, "by means of": said.means.value, "note": said.note}
            kept = {name: value for name, value in about.items() if value}
            entries = [Entry(hands.case_id, "promise given", kept, hands.by)]
            whose = loaded.facts.creditor
            entries += await tell(connection, hands.case_id, whose, confirm, {"promise": number}, hands.by, now)
            await journal.write(connection, entries, now)
            return Given(number, word.cents, word.currency, until, invoices)

        return await self._engine.write(work)

    async def _stand_still(
        self, connection: AsyncConnection, loaded: Loaded, terms: list[Term], said: Said, hands: Hands, now: datetime
    ) -> None:
        ids = [t.id for t in terms]
        await end_holds(connection, hands.case_id, sorted(REPLACED), ids, hands.by, now)
        await end_call_backs(connection, hands.case_id, hands.by, now)
        await close_tasks(connection, [follow_up_key(hands.case_id)], hands.by, now)
        until = datetime.combine(last_day(said.on, said.means) + timedelta(days=1), time.min, tzinfo=now.tzinfo)
        about = {"owner": loaded.owner or hands.by, "by": hands.by, "began_at": now, "until": until}
        reason = f"promised for {said.on}" + (f" by {said.said_by}" if said.said_by else "")
        await hold_terms(connection, hands.case_id, HoldKind.PROMISE, terms, reason, **about)
        spoken = update(cases).where(cases.c.id == hands.case_id)
        await connection.execute(spoken.values(spoken_on=now.date()))

    async def of_case(self, case_id: int) -> list[Row]:
        """Everything a debtor ever promised, instalments too, oldest first."""
        return await self._rows(_PROMISES.where(promises.c.case_id == case_id).order_by(promises.c.id))

    async def all(self, creditor: str | None = None, since: date | None = None) -> list[Row]:
        """The promises for days from `since` on, by their day; those that were replaced are left out."""
        query = _PROMISES.where(promises.c.state != "replaced").order_by(promises.c.on_day, promises.c.id)
        query = query.where(cases.c.creditor == creditor) if creditor else query
        return await self._rows(query.where(promises.c.on_day >= since) if since else query)

    async def _rows(self, query: Select[Any]) -> list[Row]:
        async def work(connection: AsyncConnection) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)


_TOLD = (promises.c.id, promises.c.agreement_id, promises.c.n, promises.c.on_day, promises.c.until_day)
_WORTH = (promises.c.cents, promises.c.paid, promises.c.currency, promises.c.means, promises.c.state)
_BY = (promises.c.said_by, promises.c.said_on, promises.c.judged_on, promises.c.by, promises.c.terms)
_PROMISES = select(
    promises.c.case_id, cases.c.creditor, cases.c.debtor_key.label("debtor"), cases.c.name, *_TOLD, *_WORTH, *_BY
).select_from(promises.join(cases, cases.c.id == promises.c.case_id))


def _word(loaded: Loaded, said: Said, now: datetime) -> tuple[list[Term], Word]:
    """The terms and the word about them. Raises ValueError."""
    facts, left = loaded.facts, balances(loaded.facts)
    if said.on < now.date():
        raise ValueError(f"{said.on} is past")
    terms = list(promisable(facts, said.invoices, now.date()))
    agreed = {h.term_id for h in facts.holds if h.kind is HoldKind.INSTALMENTS}
    if agreed & {None, *(t.id for t in terms)}:
        raise ValueError(f"instalments are running: relanced instalments {facts.id} --revoke comes first")
    owed, currency = {t.id: left[t.id] for t in terms}, one_currency(terms)
    cents = sum_promised(facts, terms, said.on, said.cents)
    return terms, Word(facts.id, said.on, cents, currency, owed, said.means, said.said_by)


async def end_call_backs(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> None:
    """Whoever was to be called back has been spoken to."""
    mine = (holds.c.case_id == case_id) & (holds.c.kind == HoldKind.CALL_BACK.value) & holds.c.ended_at.is_(None)
    await connection.execute(update(holds).where(mine).values(ended_at=now, ended_by=by))
