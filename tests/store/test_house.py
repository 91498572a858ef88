"""The house's own row: its birth, its starts, a stop, its creditors, and the requests it has answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from relanced.rules.audit import LEAPT, leapt
from relanced.store.house import WrongMode
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun
from relanced.store.planning import Pace
from tests.store.books import CREDITOR, IBAN, NOW, TODAY, Books
from tests.store.post import Post, draft

DAY = timedelta(days=1)


async def test_a_database_keeps_the_mode_it_was_born_in(store: Store) -> None:
    """A shadow database that went live would send what it only pretended to send."""
    with pytest.raises(WrongMode, match="born in mode live, the configuration says shadow: use a fresh database"):
        await store.house.born("shadow", NOW)
    row = await store.house.born("live", NOW + DAY)
    assert (row.mode, row.born_at) == ("live", NOW)


async def test_every_start_is_counted_and_voids_every_permit(store: Store) -> None:
    before = await store.house.row()
    after = await store.house.start("", NOW)
    assert (after.starts, after.epoch, after.frozen) == (before.starts + 1, before.epoch + 1, "")


async def test_a_stop_keeps_the_words_of_the_one_before_and_a_start_tells_them(store: Store) -> None:
    """A clock that leaps takes nobody's stop away."""
    fraud, leap = "fraude à l'IBAN", f"{LEAPT} forward by 1:00:00"
    for why, by in ((fraud, "claire"), (leap, "relanced"), (fraud, "jean")):
        await store.house.stop(why, by, NOW)
    words = f"{fraud}; {leap}"
    assert (await store.house.row()).stopped == words
    assert [f.key for f in leapt(words)] == ["clock"]
    assert await store.house.go("claire", NOW) == words
    assert ((await store.house.row()).stopped, await store.house.go("claire", NOW)) == ("", "")


