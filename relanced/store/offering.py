"""An offer written and ruled upon. Everything here happens within one transaction of a caller who holds the lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import insert, select, update

from relanced.rules.given import OfferState
from relanced.rules.model import HoldKind
from relanced.rules.offers import Ruled
from relanced.store.journal import DAEMON, Entry
from relanced.store.promising import close_answered, end_holds, pairs, replace_words
from relanced.store.tables import offers
from relanced.store.tasks import close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Proposal(Struct, frozen=True):
    """Who pays `cents` until the day `until` owes no more of these terms. `owed` is what each owes at this moment."""

    case_id: int
    until: date
    last: date
    cents: int
    waived: int
    currency: str
    owed: Mapping[int, int]


async def write_offer(connection: AsyncConnection, new: Proposal, by: str, now: datetime) -> int:
    """Keep an offer; what was offered for the same terms before gives way to it. Returns its id."""
    over = [row.id for row in await _open(connection, new.case_id) if {t for t, _ in row.terms} & set(new.owed)]
    await end_offers(connection, over, OfferState.REPLACED, by, now)
    await close_answered(connection, new.case_id, new.owed, by, now)
    values: dict[str, Any] = {"case_id": new.case_id, "until_day": new.until, "last_day": new.last, "cents": new.cents}
    values |= {"waived": new.waived, "currency": new.currency, "terms": pairs(new.owed)}
    values |= {"said_on": now.date(), "by": by, "at": now}
    made = await connection.execute(insert(offers).values(**values).returning(offers.c.id))
    return int(made.scalar_one())


async def _open(connection: AsyncConnection, case_id: int) -> Sequence[Any]:
    mine = (offers.c.case_id == case_id) & (offers.c.state == "open")
    return (await connection.execute(select(offers.c.id, offers.c.terms).where(mine))).all()


async def end_offers(
    connection: AsyncConnection, ids: Collection[int], state: OfferState, by: str, now: datetime
) -> None:
    """These offers are over because a person said so: nobody looks after them any more."""
    values = {"state": state.value, "judged_on": now.date()}
    await connection.execute(update(offers).where(offers.c.id.in_(list(ids))).values(**values))
    await close_tasks(connection, [offer_key(number) for number in ids], by, now)


async def withdraw_all(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> list[Any]:
    """No offer of the case runs any more. Returns those that ran."""
    over = await _open(connection, case_id)
    await end_offers(connection, [row.id for row in over], OfferState.WITHDRAWN, by, now)
    terms = {term for row in over for term, _ in row.terms}
    await end_holds(connection, case_id, [HoldKind.OFFER], terms, by, now)
    return list(over)


def offer_key(number: int) -> str:
    """The key of the task that looks after a running offer."""
    return f"offer:{number}"


def credit_note_key(number: int) -> str:
    """The key of the task that asks for the credit note, once an offer was taken."""
    return f"credit-note:{number}"


# -- what became of it --------------------------------------------------------------------------------------------


async def write_ruled(
    connection: AsyncConnection, case_id: int, found: Sequence[Ruled], now: datetime, today: date
) -> list[Entry]:
    """Write what became of offers: quiet is over; who paid in time has kept every promise about the same terms."""
    entries = []
    for one in found:
        offer = one.offer
        values = {"state": one.state.value, "paid": one.paid, "judged_on": today}
        await connection.execute(update(offers).where(offers.c.id == offer.id).values(**values))
        kinds = [HoldKind.OFFER]
        if one.state is OfferState.TAKEN:
            await replace_words(connection, case_id, dict(offer.terms), today)
            kinds += [HoldKind.PROMISE]
        await end_holds(connection, case_id, kinds, dict(offer.terms), DAEMON, now)
        await close_tasks(connection, [offer_key(offer.id), credit_note_key(offer.id)], DAEMON, now)
        entries.append(Entry(case_id, f"offer {one.state.value}", _told(one)))
    return entries


def _told(one: Ruled) -> dict[str, Any]:
    offer = one.offer
    told = {"offer": offer.id, "until": offer.until, "cents": offer.cents, "paid": one.paid}
    if one.state is OfferState.TAKEN:
        return {**told, "waived": one.left}
    return {**told, "owed": one.left, "why": "the payment came back" if offer.state is OfferState.TAKEN else "not paid"}
