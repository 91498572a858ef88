"""What goes wrong is told once when it begins and once when it is over, whoever restarts meanwhile."""

from __future__ import annotations

from datetime import timedelta

from relanced.rules.audit import Finding
from relanced.store.alerts import OVER_AFTER, Change
from relanced.store.opening import Store
from tests.store.books import NOW

MINUTE = timedelta(minutes=1)
STALE, FULL = Finding("stale:dubois", "dubois: old"), Finding("disk:/var", "/var: full", here=True)


def _told(changes: list[Change]) -> list[tuple[str, bool]]:
    return [(change.key, change.ended_at is not None) for change in changes]


async def test_a_finding_begins_once_and_ends_once(store: Store) -> None:
    found = store.alerts.found
    assert _told(await found([STALE], "here", NOW)) == [("stale:dubois", False)]
    assert await found([STALE], "here", NOW + MINUTE) == []
    assert await found([], "here", NOW + 2 * MINUTE) == []  # it may come back
    assert _told(await found([], "here", NOW + MINUTE + OVER_AFTER)) == [("stale:dubois", True)]
    assert await found([], "here", NOW + 2 * OVER_AFTER) == []
    assert await store.alerts.standing() == []


async def test_nothing_is_written_while_nothing_is_wrong(store: Store) -> None:
    assert await store.alerts.found([], "here", NOW) == []
    assert await store.alerts.take(6, NOW) == []


async def test_what_only_one_machine_sees_only_that_machine_ends(store: Store) -> None:
    await store.alerts.found([FULL], "one", NOW)
    late = NOW + 2 * OVER_AFTER
    assert await store.alerts.found([], "two", late) == []
    assert _told(await store.alerts.found([], "one", late)) == [("disk:/var at one", True)]


async def test_a_beginning_is_told_once_and_its_end_once(store: Store) -> None:
    await store.alerts.found([STALE], "here", NOW)
    begun = await store.alerts.take(6, NOW)
    assert _told(begun) == [("stale:dubois", False)]
    assert await store.alerts.take(6, NOW) == []  # another daemon tells it
    await store.alerts.told(begun, NOW)
    assert await store.alerts.take(6, NOW + 60 * MINUTE) == []
    await store.alerts.found([], "here", NOW + OVER_AFTER)
    over = await store.alerts.take(6, NOW + OVER_AFTER)
    assert _told(over) == [("stale:dubois", True)]
    await store.alerts.told(over, NOW + OVER_AFTER)
    assert await store.alerts.take(6, NOW + 60 * MINUTE) == []


async def test_what_a_killed_daemon_was_telling_is_told_again(store: Store) -> None:
    await store.alerts.found([STALE], "here", NOW)
    await store.alerts.take(6, NOW)
    assert await store.alerts.take(6, NOW + 9 * MINUTE) == []
    assert _told(await store.alerts.take(6, NOW + 10 * MINUTE)) == [("stale:dubois", False)]


async def test_what_could_not_be_told_is_told_some_minutes_later_and_counts_for_no_mail(store: Store) -> None:
    await store.alerts.found([STALE], "here", NOW)
    taken = await store.alerts.take(1, NOW)
    await store.alerts.untold(taken, NOW, NOW)
    assert await store.alerts.take(1, NOW + 4 * MINUTE) == []
    assert _told(await store.alerts.take(1, NOW + 5 * MINUTE)) == [("stale:dubois", False)]


async def test_too_many_in_an_hour_wait_for_one_that_sums_up(store: Store) -> None:
    for n in range(4):
        now = NOW + n * MINUTE
        await store.alerts.found([Finding(f"k{i}", "words") for i in range(n + 1)], "here", now)
        taken = await store.alerts.take(2, now)
        await store.alerts.told(taken, now)
        assert len(taken) == (1 if n < 2 else 0)
    assert _told(await store.alerts.take(2, NOW + 60 * MINUTE)) == [("k2", False), ("k3", False)]


async def test_what_comes_back_while_its_end_is_untold_has_never_been_away(store: Store) -> None:
    await store.alerts.found([STALE], "here", NOW)
    await store.alerts.told(await store.alerts.take(6, NOW), NOW)
    await store.alerts.found([], "here", NOW + OVER_AFTER)
    assert _told(await store.alerts.found([STALE], "here", NOW + 2 * OVER_AFTER)) == [("stale:dubois", False)]
    assert await store.alerts.take(6, NOW + 2 * OVER_AFTER) == []


async def test_a_digest_is_written_once_unless_it_could_not_be_sent(store: Store) -> None:
    first = store.alerts.first_digest
    assert await first("2026-03-10 claire", NOW) is True
    assert await first("2026-03-10 claire", NOW) is False
    assert await first("2026-03-10 jean", NOW) is True
    await store.alerts.no_digest("2026-03-10 claire")
    assert await first("2026-03-10 claire", NOW) is True