async def test_fault_17_a_copy_stays_frozen_until_a_person_accepts_it(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan()
    await store.house.start("the database counts 3 starts, the state folder 9", NOW)
    wanted = await post.seal_of(message)
    assert (await post.commit([wanted])).dropped == {message: "stopped"}
    stands = await store.clerk.stance()
    assert (stands.stopped, stands.epoch) == ("the database counts 3 starts, the state folder 9", wanted.permit.epoch)
    await store.house.accept_copy("claire", NOW)
    assert (await post.commit([await post.seal_of(message)])).taken == [message]


async def test_a_stop_outlives_a_restart_and_says_why(store: Store) -> None:
    await store.house.stop("a letter went wrong", "claire", NOW)
    await store.house.start("", NOW)
    assert (await store.clerk.stance()).stopped == "a letter went wrong"
    await store.house.go("jean", NOW)
    assert (await store.clerk.stance()).stopped == ""
    told = [(e["event"], e["by"]) for e in await store.views.journal_of(0)]
    assert told == [("stopped", "claire"), ("started", "jean")]


async def test_a_new_configuration_voids_permits_and_makes_the_planner_look_at_every_case(
    store: Store, books: Books, post: Post
) -> None:
    await books.debtor()
    await post.plan_case(look_at=NOW + DAY)
    before = await store.house.row()
    assert await store.house.settle_config("config-1", {CREDITOR: IBAN}, NOW) == "config-1"
    assert (await store.house.row()).epoch == before.epoch
    assert await store.planning.due(NOW, 9) == []
    assert await store.house.settle_config("config-2", {CREDITOR: IBAN, "martin": ""}, NOW) == "config-1"
    assert (await store.house.row()).epoch == before.epoch + 1
    assert (await store.clerk.stance()).settled == "config-2"
    assert await store.planning.due(NOW, 9) == [books.cases["garage"]]
    assert sorted(await store.house.standings()) == [CREDITOR, "martin"]


async def test_an_account_that_differs_from_the_known_one_waits_for_two_words(store: Store) -> None:
    other = IBAN[::-1]
    await store.house.settle_config("config-2", {CREDITOR: other}, NOW)
    before = (await store.house.standings())[CREDITOR]
    assert before.iban == IBAN
    assert await store.house.first_confirmation(CREDITOR, other, "claire", NOW) is None
    assert await store.house.first_confirmation(CREDITOR, other, "jean", NOW + DAY) == ("claire", NOW)
    await store.house.confirm_iban(CREDITOR, other, "jean", NOW + DAY)
    after = (await store.house.standings())[CREDITOR]
    assert (after.iban, after.version) == (other, before.version + 1)
    assert await store.house.first_confirmation(CREDITOR, other, "eve", NOW + 90 * DAY) is None  # two words again


async def test_a_creditor_that_had_no_account_takes_the_first_one(store: Store) -> None:
    await store.house.settle_config("config-2", {"martin": ""}, NOW)
    await store.house.settle_config("config-3", {"martin": IBAN}, NOW)
    assert (await store.house.standings())["martin"].iban == IBAN


async def test_opening_a_creditor_makes_the_planner_look_at_its_cases(store: Store, books: Books, post: Post) -> None:
    for key in ("garage", "bakery"):
        await books.debtor(key)
        await post.plan_case(key)
    assert (await books.facts()).facts.go_live is None
    assert await store.house.open_creditor(CREDITOR, TODAY, "relance-1", 20, "claire", NOW) == 2
    go_live = (await books.facts()).facts.go_live
    assert go_live is not None
    assert (go_live.on, go_live.from_step, go_live.per_day) == (TODAY, "relance-1", 20)
    assert len(await store.planning.due(NOW, 9)) == 2


async def test_a_request_is_answered_the_second_time_as_the_first(store: Store) -> None:
    """Attack 30: a double click has one effect, and both hear the same."""
    assert await store.house.answered("r-1") is None
    await store.house.remember("r-1", "cancel", '{"ok": 1}', NOW)
    await store.house.remember("r-1", "cancel", '{"ok": 2}', NOW)
    assert await store.house.answered("r-1") == '{"ok": 1}'


async def test_answers_are_kept_for_a_month(store: Store) -> None:
    await store.house.remember("old", "cancel", "{}", NOW)
    await store.house.remember("new", "cancel", "{}", NOW + 31 * DAY)
    assert [await store.house.answered(name) for name in ("old", "new")] == [None, "{}"]


async def test_opening_again_keeps_what_is_not_said(store: Store) -> None:
    await store.house.open_creditor(CREDITOR, TODAY, "relance-1", 20, "claire", NOW)
    for step, pace, told in (
        (None, 5, (TODAY, "relance-1", 5)),
        (None, None, (TODAY, "relance-1", 5)),
        ("relance-2", None, (TODAY + DAY, "relance-2", 5)),
    ):
        await store.house.open_creditor(CREDITOR, TODAY + DAY, step, pace, "claire", NOW + DAY)
        standing = (await store.house.standings())[CREDITOR]
        assert (standing.opened_on, standing.from_step, standing.per_day) == told


async def test_bumps_are_heard_in_this_process_in_their_order(store: Store, books: Books) -> None:
    await books.debtor("bakery")
    await books.debtor()
    ticks = [store.bumps.now]
    await books.payment(1_00, debtor="garage")
    ticks.append(store.bumps.now)
    assert [store.bumps.since(books.cases[key], ticks[0]) for key in ("garage", "bakery")] == [True, False]
    await store.house.stop("all", "claire", NOW)
    assert [store.bumps.since(books.cases[key], ticks[1]) for key in ("garage", "bakery")] == [True, True]
    assert all(a < b for a, b in pairwise([*ticks, store.bumps.now]))


async def test_everybody_may_write_at_once_and_nobody_waits_for_ever(postgres_url: str) -> None:
    """The order of locks is house, creditor, cases: imports, planning, sealing and the desk never close a circle."""
    store = Store(postgres_url)
    books = Books(store)
    post = Post(books)
    keys = await books.many(12)
    wanted = await post.plan_many(keys)

    async def importing() -> None:
        for n in range(6):
            books.now += DAY
            await books.apply("payments", covers=books.today)
            await books.payment(1_00, key=f"k{n}", debtor=keys[n], on=books.today)

    async def sealing() -> None:
        for message in wanted:
            await post.commit([await post.seal_of(message)])
            outcome = await post.outcome(message, NotBegun("later"))
            await post.commit([await post.seal_of(wanted[0])], [outcome] if outcome.attempt else [])

    async def governing() -> None:
        for n in range(6):
            await store.house.settle_config(f"config-{n}", {CREDITOR: IBAN}, NOW)
            await store.house.open_creditor(CREDITOR, TODAY, "relance-1", 5, "claire", NOW)
            await store.people.pause(books.cases[keys[n]], NOW + DAY, "calm", "claire", NOW)
            await store.house.go("claire", NOW)

    async def planning() -> None:
        pace = Pace(CREDITOR, 500, TODAY, NOW + DAY)
        for _ in range(8):
            loaded = await store.planning.load(list(books.cases.values()), TODAY)
            await store.planning.apply([draft(x) for x in loaded], NOW, TODAY, pace)

    await asyncio.wait_for(asyncio.gather(importing(), sealing(), governing(), planning()), 60)
    await store.close()
    assert await _deadlocks(postgres_url) == 0


async def _deadlocks(url: str) -> int:
    """How many circles PostgreSQL had to break in this database."""
    store = Store(url)

    async def work(connection: AsyncConnection) -> int:
        query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int((await connection.execute(query)).scalar_one())

    found = await store.engine.read(work)
    await store.close()
    return found
