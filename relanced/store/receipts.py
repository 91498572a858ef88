"""What a machine says became of an attempt, put into effect under the lock of its case.

Receipts come in any order, many times, of any try. Each says at least that the message left, so what is still in doubt
is settled first; then the message climbs, sent < delivered < failed, and days only move to earlier ones. Told twice,
nothing changes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import func, select, update

from relanced.channel import Receipt, Said, Sent, Tray
from relanced.rules.lifecycle import MessageEvent, advance, climb
from relanced.rules.model import MessageState, Road
from relanced.store.journal import Entry
from relanced.store.lock import Bumps
from relanced.store.matching import Match
from relanced.store.outcomes import Outcome, record
from relanced.store.posting import GONE, PAPER, destroy, has_a_clock, message_row, not_known, post, present, spoil
from relanced.store.proofs import Proof, ProofKind, keep_proof
from relanced.store.tables import addresses, attempts, lines, messages, reminders
from relanced.store.tasks import Task, close_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

LATEST_BOUNCE = timedelta(days=30)  # servers give up within days: whoever reports later has found an old mail
MANY_LOST = 3  # sheets of one letter: a person looks before another is made

_BY_HAND = PAPER | {Road.PHONE}
_LEFT = frozenset(Said) - {Said.LOST, Said.NOTED, Said.UNKNOWN}
_AT_THE_POST = frozenset({Said.POSTED, Said.PRESENTED, Said.DELIVERED, Said.BOUNCED, Said.RETURNED})
_PRESENTED = frozenset({Said.PRESENTED, Said.DELIVERED})
_ENDS = {
    Said.DELIVERED: MessageEvent.DELIVERED,
    Said.BOUNCED: MessageEvent.BOUNCED,
    Said.RETURNED: MessageEvent.RETURNED,
    Said.LOST: MessageEvent.BOUNCED,
}
_PROVES = {Said.TAKEN: ProofKind.POSTING, Said.POSTED: ProofKind.POSTING, Said.NOTED: ProofKind.OTHER}


class Terms(Struct, frozen=True):
    """What the house lays down for whatever is heard through one channel."""

    road: Road
    readers: Mapping[str, str]  # creditor -> who reads the answers
    new_reference: Callable[[], str]
    lapse_at: datetime  # until when a sheet may lie in a tray
    answer_by: datetime  # by when a person should have answered


class Applying(Struct):
    """One thing heard being put into effect: what it changes beyond the messages themselves. `now` is local."""

    connection: AsyncConnection
    heard_id: int
    channel: str
    came_at: datetime
    terms: Terms
    now: datetime
    bumps: Bumps
    entries: list[Entry] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    looked: set[int] = field(default_factory=set)
    bumped: set[int] = field(default_factory=set)

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.date()


async def apply_receipt(a: Applying, match: Match, receipt: Receipt) -> None:
    """One receipt about one attempt of ours. The caller holds the lock of its case."""
    a.entries.append(Entry(match.case_id, f"receipt {receipt.said.value}", _told(a, match, receipt), a.channel))
    await _named(a, match, receipt)
    row = await _settled(a, match, receipt)
    receipt = _believed(a, row, match, receipt)
    if row.road in PAPER:
        row = await _handed_in(a, row, match, receipt)
        await _presented(a, row, match, receipt)
    if receipt.said is Said.LOST and row.road in PAPER:
        await _lost(a, row, match, receipt)
    elif receipt.said in _ENDS:
        await _climbed(a, row, receipt)
    elif receipt.said is Said.UNKNOWN:
        words = f"message {row.id} ({row.reference}) left, and {a.channel} has never heard of it: {receipt.words}"
        again = f": relanced letters number {row.reference} NUMBER" if row.road in PAPER else ""
        a.tasks.append(_task("not known", row, words + again))
    elif receipt.said is Said.CHALLENGED:
        words = f"message {row.id} ({row.reference}) waits at {row.place} until somebody answers a machine there"
        a.tasks.append(_task("challenge", row, f"{words}: {receipt.words}"))
    await _struck(a, row, receipt)
    for paper in receipt.proofs:
        kind, on = _PROVES.get(receipt.said, ProofKind.RECEIPT), _day(a, match, receipt)
        proof = Proof(kind, paper.name, paper.media_type, paper.content, on)
        await keep_proof(a.connection, match.attempt, match.case_id, proof, a.channel, a.now, a.entries)


def _believed(a: Applying, row: Any, match: Match, receipt: Receipt) -> Receipt:
    """Nobody lives there: only where we wrote to (what an alias leads to says nothing of the alias), and in time."""
    elsewhere = receipt.address != "" and receipt.address.lower() != row.place.lower()
    late = row.road == Road.EMAIL and match.sealed_at is not None and a.now - match.sealed_at > LATEST_BOUNCE
    return replace(receipt, address_dead=False) if receipt.address_dead and (elsewhere or late) else receipt


def _told(a: Applying, match: Match, receipt: Receipt) -> dict[str, Any]:
    told = {"heard": a.heard_id, "message": match.message_id, "attempt": match.attempt, "at": receipt.at}
    more = {"words": receipt.words, "code": receipt.code, "on": receipt.on, "number": receipt.number}
    return told | {name: value for name, value in more.items() if value}


async def _named(a: Applying, match: Match, receipt: Receipt) -> None:
    """What the provider and the post call it, where nobody knew yet."""
    for column, said in (("provider_id", receipt.provider_id), ("number", receipt.number)):
        unknown = (attempts.c.id == match.attempt) & (attempts.c[column] == "")
        if said:
            await a.connection.execute(update(attempts).where(unknown).values({column: said}))


def _day(a: Applying, match: Match, receipt: Receipt) -> date:
    """The local day it speaks of: not before the bytes were fixed, nor after today, whatever clock it was read from."""
    on = receipt.on or receipt.at.astimezone(a.now.tzinfo).date()
    first = match.sealed_at.astimezone(a.now.tzinfo).date() if match.sealed_at else on
    return min(max(on, first), a.today)


# -- it left ------------------------------------------------------------------------------------------------------


async def _settled(a: Applying, match: Match, receipt: Receipt) -> Any:
    """What was in doubt did leave, by the try that is named. Returns the message as it is then."""
    row = await message_row(a.connection, match.message_id or 0)
    printed = receipt.said is Said.LOST and row.road in PAPER and row.state in ("submitting", "uncertain")
    if not (receipt.said in _LEFT or printed) or not _in_doubt(row, match, receipt):
        return row
    if row.state in ("planned", "uncertain") and row.attempt_id != match.attempt:
        this = {"attempt_id": match.attempt}
        await a.connection.execute(update(messages).where(messages.c.id == row.id).values(**this))
    if row.state == "planned" and row.road in _BY_HAND:
        await _found_in_tray(a, row, match, receipt)
    else:
        await _answered(a, row, match, receipt)
    return await message_row(a.connection, row.id)


def _in_doubt(row: Any, match: Match, receipt: Receipt) -> bool:
    """Whether nobody knew yet that it left. A sheet said posted after it was withdrawn is dealt with at the post."""
    if row.state in GONE and row.road in PAPER and receipt.said in _AT_THE_POST:
        return False
    if row.state in (*GONE, "parked"):
        return match.answer not in ("sent", "tray")
    return row.state in ("planned", "submitting", "uncertain")


async def _answered(a: Applying, row: Any, match: Match, receipt: Receipt) -> None:
    """As if the door had answered only now; what has moved on meanwhile is crossed, and a person is told."""
    name = receipt.provider_id or match.provider_id
    answer = Tray(name, receipt.words) if row.road in _BY_HAND else Sent(name, receipt.words)
    outcome = Outcome(row.id, row.case_id, match.attempt, row.channel, answer, a.now, lapse_at=a.terms.lapse_at)
    sealed = match.sealed_at.astimezone(a.now.tzinfo).date() if match.sealed_at else a.today
    await record(a.connection, [outcome], a.now, sealed, a.entries, a.bumps)


async def _found_in_tray(a: Applying, row: Any, match: Match, receipt: Receipt) -> None:
    """It was to be laid once more, but an earlier sheet of it is there."""
    state = advance(MessageState.PLANNED, MessageEvent.FOUND_IN_TRAY)
    values = {"state": state.value, "reason": "", "lapse_at": a.terms.lapse_at}
    await a.connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    said = {"answer": "tray", "words": receipt.words, "answered_at": a.now}
    await a.connection.execute(update(attempts).where(attempts.c.id == match.attempt).values(**said))
    a.looked.add(row.case_id)
    a.entries.append(Entry(row.case_id, "message in_tray", {"message": row.id, "attempt": match.attempt}))


# -- at the post --------------------------------------------------------------------------------------------------


async def _handed_in(a: Applying, row: Any, match: Match, receipt: Receipt) -> Any:
    """A letter of which anything is heard was posted, on that day at the latest. Returns the message as it is then."""
    if receipt.said not in _AT_THE_POST:
        return row
    await close_tasks(a.connection, [not_known(row.id)], a.channel, a.now)
    day = _day(a, match, receipt)
    if row.state == "in_tray" or (row.state in GONE and row.attempt_id == match.attempt):
        await post(a.connection, row, receipt.number, day, a.channel, a.now, a.entries)
    elif row.slot == 0 and row.performed_on and day < row.performed_on and row.state in _OUT:
        await _performed_earlier(a, row, day)
    else:
        return row
    return await message_row(a.connection, row.id)


_OUT = ("sent", "delivered", "failed")


async def _performed_earlier(a: Applying, row: Any, day: date) -> None:
    """It had been posted before the day on which we learned of it."""
    mine = (lines.c.reminder_id == row.reminder_id) & (lines.c.state == "performed")
    await a.connection.execute(update(lines).where(mine).values(on_day=day))
    same = reminders.c.id == row.reminder_id
    await a.connection.execute(update(reminders).where(same).values(performed_on=day))
    a.bumped.add(row.case_id)


async def _presented(a: Applying, row: Any, match: Match, receipt: Receipt) -> None:
    """The clock of a notice runs from the earliest day on which the letter is known to have been presented."""
    if receipt.said not in _PRESENTED or row.state not in _OUT or not await has_a_clock(a.connection, row):
        return
    mine = (lines.c.reminder_id == row.reminder_id) & (lines.c.state == "performed")
    runs = (await a.connection.execute(select(func.min(lines.c.clock_from)).where(mine))).scalar()
    day = _day(a, match, receipt)
    if runs is None or day < runs:
        await present(a.connection, row, day, a.channel, a.entries)
        a.bumped.add(row.case_id)


async def _lost(a: Applying, row: Any, match: Match, receipt: Receipt) -> None:
    """Given up before anything left: another is made, unless it must not be posted anyway."""
    if row.attempt_id != match.attempt:
        return
    if row.state in GONE and row.answer == "tray" and row.pulled_at is None:
        await destroy(a.connection, row, receipt.words, a.channel, a.now, a.entries)
    elif row.state == "in_tray":
        fresh = a.terms.new_reference()
        made = await spoil(a.connection, row, fresh, receipt.words, a.channel, a.now, a.entries)
        if row.turn + 1 >= MANY_LOST:
            await _parked(a, row, made, receipt)
        a.looked.add(row.case_id)
    elif row.state in _OUT:
        words = f"letter {row.reference} counts as posted, and {a.channel} says that it never was: {receipt.words}"
        a.tasks.append(_task("lost", row, words))


async def _parked(a: Applying, row: Any, made: int, receipt: Receipt) -> None:
    """It is given up again and again: a person looks."""
    state = advance(MessageState.PLANNED, MessageEvent.PARK)
    why = f"{a.channel} gave it up {row.turn + 1} times: {receipt.words}"[:500]
    values = {"state": state.value, "reason": why, "lapse_at": a.terms.lapse_at}
    await a.connection.execute(update(messages).where(messages.c.id == made).values(**values))
    a.tasks.append(_task("lost", row, f"message {made}: {why}: relanced approve {made} tries again"))


# -- its end ------------------------------------------------------------------------------------------------------


async def _climbed(a: Applying, row: Any, receipt: Receipt) -> None:
    if row.state not in _OUT:
        return
    state = climb(MessageState(row.state), _ENDS[receipt.said])
    if state == row.state:
        return
    values: dict[str, Any] = {"state": state.value}
    if state is MessageState.FAILED:
        values |= {"reason": receipt.words[:500] or receipt.said.value, "ended_at": a.now}
    await a.connection.execute(update(messages).where(messages.c.id == row.id).values(**values))
    a.looked.add(row.case_id)
    about = {"message": row.id, "state": state.value, "words": receipt.words}
    a.entries.append(Entry(row.case_id, f"message {state.value}", about))
    if state is MessageState.FAILED and not (receipt.address_dead or receipt.opted_out):
        words = f"message {row.id} ({row.reference}) did not arrive ({receipt.said.value}): {receipt.words}"
        a.tasks.append(_task("not delivered", row, f"{words}: its address still stands, nothing follows by itself"))


def _task(kind: str, row: Any, words: str) -> Task:
    return Task(kind, f"{kind.replace(' ', '-')}:{row.id}", words, row.creditor, row.case_id, row.case_owner)


async def _struck(a: Applying, row: Any, receipt: Receipt) -> None:
    """Nobody lives at the address, or somebody who said stop: on that road, whoever else is written to there."""
    if receipt.address_dead and row.address_id is not None:
        alive = (addresses.c.id == row.address_id) & addresses.c.dead_since.is_(None)
        if receipt.address:  # it may have been corrected since
            alive &= func.lower(addresses.c.place) == receipt.address.lower()
        if (await a.connection.execute(update(addresses).where(alive).values(dead_since=a.today))).rowcount:
            a.bumped.add(row.case_id)
            a.entries.append(Entry(row.case_id, "address dead", {"address": row.address_id, "words": receipt.words}))
    if receipt.opted_out and row.address_id is not None:
        mine = select(addresses.c.road, addresses.c.place).where(addresses.c.id == row.address_id)
        address = (await a.connection.execute(mine)).one()
        await withdraw_consent(a, address.road, [address.place], receipt.words)


async def withdraw_consent(a: Applying, road: str, places: list[str], words: str) -> int:
    """Nothing is sent on that road to these places any more, for no creditor. The caller holds the locks. How many."""
    agreed = (addresses.c.road == road) & addresses.c.place.in_(places) & (addresses.c.consent != "withdrawn")
    rows = (await a.connection.execute(select(addresses.c.id, addresses.c.case_id).where(agreed))).all()
    found = addresses.c.id.in_([r.id for r in rows])
    await a.connection.execute(update(addresses).where(found).values(consent="withdrawn"))
    a.bumped |= {r.case_id for r in rows}
    a.entries += [Entry(r.case_id, "consent withdrawn", {"address": r.id, "words": words}, a.channel) for r in rows]
    return len(rows)
