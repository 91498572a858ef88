"""Wording the messages of a round: each is ready to be sealed, or ruled upon, or for the planner to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog
from msgspec import Struct, field

from relanced.channel import Channel
from relanced.flow.send.allowing import Allowed, Gatekeeper
from relanced.flow.send.worded import Changed, Worded
from relanced.flow.send.wording import Drafted, Wording
from relanced.premises import Conditions, Premises
from relanced.rules.lifecycle import MessageEvent
from relanced.store.opening import Store
from relanced.store.sending import Ruling, Waiting

LONGEST_WAIT = timedelta(days=14)  # for a person, where no step says how long: ten working days
AT_ONCE = 8  # messages a step is done for before the loop may turn: answers come in, other wheels have work

A = TypeVar("A")
B = TypeVar("B")
_End = Worded | Ruling | Changed  # what becomes of a message that goes on to no other step

log = structlog.get_logger("relanced.send")


class Round(Struct):
    """What became of the messages of one round."""

    worded: list[Worded] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)


class Scribe(Protocol):
    """Whoever words messages."""

    async def word(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round:
        """Word these messages as the house stands; `now` is any aware moment."""


class Here:
    """Words messages in this process."""

    def __init__(self, store: Store, premises: Premises, doors: Mapping[str, Channel]) -> None:
        self._store, self._premises = store, premises
        self._gatekeeper, self._wording = Gatekeeper(premises, doors), Wording(premises, doors)

    async def word(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round:
        """One step for all of them, then the next: so its code and its words stay in the caches of the processor, and a
        message takes a fifth less time than from its first step to its last."""
        local = self._premises.local(now)
        loaded = await self._store.planning.load(sorted({m.case_id for m in picked}), local.date())
        cases = {case.facts.id: case for case in loaded}
        done = Round()

        async def allow(message: Waiting) -> Allowed | _End:
            case = cases[message.case_id]
            await self._premises.known(self._store, [case])
            return self._gatekeeper.allow(message, case, conditions, local)

        async def compose(drafted: Drafted) -> _End:
            return self._wording.compose(drafted)

        allowed = await _each([(m, m) for m in picked], allow, done, local)
        drafted = await _each(allowed, self._wording.draft, done, local)
        await _each(drafted, compose, done, local)
        return done


async def _each(
    going: Iterable[tuple[Waiting, A]], step: Callable[[A], Awaitable[B | _End]], done: Round, local: datetime
) -> list[tuple[Waiting, B]]:
    """Those that go on from this step, each beside its message. One that breaks the machine is parked: it must not stop
    the others."""
    on: list[tuple[Waiting, B]] = []
    for n, (message, before) in enumerate(going):
        if n % AT_ONCE == 0:
            await asyncio.sleep(0)
        made: B | _End
        try:
            made = await step(before)
        except Exception as error:
            log.exception("message cannot be worded", message=message.id, case=message.case_id)
            why = f"cannot be worded: {type(error).__name__}: {error}"
            made = Ruling(message.id, message.case_id, MessageEvent.PARK, why, lapse_at=local + LONGEST_WAIT)
        if isinstance(made, Worded | Ruling | Changed):
            _ended(message, made, done)
        else:
            on.append((message, made))
    return on


def _ended(message: Waiting, made: _End, done: Round) -> None:
    if isinstance(made, Worded):
        done.worded.append(made)
    elif isinstance(made, Changed):
        done.changed.add(made.case_id)
    else:
        done.rulings.append(made)
        log.info("message held back", message=message.id, case=message.case_id, why=made.why, until=made.until)
