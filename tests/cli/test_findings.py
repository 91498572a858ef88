"""`relanced check --online` tells all that the auditor finds, by a look at the database and by the daemon's minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from relanced.channel import Heard, Scope, Unavailable
from relanced.rules.audit import LEAPT, Finding
from relanced.rules.model import Road
from relanced.store.opening import Store
from relanced.store.tables import attempts, cases, messages
from tests.cli.atelier import Atelier
from tests.store.books import CREDITOR, PARIS, Books
from tests.store.post import Post
from tests.store.rows import run

DAY = timedelta(days=1)


@pytest.fixture
async def books(atelier: Atelier) -> AsyncIterator[Books]:
    """The books of the only creditor, who is open for reminders; nothing was ever sent."""
    text = atelier.config.read_text("utf-8").replace("  atelier:\n", f"  {CREDITOR}:\n")
    atelier.write("config.yaml", text)
    assert (await asyncio.to_thread(atelier.relanced, "open", CREDITOR)).status == 0
    store = Store(f"sqlite:///{atelier.folder}/relanced.db")
    yield Books(store, now=datetime.now(PARIS))
    await store.close()


async def _found(atelier: Atelier) -> list[str]:
    """What is wrong, without what is wrong with the relay, which is not there."""
    done = await asyncio.to_thread(atelier.relanced, "check", "--online")
    faults = [line.removeprefix("FAULT ") for line in done.out.splitlines() if line.startswith("FAULT ")]
    assert done.status == 1
    return [fault for fault in faults if not fault.startswith("channels.")]


async def _covered(books: Books) -> None:
    await books.payment(1_00, on=books.today)


async def _closed(books: Books, post: Post) -> None:
    (message,) = await post.plan_many(await books.many(1))
    for _ in range(3):
        await post.seal(message)
        await post.answer(message, Unavailable(Scope.CHANNEL, "535 no"))
        books.now += timedelta(hours=1)


async def _sealed(books: Books, post: Post) -> None:
    first, second = await post.plan_many(await books.many(2))
    await post.seal(first)
    await post.uncertain(second)
    await run(books.store, update(attempts).values(sealed_at=books.now - 2 * DAY))


async def _waiting(books: Books, post: Post) -> None:
    keys = await books.many(3)
    await post.plan(keys[0], parked="relance-1 waits for approval", asked_digest="x")
    await post.in_tray(await post.plan(keys[1], road=Road.LETTER))
    await post.plan(keys[2], step="transmission")
    await run(books.store, update(messages).values(planned_at=books.now - 9 * DAY))


async def _forgotten(books: Books, post: Post) -> None:
    await books.many(2)
    await run(books.store, update(cases).values(look_at=None, state="open"))


async def _unread(books: Books, post: Post) -> None:
    for key in "12":
        await books.store.hearing.keep("compta", Heard(key, b"From: a@b.example\n\n"), books.now - 3 * DAY / 24)


async def _refused(books: Books, post: Post) -> None:
    await books.store.audit.import_refused(CREDITOR, f"{CREDITOR}: an import was refused: line 3", books.now)


async def _leapt(books: Books, post: Post) -> None:
    await books.store.house.stop(f"{LEAPT} by a day", "daemon", books.now)


SEEN = [
    (_closed, ["compta is closed: 535 no; relanced start tries it at once"]),
    (_sealed, ["1 message submitting since ", "1 message uncertain since "]),
    (_waiting, ["1 message waiting for approval since ", "1 message waiting in the tray since "]),
    (_forgotten, ["2 open cases without a next moment (1, 2): nothing will be done for them"]),
    (_unread, ["compta: what came since "]),
    (_refused, [f"{CREDITOR}: an import was refused: line 3"]),
    (_leapt, [f"{LEAPT} by a day: nothing leaves"]),
]


@pytest.mark.parametrize(("goes_wrong", "told"), SEEN)
async def test_each_finding_of_a_look_is_a_fault(
    atelier: Atelier, books: Books, goes_wrong: object, told: list[str]
) -> None:
    await _covered(books)
    assert callable(goes_wrong)
    await goes_wrong(books, Post(books))
    found = await _found(atelier)
    assert [next((f for f in found if f.startswith(t)), None) is not None for t in told] == [True] * len(told), found
    assert len(found) == len(told)


async def test_bank_data_that_nobody_imports_are_a_fault(atelier: Atelier, books: Books) -> None:
    assert await _found(atelier) == [f"{CREDITOR}: bank data were never imported: nobody is reminded; relanced import"]
    await books.payment(1_00, on=books.today - 30 * DAY)
    (found,) = await _found(atelier)
    assert found.startswith(f"{CREDITOR}: bank data cover until ")


async def test_what_only_minutes_can_show_is_told_as_the_daemon_saw_it(atelier: Atelier, books: Books) -> None:
    """A queue that does not move, an ear that is deaf, a wheel that stands still: one look shows none of them."""
    await _covered(books)
    seen = [
        Finding("stuck:compta", "compta: message 1 is due since … and does not leave"),
        Finding("deaf:compta", "compta: nothing was heard since …"),
        Finding("unheard:twilio", "twilio: 3 messages taken by the provider without a receipt since …"),
        Finding("wheel:plan", "the wheel plan has not come round for 11 minutes: the log says why", here=True),
        Finding("disk:/srv", "/srv: 1 MB of 2 MB are left on its disk", here=True),
    ]
    await books.store.alerts.found(seen, "here", books.now)
    assert sorted(await _found(atelier)) == sorted(finding.words for finding in seen)
    await books.store.alerts.found([], "here", books.now + timedelta(minutes=4))
    done = await asyncio.to_thread(atelier.relanced, "check", "--online")
    assert "nothing was heard" not in done.out
