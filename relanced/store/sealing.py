"""Sealing: under the case's lock the permit is compared, tokens taken, the bytes stored. It evaluates nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from sqlalchemy import bindparam, insert, select, update

from relanced.channel import Blob, Parcel
from relanced.rules.limits import Rate
from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.journal import Entry
from relanced.store.rationing import touched, within_rates
from relanced.store.tables import attempts, blobs, cases, creditors, frames, house, messages
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

LEASE = timedelta(minutes=20)


class Permit(Struct, frozen=True):
    """What the gate allowed, and the versions it looked at. Worth nothing from `until` on."""

    case_version: int
    creditor_version: int
    epoch: int
    until: datetime


class Seal(Struct, frozen=True):
    """A worded message that asks to leave. `touches` are the (key, n) of the contacts it counts as, today; `gist`
    marks what must stay true of it where it may lie in a tray for days."""

    message_id: int
    case_id: int
    reminder_id: int | None
    creditor: str
    channel: str
    parcel: Parcel
    permit: Permit
    touches: tuple[tuple[str, int], ...] = ()
    gist: str = ""


class Sealed(Struct):
    """Which messages may now be submitted, which were dropped and why, and when a channel has tokens again."""

    taken: list[int] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    again_at: dict[str, float] = field(default_factory=dict)


class Standstill(Struct, frozen=True):
    """What no bump can change before our COMMIT: the house's epoch, why it stands still, the creditors' versions."""

    epoch: int
    stopped: str
    creditors: Mapping[str, int]


_HOUSE = select(house.c.epoch, house.c.stopped, house.c.frozen).with_for_update(read=True, key_share=True)
_CREDITORS = (
    select(creditors.c.key, creditors.c.version)
    .where(among(creditors.c.key, "keys"))
    .order_by(creditors.c.key)
    .with_for_update(read=True, key_share=True)
)


async def standstill(connection: AsyncConnection, wanted: Iterable[Seal]) -> Standstill:
    """Read what a bump would change, and keep bumps waiting. Comes before any lock of a case."""
    row = (await connection.execute(_HOUSE)).one()
    found = await connection.execute(_CREDITORS, {"keys": sorted({s.creditor for s in wanted})})
    return Standstill(row.epoch, row.stopped or row.frozen, {r.key: r.version for r in found})


async def seal(
    connection: AsyncConnection,
    wanted: Sequence[Seal],
    still: Standstill,
    rates: Mapping[str, Sequence[Rate]],
    now: datetime,
    today: date,
    owner: str,
    entries: list[Entry],
) -> Sealed:
    """Take the messages off the queue and fix their bytes; the caller commits."""
    done = Sealed()
    rows = await _locked(connection, wanted)
    fit = _unchanged(wanted, rows, still, now, done)
    granted, done.again_at = await within_rates(connection, fit, rates, now)
    _drop(done, fit, granted, "rate")
    kept = await touched(connection, granted, today)
    _drop(done, granted, kept, "the address was written to meanwhile")
    if kept:
        tried = [_attempt(s, rows[s.message_id].tries + 1, now, owner) for s in kept]
        await _submit(connection, kept, tried)
        entries += [_sealed(s, row) for s, row in zip(kept, tried, strict=True)]
        done.taken = [s.message_id for s in kept]
    return done


def _unchanged(
    wanted: Sequence[Seal], rows: Mapping[int, Any], still: Standstill, now: datetime, done: Sealed
) -> list[Seal]:
    """Those whose case, creditor and house are as the gate saw them, and whose message still waits."""
    fit: dict[int, Seal] = {}
    for s in wanted:
        if s.message_id in fit:
            continue
        why = _why_not(s, rows.get(s.message_id), still, now)
        if why:
            done.dropped[s.message_id] = why
        else:
            fit[s.message_id] = s
    return list(fit.values())


def _why_not(s: Seal, row: Any | None, still: Standstill, now: datetime) -> str:
    if row is None:
        return "the case is being changed"
    if row.state != "planned":
        return "no longer planned"
    if still.stopped:
        return "stopped"
    if row.version != s.permit.case_version:
        return "the case has changed"
    if still.creditors.get(s.creditor) != s.permit.creditor_version or still.epoch != s.permit.epoch:
        return "the creditor or the configuration has changed"
    return "" if now < s.permit.until else "the permit is over"


def _drop(done: Sealed, before: Sequence[Seal], after: Sequence[Seal], why: str) -> None:
    if len(before) > len(after):
        kept = {s.message_id for s in after}
        done.dropped.update({s.message_id: why for s in before if s.message_id not in kept})


_FREE = select(cases.c.id).where(among(cases.c.id, "ids")).order_by(cases.c.id).with_for_update(skip_locked=True)
_WAITING = (
    select(messages.c.id, messages.c.state, messages.c.tries, cases.c.version)
    .select_from(messages.join(cases, cases.c.id == messages.c.case_id))
    .where(among(messages.c.id, "ids"), among(messages.c.case_id, "held"))
)


async def _locked(connection: AsyncConnection, wanted: Sequence[Seal]) -> dict[int, Any]:
    """Lock the cases that nobody else holds, and only then read the messages: another machine may just have been."""
    held = sorted({s.case_id for s in wanted})
    if connection.dialect.name != "sqlite":
        held = list((await connection.execute(_FREE, {"ids": held})).scalars())
    ids = [s.message_id for s in wanted]
    found = await connection.execute(_WAITING, {"ids": ids, "held": held})
    return {row.id: row for row in found.all()}


def _attempt(s: Seal, number: int, now: datetime, owner: str) -> dict[str, Any]:
    return {
        "id": s.parcel.attempt,
        "message_id": s.message_id,
        "try": number,
        "layout": [p.digest if isinstance(p, Blob) else len(p) for p in s.parcel.pieces],
        "sha256": s.parcel.sha256,
        "address": s.parcel.address,
        "envelope": dict(s.parcel.envelope),
        "deadline_at": s.parcel.deadline,
        "sealed_at": now,
        "lease_until": now + LEASE,
        "owner": owner,
        "permit_version": s.permit.case_version,
    }


def _frame(s: Seal, row: Mapping[str, Any]) -> dict[str, Any]:
    """What of its bytes is shared with nobody."""
    own = b"".join(p for p in s.parcel.pieces if not isinstance(p, Blob))
    return {"message_id": row["message_id"], "try": row["try"], "content": own}


def _sealed(s: Seal, row: Mapping[str, Any]) -> Entry:
    about = {"message": s.message_id, "attempt": row["id"], "sha256": row["sha256"], "to": row["address"]}
    return Entry(s.case_id, "message sealed", about)


_BLOB = or_leave(blobs)
_ATTEMPT, _FRAME = Bulk(insert(attempts)), Bulk(insert(frames))
_SUBMIT = Bulk(
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(
        state="submitting",
        reason="",
        attempt_id=bindparam("attempt"),
        tries=messages.c.tries + 1,
        lease_owner="",
        lease_until=None,
    )
)
_GIST = update(messages).where(messages.c.id == bindparam("which")).values(gist=bindparam("mark"))


async def _submit(connection: AsyncConnection, kept: Sequence[Seal], tried: list[dict[str, Any]]) -> None:
    shared = {p.digest: p.content for s in kept for p in s.parcel.pieces if isinstance(p, Blob)}
    if shared:
        rows = [{"digest": d, "content": shared[d]} for d in sorted(shared)]
        await connection.execute(_BLOB[connection.dialect.name], rows)
    await _ATTEMPT.run(connection, tried)
    await _FRAME.run(connection, [_frame(s, row) for s, row in zip(kept, tried, strict=True)])
    await _SUBMIT.run(connection, [{"which": row["message_id"], "attempt": row["id"]} for row in tried])
    marks = [{"which": s.message_id, "mark": s.gist} for s in kept if s.gist]
    if marks:
        await connection.execute(_GIST, marks)
