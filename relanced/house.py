"""The house: store, premises, doors and clock of one configuration, opened together. The only wiring."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from relanced.channel import Asks, Channel, Keep, Surroundings, Watches
from relanced.clock import Clock
from relanced.config import Config, Mode
from relanced.counter import Desk
from relanced.flow.listen import Asking, Reading, Watching, keeper
from relanced.flow.plan import Planner
from relanced.flow.reconcile import Reconciler, Rounds
from relanced.flow.send import Apart, Clerk, Here, Redirected, Sender, Shadowed, Trays
from relanced.flow.watch import Auditor, Health, Herald, Morning, OwnPost, Ping, Pulse
from relanced.premises import Premises
from relanced.store import guard, migrate
from relanced.store.engine import StoreError
from relanced.store.opening import Store
from relanced.words.agenda import AgendaWords
from relanced.words.engine import Words, shipped_templates

if TYPE_CHECKING:
    from relanced.flow.desk.mailing import Mailing
    from relanced.reading.child import Child


class Unusable(StoreError):
    """The database or the state folder cannot be used as it is: the message says what to mend."""


class House(Struct):
    """Everything a wheel, a verb or a demonstration needs."""

    config: Config
    store: Store
    premises: Premises
    doors: dict[str, Channel]
    clock: Clock
    owner: str
    scribe: Apart | None = None
    bare: dict[str, Channel] = field(default_factory=dict)  # the doors as they are, whatever the mode
    _reader: Child | None = None
    _lock: guard.Lock | None = None
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    def on_ring(self, listener: Callable[[], None]) -> None:
        """Call this whenever something has changed."""
        self._listeners.append(listener)

    def ring(self) -> None:
        """Something has changed: every wheel looks."""
        for listener in self._listeners:
            listener()

    def planner(self) -> Planner:
        """The wheel that decides."""
        return Planner(self.store, self.premises, self.ring)

    def clerk(self) -> Clerk:
        """The owner of the hot writes: at most one at work in a process."""
        return Clerk(self.store, self.premises, self.doors, self.clock, self.owner, self.ring)

    def senders(self, clerk: Clerk) -> list[Sender]:
        """A wheel per channel."""
        scribe = self.scribe or self.here()
        return [Sender(name, self.store, self.premises, scribe, clerk, self.owner) for name in self.doors]

    def here(self) -> Here:
        """Who words messages in this process."""
        return Here(self.store, self.premises, self.doors)

    def reconciler(self, clerk: Clerk) -> Reconciler:
        """The wheel that settles doubts."""
        return Reconciler(self.store, self.premises, self.doors, self.owner, lambda: clerk.mine, self.ring)

    def trays(self) -> Trays:
        """The wheel that pulls letters back."""
        return Trays(self.store, self.doors, self.owner)

    def mailing(self) -> Mailing | None:
        """The wheel that mails the day's letters to whoever prints them; None where no channel does."""
        if not any(door.daily for door in self.config.channels.values()):
            return None
        from relanced.flow.desk.mailing import Mailing  # it brings the whole desk with it
        from relanced.words.bundle import BundleWords

        desk = Desk(self.store, self.premises, self.doors, self.clock)
        return Mailing(desk, BundleWords([*self.config.templates, shipped_templates()]))

    def rounds(self) -> Rounds:
        """The wheel that ends what waited too long."""
        return Rounds(self.store, self.premises, self.ring)

    @property
    def ears(self) -> dict[str, Channel]:
        """The doors that are listened to, as they are; in shadow nothing leaves, and nothing is asked for."""
        return {} if self.config.mode is Mode.SHADOW else self.bare

    def keeper(self, channel: str) -> Keep:
        """How what comes through a channel is kept, before anybody acknowledges it."""
        return keeper(channel, self.store, self.clock.now, self.ring)

    def askings(self) -> list[Asking]:
        """A wheel for every provider that can be asked."""
        doors = [(name, door) for name, door in self.ears.items() if isinstance(door, Asks)]
        return [Asking(name, door, self.store, self.keeper(name)) for name, door in doors]

    def watchings(self) -> list[Watching]:
        """A wheel for every inbox that is listened at."""
        found = [(name, inbox.name) for name in self.ears for inbox in self.config.channels[name].inboxes]
        doors = [(name, inbox, door) for name, inbox in found if isinstance(door := self.ears[name], Watches)]
        return [Watching(name, inbox, door, self.store, self.keeper(name)) for name, inbox, door in doors]

    def reading(self) -> Reading:
        """The wheel that reads what was heard; what a mail server handed to us, in every mode."""
        return Reading(self.store, self.premises, self.bare, self.reader, self.ring)

    def reader(self) -> Child:
        """The child that reads mail: there is none before the first mail."""
        if self._reader is None:
            from relanced.reading.child import Child  # a third of a second that no mail needs

            self._reader = Child()
        return self._reader

    def health(self, pulse: Pulse) -> Health:
        """Whether the house is well."""
        return Health(self.store, pulse)

    def auditor(self, pulse: Pulse | None = None) -> Auditor:
        """The wheel that looks for what is wrong."""
        return Auditor(self.store, self.premises, self.ears, pulse)

    def heralds(self, health: Health) -> dict[str, Herald | Morning | Ping]:
        """The wheels that tell our own people, by name: of alerts, of their day, and that all is well."""
        post, config = self.own_post(), self.config
        wheels: dict[str, Herald | Morning | Ping] = {"alerts": Herald(self.store, self.premises, post)}
        if post and config.morning:
            words = AgendaWords([*config.templates, shipped_templates()])
            wheels["morning"] = Morning(self.store, self.premises, words, post, config.morning)
        if config.alerts and config.alerts.ping:
            wheels["ping"] = Ping(config.alerts.ping, health)
        return wheels

    def own_post(self) -> OwnPost | None:
        """The way to our own people, in every mode; None without an e-mail channel."""
        if self.config.own_mail is None:
            return None
        door, sender = self.config.own_mail
        return OwnPost(door.name, self.bare[door.name], str(sender), self.premises, self.clock)

    async def close(self) -> None:
        """Close the reader and the doors, the database, the lock: each of them, whichever of the others fails."""
        async with AsyncExitStack() as last:  # it is emptied from its end
            if self._lock is not None:
                last.callback(self._lock.release)
            last.push_async_callback(self.store.close)
            if self.store.file:
                last.callback(guard.ended, self.config.state)
            for door in self.doors.values():
                last.push_async_callback(door.close)
            if self._reader is not None:
                last.callback(self._reader.close)


