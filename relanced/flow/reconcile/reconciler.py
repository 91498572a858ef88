"""Uncertain messages: after the settle time the door is asked. Found is sent, proven absent is planned again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

import structlog

from relanced.channel import Absent, Answer, Channel, Found, Unknown, has_local_evidence
from relanced.premises import Premises
from relanced.store.errors import at_fault
from relanced.store.opening import Store
from relanced.store.outcomes import Outcome
from relanced.store.sending import Doubtful, same_machine

BATCH = 50
SLOWEST = timedelta(minutes=10)
LONG = timedelta(hours=1)
TRAY_LAPSE = timedelta(days=14)

log = structlog.get_logger("relanced.reconcile")


class Reconciler:
    """The round that settles doubts."""

    def __init__(
        self,
        store: Store,
        premises: Premises,
        doors: Mapping[str, Channel],
        owner: str,
        mine: Callable[[], Collection[int]],
        ring: Callable[[], None],
    ) -> None:
        self._store, self._premises, self._doors = store, premises, doors
        self._owner, self._mine, self._ring = owner, mine, ring
        self._settle = {name: door.settle for name, door in doors.items()}
        local = {name for name, door in doors.items() if has_local_evidence(door)}
        self._local = set() if store.engine.sqlite else local

    async def turn(self, now: datetime) -> bool:
        """Find messages whose submitter is gone, then ask about those whose settle time is over."""
        lost = await self._store.sending.orphans(now, self._mine, self._owner, self._settle)
        for message_id in lost:
            log.warning("message uncertain", message=message_id, why="its process ended")
        doubts = await self._store.sending.doubtful(now, BATCH, self._local, self._owner)
        if doubts:
            asked = await asyncio.gather(*(self._ask(doubt, now) for doubt in doubts))
            await self._record(asked, now)
            self._ring()
        return len(doubts) == BATCH

    async def _record(self, outcomes: list[Outcome], now: datetime) -> None:
        """All at once; one by one when one of them breaks the machine."""
        today = self._premises.local(now).date()
        try:
            await self._store.clerk.commit(outcomes, (), {}, now, today, self._owner)
        except Exception as error:
            if at_fault(error):
                raise
            for outcome, why in await self._store.clerk.commit_each(outcomes, now, today, self._owner):
                log.error("answer not recorded", message=outcome.message_id, channel=outcome.channel, exc_info=why)

    async def _ask(self, doubt: Doubtful, now: datetime) -> Outcome:
        answer = await self._find(doubt)
        about = {"message": doubt.message_id, "case": doubt.case_id, "channel": doubt.channel}
        log.info("doubt settled" if not isinstance(answer, Unknown) else "doubt remains", **about, words=answer.words)
        again = now + max(_patience(doubt, now), timedelta(seconds=1))
        door = self._doors.get(doubt.channel)
        tell = door is None or not door.can_prove_absence or now - doubt.sealed_at > LONG
        return Outcome(
            doubt.message_id,
            doubt.case_id,
            doubt.parcel.attempt,
            doubt.channel,
            answer,
            again,
            lapse_at=now + TRAY_LAPSE,
            tell=tell,
        )

    async def _find(self, doubt: Doubtful) -> Answer | Absent:
        door = self._doors.get(doubt.channel)
        if door is None:
            return Unknown(f"the channel {doubt.channel} is not configured any more")
        if doubt.channel in self._local and not same_machine(doubt.owner, self._owner):
            return Unknown(f"it left from the machine {doubt.owner.partition('/')[0]}: only there can one look")
        try:
            found = await door.find(doubt.parcel, doubt.sealed_at)
        except Exception as error:
            log.exception("door cannot be asked", channel=doubt.channel)
            return Unknown(f"the door could not be asked: {type(error).__name__}")
        return found.answer if isinstance(found, Found) else found

    async def next_moment(self) -> datetime | None:
        """When the next settle time is over."""
        return await self._store.sending.next_settle(self._local, self._owner)


def _patience(doubt: Doubtful, now: datetime) -> timedelta:
    """The older the doubt, the rarer the question: a tenth of its age, at most ten minutes."""
    return min((now - doubt.sealed_at) / 10, SLOWEST)
