"""One round of a channel: the messages whose moment has come are worded and handed to the clerk."""

from __future__ import annotations

from datetime import datetime, timedelta

from relanced.flow.send.clerk import Clerk
from relanced.flow.send.scribe import Scribe
from relanced.premises import Conditions, Premises
from relanced.store.opening import Store

LOOK_AGAIN = timedelta(seconds=15)  # what a start told to another machine may cost


class Sender:
    """Has the messages of one channel worded."""

    def __init__(
        self, channel: str, store: Store, premises: Premises, scribe: Scribe, clerk: Clerk, owner: str
    ) -> None:
        self.channel = channel
        self._store, self._premises, self._scribe = store, premises, scribe
        self._clerk, self._owner = clerk, owner
        self._shut_until: datetime | None = None

    async def turn(self, now: datetime) -> bool:
        """Word what is due, as much as the clerk can take. True when there may be more."""
        wanted, self._shut_until = self._clerk.appetite(self.channel), None
        if not wanted or not await self._anything_due(now):
            return False
        conditions = await self._premises.conditions(self._store)
        self._shut_until = _shut(conditions, self.channel, now)
        if self._shut_until:
            return False
        self._clerk.opened(self.channel, conditions.rooms.get(self.channel, 0))
        busy = self._clerk.busy(self.channel)
        picked = await self._store.sending.pick(self.channel, now, wanted, self._owner, busy)
        if not picked:
            return False
        done = await self._scribe.word(picked, conditions, now)
        self._clerk.take(self.channel, done.worded)
        await self._store.sending.rule(done.rulings, now)
        await self._store.sending.look_again(done.changed, now)
        return bool(done.worded) and len(picked) == wanted

    async def _anything_due(self, now: datetime) -> bool:
        due = await self._store.sending.next_due(self.channel)
        return due is not None and due <= now

    async def next_moment(self) -> datetime | None:
        """When the channel has something to do again by itself."""
        held_up = self._shut_until or self._clerk.held_up(self.channel)
        if held_up is not None:
            return held_up
        return await self._store.sending.next_due(self.channel) if self._clerk.appetite(self.channel) else None


def _shut(conditions: Conditions, channel: str, now: datetime) -> datetime | None:
    """Until when nothing of the channel may leave, whatever it is: then no message is asked one by one, and all of them
    leave the moment a person starts the house or opens the door."""
    if conditions.stopped:
        return now + LOOK_AGAIN
    until, _why = conditions.closed.get(channel, (now, ""))
    return until if until > now else None
