"""One submission: a sealed parcel goes to its door, with a last look right before what cannot be taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog
from msgspec import Struct

from relanced.channel import Answer, Channel, Scope, Unavailable, Unknown
from relanced.clock import Clock
from relanced.flow.send.worded import Worded
from relanced.store.errors import StoreError
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun, Outcome

LONGEST = 30.0  # seconds of real time from the COMMIT to the byte that cannot be taken back

STOPPED = NotBegun("stopped at the last moment: nothing left")
LATE = Unavailable(Scope.CHANNEL, f"too slow: nothing left within {LONGEST:.0f} seconds")

log = structlog.get_logger("relanced.send")


class Flight(Struct, frozen=True):
    """A message sealed by a COMMIT. `tick`: what had changed by then; `since`: its moment, monotonic."""

    worded: Worded
    tick: int
    since: float


class Submission:
    """Hands parcels to their doors. An answer always comes back: a door that breaks is one of doubt."""

    def __init__(self, store: Store, doors: Mapping[str, Channel], clock: Clock) -> None:
        self._store, self._doors, self._clock = store, doors, clock

    async def submit(self, flight: Flight, halted: Callable[[], bool]) -> Outcome:
        """What became of it. `halted` tells, at the last moment, whether the house or the door has closed meanwhile."""
        seal = flight.worded.seal
        door = self._doors[seal.channel]
        stopped: NotBegun | Unavailable | None = None

        async def go() -> bool:
            nonlocal stopped
            stopped = STOPPED if halted() else await self._stopped(flight)
            return stopped is None

        answer: Answer | NotBegun
        try:
            answer = await door.submit(seal.parcel, go)
        except Exception as error:
            log.exception("door failed", channel=seal.channel, message=seal.message_id)
            answer = Unknown(f"the door failed: {type(error).__name__}")
        if stopped and isinstance(answer, Unavailable):
            answer = stopped
        return Outcome(
            seal.message_id,
            seal.case_id,
            seal.parcel.attempt,
            seal.channel,
            answer,
            self._clock.now() + door.settle,
            flight.worded.lapse_at,
            rest=flight.worded.rest,
        )

    async def _stopped(self, flight: Flight) -> NotBegun | Unavailable | None:
        """The last look: why it may not leave. A door that takes too long is at fault itself, and rests."""
        if self._clock.now() >= flight.worded.seal.permit.until:
            return STOPPED
        if time.monotonic() - flight.since > LONGEST:
            return LATE
        return None if await self._unchanged(flight) else STOPPED

    async def _unchanged(self, flight: Flight) -> bool:
        """Whether nothing about the case or the house has changed; a database that cannot tell means no."""
        seal = flight.worded.seal
        if self._store.engine.sqlite:
            return not self._store.bumps.since(seal.case_id, flight.tick)
        try:
            return await self._store.sending.still(seal.case_id, seal.creditor, seal.permit)
        except StoreError:
            return False
