"""An ear and who looks after it: opened again slower each time, its last word written down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from relanced.channel import Heard, Keep
from relanced.flow.listen import Watching, keeper
from relanced.store.errors import CommitUnknown, StoreError
from relanced.store.opening import Store
from relanced.store.tables import heard
from tests.store.books import NOW
from tests.store.rows import every

MINUTE = timedelta(minutes=1)


@dataclass
class Box:
    """A mailbox as a test leads it: an exception cuts the ear, anything else comes."""

    cuts: list[Exception] = field(default_factory=list)
    mails: list[Heard] = field(default_factory=list)
    opened: list[datetime] = field(default_factory=list)
    closed: int = 0
    hears: Callable[[], None] | None = None

    async def watch(self, inbox: str, since: datetime, keep: Keep, hears: Callable[[], None]) -> None:
        """Listen until cancelled."""
        assert inbox == "compta@atelier.example"
        self.opened.append(since)
        if self.cuts:
            raise self.cuts.pop(0)
        for mail in self.mails:
            await keep(mail)
        self.hears = hears
        hears()
        try:
            await asyncio.Event().wait()
        finally:
            self.closed += 1


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    """One database is enough here."""
    opened = Store(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def box() -> Box:
    """The mailbox."""
    return Box()


@pytest.fixture
async def watching(box: Box, store: Store) -> AsyncIterator[Watching]:
    """Who looks after it."""
    keep = keeper("compta", store, lambda: NOW, lambda: None)
    made = Watching("compta", "compta@atelier.example", box, store, keep)
    yield made
    await made.close()


async def _last(store: Store) -> datetime | None:
    return await store.hearing.heard_until("compta", "compta@atelier.example")


async def test_what_comes_is_kept_and_that_it_hears_is_written_down(watching: Watching, box: Box, store: Store) -> None:
    box.mails = [Heard("k1", b"From: a@b.fr\n\n")]
    await watching.turn(NOW)
    assert [row["key"] for row in await every(store, heard)] == ["k1"]
    said = await _last(store)
    assert said is not None
    assert NOW - said < MINUTE
    assert box.opened == [NOW]


async def test_its_word_counts_from_when_it_was_said_and_is_written_once_a_minute(
    watching: Watching, box: Box, store: Store
) -> None:
    await watching.turn(NOW)
    first = await _last(store)
    assert box.hears and first
    box.hears()
    await watching.turn(NOW + MINUTE / 2)
    assert await _last(store) == first
    box.hears()
    await watching.turn(NOW + 2 * MINUTE)
    later = await _last(store)
    assert later and NOW + 2 * MINUTE - later < MINUTE


async def test_a_cut_ear_is_opened_again_slower_each_time_and_at_once_when_it_has_heard(
    watching: Watching, box: Box, store: Store
) -> None:
    box.cuts, now, waits = [OSError("no route to host")] * 9, NOW, []
    for _ in range(9):
        await watching.turn(now)
        again = await watching.next_moment()
        assert again is not None
        waits.append((again - now).total_seconds())
        await watching.turn(again - timedelta(seconds=1))
        now = again
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert await _last(store) is None
    await watching.turn(now)
    assert await watching.next_moment() is None
    assert await _last(store) is not None
    await watching.close()
    box.cuts = [OSError("cut")]
    await watching.turn(now)
    assert await watching.next_moment() == now + timedelta(seconds=2)


@pytest.mark.parametrize("error", [StoreError("the database is away"), RuntimeError("a mistake of ours")])
async def test_whatever_breaks_it_breaks_nothing_else(watching: Watching, box: Box, error: Exception) -> None:
    box.cuts = [error]
    await watching.turn(NOW)
    await watching.turn(NOW + timedelta(seconds=3))
    assert len(box.opened) == 2


async def test_a_commit_that_nobody_knows_of_ends_the_process(watching: Watching, box: Box) -> None:
    box.cuts = [CommitUnknown("gone in the middle")]
    with pytest.raises(CommitUnknown):
        await watching.turn(NOW)


async def test_it_begins_where_it_last_heard_all_and_shuts_when_it_is_told_to(
    watching: Watching, box: Box, store: Store
) -> None:
    before = NOW - timedelta(days=3)
    await store.hearing.heard_all("compta", before, "compta@atelier.example")
    await watching.turn(NOW)
    assert box.opened == [before]
    await watching.close()
    assert box.closed == 1


async def test_inboxes_are_told_apart_from_each_other_and_from_what_is_asked(store: Store) -> None:
    await store.hearing.heard_all("compta", NOW)
    await store.hearing.heard_all("compta", NOW - MINUTE, "a@x.example")
    await store.hearing.heard_all("compta", NOW - 2 * MINUTE, "b@x.example")
    said = {("compta", "a@x.example"): NOW - MINUTE, ("compta", "b@x.example"): NOW - 2 * MINUTE}
    assert (await store.clerk.stance()).heard == said
    assert await store.hearing.heard_until("compta") == NOW
