"""Sealing: under the case's lock the permit is compared, tokens taken, the bytes stored. It evaluates nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.channel import Blob, Parcel
from relanced.rules.limits import Rate, take
from relanced.store.journal import Entry
from relanced.store.tables import attempts, blobs, cases, creditors, house, limits, messages, touches

LEASE = timedelta(minutes=20)
TOUCHED = "the address was written to meanwhile"


@dataclass(frozen=True, slots=True)
class Permit:
    """What the gate allowed, and the versions it looked at. Worth nothing from `until` on."""

    case_version: int
    creditor_version: int
    epoch: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """A worded message that asks to leave. `touches` are the (key, n) of the contacts it counts as, today."""

    message_id: int
    case_id: int
    reminder_id: int | None
    creditor: str
    channel: str
    parcel: Parcel
    permit: Permit
    touches: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Sealed:
    """Which messages may now be submitted, which were dropped and why, and when a channel has tokens again."""

    taken: list[int] = field(default_factory=list)
    dropped: dict[int, str] = field(default_factory=dict)
    again_at: dict[str, float] = field(default_factory=dict)


async def seal(
    connection: AsyncConnection,
    wanted: Sequence[Seal],
    rates: Mapping[str, Sequence[Rate]],
    now: datetime,
    today: date,
    owner: str,
    entries: list[Entry],
) -> Sealed:
    """Take the messages off the queue and fix their bytes; the caller commits."""
    done = Sealed()
    fit = await _unchanged(connection, wanted, now, done)
    fit = await _within_rates(connection, fit, rates, now, done)
    fit = await _touched(connection, fit, today, done)
    if fit:
        tries = await _tries(connection, fit)
        await _store(connection, fit, tries, now, owner)
        await _submit(connection, fit)
        done.taken = [s.message_id for s in fit]
        entries += [Entry(s.case_id, "message sealed", _about(s)) for s in fit]
    return done


def _about(s: Seal) -> dict[str, Any]:
    return {"message": s.message_id, "attempt": s.parcel.attempt, "sha256": s.parcel.sha256, "to": s.parcel.address}


async def _unchanged(connection: AsyncConnection, wanted: Sequence[Seal], now: datetime, done: Sealed) -> list[Seal]:
    """Those whose case, creditor and house are as the gate saw them, and whose message still waits."""
    epoch, stopped = await _house(connection)
    versions = await _creditors(connection, {s.creditor for s in wanted})
    rows = await _locked(connection, wanted)
    fit = []
    for s in wanted:
        why = _why_not(s, rows.get(s.message_id), versions.get(s.creditor), epoch, stopped, now)
        if why:
            done.dropped[s.message_id] = why
        else:
            fit.append(s)
    return fit


def _why_not(s: Seal, row: Row[Any] | None, creditor: int | None, epoch: int, stopped: str, now: datetime) -> str:
    if row is None:
        return "the case is being changed"
    if row.state != "planned":
        return "no longer planned"
    if stopped:
        return "stopped"
    if row.version != s.permit.case_version:
        return "the case has changed"
    if creditor != s.permit.creditor_version or epoch != s.permit.epoch:
        return "the creditor or the configuration has changed"
    return "" if now < s.permit.until else "the permit is over"


async def _house(connection: AsyncConnection) -> tuple[int, str]:
    row = (
        await connection.execute(select(house.c.epoch, house.c.stopped, house.c.frozen).with_for_update(read=True))
    ).one()
    return row.epoch, row.stopped or row.frozen


async def _creditors(connection: AsyncConnection, keys: set[str]) -> dict[str, int]:
    query = select(creditors.c.key, creditors.c.version).where(creditors.c.key.in_(keys)).order_by(creditors.c.key)
    found = await connection.execute(query.with_for_update(read=True))
    return {row.key: int(row.version) for row in found}


async def _locked(connection: AsyncConnection, wanted: Sequence[Seal]) -> dict[int, Any]:
    """Lock the cases that nobody else holds, then read the messages."""
    ids = sorted({s.case_id for s in wanted})
    query = select(cases.c.id).where(cases.c.id.in_(ids)).order_by(cases.c.id).with_for_update(skip_locked=True)
    held = list((await connection.execute(query)).scalars())
    joined = messages.join(cases, cases.c.id == messages.c.case_id)
    state = (
        select(messages.c.id, messages.c.state, cases.c.version)
        .select_from(joined)
        .where(messages.c.id.in_([s.message_id for s in wanted]), messages.c.case_id.in_(held))
    )
    return {row.id: row for row in (await connection.execute(state)).all()}


async def _within_rates(
    connection: AsyncConnection, fit: list[Seal], rates: Mapping[str, Sequence[Rate]], now: datetime, done: Sealed
) -> list[Seal]:
    by_channel: dict[str, list[Seal]] = defaultdict(list)
    for s in fit:
        by_channel[s.channel].append(s)
    allowed: list[Seal] = []
    for channel, mine in sorted(by_channel.items()):
        granted = await _tokens(connection, channel, rates.get(channel, ()), now, len(mine), done)
        allowed += mine[:granted]
        done.dropped.update({s.message_id: "rate" for s in mine[granted:]})
    return allowed


async def _tokens(
    connection: AsyncConnection, channel: str, rates: Sequence[Rate], now: datetime, wanted: int, done: Sealed
) -> int:
    if not rates:
        return wanted
    keys = [f"{channel}/{r.n}/{r.seconds}" for r in rates]
    query = select(limits.c.key, limits.c.tat).where(limits.c.key.in_(keys)).with_for_update()
    known = {r.key: r.tat for r in await connection.execute(query)}
    taken = take([known.get(k, 0.0) for k in keys], rates, now.timestamp(), wanted)
    if taken.granted < wanted:
        done.again_at[channel] = taken.again_at
    if taken.granted:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        for key, tat in zip(keys, taken.tats, strict=True):
            statement = dialect.insert(limits).values(key=key, tat=tat)
            await connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"tat": tat}))
    return taken.granted


async def _touched(connection: AsyncConnection, fit: list[Seal], today: date, done: Sealed) -> list[Seal]:
    """Count the contacts; a message whose address was written to meanwhile drops out, a second try counts once."""
    known = await _counted(connection, {key for s in fit for key, _ in s.touches}, today)
    kept, rows = [], []
    for s in fit:
        mine = {(key, today, n): s.reminder_id or 0 for key, n in s.touches}
        again = {key for (key, _, _), reminder in known.items() if reminder == (s.reminder_id or 0)}
        mine = {at: reminder for at, reminder in mine.items() if at[0] not in again}
        if mine.keys() & known.keys():
            done.dropped[s.message_id] = TOUCHED
            continue
        known |= mine
        rows += [{"key": k, "day": d, "n": n, "reminder_id": r} for (k, d, n), r in mine.items()]
        kept.append(s)
    lost = await _count(connection, rows)
    done.dropped.update({s.message_id: TOUCHED for s in kept if s.reminder_id in lost})
    return [s for s in kept if s.reminder_id not in lost]


async def _counted(connection: AsyncConnection, keys: set[str], today: date) -> dict[tuple[str, date, int], int]:
    query = select(touches).where(touches.c.key.in_(sorted(keys)), touches.c.day == today)
    return {(r.key, r.day, r.n): r.reminder_id for r in await connection.execute(query)} if keys else {}


async def _count(connection: AsyncConnection, rows: list[dict[str, Any]]) -> set[int]:
    """Insert the contacts; the reminders whose contact another machine counted first."""
    if not rows:
        return set()
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(touches).on_conflict_do_nothing().returning(touches.c.key, touches.c.n)
    made = {(r.key, r.n) for r in await connection.execute(statement, rows)}
    return {r["reminder_id"] for r in rows if (r["key"], r["n"]) not in made}


async def _tries(connection: AsyncConnection, fit: list[Seal]) -> dict[int, int]:
    query = select(messages.c.id, messages.c.tries).where(messages.c.id.in_([s.message_id for s in fit]))
    return {r.id: r.tries + 1 for r in await connection.execute(query)}


async def _store(
    connection: AsyncConnection, fit: list[Seal], tries: dict[int, int], now: datetime, owner: str
) -> None:
    shared = {p.digest: p.content for s in fit for p in s.parcel.pieces if isinstance(p, Blob)}
    if shared:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        rows = [{"digest": d, "content": c} for d, c in shared.items()]
        await connection.execute(dialect.insert(blobs).on_conflict_do_nothing(), rows)
    await connection.execute(insert(attempts), [_attempt(s, tries[s.message_id], now, owner) for s in fit])


def _attempt(s: Seal, number: int, now: datetime, owner: str) -> dict[str, Any]:
    literal = [p for p in s.parcel.pieces if not isinstance(p, Blob)]
    return {
        "id": s.parcel.attempt,
        "message_id": s.message_id,
        "try": number,
        "frame": b"".join(literal),
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


_SUBMIT = (
    update(messages)
    .where(messages.c.id == bindparam("which"))
    .values(state="submitting", reason="", attempt_id=bindparam("attempt"), tries=messages.c.tries + 1, lease_owner="")
)


async def _submit(connection: AsyncConnection, fit: list[Seal]) -> None:
    await connection.execute(_SUBMIT, [{"which": s.message_id, "attempt": s.parcel.attempt} for s in fit])
