"""Nobody is there: a machine that answers for somebody says until when, and courteous steps wait for that day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from relanced.channel import Receipt
from relanced.rules.model import HoldKind
from relanced.store.journal import Entry
from relanced.store.matching import Match
from relanced.store.receipts import Applying
from relanced.store.tables import holds

LONGEST = timedelta(days=60)  # an absence that is said to last longer is none that we wait for


async def away(a: Applying, matches: Sequence[Match], receipt: Receipt) -> None:
    """Somebody is absent until the end of `receipt.on`. The caller holds the locks of the cases."""
    until = _back(receipt.on, a.now)
    for match in matches if until else ():
        await _hold(a, match.case_id, until, receipt)


def _back(on: date | None, now: datetime) -> datetime | None:
    """The start of the day on which somebody is there again; None if that is not ahead, or too far."""
    until = datetime.combine(on + timedelta(days=1), time.min, tzinfo=now.tzinfo) if on else now
    return until if now < until <= now + LONGEST else None


async def _hold(a: Applying, case_id: int, until: datetime | None, receipt: Receipt) -> None:
    """One hold for each case, until the latest day that was told."""
    mine = (holds.c.case_id == case_id) & (holds.c.kind == HoldKind.ABSENT.value) & holds.c.ended_at.is_(None)
    known = (await a.connection.execute(select(holds.c.id, holds.c.until).where(mine, holds.c.until > a.now))).first()
    if known and until and known.until >= until:
        return
    reason = f"{receipt.address or a.channel} is absent until {receipt.on}"
    if known:
        await a.connection.execute(update(holds).where(holds.c.id == known.id).values(until=until, reason=reason))
    else:
        values: dict[str, Any] = {"case_id": case_id, "kind": HoldKind.ABSENT.value, "reason": reason}
        await a.connection.execute(insert(holds).values(**values, by=a.channel, began_at=a.now, until=until))
    about = {"kind": HoldKind.ABSENT.value, "why": reason, "until": until, "heard": a.heard_id}
    a.entries.append(Entry(case_id, "hold begun", about, a.channel))
    a.bumped.add(case_id)
