"""A debtor's word, given and judged. Everything here happens within one transaction of a caller who holds the lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import insert, select, update

from relanced.rules.given import PromiseState
from relanced.rules.model import HoldKind, PaymentMode, Term
from relanced.rules.promises import Judged, last_day
from relanced.store.journal import DAEMON, Entry
from relanced.store.tables import agreements, holds, offers, promises
from relanced.store.tasks import close_tasks, lapsed_offer_key, promise_key

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection


class Word(Struct, frozen=True):
    """So much, on a day, by that means, as `said_by` said it. `owed` is what each term owes at this moment."""

    case_id: int
    on: date
    cents: int
    currency: str
    owed: Mapping[int, int]
    means: PaymentMode = PaymentMode.TRANSFER
    said_by: str = ""


async def write_word(connection: AsyncConnection, word: Word, by: str, now: datetime) -> int:
    """Keep a promise; what was promised of the same terms before gives way to it. Returns its id."""
    await replace_words(connection, word.case_id, word.owed, now.date())
    await close_answered(connection, word.case_id, word.owed, by, now)
    values: dict[str, Any] = {"case_id": word.case_id, "on_day": word.on, "until_day": last_day(word.on, word.means)}
    values |= {"cents": word.cents, "upto": word.cents, "currency": word.currency, "means": word.means.value}
    values |= {"said_by": word.said_by, "said_on": now.date(), "terms": pairs(word.owed), "by": by, "at": now}
    made = await connection.execute(insert(promises).values(**values).returning(promises.c.id))
    return int(made.scalar_one())


def pairs(owed: Mapping[int, int]) -> list[list[int]]:
    """As the row keeps it: terms in order, each with what it owed."""
    return [[term_id, cents] for term_id, cents in sorted(owed.items())]


async def replace_words(
    connection: AsyncConnection, case_id: int, terms: Collection[int], today: date, alone: bool = False
) -> int:
    """Open promises about any of these terms give way, with `alone` those about no other term; the parts of an
    agreement do not. Returns how many."""
    mine = (promises.c.case_id == case_id) & (promises.c.state == "open") & promises.c.agreement_id.is_(None)
    rows = (await connection.execute(select(promises.c.id, promises.c.terms).where(mine))).all()
    about = {row.id: {term for term, _ in row.terms} for row in rows}
    over = [number for number, its in about.items() if (its <= set(terms) if alone else its & set(terms))]
    values = {"state": PromiseState.REPLACED.value, "judged_on": today}
    await connection.execute(update(promises).where(promises.c.id.in_(over)).values(**values))
    return len(over)


async def close_answered(
    connection: AsyncConnection, case_id: int, terms: Collection[int], by: str, now: datetime
) -> None:
    """There is a new word about these terms: nobody is asked any more what follows a broken one, or a lapsed offer."""
    broken = select(promises.c.id, promises.c.terms).where(
        promises.c.case_id == case_id, promises.c.state.in_(["partly", "broken"]), promises.c.agreement_id.is_(None)
    )
    lapsed = select(offers.c.id, offers.c.terms).where(offers.c.case_id == case_id, offers.c.state == "lapsed")
    keys = []
    for query, key in ((broken, promise_key), (lapsed, lapsed_offer_key)):
        rows = (await connection.execute(query)).all()
        keys += [key(row.id) for row in rows if {term for term, _ in row.terms} & set(terms)]
    await close_tasks(connection, keys, by, now)


async def take_back(connection: AsyncConnection, case_id: int, today: date) -> None:
    """Open promises of a case count no more; the parts of an agreement do."""
    mine = (promises.c.case_id == case_id) & (promises.c.state == "open") & promises.c.agreement_id.is_(None)
    aside = {"state": PromiseState.REPLACED.value, "judged_on": today}
    await connection.execute(update(promises).where(mine).values(**aside))


async def replace_all(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> None:
    """Nothing that was agreed counts any more: open promises are set aside, a running agreement is revoked."""
    still = (promises.c.case_id == case_id) & (promises.c.state == "open")
    aside = {"state": PromiseState.REPLACED.value, "judged_on": now.date()}
    await connection.execute(update(promises).where(still).values(**aside))
    running = (agreements.c.case_id == case_id) & (agreements.c.state == "running")
    ended = {"state": "revoked", "ended_at": now, "ended_by": by}
    await connection.execute(update(agreements).where(running).values(**ended))


async def end_holds(
    connection: AsyncConnection, case_id: int, kinds: Sequence[HoldKind], terms: Collection[int], by: str, now: datetime
) -> int:
    """End the running holds of these kinds on these terms. Returns how many."""
    running = (holds.c.case_id == case_id) & holds.c.ended_at.is_(None)
    same = holds.c.kind.in_([kind.value for kind in kinds]) & holds.c.term_id.in_(list(terms))
    ended = await connection.execute(update(holds).where(running & same).values(ended_at=now, ended_by=by))
    return ended.rowcount


async def hold_terms(
    connection: AsyncConnection, case_id: int, kind: HoldKind, terms: Sequence[Term], reason: str, **said: Any
) -> None:
    """These terms stand still. `said`: owner, by, began_at, until, cents …"""
    about = {"case_id": case_id, "kind": kind.value, "reason": reason, **said}
    await connection.execute(insert(holds), [{**about, "term_id": term.id} for term in terms])


# -- what became of it --------------------------------------------------------------------------------------------


async def write_judged(
    connection: AsyncConnection, case_id: int, found: Sequence[Judged], now: datetime, today: date
) -> list[Entry]:
    """Write what became of promises: what was promised stands still no longer, a paid agreement is over."""
    entries = []
    for one in found:
        word = one.promise
        values = {"state": one.state.value, "paid": one.paid, "judged_on": today}
        await connection.execute(update(promises).where(promises.c.id == word.id).values(**values))
        if word.agreement is None:
            terms = dict(word.terms).keys() - await _still_promised(connection, case_id)
            await end_holds(connection, case_id, [HoldKind.PROMISE], terms, DAEMON, now)
        elif one.state is PromiseState.KEPT:
            await _end_if_paid(connection, case_id, one, now)
        about = {"promise": word.id, "on": word.on, "cents": word.cents, "paid": one.paid}
        about |= {"instalment": word.n} if word.agreement else {}
        entries.append(Entry(case_id, f"{'instalment' if word.agreement else 'promise'} {one.state.value}", about))
    return entries


async def _still_promised(connection: AsyncConnection, case_id: int) -> set[int]:
    """The terms of promises that are open: an older one may be broken later, when its payment comes back."""
    open_ = (promises.c.case_id == case_id) & (promises.c.state == "open") & promises.c.agreement_id.is_(None)
    return {term for row in await connection.execute(select(promises.c.terms).where(open_)) for term, _ in row.terms}


async def _end_if_paid(connection: AsyncConnection, case_id: int, one: Judged, now: datetime) -> None:
    """The last instalment was paid, and with it all of them."""
    last = (agreements.c.id == one.promise.agreement) & (agreements.c.cents == one.promise.upto)
    await _end_agreements(connection, case_id, last, now)


async def end_paid_up(connection: AsyncConnection, case_id: int, ids: Sequence[int], now: datetime) -> list[Entry]:
    """Nothing of what these agreements were about is owed any more, though an instalment came too late."""
    over = await _end_agreements(connection, case_id, agreements.c.id.in_(list(ids)), now) if ids else []
    return [Entry(case_id, "instalments paid", {"agreement": number}) for number in over]


async def _end_agreements(
    connection: AsyncConnection, case_id: int, which: ColumnElement[bool], now: datetime
) -> list[int]:
    """These agreements were kept, and nothing stands still for them. Returns those that ran."""
    over = update(agreements).where(which, agreements.c.case_id == case_id, agreements.c.state == "running")
    kept = over.values(state="kept", ended_at=now, ended_by=DAEMON).returning(agreements.c.id)
    ended = list((await connection.execute(kept)).scalars())
    parts = await connection.execute(select(promises.c.terms).where(promises.c.agreement_id.in_(ended)))
    terms = {term for row in parts for term, _ in row.terms}
    await end_holds(connection, case_id, [HoldKind.INSTALMENTS], terms, DAEMON, now)
    return ended
