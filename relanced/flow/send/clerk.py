"""The clerk: one loop owns the hot writes. Each commit first records what came back, then seals what may go next."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

import structlog

from relanced.channel import Channel, Refused, Unavailable
from relanced.clock import Clock
from relanced.flow.send.flight import Flight, Submission
from relanced.flow.send.telling import tell
from relanced.flow.send.widths import Widths
from relanced.flow.send.worded import Worded
from relanced.premises import Premises
from relanced.rules.limits import Rate
from relanced.store.errors import at_fault
from relanced.store.opening import Store
from relanced.store.outcomes import Outcome

AHEAD = 512  # messages worded before there is room for them, through a door without rates
ROUND = 128  # messages worded at once, at most: the first of them wait for the last
MANY = 4  # parcels in flight from which on a COMMIT waits for most of the answers
LOOKS, LINGER = 6, 0.005  # how often it looks for them, and seconds between two looks

log = structlog.get_logger("relanced.send")


class Clerk:
    """Seals, submits and records, bounded by what may be in flight."""

    def __init__(
        self,
        store: Store,
        premises: Premises,
        doors: Mapping[str, Channel],
        clock: Clock,
        owner: str,
        ring: Callable[[], None],
    ) -> None:
        self._store, self._premises = store, premises
        self._clock, self._owner, self._ring = clock, owner, ring
        self._rates: dict[str, tuple[Rate, ...]] = {n: d.rates for n, d in premises.config.channels.items()}
        self._asked: dict[str, set[int]] = defaultdict(set)
        self._worded: dict[str, list[Worded]] = defaultdict(list)
        self._sealing: list[Worded] = []
        self._outcomes: list[Outcome] = []
        self._flying: dict[str, dict[int, asyncio.Task[None]]] = defaultdict(dict)
        self._held_up: dict[str, datetime] = {}
        self._shut: set[str] = set()
        self._widths = Widths(doors)
        self._submission = Submission(store, doors, clock)
        self._bell, self._calm = asyncio.Event(), asyncio.Event()
        self.draining = False

    # -- what the senders ask -------------------------------------------------------------------------------------

    def appetite(self, channel: str) -> int:
        """How many more messages of a channel are worth wording now: many at once, or none."""
        if self.draining or self.held_up(channel):
            return 0
        most = 2 * self._widths.of(channel) if self._rates[channel] else AHEAD
        wanted = min(ROUND, most - len(self._worded[channel]) - len(self._asked[channel]))
        return wanted if 2 * wanted >= min(ROUND, most) else 0

    def held_up(self, channel: str) -> datetime | None:
        """Until when the channel has no tokens."""
        until = self._held_up.get(channel)
        if until is not None and until <= self._clock.now():
            del self._held_up[channel]
            return None
        return until

    def busy(self, channel: str) -> set[int]:
        """The messages of a channel that are being worded, or in the clerk's hands."""
        sealing = [w for w in self._sealing if w.seal.channel == channel]
        mine = {w.seal.message_id for w in (*self._worded[channel], *sealing)}
        return self._asked[channel] | mine | self._flying[channel].keys()

    @property
    def mine(self) -> set[int]:
        """Every message this process may be submitting."""
        flying = {i for some in self._flying.values() for i in some}
        return flying | {w.seal.message_id for w in self._sealing} | {o.message_id for o in self._outcomes}

    @property
    def idle(self) -> bool:
        """Whether nothing is being worded, worded, sealed, submitted or waiting to be recorded."""
        waiting = (self._asked, self._worded, self._flying)
        return not (self._outcomes or self._sealing or any(any(some.values()) for some in waiting))

    async def calm(self, seconds: float) -> None:
        """Return when nothing is on its way, or after so many seconds."""
        if not self.idle:
            try:
                async with asyncio.timeout(seconds):
                    await self._calm.wait()
            except TimeoutError:
                return

    def ask(self, channel: str, ids: Collection[int]) -> None:
        """These messages are being worded."""
        self._asked[channel].update(ids)
        self._calm.clear()

    def take(self, channel: str, ids: Collection[int], worded: list[Worded]) -> None:
        """What became of them, to be sealed as soon as there is room; through a door that has closed meanwhile it stays
        planned."""
        self._asked[channel].difference_update(ids)
        if worded and channel not in self._shut:
            self._worded[channel] += worded
            self._bell.set()
        self._rest()

    def opened(self, channel: str, room: int = 0) -> None:
        """The sender has just seen that the door is open. `room`: how many may be in flight while it is tried again."""
        self._shut.discard(channel)
        self._widths.rooms[channel] = room

    # -- the loop -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit whenever there is something to record or to seal, until cancelled."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            while self._outcomes or self._sealable():
                for _ in range(LOOKS):
                    if self._more_soon():
                        await asyncio.sleep(LINGER)
                await self.commit()

    def _more_soon(self) -> bool:
        """Whether most of what flies is still to come back; or, once little waits to be sealed, any of it: one COMMIT
        for many costs little more than for one."""
        flying, waiting = (sum(map(len, some.values())) for some in (self._flying, self._worded))
        return flying > MANY and len(self._outcomes) < (flying / 2 if waiting > flying else flying)

    def ring(self) -> None:
        """Look again."""
        self._bell.set()

    async def drain(self, seconds: float) -> None:
        """Seal nothing more; let what is in flight finish, and record it. What was only worded stays planned."""
        self.draining = True
        self._worded.clear()
        flying = [task for tasks in self._flying.values() for task in tasks.values()]
        if flying:
            await asyncio.wait(flying, timeout=seconds)
        if self._outcomes:
            await self.commit()

    async def commit(self) -> None:
        """One transaction, then the submissions it allowed. Cancelled, it still comes to its end: what was sealed must
        be known to be."""
        work = asyncio.ensure_future(self._commit())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.gather(work, return_exceptions=True)
            raise

    async def _commit(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        worded = self._sealing = self._next(outcomes)
        now = self._clock.now()
        try:
            sealed, tick = await self._store.clerk.commit(
                outcomes,
                [w.seal for w in worded],
                self._rates,
                now,
                self._premises.local(now).date(),
                self._owner,
                [task for w in worded for task in w.tasks],
            )
        except Exception as error:
            self._outcomes, self._sealing = outcomes + self._outcomes, []
            if at_fault(error) or not outcomes:
                raise
            log.exception("answers cannot be recorded together: one by one", messages=len(outcomes))
            await self._commit_each(now)
            return
        self._landed(outcomes)
        by_id = {w.seal.message_id: w for w in worded}
        for message_id in sealed.taken:
            self._fly(by_id[message_id], tick)
        self._sealing = []
        for channel, again_at in sealed.again_at.items():
            self._held_up[channel] = now + timedelta(seconds=max(0.01, again_at - now.timestamp()))
        await self._settle_down(outcomes)

    async def _commit_each(self, now: datetime) -> None:
        """One answer breaks the machine: the others are recorded all the same. What was only worded stays planned."""
        outcomes = self._outcomes[:]
        today = self._premises.local(now).date()
        broken = await self._store.clerk.commit_each(outcomes, now, today, self._owner)
        del self._outcomes[: len(outcomes)]
        for outcome, error in broken:
            log.error("answer not recorded", message=outcome.message_id, channel=outcome.channel, exc_info=error)
        self._landed(outcomes)
        await self._settle_down(outcomes)

    def _landed(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._flying[outcome.channel].pop(outcome.message_id, None)
            self._widths.learn(outcome)
            tell(outcome)

    async def _settle_down(self, outcomes: list[Outcome]) -> None:
        await self._mind_the_doors(outcomes)
        self._rest()
        self._ring()

    def _rest(self) -> None:
        if self.idle:
            self._calm.set()

    async def _mind_the_doors(self, outcomes: list[Outcome]) -> None:
        """A door that has just closed: what was worded for it stays planned, nothing more gets past the last look. One
        that is tried again opens wider with what it takes."""
        if any(self._widths.rooms.get(o.channel) for o in outcomes):
            self._widths.rooms = await self._store.doors.rooms()
        if any(isinstance(o.answer, Refused | Unavailable) for o in outcomes):
            now = self._clock.now()
            closed = await self._store.clerk.closed()
            self._shut = {name for name, (until, _why) in closed.items() if until > now}
            for name in self._shut:
                self._worded.pop(name, None)

    def _sealable(self) -> bool:
        return not self.draining and any(self._room(c) > 0 for c, waiting in self._worded.items() if waiting)

    def _next(self, recorded: list[Outcome]) -> list[Worded]:
        """What may be sealed by the COMMIT that records these outcomes."""
        chosen: list[Worded] = []
        landed = Counter(o.channel for o in recorded)
        for channel, waiting in self._worded.items():
            room = 0 if self.draining else self._room(channel) + landed[channel]
            chosen += waiting[:room]
            del waiting[:room]
        return chosen

    def _room(self, channel: str) -> int:
        return max(0, self._widths.of(channel) - len(self._flying[channel]))

    # -- one submission -------------------------------------------------------------------------------------------

    def _fly(self, worded: Worded, tick: int) -> None:
        seal = worded.seal
        task = asyncio.create_task(self._submit(Flight(worded, tick, time.monotonic())))
        self._flying[seal.channel][seal.message_id] = task

    async def _submit(self, flight: Flight) -> None:
        channel = flight.worded.seal.channel
        outcome = await self._submission.submit(flight, lambda: self.draining or channel in self._shut)
        self._outcomes.append(outcome)
        self._bell.set()
