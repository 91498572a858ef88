"""Plans, written for a case that is still as it was when it was decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.rules.decide import Named, PassOver, PassReason
from relanced.rules.model import HoldKind, LineKind, LineState, Road
from relanced.store.opening import Store
from relanced.store.planning import NewReminder, Pace
from relanced.store.tables import lines, messages
from relanced.store.tasks import Task
from tests.store.books import CREDITOR, TODAY, Books
from tests.store.post import POLICY, Post, draft, named
from tests.store.rows import every

DAY = timedelta(days=1)


@pytest.fixture
async def case_id(books: Books) -> int:
    """A case that owes one invoice."""
    await books.debtor()
    await books.invoice()
    return books.cases["garage"]


async def test_a_reminder_begins_with_its_lines_and_its_message(
    store: Store, books: Books, post: Post, case_id: int
) -> None:
    message = await post.plan()
    loaded = await books.facts()
    (reminder,) = loaded.facts.reminders
    assert (reminder.step, reminder.live, reminder.planned_on) == ("relance-1", True, TODAY)
    (line,) = loaded.facts.lines
    assert (line.state, line.kind, line.cents, line.reminder_id) == (
        LineState.PLANNED,
        LineKind.MAIN,
        120_00,
        reminder.id,
    )
    assert [(m.id, m.road, m.where) for m in reminder.messages] == [(message, Road.EMAIL, "compta@garage.example")]
    assert (loaded.state, loaded.policy_digest, loaded.look_at) == ("open", POLICY.digest, None)
    assert await store.planning.policy(POLICY.digest) == POLICY.to_json()
    assert [e["event"] for e in await store.views.journal_of(case_id)][-2:] == ["reminder planned", "message planned"]


async def test_a_plan_for_a_case_that_has_changed_is_not_written(books: Books, post: Post, case_id: int) -> None:
    loaded = await books.facts()
    stale = draft(loaded, begin=NewReminder("relance-1", named(loaded), (post.message(loaded),), "due"))
    await books.payment(10_00, invoice="F-1")
    assert await post.apply(stale) == []
    assert (await books.facts()).facts.reminders == ()
    assert await post.store.planning.due(post.now, 10) == [case_id]


async def test_nor_one_for_a_case_whose_reminder_has_moved(books: Books, post: Post, case_id: int) -> None:
    """An answer changes no version: the live reminder and the newest message are compared as well."""
    message = await post.plan()
    stale = draft(await books.facts(), withdraw=1)
    await post.sent(message)
    assert await post.apply(stale) == []
    another = draft(await books.facts(), tasks=())
    await post.store.people.resend(message, "lost", "R-2", "<2@x>", "claire", post.now)
    assert await post.apply(another) == []


async def test_many_cases_are_planned_at_once_each_with_its_own(books: Books, post: Post) -> None:
    keys = await books.many(30)
    wanted = await post.plan_many(keys)
    assert len(set(wanted)) == 30
    for message, key in zip(wanted, keys, strict=True):
        facts = (await books.facts(key)).facts
        assert facts.live is not None
        (planned,) = facts.live.messages
        assert (planned.id, planned.where) == (message, f"compta@{key}.example")
        assert facts.live.term_ids == tuple(t.id for t in facts.terms)


async def test_a_withdrawn_reminder_is_void_and_the_step_can_be_decided_again(
    store: Store, books: Books, post: Post, case_id: int
) -> None:
    first = await post.plan()
    live = (await books.facts()).facts.live
    assert live is not None
    await post.plan_case(withdraw=live.id, withdraw_why="a hold", look_at=post.now + DAY)
    row = await post.row(first)
    assert (row["state"], row["reason"]) == ("cancelled", "a hold")
    assert (await books.facts()).facts.lines == ()
    second = await post.plan()
    assert [r["state"] for r in await every(store, lines)] == ["void", "planned"]
    assert second != first


async def test_a_reminder_is_replaced_in_one_plan(books: Books, post: Post, case_id: int) -> None:
    await post.plan()
    loaded = await books.facts()
    assert loaded.facts.live is not None
    begin = NewReminder("relance-2", named(loaded, "relance-2"), (post.message(loaded),), "due")
    await post.plan_case(withdraw=loaded.facts.live.id, withdraw_why="moved on", begin=begin)
    live = (await books.facts()).facts.live
    assert live is not None
    assert live.step == "relance-2"


@pytest.mark.parametrize("moving", ["submitting", "uncertain"])
async def test_what_may_be_on_its_way_is_not_withdrawn(books: Books, post: Post, case_id: int, moving: str) -> None:
    message = await post.plan()
    await (post.seal(message) if moving == "submitting" else post.uncertain(message))
    live = (await books.facts()).facts.live
    assert live is not None
    await post.plan_case(withdraw=live.id, withdraw_why="paid", look_at=post.now)
    assert await post.state(message) == moving
    assert (await books.facts()).facts.live == live
    assert await post.store.planning.due(post.now + DAY, 10) == []  # its outcome asks for another look


async def test_lines_that_change_reword_what_is_planned(store: Store, books: Books, post: Post, case_id: int) -> None:
    message = await post.plan()
    await books.invoice("F-2", 50_00)
    await post.plan_case(reline=named(await books.facts()))
    facts = (await books.facts()).facts
    assert sorted(line.cents for line in facts.lines) == [50_00, 120_00]
    assert await post.state(message) == "planned"
    await post.seal(message)
    await post.plan_case(reline=named(await books.facts())[:1])
    assert len((await books.facts()).facts.lines) == 2


async def test_steps_passed_over_are_facts_of_the_case(books: Books, post: Post, case_id: int) -> None:
    (term,) = await books.term_ids()
    before = await books.version()
    await post.plan_case(passes=(PassOver(term, "relance-1", PassReason.TOO_LATE),))
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.reason, line.on) == (LineState.PASSED_OVER, "too late", TODAY)
    assert await books.version() == before + 1


async def test_terms_without_a_road_stand_still(books: Books, post: Post, case_id: int) -> None:
    (term,) = await books.term_ids()
    task = Task("unreachable", "unreachable:1", "no address is left", CREDITOR, case_id)
    await post.plan_case(stranded=(term,), tasks=(task,))
    (hold,) = (await books.facts()).facts.holds
    assert (hold.kind, hold.term_id) == (HoldKind.UNREACHABLE, term)
    assert [t["words"] for t in await post.store.views.tasks(case_id)] == ["no address is left"]
    await post.plan_case(done_tasks=("unreachable:1",))
    assert await post.store.views.tasks() == []


async def test_a_hand_over_is_performed_at_once_or_waits_for_approval(
    store: Store, books: Books, post: Post, case_id: int
) -> None:
    loaded = await books.facts()
    await post.plan_case(begin=NewReminder("transmission", named(loaded, "transmission"), (), "due", True, False))
    (waiting,) = await store.views.hand_overs()
    assert waiting["step"] == "transmission"
    await store.people.approve_hand_over(waiting["id"], "claire", post.now, TODAY)
    facts = (await books.facts()).facts
    assert facts.terms[0].handed_over_on == TODAY
    assert (facts.live, facts.lines[0].state) == (None, LineState.PERFORMED)
    await books.debtor("bakery")
    await books.invoice("F-2", debtor="bakery")
    loaded = await books.facts("bakery")
    now = NewReminder("transmission", named(loaded, "transmission"), (), "due", True, True)
    await post.plan_case("bakery", begin=now)
    assert (await books.facts("bakery")).facts.terms[0].handed_over_on == TODAY
    assert await store.views.hand_overs() == []


async def test_the_next_turn_and_the_also_messages_join_their_reminder(books: Books, post: Post, case_id: int) -> None:
    message = await post.plan()
    await post.sent(message)
    loaded = await books.facts()
    reminder = loaded.facts.reminders[0].id
    await post.plan_case(more=((reminder, post.message(loaded, Road.LETTER, slot=1)),))
    assert [(m.slot, m.turn) for m in (await books.facts()).facts.reminders[0].messages] == [(0, 0), (1, 0)]


async def test_a_message_that_waits_for_a_person_is_parked_with_its_reason(
    books: Books, post: Post, case_id: int
) -> None:
    message = await post.plan(parked="waits for approval", asked_digest="d-1", lapse_at=post.now + DAY)
    row = await post.row(message)
    assert (row["state"], row["reason"], row["asked_digest"]) == ("parked", "waits for approval", "d-1")
    assert [w["id"] for w in await post.store.views.awaiting("relance-1")] == [message]
    assert await post.store.sending.pick("compta", post.now, 10, "one") == []


async def test_a_creditor_begins_no_more_a_day_than_it_may(books: Books, post: Post) -> None:
    for n in range(3):
        await books.debtor(f"d{n}")
        await books.invoice(f"F-{n}", debtor=f"d{n}")
    pace = Pace(CREDITOR, 2, TODAY, post.now + DAY)

    async def begin_all() -> list[int]:
        plans = []
        for n in range(3):
            loaded = await books.facts(f"d{n}")
            if not loaded.facts.live:
                new = NewReminder("relance-1", named(loaded), (post.message(loaded),), "due")
                plans.append(draft(loaded, begin=new))
        return await post.apply(*plans, pace=pace)

    for _ in range(2):
        await begin_all()
        (left,) = [d for d in books.cases if not (await books.facts(d)).facts.live]
    assert (await books.facts(left)).look_at == post.now + DAY
    assert (await books.facts(left)).creditor.paced == 2
    pace = Pace(CREDITOR, 2, TODAY + DAY, post.now + 2 * DAY)
    assert await begin_all() == [books.cases[left]]
    assert (await books.facts(left)).facts.live


async def test_what_must_not_leave_is_withdrawn_also_when_nothing_may_begin_any_more(books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan()
    loaded = await books.facts()
    assert loaded.facts.live
    new = NewReminder("relance-2", named(loaded, "relance-2"), (post.message(loaded),), "due")
    plan = draft(loaded, withdraw=loaded.facts.live.id, withdraw_why="moved on", begin=new)
    await post.apply(plan, pace=Pace(CREDITOR, 1, TODAY, post.now + DAY))
    first = await books.facts()
    plan = draft(first, withdraw=first.facts.live.id if first.facts.live else None, withdraw_why="paid", begin=new)
    await post.apply(plan, pace=Pace(CREDITOR, 1, TODAY, post.now + DAY))
    facts = await books.facts()
    assert await post.state(message) == "cancelled"
    assert (facts.facts.live, facts.look_at) == (None, post.now + DAY)


async def test_cases_are_looked_at_when_their_moment_has_come_the_longest_waiting_first(
    store: Store, books: Books, post: Post
) -> None:
    for n, wait in enumerate((3, 1, 2)):
        await books.debtor(f"d{n}")
        await store.planning.put_off(books.cases[f"d{n}"], post.now + wait * DAY, "engine error", post.now)
    assert await store.planning.next_look() == post.now + DAY
    assert await store.planning.due(post.now, 10) == []
    assert await store.planning.due(post.now + 2 * DAY, 10) == [books.cases["d1"], books.cases["d2"]]
    assert await store.planning.due(post.now + 3 * DAY, 1) == [books.cases["d1"]]


async def test_a_line_of_a_reminder_keeps_why_it_is_named(books: Books, post: Post, case_id: int) -> None:
    (term,) = await books.term_ids()
    loaded = await books.facts()
    absorbed = (Named(term, "relance-1", LineKind.ABSORBED, 99_00),)
    await post.plan_case(begin=NewReminder("relance-1", absorbed, (post.message(loaded),), "due"))
    (line,) = (await books.facts()).facts.lines
    assert (line.kind, line.cents) == (LineKind.ABSORBED, 99_00)
    assert len(await every(post.store, messages)) == 1
