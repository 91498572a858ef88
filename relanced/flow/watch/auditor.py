"""The auditor: once a minute everything is looked at, and what is wrong becomes a finding."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from relanced.channel import Asks, Channel, Form, Hooked
from relanced.config import Config, Mode
from relanced.counter import Asked, Desk, Told
from relanced.flow.watch.health import Pulse
from relanced.premises import Premises
from relanced.rules import audit as rules
from relanced.rules.audit import Disk, Finding
from relanced.rules.decide import Decision
from relanced.store.audit import Seen
from relanced.store.opening import Store

EVERY = timedelta(minutes=1)
CASES = 200  # looked at in one round

log = structlog.get_logger("relanced.watch")


class Auditor:
    """The wheel that looks for what is wrong. `findings` are those of its last round; `doors` those that are heard;
    `ears` says how long each ear may be without hearing.

    Without `pulse` there is no daemon whose wheels could stand still.
    """

    def __init__(
        self, store: Store, premises: Premises, doors: Mapping[str, Channel], pulse: Pulse | None = None
    ) -> None:
        self._store, self._premises, self._pulse = store, premises, pulse
        self._names = frozenset(premises.config.channels)
        self._telling = frozenset(name for name, door in doors.items() if _tells_soon(door))
        self.ears = _ears(premises.config, doors)
        self._heads: dict[str, tuple[int, datetime]] = {}
        self._forgotten: dict[int, Decision] = {}
        self._after = 0
        self._looked: datetime | None = None
        self._looking_since: datetime | None = None
        self.place = socket.gethostname()
        self.findings: tuple[Finding, ...] = ()

    async def turn(self, now: datetime) -> bool:
        """Look, at most once a minute; keep what began and what is over."""
        if self._looked is not None and timedelta(0) <= now - self._looked < EVERY:
            return False
        self._looked = now
        self._looking_since = self._looking_since or now
        self.findings = await self.look(now)
        for change in await self._store.alerts.found(self.findings, self.place, now):
            tell = log.info if change.ended_at else log.warning
            tell("alert over" if change.ended_at else "alert", key=change.key, words=change.words)
        return False

    async def next_moment(self) -> datetime | None:
        """None: no clock is moved for its sake; it is woken often enough."""
        return None

    async def look(self, now: datetime) -> tuple[Finding, ...]:
        """Everything that is wrong."""
        local = self._premises.local(now)
        seen = await self._store.audit.look(self._names, self._telling, now)
        await self._look_through_cases(local)
        disks = await asyncio.to_thread(_disks, self._premises.config)
        found = (*self._told_by(seen, local), *rules.forgotten(self._forgotten.items()), *rules.full(disks))
        return (*found, *rules.still(self._pulse.wheels())) if self._pulse else found

    def _told_by(self, seen: Seen, now: datetime) -> Iterator[Finding]:
        yield from rules.leapt(seen.stopped)
        yield from rules.closed(seen.breakers, now)
        if not seen.stopped:
            shut = [b.channel for b in seen.breakers if b.closed_until and b.closed_until > now]
            yield from rules.stuck(seen.heads, self._heads, shut, now)
        same = {h.channel: self._heads[h.channel] for h in seen.heads if self._first_is(h.channel, h.message)}
        self._heads = {h.channel: same.get(h.channel, (h.message, now)) for h in seen.heads}
        yield from rules.on_their_way(seen.sealed, now)
        heard = {name: seen.heard.get(name, self._looking_since or now) for name in self.ears}
        yield from rules.deaf(heard, self.ears, now)
        yield from rules.unheard(seen.unheard, now)
        yield from rules.unread(seen.unread, now)
        yield from rules.ageing(seen.people, now)
        for key, creditor in self._premises.config.creditors.items():
            if key in seen.covers:
                yield from rules.stale(key, seen.covers[key], creditor.bank_data.at_most, now.date())
        yield from (Finding(key, words) for key, words in seen.refused)

    def _first_is(self, channel: str, message: int) -> bool:
        return self._heads.get(channel, (0, None))[0] == message

    async def _look_through_cases(self, now: datetime) -> None:
        """The next open cases that nothing wakes; after the last one, from the first again."""
        ids = await self._store.audit.without_look(self._after, CASES)
        last = ids[-1] if len(ids) == CASES else None
        for gone in [i for i in self._forgotten if i > self._after and (last is None or i <= last)]:
            del self._forgotten[gone]
        self._after = last or 0
        loaded = await self._store.planning.load(ids, now.date()) if ids else []
        await self._premises.known(self._store, loaded)
        for case in loaded:
            policy = self._premises.policy(case) if self._premises.creditor(case.facts.creditor) else None
            decision = self._premises.decide(case, policy, now) if policy else None
            if decision and (decision.step or decision.look_again):
                self._forgotten[case.facts.id] = decision


def _tells_soon(door: Channel) -> bool:
    """Whether its provider says within a day what became of a message. The post takes weeks."""
    return isinstance(door, Asks | Hooked) and door.form is not Form.PAPER


def _ears(config: Config, doors: Mapping[str, Channel]) -> dict[str, timedelta]:
    """How long each ear may be without hearing, by name."""
    asked = {name: max(rules.DEAF, 3 * door.ask_every) for name, door in doors.items() if isinstance(door, Asks)}
    heard = [door for name, door in config.channels.items() if name in doors and config.mode is not Mode.SHADOW]
    return asked | {rules.ear(door.name, inbox.name): rules.DEAF for door in heard for inbox in door.inboxes}


def _disks(config: Config) -> list[Disk]:
    """The folders in which this house writes, one for each disk."""
    folders = [config.state, *([config.store.sqlite.parent] if config.store.sqlite else [])]
    folders += [f for d in config.channels.values() if isinstance(f := getattr(d.settings, "folder", None), Path)]
    found: dict[int, Disk] = {}
    for folder in folders:
        if folder.is_dir():
            usage = shutil.disk_usage(folder)
            found.setdefault(folder.stat().st_dev, Disk(str(folder), usage.free, usage.total))
    return list(found.values())


async def audit(desk: Desk, asked: Asked) -> Told:
    """What is wrong now: by the daemon's minutes, and by a look at this moment."""
    del asked
    auditor = Auditor(desk.store, desk.premises, desk.doors)
    found = {finding.key: finding.words for finding in await auditor.look(desk.clock.now())}
    found |= {change.key: change.words for change in await desk.store.alerts.standing() if change.key not in found}
    record = [{"key": key, "words": words} for key, words in found.items()]
    return Told(tuple(found.values()) or ("nothing is wrong",), record=record, bad=bool(found))
