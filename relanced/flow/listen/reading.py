"""Reading what was heard: each door says what its own provider means, a child of ours what a mail means; the store puts
it into effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from relanced.channel import Channel, Form, Reads, Receipt, Reply
from relanced.config import Config
from relanced.premises import Premises, is_test, new_reference
from relanced.rules.calendar import answer_by
from relanced.rules.model import Road
from relanced.store.errors import CommitUnknown, StoreError, at_fault
from relanced.store.hearing import Kept, Terms
from relanced.store.opening import Store

if TYPE_CHECKING:
    from relanced.reading.child import Child

BATCH = 50
TRAY_LAPSE = timedelta(days=14)

_ROADS = {Form.MAIL: Road.EMAIL, Form.TEXT: Road.SMS, Form.PAPER: Road.LETTER, Form.CALL: Road.PHONE}

log = structlog.get_logger("relanced.listen")


class NotLookedAt(StoreError):
    """Nobody could be found to read it: it is read later."""


class Reading:
    """The round that reads. What cannot be read waits for a person, and keeps nothing else from being read."""

    def __init__(
        self,
        store: Store,
        premises: Premises,
        doors: Mapping[str, Channel],
        child: Callable[[], Child],
        ring: Callable[[], None],
    ) -> None:
        self._store, self._premises, self._child, self._ring = store, premises, child, ring
        self._ours = _ours(premises.config)
        self._reads = {name: read for name, door in doors.items() if (read := self._reader(door))}
        self._roads = {name: _ROADS[door.form] for name, door in doors.items()}
        self._forsaken: set[str] = set()

    def _reader(self, door: Channel) -> Callable[[Kept], tuple[Receipt | Reply, ...]] | None:
        if isinstance(door, Reads):
            return lambda kept: door.read(kept.heard)
        return self._mail if door.form is Form.MAIL else None

    def _mail(self, kept: Kept) -> tuple[Receipt | Reply, ...]:
        from relanced.flow.listen.mails import said_of  # not before the first mail

        try:
            verdict = self._child().read(kept.heard.raw)
        except OSError as error:
            raise NotLookedAt(str(error)) from error
        return said_of(verdict, kept.heard, kept.came_at, self._ours)

    async def turn(self, now: datetime) -> bool:
        """Read what has come, the oldest first. True when there may be more. Raises StoreError at the end of a round in
        which the database refused something: that is read again."""
        await self._left_behind(now)
        rows = await self._store.hearing.unread(self._reads, now, BATCH)
        refused = [await self._one(kept, self._premises.local(now)) for kept in rows]
        if rows:
            self._ring()
        for error in refused:
            if error:
                raise error
        return len(rows) == BATCH

    async def _left_behind(self, now: datetime) -> None:
        """What came through a channel that is gone waits for a person, or for its return."""
        found = set(await self._store.hearing.forsaken(self._reads, now))
        for name in sorted(found - self._forsaken):
            log.warning("nobody reads what was heard", channel=name)
        self._forsaken = found

    async def _one(self, kept: Kept, local: datetime) -> StoreError | None:
        about = {"heard": kept.id, "channel": kept.channel}
        try:
            said = _of_cases(await asyncio.to_thread(self._reads[kept.channel], kept))
            waits = await self._store.hearing.apply(kept, said, self._terms(kept.channel, local), local)
        except StoreError as error:
            if at_fault(error):
                return error
            await self._unreadable(kept, error, local)
        except CommitUnknown:
            raise
        except Exception as error:
            await self._unreadable(kept, error, local)
        else:
            for one in said:
                log.info("read", **about, said=str(getattr(one, "said", "reply")), attempt=one.attempt, waits=waits)
        return None

    async def _unreadable(self, kept: Kept, error: Exception, local: datetime) -> None:
        log.error("what was heard cannot be read", heard=kept.id, channel=kept.channel, exc_info=error)
        await self._store.hearing.unreadable(kept, f"{type(error).__name__}: {error}", local)

    def _terms(self, channel: str, local: datetime) -> Terms:
        creditors = self._premises.config.creditors
        return Terms(
            road=self._roads[channel],
            readers={key: c.read_by[0] for key, c in creditors.items() if c.read_by},
            new_reference=new_reference,
            lapse_at=local + TRAY_LAPSE,
            answer_by=answer_by(local),
        )

    async def next_moment(self) -> datetime | None:
        """When something that was put off may be read again."""
        return await self._store.hearing.next_look(self._reads)


def _of_cases(said: Sequence[Receipt | Reply]) -> list[Receipt | Reply]:
    """Without what became of our own tests: no case knows of them. What a person answers to one is a person's word."""
    return [one for one in said if isinstance(one, Reply) or not is_test(one.attempt)]


def _ours(config: Config) -> frozenset[str]:
    """The addresses of the house, in lower case."""
    known = {creditor.send_as.address for creditor in config.creditors.values()}
    known |= {person.email for person in config.people.values()} | set(config.redirect_to.values())
    for door in config.channels.values():
        known |= {address for inbox in door.inboxes for address in (inbox.name, *inbox.reads)}
        known.add(str(getattr(getattr(door.settings, "journal", None), "to", "")))  # the copies of an e-mail channel
    return frozenset(address.lower() for address in known if address)