async def open_house(config: Config, clock: Clock, who: str) -> House:
    """Open everything. Raises guard.Busy, Unusable, and the store's other errors; nothing is left half open."""
    store = Store(config.store.url())
    lock = _own(store.file, who, clock)
    lost = guard.log_lost(config.state, store.file) if store.file else ""
    try:
        premises = premises_of(config)
        await _prepare(store, premises, clock)
        if lost:
            await store.house.freeze(lost, clock.now())
        _state_folder(config.state)
        owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        bare = bare_doors(config, clock)
        doors = _as_wanted(config, bare)
        return House(config, store, premises, doors, clock, owner, bare=bare, _lock=lock)
    except BaseException:
        if store.file and not lost:
            guard.ended(config.state)
        await store.close()
        if lock is not None:
            lock.release()
        raise


def _own(database: Path | None, who: str, clock: Clock) -> guard.Lock | None:
    """The daemon owns its SQLite file; PostgreSQL is shared."""
    if database is None:
        return None
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        lock = guard.Lock(database)
        lock.take(who, clock.now())
    except OSError as error:
        raise _unusable(database.parent, error) from error
    for path in (database.parent, database):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            lock.release()
            raise Unusable(f"{path} cannot be written by this account: chown it to the account that runs relanced")
    return lock


def _unusable(folder: Path, error: OSError) -> StoreError:
    """A full disk has room again one day, so that a start is worth another try; the rest is for people to mend."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"{folder}: {error.strerror}: make room")
    return Unusable(f"{folder}: {error.strerror}: the account that runs relanced must own it")


def _state_folder(state: Path) -> Path:
    """A private folder that we can write in."""
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(state, error) from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise Unusable(f"{state} cannot be written: the account that runs relanced must own it")
    return state


async def _prepare(store: Store, premises: Premises, clock: Clock) -> None:
    """A database that is new is born; an old schema is refused; the creditors of the configuration become known."""
    fresh = store.file is not None and not store.file.exists()
    if fresh or await migrate.is_empty(store.engine):
        await migrate.upgrade(store.engine)
    await migrate.check(store.engine)
    await store.house.born(premises.config.mode.value, clock.now())
    ibans = {key: creditor.iban for key, creditor in premises.config.creditors.items()}
    await store.house.settle_config(premises.digest, ibans, clock.now())


def premises_of(config: Config) -> Premises:
    """A configuration with its wordings. Raises WordingError."""
    return Premises(config, words_of(config))


def words_of(config: Config) -> dict[str, Words]:
    """The wordings of every creditor: its own folder first, then the house's, then those that ship."""
    shipped = shipped_templates()
    return {key: Words([*(f / key for f in config.templates), *config.templates, shipped]) for key in config.creditors}


def doors_of(config: Config, clock: Clock) -> dict[str, Channel]:
    """Every channel as the mode wants it, opened as far as composing needs. Raises Unusable."""
    return _as_wanted(config, bare_doors(config, clock))


def _as_wanted(config: Config, bare: Mapping[str, Channel]) -> dict[str, Channel]:
    return {name: _kept_in(config, name, door) for name, door in bare.items()}


def bare_doors(config: Config, clock: Clock) -> dict[str, Channel]:
    """Every channel of a configuration, as it is. Raises Unusable."""
    doors: dict[str, Channel] = {}
    for name, door in config.channels.items():
        state = _state_folder(config.state / "channels" / name)
        doors[name] = door.channel(door.settings, Surroundings(name, state, clock.now))  # type: ignore[call-arg]
    return doors


def _kept_in(config: Config, name: str, door: Channel) -> Channel:
    """The door as the mode wants it."""
    if config.mode is Mode.LIVE:
        return door
    ours = config.redirected_to(name)
    if config.mode is Mode.REDIRECT and ours:
        return Redirected(door, ours)
    return Shadowed(door)


async def started(house: House) -> str:
    """Count this start, in the database and beside it. Returns why the database stays on hold, empty if it does not."""
    row, state, file = await house.store.house.row(), house.config.state, house.store.file
    suspect = guard.suspicion(guard.read_footprint(state), row.identity, row.starts, file) if not row.frozen else ""
    if not suspect:
        guard.write_footprint(state, row.identity, row.starts, file, coming=row.starts + 1)
    after = await house.store.house.start(suspect, house.clock.now())
    guard.write_footprint(state, after.identity, after.starts, file)
    if file:
        guard.begun(state)
    return after.frozen
