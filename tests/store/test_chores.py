"""What time alone changes: a wait that is over never freezes a ladder."""

from __future__ import annotations

from datetime import timedelta

from relanced.channel import Tray
from relanced.rules.model import HoldKind, LineState, Road
from relanced.store.opening import Store
from tests.store.books import TODAY, Books
from tests.store.post import Post

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_a_courteous_step_that_waited_too_long_is_passed_over(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(parked="waits for approval", lapse_at=post.now + HOUR)
    assert await store.chores.next_lapse() == post.now + HOUR
    assert await store.chores.lapse(post.now, TODAY) == []
    before = await books.version()
    assert await store.chores.lapse(post.now + HOUR, TODAY) == [message]
    row, facts = await post.row(message), (await books.facts()).facts
    assert (row["state"], row["reason"], row["ended_at"]) == ("expired", "waits for approval", post.now + HOUR)
    assert [(line.state, line.reason) for line in facts.lines] == [(LineState.PASSED_OVER, "lapsed")]
    assert (facts.live, facts.holds, await store.views.tasks()) == (None, (), [])
    assert await books.version() == before + 1
    assert await store.chores.lapse(post.now + HOUR, TODAY) == []
    assert await store.chores.next_lapse() is None


async def test_a_formal_one_becomes_a_task_and_its_terms_stand_still(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(step="mise-en-demeure", road=Road.REGISTERED)
    await post.seal(message)
    await post.answer(message, Tray("sheet"), lapse_at=post.now + HOUR)
    assert await store.chores.lapse(post.now + DAY, TODAY) == [message]
    facts = (await books.facts()).facts
    assert [(h.kind, h.term_id) for h in facts.holds] == [(HoldKind.LAPSED, facts.terms[0].id)]
    assert (facts.lines, facts.live) == ((), None)
    (task,) = await store.views.tasks()
    assert task["words"] == "mise-en-demeure waited too long for a person (in_tray): resume the case to ask again"
    assert [s.reference for s in await store.tray.to_pull()] == [(await post.row(message))["reference"]]


async def test_an_also_message_lapses_alone(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    first = await post.plan()
    also = post.message(await books.facts(), slot=1, lapse_at=post.now)
    await post.plan_case(more=(((await post.row(first))["reminder_id"], also),))
    await store.chores.lapse(post.now, TODAY)
    assert [m.state for m in (await books.facts()).facts.reminders[0].messages] == ["planned", "expired"]
    assert (await books.facts()).facts.live is not None


async def test_a_notice_said_once_more_lapses_alone(store: Store, books: Books, post: Post) -> None:
    """Its reminder was performed: no term is left to stand still, and the round goes on."""
    await books.debtor()
    await books.invoice()
    message = await post.plan(step="mise-en-demeure", road=Road.REGISTERED, reference="L-1")
    await post.in_tray(message)
    await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    again = await store.people.resend(message, "they lost it", "L-2", "", "claire", post.now)
    await post.seal(again)
    await post.answer(again, Tray("sheet"), lapse_at=post.now + HOUR)
    assert await store.chores.lapse(post.now + DAY, TODAY) == [again]
    facts = (await books.facts()).facts
    assert (await post.state(again), facts.holds, [line.state for line in facts.lines]) == (
        "expired",
        (),
        [LineState.PERFORMED],
    )


async def test_what_has_left_does_not_lapse(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(lapse_at=post.now)
    await post.seal(message)
    assert await store.chores.next_lapse() is None
    assert await store.chores.lapse(post.now + DAY, TODAY) == []
    assert await post.state(message) == "submitting"
