"""What the auditor is shown, on both databases, and how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from relanced.channel import Heard, Said, Scope, Tray, Unavailable
from relanced.rules.audit import Breaker, Head, Waiting
from relanced.rules.model import Road
from relanced.store.audit import Audit
from relanced.store.morning import Morning
from relanced.store.opening import Store
from relanced.store.tables import cases, messages
from tests.store.books import CREDITOR, NOW, TODAY, Books
from tests.store.ears import Ears
from tests.store.post import Post
from tests.store.rows import run
from tests.store.test_queries import Explaining

DAY = timedelta(days=1)
CHANNELS = ("compta", "office", "tray", "twilio")


async def test_the_queue_s_first_and_the_doors(store: Store, books: Books, post: Post) -> None:
    first, second = await post.plan_many(await books.many(2))
    await post.seal(first)
    await post.answer(first, Unavailable(Scope.CHANNEL, "535 no"))
    seen = await store.audit.look(CHANNELS, (), post.now)
    assert [(h.channel, h.message) for h in seen.heads] == [("compta", min(first, second))]
    assert isinstance(seen.heads[0], Head)
    assert seen.breakers == (Breaker("compta", 1, seen.breakers[0].closed_until, "535 no"),)
    assert (await store.audit.look(CHANNELS, (), post.now - DAY)).heads == ()


async def test_what_is_sealed_and_what_is_in_doubt(store: Store, books: Books, post: Post) -> None:
    first, second, _ = await post.plan_many(await books.many(3))
    await post.seal(first)
    await post.uncertain(second)
    seen = await store.audit.look(CHANNELS, (), post.now)
    assert [(w.what, w.number) for w in seen.sealed] == [("submitting", 1), ("uncertain", 1)]


async def test_what_waits_for_people(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    await books.debtor("martin")
    await books.invoice("F-2", debtor="martin")
    await post.plan(parked="relance-1 waits for approval", asked_digest="x")
    await post.in_tray(await post.plan("martin", road=Road.LETTER))
    seen = await store.audit.look(CHANNELS, (), post.now)
    assert seen.people == (Waiting("for approval", 1, post.now), Waiting("in the tray", 1, post.now))


async def test_a_provider_that_was_silent_for_a_day_but_not_for_ever(store: Store, books: Books, post: Post) -> None:
    wanted = await post.plan_many(await books.many(3))
    for message, age in zip(wanted, (1, 2, 8), strict=True):
        await post.sent(message)
        values = {"road": "sms", "channel": "twilio", "sent_at": post.now - age * DAY}
        await run(store, update(messages).where(messages.c.id == message).values(**values))
    seen = await store.audit.look(CHANNELS, ("twilio",), post.now)
    assert seen.unheard == (Waiting("twilio", 2, post.now - 2 * DAY),)


async def test_a_message_of_which_anything_was_heard_is_not_silent(store: Store, books: Books, post: Post) -> None:
    """An operator that tells no end, and a letter that takes days, are no webhook that does not arrive."""
    message, other = await post.plan_many(await books.many(2))
    attempts = [await post.sent(one) for one in (message, other)]
    values = {"road": "sms", "channel": "twilio", "sent_at": post.now - DAY}
    await run(store, update(messages).values(**values))
    ears = Ears(books)
    await ears.hear(ears.receipt(Said.TAKEN, attempts[0]))
    seen = await store.audit.look(CHANNELS, ("twilio",), post.now)
    assert seen.unheard == (Waiting("twilio", 1, post.now - DAY),)


async def test_what_was_heard_and_nobody_reads_is_seen(store: Store, books: Books) -> None:
    for channel, key in (("twilio", "1"), ("twilio", "2"), ("gone", "3")):
        await store.hearing.keep(channel, Heard(key, b"{}"), books.now)
    assert (await store.audit.look(CHANNELS, (), books.now)).unread == (Waiting("twilio", 2, books.now),)
    ears = Ears(books)
    for kept in await ears.unread():
        await ears.apply(kept)
    assert (await store.audit.look(CHANNELS, (), books.now)).unread == ()


async def test_only_open_creditors_can_be_stale(store: Store, books: Books) -> None:
    assert (await store.audit.look((), (), NOW)).covers == {}
    await store.house.open_creditor(CREDITOR, TODAY, None, None, "claire", NOW)
    await books.debtor()
    await books.invoice()
    await books.payment(10_00, on=TODAY, invoice="F-1", debtor="garage")
    assert (await store.audit.look((), (), NOW)).covers == {CREDITOR: TODAY}


async def test_a_stop_and_a_refused_import_are_seen_until_they_end(store: Store) -> None:
    await store.house.stop("lunch", "claire", NOW)
    await store.audit.import_refused(CREDITOR, "dubois: an import was refused: line 3", NOW)
    await store.audit.import_refused(CREDITOR, "dubois: an import was refused: line 9", NOW)
    seen = await store.audit.look((), (), NOW)
    assert (seen.stopped, seen.refused) == ("lunch", (("import:dubois", "dubois: an import was refused: line 9"),))
    await store.audit.import_taken(CREDITOR, NOW)
    await store.audit.import_taken(CREDITOR, NOW)
    assert (await store.audit.look((), (), NOW)).refused == ()


async def test_cases_that_nothing_wakes(store: Store, books: Books, post: Post) -> None:
    keys = await books.many(5)
    ids = [books.cases[k] for k in keys]
    await run(store, update(cases).values(look_at=None, state="open"))
    await post.plan("d1")  # a live reminder will wake its case
    await run(store, update(cases).values(look_at=None))
    await store.people.pause(ids[2], post.now + DAY, "holiday", "claire", post.now)
    await run(store, update(cases).values(look_at=None))
    await run(store, update(cases).where(cases.c.id == ids[3]).values(state="closed"))
    assert await store.audit.without_look(0, 10) == [ids[0], ids[4]]
    assert await store.audit.without_look(0, 1) == [ids[0]]
    assert await store.audit.without_look(ids[0], 10) == [ids[4]]


async def test_a_case_whose_live_reminder_has_no_live_message_is_asleep(store: Store, books: Books, post: Post) -> None:
    """Its message came to an end, and nobody looked at the case again."""
    keys = await books.many(3)
    lost, _ = [await post.plan(key) for key in keys[:2]]
    await post.plan(keys[2], parked="relance-1 waits for approval", asked_digest="x")
    await run(store, update(cases).values(look_at=None, state="open"))
    await run(store, update(messages).where(messages.c.id == lost).values(state="failed", ended_at=post.now))
    assert await store.audit.without_look(0, 10) == [books.cases[keys[0]]]


async def test_what_waits_tells_which_of_it_is_the_most_pressing(store: Store, books: Books, post: Post) -> None:
    for key, within in (("garage", 14 * DAY), ("martin", 2 * DAY), ("petit", None)):
        await books.debtor(key)
        await books.invoice(f"F-{key}", debtor=key)
        lapses = post.now + within if within else None
        await post.plan(key, parked="relance-1 waits for approval", asked_digest="x", lapse_at=lapses)
    seen = await store.audit.look(CHANNELS, (), post.now)
    assert seen.people == (Waiting("for approval", 3, post.now, post.now + DAY, post.now + 2 * DAY),)


async def test_figures_count_what_is_alive(store: Store, books: Books, post: Post) -> None:
    first, second, third, _ = await post.plan_many(await books.many(4))
    await post.sent(first)
    await post.seal(second)
    await store.people.park(third, "let me see", "claire", post.now)
    figures = await store.audit.figures(CHANNELS, post.now)
    assert figures.messages == {("compta", "planned"): 1, ("compta", "submitting"): 1, ("compta", "parked"): 1}
    assert figures.due_since == {"compta": post.now}
    assert (figures.tasks, figures.stopped) == (0, False)
    assert set(figures.imported) == {(CREDITOR, "debtors"), (CREDITOR, "invoices")}
    assert figures.heard == {}


async def test_figures_tell_until_when_each_ear_has_heard(store: Store) -> None:
    for channel, inbox in (("compta", "a"), ("twilio", "")):
        await store.hearing.heard_all(channel, NOW, inbox)
    assert (await store.audit.figures(CHANNELS, NOW)).heard == {("compta", "a"): NOW, ("twilio", ""): NOW}


async def test_the_tray_has_its_figure_too(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(road=Road.LETTER)
    await post.seal(message)
    await post.answer(message, Tray("sheet"))
    assert (await store.audit.figures(CHANNELS, post.now)).messages == {("office", "in_tray"): 1}


async def test_the_morning_of_people(store: Store, books: Books, post: Post) -> None:
    for key, owner in (("garage", ""), ("martin", "jean"), ("petit", "")):
        await books.debtor(key)
        await books.invoice(f"F-{key}", 123_45, debtor=key)
        await run(store, update(cases).where(cases.c.id == books.cases[key]).values(owner=owner))
    await post.plan("garage", parked="relance-1 waits for approval", asked_digest="x")
    await post.in_tray(await post.plan("martin", road=Road.LETTER))
    await post.plan("petit")
    start = post.now.replace(hour=0, minute=0)
    seen = await store.morning.waiting(start, start + DAY)
    assert [(i.debtor, i.cents, i.step, i.asks, i.owner) for i in seen.approvals] == [
        ("Garage", 123_45, "relance-1", True, "")
    ]
    assert [(i.debtor, i.road, i.owner, i.currency) for i in seen.letters] == [("Martin", "letter", "jean", "EUR")]
    assert [(i.debtor, i.place) for i in seen.leaving] == [("Petit", "compta@petit.example")]
    assert (seen.calls, seen.replies, seen.promises) == ((), (), ())


async def test_the_daemon_can_prove_that_the_database_commits(store: Store) -> None:
    before = await store.house.row()
    await store.house.beat()
    assert await store.house.row() == before


ROUNDS: dict[str, Callable[[Explaining], Awaitable[object]]] = {
    "a look": lambda e: Audit(e).look(CHANNELS, ("twilio",), NOW),
    "sleeping cases": lambda e: Audit(e).without_look(0, 200),
    "figures": lambda e: Audit(e).figures(CHANNELS, NOW),
    "the morning": lambda e: Morning(e).waiting(NOW, NOW + DAY),
}
SMALL = ("channels", "creditors", "house", "ears", "imports")  # a handful of rows each, or grouped by an index


@pytest.mark.parametrize("what", ROUNDS)
async def test_a_round_of_the_auditor_reads_no_large_table_whole(sqlite_url: str, what: str) -> None:
    engine = Explaining(sqlite_url)
    await ROUNDS[what](engine)
    whole = [p for p in engine.plans if p.startswith("SCAN") and "INDEX" not in p and p.split()[1] not in SMALL]
    assert whole == []
    await engine.close()
