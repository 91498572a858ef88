"""One round of a channel: the messages whose moment has come are worded and handed to the clerk."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from msgspec import Struct

from relanced.flow.send.clerk import Clerk
from relanced.flow.send.scribe import Round, Scribe
from relanced.premises import Conditions, Premises
from relanced.store.opening import Store

LOOK_AGAIN = timedelta(seconds=15)  # what a start told to another machine may cost


class _Asked(Struct, frozen=True):
    """A round that is being worded. `full`: there may be another one to ask for meanwhile."""

    ids: list[int]
    full: bool
    since: datetime
    wording: asyncio.Task[Round]


class Sender:
    """Has the messages of one channel worded."""

    def __init__(
        self, channel: str, store: Store, premises: Premises, scribe: Scribe, clerk: Clerk, owner: str
    ) -> None:
        self.channel = channel
        self._store, self._premises, self._scribe = store, premises, scribe
        self._clerk, self._owner = clerk, owner
        self._shut_until: datetime | None = None
        self._round: _Asked | None = None

    async def turn(self, now: datetime) -> bool:
        """Have as much worded of what is due as the clerk can take, and hand over the round before, which was being
        worded meanwhile. True when there may be more."""
        before, self._round = self._round, await self._begun(now)
        useful = await self._handed_over(before, now) if before else True
        if self._round and not self._round.full:
            last, self._round = self._round, None
            await self._handed_over(last, now)
        return useful and self._round is not None

    async def _begun(self, now: datetime) -> _Asked | None:
        """The next round, being worded; None when there is nothing to word, or no room."""
        wanted, self._shut_until = self._clerk.appetite(self.channel), None
        if not wanted or not await self._anything_due(now):
            return None
        conditions = await self._premises.conditions(self._store)
        self._shut_until = _shut(conditions, self.channel, now)
        if self._shut_until:
            return None
        self._clerk.opened(self.channel, conditions.rooms.get(self.channel, 0))
        picked = await self._store.sending.pick(self.channel, now, wanted, self._owner, self._clerk.busy(self.channel))
        if not picked:
            return None
        ids = [m.id for m in picked]
        self._clerk.ask(self.channel, ids)
        wording = asyncio.create_task(self._scribe.word(picked, conditions, now))
        return _Asked(ids, len(picked) == wanted, now, wording)

    async def _handed_over(self, asked: _Asked, now: datetime) -> bool:
        """Whether anything of the round may leave."""
        done = Round()
        try:
            done = await asked.wording
        finally:
            self._clerk.take(self.channel, asked.ids, done.worded)
        await self._store.sending.rule(done.rulings, now)
        await self._store.sending.look_again(done.changed, now)
        return bool(done.worded)

    async def _anything_due(self, now: datetime) -> bool:
        due = await self._store.sending.next_due(self.channel)
        return due is not None and due <= now

    async def next_moment(self) -> datetime | None:
        """When the channel has something to do again by itself."""
        if self._round:
            return self._round.since
        held_up = self._shut_until or self._clerk.held_up(self.channel)
        if held_up is not None:
            return held_up
        return await self._store.sending.next_due(self.channel) if self._clerk.appetite(self.channel) else None

    async def close(self) -> None:
        """What is still being worded stays planned."""
        if self._round:
            self._round.wording.cancel()
            await asyncio.wait([self._round.wording])


def _shut(conditions: Conditions, channel: str, now: datetime) -> datetime | None:
    """Until when nothing of the channel may leave, whatever it is: then no message is asked one by one, and all of them
    leave the moment a person starts the house or opens the door, or what came back has been read."""
    if conditions.stopped or conditions.unread:
        return now + LOOK_AGAIN
    until, _why = conditions.closed.get(channel, (now, ""))
    return until if until > now else None
