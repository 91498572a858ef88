"""Wording the messages of a round: each is ready to be sealed, or ruled upon, or for the planner to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from msgspec import Struct, field

from relanced.channel import Channel
from relanced.flow.send.wording import Changed, Worded, Wording
from relanced.premises import Conditions, Premises
from relanced.rules.lifecycle import MessageEvent
from relanced.store.facts import Loaded
from relanced.store.opening import Store
from relanced.store.sending import Ruling, Waiting

LONGEST_WAIT = timedelta(days=14)  # for a person, where no step says how long: ten working days
AT_ONCE = 4  # messages worded before the loop may turn: answers come in, other wheels have work

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
        self._wording = Wording(premises, doors)

    async def word(self, picked: Sequence[Waiting], conditions: Conditions, now: datetime) -> Round:
        """One after the other."""
        local = self._premises.local(now)
        loaded = await self._store.planning.load(sorted({m.case_id for m in picked}), local.date())
        cases = {case.facts.id: case for case in loaded}
        done = Round()
        for n, message in enumerate(picked):
            if n % AT_ONCE == 0:
                await asyncio.sleep(0)
            await self._one(message, cases[message.case_id], conditions, local, done)
        return done

    async def _one(self, message: Waiting, case: Loaded, conditions: Conditions, local: datetime, done: Round) -> None:
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
