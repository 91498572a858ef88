"""Offers: so much off what is owed, for whoever pays the rest until a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import select

from relanced.rules.model import HoldKind, PaymentMode, Term
from relanced.rules.owed import balances, let_go
from relanced.rules.promises import last_day, meant, one_currency, solvent, uncontested
from relanced.store import journal
from relanced.store.asked import Unfitting
from relanced.store.engine import Engine
from relanced.store.facts import Loaded, load
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump
from relanced.store.offering import Proposal, offer_key, withdraw_all, write_offer
from relanced.store.promising import end_holds, hold_terms
from relanced.store.saying import NewWord, tell
from relanced.store.tables import messages, offers, words
from relanced.store.tasks import Task, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Row = dict[str, Any]


class Wanted(Struct, frozen=True):
    """What is offered until a day, of which invoices: `off` says how many cents of a sum are let go.

    `quiet`: what it is about stands still meanwhile. `means` says how long a payment ordered in time may take.
    """

    until: date
    off: Callable[[int], int]
    invoices: tuple[str, ...] = ()
    means: PaymentMode = PaymentMode.TRANSFER
    quiet: bool = False
    note: str = ""


class Made(Struct, frozen=True):
    """The offer as it was kept. `older`: an older invoice is owed too, which other money that names none pays first."""

    id: int
    cents: int
    waived: int
    currency: str
    last: date
    invoices: tuple[str, ...]
    older: str = ""


class Offers:
    """The offers' side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def make(self, hands: Hands, wanted: Wanted, now: datetime, said: NewWord | Task | None = None) -> Made:
        """Who pays so much in time owes no more of it. `said` is what tells the debtor, or asks a person to. `now` is
        local.

        Raises Unfitting for a day that is past, for less or more off than makes sense, while instalments are running,
        and where the rest was waived before or a part is contested.
        """

        async def work(connection: AsyncConnection) -> Made:
            row = await lay(connection, hands)
            (loaded,) = await load(connection, [hands.case_id], now.date())
            try:
                terms, new = _proposed(loaded, wanted, now)
            except ValueError as fault:
                raise Unfitting(str(fault)) from None
            number = await write_offer(connection, new, hands.by, now)
            await self._stand_still(connection, loaded, terms, new, wanted, hands, now)
            await bump(connection, [hands.case_id], now, self._bumps)
            made = Made(number, new.cents, new.waived, new.currency, new.last, _numbers(terms), _older(loaded, terms))
            owner = row.owner or hands.by
            await open_tasks(connection, [_look_after(loaded, made, wanted, owner)], now)
            entries = [Entry(hands.case_id, "offer made", _told(made, wanted), hands.by)]
            entries += await tell(connection, hands.case_id, row.creditor, said, {"offer": number}, hands.by, now)
            await journal.write(connection, entries, now)
            return made

        return await self._engine.write(work)

    async def _stand_still(
        self,
        connection: AsyncConnection,
        loaded: Loaded,
        terms: tuple[Term, ...],
        new: Proposal,
        wanted: Wanted,
        hands: Hands,
        now: datetime,
    ) -> None:
        """Quiet as long as the offer may be taken, if that is wanted; an earlier offer's quiet ends."""
        await end_holds(connection, hands.case_id, [HoldKind.OFFER], [t.id for t in terms], hands.by, now)
        if wanted.quiet:
            until = datetime.combine(new.last + timedelta(days=1), time.min, tzinfo=now.tzinfo)
            about = {"owner": loaded.owner or hands.by, "by": hands.by, "began_at": now, "until": until}
            reason = f"an offer runs until {wanted.until}"
            await hold_terms(connection, hands.case_id, HoldKind.OFFER, terms, reason, **about)

    async def withdraw(self, hands: Hands, why: str, now: datetime) -> bool:
        """A person takes back every offer that runs: everything is owed again.

        Returns whether the debtor had been told of one. Raises Unfitting when none runs.
        """

        async def work(connection: AsyncConnection) -> bool:
            await lay(connection, hands)
            over = await withdraw_all(connection, hands.case_id, hands.by, now)
            if not over:
                raise Unfitting(f"case {hands.case_id} has no offer that runs")
            ids = [row.id for row in over]
            await bump(connection, [hands.case_id], now, self._bumps)
            told = {"offers": ids, "why": why}
            await journal.write(connection, [Entry(hands.case_id, "offer withdrawn", told, hands.by)], now)
            return await _was_said(connection, hands.case_id, ids)

        return await self._engine.write(work)

    async def of_case(self, case_id: int) -> list[Row]:
        """Everything that was ever offered, oldest first."""
        query = select(offers).where(offers.c.case_id == case_id).order_by(offers.c.id)

        async def work(connection: AsyncConnection) -> list[Row]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)


