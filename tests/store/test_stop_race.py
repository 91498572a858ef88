"""A payment against a seal, 1,500 times on each database: nothing is sealed after the payment's commit.

Judged by the clock, against us: the seal counts as committed when its COMMIT begins, the payment when its COMMIT has
come back.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.rules.model import CaseFacts
from relanced.rules.rows import Batch, PaymentRow
from relanced.store.clerk import Clerk
from relanced.store.engine import Engine, Work
from relanced.store.intake import Intake
from relanced.store.lock import Bumps
from relanced.store.opening import Store
from relanced.store.people import People
from relanced.store.sealing import Permit, Seal
from relanced.store.soundness import unsound
from relanced.store.tables import attempts
from tests.store.books import CREDITOR, NOW, TODAY, Books
from tests.store.post import Post, parcel
from tests.store.rows import every

T = TypeVar("T")

RACES, LANES, LONGEST = 1500, 8, 0.003  # seconds


class Timed(Engine):
    """Lingers a moment, locks in hand, before each COMMIT, and tells its task when that began and when it was over."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.moments: dict[Any, tuple[float, float]] = {}
        self._random = random.Random(7)

    async def write(self, work: Work[T]) -> T:
        """One transaction, timed."""

        async def held(connection: AsyncConnection) -> tuple[T, float]:
            done = await work(connection)
            wait = self._random.random() * LONGEST
            if self.sqlite:
                _linger(wait)
            else:
                await asyncio.sleep(wait)
            return done, time.perf_counter()

        done, began = await super().write(held)
        self.moments[asyncio.current_task()] = (began, time.perf_counter())
        return done

    def over(self) -> tuple[float, float]:
        """When the COMMIT of this task's last transaction began, and when it was over."""
        return self.moments.pop(asyncio.current_task())


def _linger(seconds: float) -> None:
    """In SQLite's own thread: nobody else is kept waiting but for the database."""
    time.sleep(seconds)


@dataclass
class Track:
    """Where they run, and how the races ended."""

    engine: Timed
    cases: Sequence[CaseFacts]
    permit: Permit
    random: random.Random = field(default_factory=lambda: random.Random(11))
    sealed: int = 0
    stopped: int = 0
    too_late: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        bumps = Bumps()
        self.clerk, self.people = Clerk(self.engine, bumps), People(self.engine, bumps)
        self.intake = Intake(self.engine, bumps)

    async def lane(self, cases: Sequence[CaseFacts]) -> None:
        """One race after the other."""
        for case in cases:
            paying, sealing = asyncio.create_task(self._pay(case)), asyncio.create_task(self._seal(case))
            (_, paid), began = await paying, await sealing
            if began is None:
                self.stopped += 1
            else:
                self.sealed += 1
                self.too_late += [case.id] if began > paid else []

    async def _pay(self, case: CaseFacts) -> tuple[float, float]:
        await asyncio.sleep(self.random.random() * LONGEST)
        number = case.terms[0].invoice
        if case.id % 4:
            await self.people.paid(CREDITOR, number, TODAY, "claire", NOW)
        else:
            row = PaymentRow(1, f"bank-{number}", TODAY, 120_00, invoice=number)
            batch = Batch("payments", f"{number}.csv", number, payments=(row,))
            await self.intake.apply(CREDITOR, batch, "claire", NOW, TODAY)
        return self.engine.over()

    async def _seal(self, case: CaseFacts) -> float | None:
        await asyncio.sleep(self.random.random() * LONGEST)
        (reminder,) = case.reminders
        message = reminder.messages[0].id
        seal = Seal(message, case.id, reminder.id, CREDITOR, "compta", parcel(f"a{case.id}"), self.permit)
        sealed, _ = await self.clerk.commit([], [seal], {}, NOW, TODAY, "one")
        began, _ = self.engine.over()
        return began if sealed.taken else None


async def _started(url: str, races: int) -> tuple[Store, Track]:
    store = Store(url)
    books = Books(store)
    post = Post(books)
    keys = await books.many(races)
    await post.plan_many(keys)
    cases = [x.facts for x in await store.planning.load([books.cases[key] for key in keys], TODAY)]
    assert len({case.version for case in cases}) == 1
    return store, Track(Timed(url), cases, await post.permit(cases[0].id))


async def test_goal_9_nothing_is_sealed_after_the_commit_of_a_payment(url: str) -> None:
    store, track = await _started(url, RACES)
    await asyncio.gather(*(track.lane(track.cases[lane::LANES]) for lane in range(LANES)))
    assert track.too_late == []
    assert track.sealed + track.stopped == RACES
    assert min(track.sealed, track.stopped) > RACES / 20, "no race was run"
    assert len(await every(store, attempts)) == track.sealed
    await track.engine.close()
    assert await unsound(store.engine) == []
    await store.close()


async def test_goal_10_two_daemons_never_seal_the_same_message(postgres_url: str) -> None:
    store, track = await _started(postgres_url, 200)
    engines = [Timed(postgres_url) for _ in range(2)]
    clerks = [Clerk(engine, Bumps()) for engine in engines]

    async def seal(case: CaseFacts, clerk: Clerk, owner: str) -> list[int]:
        await asyncio.sleep(track.random.random() * LONGEST)
        (reminder,) = case.reminders
        sealed = parcel(f"{owner}{case.id}")
        seal = Seal(reminder.messages[0].id, case.id, reminder.id, CREDITOR, "compta", sealed, track.permit)
        done, _ = await clerk.commit([], [seal], {}, NOW + timedelta(seconds=1), TODAY, owner)
        return done.taken

    for case in track.cases:
        one, two = await asyncio.gather(seal(case, clerks[0], "one"), seal(case, clerks[1], "two"))
        assert len(one + two) == 1
    kept = await every(store, attempts)
    assert len({a["message_id"] for a in kept}) == len(kept) == 200
    assert {a["owner"] for a in kept} == {"one", "two"}
    for engine in (*engines, track.engine):
        await engine.close()
    await store.close()
