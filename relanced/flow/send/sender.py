"""One round of a channel: the messages whose moment has come are worded and handed to the clerk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from relanced.channel import Channel
from relanced.flow.send.clerk import Clerk
from relanced.flow.send.wording import Changed, Worded, Wording
from relanced.premises import Conditions, Premises
from relanced.rules.lifecycle import MessageEvent
from relanced.store.facts import Loaded
from relanced.store.opening import Store
from relanced.store.sending import Ruling, Waiting

LONGEST_WAIT = timedelta(days=14)  # for a person, where no step says how long: ten working days
LOOK_AGAIN = timedelta(seconds=15)  # what a start told to another machine may cost

log = structlog.get_logger("relanced.send")


@dataclass(slots=True)
class _Round:
    """What one round made of the messages it picked."""

    worded: list[Worded] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)


class Sender:
    """Words the messages of one channel."""

    def __init__(
        self, channel: str, store: Store, premises: Premises, doors: Mapping[str, Channel], clerk: Clerk, owner: str
    ) -> None:
        self.channel = channel
        self._store, self._premises, self._clerk, self._owner = store, premises, clerk, owner
        self._wording = Wording(premises, doors)
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
        self._clerk.opened(self.channel)
        busy = self._clerk.busy(self.channel)
        picked = await self._store.sending.pick(self.channel, now, wanted, self._owner, busy)
        if not picked:
            return False
        done = await self._worded(picked, conditions, now)
        self._clerk.take(self.channel, done.worded)
        await self._store.sending.rule(done.rulings, now)
        await self._store.sending.look_again(done.changed, now)
        return bool(done.worded) and len(picked) == wanted

    async def _anything_due(self, now: datetime) -> bool:
        due = await self._store.sending.next_due(self.channel)
        return due is not None and due <= now

    async def _worded(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> _Round:
        local = self._premises.local(now)
        loaded = await self._store.planning.load(sorted({m.case_id for m in picked}), local.date())
        cases = {case.facts.id: case for case in loaded}
        done = _Round()
        for message in picked:
            await self._one(message, cases[message.case_id], conditions, local, done)
        return done

    async def _one(self, message: Waiting, case: Loaded, conditions: Conditions, local: datetime, done: _Round) -> None:
        """A message that breaks the machine is parked: it must not stop the others."""
        try:
            await self._premises.known(self._store, [case])
            made = await self._wording.word(message, case, conditions, local)
        except Exception as error:
            log.exception("message cannot be worded", message=message.id, case=message.case_id)
            why = f"cannot be worded: {type(error).__name__}: {error}"
            made = Ruling(message.id, message.case_id, MessageEvent.PARK, why, lapse_at=local + LONGEST_WAIT)
        if isinstance(made, Worded):
            done.worded.append(made)
        elif isinstance(made, Changed):
            done.changed.add(made.case_id)
        else:
            done.rulings.append(made)
            log.info("message held back", message=message.id, case=message.case_id, why=made.why, until=made.until)

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