def _proposed(loaded: Loaded, wanted: Wanted, now: datetime) -> tuple[tuple[Term, ...], Proposal]:
    """The terms and the offer about them. Raises ValueError."""
    facts, left = loaded.facts, balances(loaded.facts)
    if wanted.until < now.date():
        raise ValueError(f"{wanted.until} is past")
    solvent(facts)
    terms = meant(facts, wanted.invoices, now.date())
    ids = {t.id for t in terms}
    if {h.term_id for h in facts.holds if h.kind is HoldKind.INSTALMENTS} & {None, *ids}:
        raise ValueError(f"instalments are running: relanced instalments {facts.id} --revoke comes first")
    if let_go(facts) & ids:
        raise ValueError("what is left of it is waived already: an earlier offer was paid in time")
    uncontested(facts, terms, now.date())
    total, currency = sum(left[t.id] for t in terms), one_currency(terms)
    waived = wanted.off(total)
    if not 0 < waived < total:
        raise ValueError(f"{waived / 100:.2f} would be let go, and {total / 100:.2f} {currency} is owed")
    owed = {t.id: left[t.id] for t in terms}
    last = last_day(wanted.until, wanted.means)
    return terms, Proposal(facts.id, wanted.until, last, total - waived, waived, currency, owed)


def _numbers(terms: tuple[Term, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.invoice for t in terms))


def _older(loaded: Loaded, terms: tuple[Term, ...]) -> str:
    """An invoice that owes, is older than those of the offer, and is not one of them."""
    left, named = balances(loaded.facts), {t.id for t in terms}
    last = max(t.due_on for t in terms)
    others = [t for t in loaded.facts.terms if t.id not in named and left[t.id] > 0 and t.due_on < last]
    return min(others, key=lambda t: t.due_on).invoice if others else ""


def _look_after(loaded: Loaded, made: Made, wanted: Wanted, owner: str) -> Task:
    facts = loaded.facts
    what = f"{made.cents / 100:.2f} {made.currency} by {wanted.until} instead of {(made.cents + made.waived) / 100:.2f}"
    words = f"{facts.debtor.name} ({', '.join(made.invoices)}): our offer runs, {what}"
    return Task("offer", offer_key(made.id), words, facts.creditor, facts.id, owner)


def _told(made: Made, wanted: Wanted) -> dict[str, Any]:
    told: dict[str, Any] = {"offer": made.id, "until": wanted.until, "cents": made.cents, "waived": made.waived}
    told |= {"invoices": list(made.invoices), "quiet": wanted.quiet, "note": wanted.note}
    return {name: value for name, value in told.items() if value not in ("", False)}


async def _was_said(connection: AsyncConnection, case_id: int, ids: list[int]) -> bool:
    """Whether a message about any of them has left, or may have."""
    gone = messages.c.state.not_in(["planned", "parked", "cancelled", "expired"])
    query = select(words.c.about).select_from(words.join(messages, messages.c.word_id == words.c.id))
    rows = await connection.execute(query.where(words.c.case_id == case_id, words.c.kind == "offer", gone))
    return any(row.about.get("offer") in ids for row in rows)
