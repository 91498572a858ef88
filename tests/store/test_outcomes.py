"""What a door answered, written down: where the message then stands, and what follows for its reminder and its case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from relanced.channel import Absent, Answer, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.rules.model import Consent, LineState
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun
from relanced.store.tables import attempts, reminders
from tests.store.books import TODAY, Books
from tests.store.post import SETTLE, Post
from tests.store.rows import every

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = timedelta(hours=5)


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A planned message of a reminder of one invoice."""
    await books.debtor()
    await books.invoice()
    return await post.plan()


ANSWERS: list[tuple[Answer | NotBegun, dict[str, Any]]] = [
    (Unavailable(Scope.MESSAGE, "451 greylisted"), {"state": "planned", "failures": 1, "reason": "451 greylisted"}),
    (Unavailable(Scope.CHANNEL, "535 no"), {"state": "planned", "failures": 1}),
    (NotBegun("the house is closing"), {"state": "planned", "failures": 1}),
    (Unknown("no answer"), {"state": "uncertain", "failures": 1}),
]
AFTER_UNCERTAIN: list[tuple[Answer | Absent, dict[str, Any]]] = [
    (Unknown("still no answer"), {"state": "uncertain"}),
    (Absent("not among 1200"), {"state": "planned", "settle_at": None}),
]


async def test_what_has_not_left_waits_to_leave(post: Post, message: int) -> None:
    """A closed door and a stop count no failure; the longer a message is refused for now, the longer it waits."""
    for answer, then in ANSWERS:
        await post.seal(message)
        row = await post.answer(message, answer)
        assert {k: row[k] for k in then} == then, answer
    for uncertain, then in AFTER_UNCERTAIN:
        row = await post.answer(message, uncertain)
        assert {k: row[k] for k in then} == then, uncertain
    assert row["tries"] == 4


async def test_a_message_refused_for_now_waits_longer_each_time(post: Post, books: Books, message: int) -> None:
    """Fault 28: greylisting is answered with patience, one message, one Message-ID."""
    mail_id = (await post.row(message))["mail_id"]
    waits = []
    for _ in range(10):
        await post.seal(message)
        row = await post.answer(message, Unavailable(Scope.MESSAGE, "450"))
        waits.append(row["due_at"] - books.now)
        books.now = row["due_at"].astimezone(books.now.tzinfo)
    assert waits[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert waits[-1] == 4 * HOUR
    assert row["mail_id"] == mail_id


async def test_a_message_refused_for_now_again_and_again_is_shown_to_a_person(
    store: Store, post: Post, books: Books, message: int
) -> None:
    """Weeks of a full mailbox: the wait stays what it is, and somebody is told."""
    for n in range(45):
        await post.seal(message)
        row = await post.answer(message, Unavailable(Scope.MESSAGE, "452 mailbox full"))
        assert len(await store.views.tasks()) == (n >= 9)
    assert (row["failures"], row["due_at"]) == (45, books.now + 4 * HOUR)
    (task,) = await store.views.tasks()
    assert "refused for now 10 times: 452 mailbox full" in task["words"]
    await post.sent(message)
    assert await store.views.tasks() == []


async def test_a_door_that_knows_when_is_believed(post: Post, message: int) -> None:
    await post.seal(message)
    when = post.now + LATER
    assert (await post.answer(message, Unavailable(Scope.MESSAGE, "429", when)))["due_at"] == when
    await post.seal(message, permit=None)
    assert (await post.answer(message, Unavailable(Scope.MESSAGE, "429", post.now - LATER)))["due_at"] == post.now


async def test_sent_performs_the_step(store: Store, post: Post, books: Books, message: int) -> None:
    attempt = await post.seal(message)
    row = await post.answer(message, Sent("queue-7", "250 2.0.0 queued as 7"))
    assert (row["state"], row["sent_at"], row["reason"], row["due_at"]) == ("sent", post.now, "", None)
    (kept,) = await every(store, attempts, id=attempt)
    told = (kept["answer"], kept["words"], kept["provider_id"], kept["answered_at"])
    assert told == ("sent", "250 2.0.0 queued as 7", "queue-7", post.now)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on) == (LineState.PERFORMED, TODAY)
    (reminder,) = (await books.facts()).facts.reminders
    assert (reminder.live, reminder.performed_on) == (False, TODAY)
    assert await store.planning.due(post.now, 10) == [books.cases["garage"]]


@pytest.mark.parametrize("answer", [Sent("q\0\udce9", "250 ok\0\udce9"), Refused(Refusal.CONTENT, "554 \0\udce9")])
async def test_an_answer_no_database_could_hold_is_recorded_all_the_same(
    store: Store, post: Post, message: int, answer: Answer
) -> None:
    """What strangers say may hold any character; one such answer must not stop the clerk."""
    attempt = await post.seal(message)
    assert (await post.answer(message, answer))["state"] in ("sent", "parked")
    (kept,) = await every(store, attempts, id=attempt)
    assert kept["words"].endswith("??")


async def test_a_sheet_in_the_tray_is_not_performed_and_lapses(
    store: Store, post: Post, books: Books, message: int
) -> None:
    await post.seal(message)
    row = await post.answer(message, Tray("sheet-9"), lapse_at=post.now + LATER)
    assert (row["state"], row["lapse_at"]) == ("in_tray", post.now + LATER)
    (line,) = (await books.facts()).facts.lines
    assert line.state is LineState.PLANNED
    assert await store.chores.next_lapse() == post.now + LATER


async def test_an_also_message_performs_nothing(store: Store, post: Post, books: Books, message: int) -> None:
    (reminder,) = await every(store, reminders)
    await post.plan_case(more=((reminder["id"], post.message(await books.facts(), slot=1)),))
    await post.sent(await post.newest())
    assert (await books.facts()).facts.lines[0].state is LineState.PLANNED


async def test_fault_30_a_refused_address_is_struck_and_the_next_way_is_looked_for(
    store: Store, post: Post, books: Books, message: int
) -> None:
    await post.seal(message)
    before = await books.version()
    row = await post.answer(message, Refused(Refusal.ADDRESS, "550 5.1.1 nobody"))
    assert (row["state"], row["ended_at"], row["reason"]) == ("failed", post.now, "550 5.1.1 nobody")
    mail, *_ = (await books.facts()).facts.addresses
    assert mail.dead_since == TODAY or (await books.facts()).facts.addresses[1].dead_since == TODAY
    assert await books.version() == before + 1
    assert await store.planning.due(post.now, 10) == [books.cases["garage"]]
    assert (await books.facts()).facts.live is not None


async def test_who_opted_out_is_never_written_to_there_again(post: Post, books: Books, message: int) -> None:
    await post.seal(message)
    await post.answer(message, Refused(Refusal.OPTED_OUT, "21610"))
    ways = {a.where: (a.consent, a.dead_since) for a in (await books.facts()).facts.addresses}
    assert ways["compta@garage.example"] == (Consent.WITHDRAWN, None)
    await books.contact("garage", "compta@garage.example", consent=Consent.GIVEN)
    ways = {a.where: (a.consent, a.dead_since) for a in (await books.facts()).facts.addresses}
    assert ways["compta@garage.example"] == (Consent.WITHDRAWN, None)


async def test_refused_content_is_parked_and_a_person_is_asked(store: Store, post: Post, message: int) -> None:
    await post.seal(message)
    row = await post.answer(message, Refused(Refusal.CONTENT, "554 looks like spam"), lapse_at=post.now + LATER)
    assert (row["state"], row["reason"], row["lapse_at"]) == ("parked", "554 looks like spam", post.now + LATER)
    (task,) = await store.views.tasks()
    assert (task["kind"], "554 looks like spam" in task["words"]) == ("content", True)


async def test_an_uncertain_message_is_asked_about_once_its_settle_time_is_over(
    store: Store, post: Post, message: int
) -> None:
    attempt = await post.seal(message)
    await post.answer(message, Unknown("the line went dead"))
    assert await store.sending.next_settle() == post.now + SETTLE
    assert await store.sending.doubtful(post.now, 10) == []
    (doubtful,) = await store.sending.doubtful(post.now + SETTLE, 10)
    assert (doubtful.message_id, doubtful.parcel.attempt, doubtful.sealed_at) == (message, attempt, post.now)
    assert doubtful.parcel == await store.tray.parcel(attempt)


async def test_what_nobody_can_tell_is_told_to_a_person_once(store: Store, post: Post, message: int) -> None:
    await post.uncertain(message)
    await post.answer(message, Unknown("no"))
    assert await store.views.tasks() == []
    for _ in range(2):
        await post.answer(message, Unknown("no"), tell=True, settle_at=post.now + LATER)
    (task,) = await store.views.tasks()
    assert task["kind"] == "uncertain"
    assert (await post.row(message))["settle_at"] == post.now + LATER
    await post.answer(message, Sent("found", "it is there"))
    assert (await post.state(message), await store.views.tasks()) == ("sent", [])


FOUND: list[tuple[Answer, str]] = [
    (Sent("1", "found"), "sent"),
    (Tray("sheet"), "in_tray"),
    (Refused(Refusal.ADDRESS, "550"), "failed"),
    (Refused(Refusal.CONTENT, "554"), "parked"),
    (Unavailable(Scope.MESSAGE, "451"), "planned"),
]


async def test_what_is_heard_late_of_an_uncertain_message_settles_it(books: Books, post: Post) -> None:
    for n, (answer, state) in enumerate(FOUND):
        await books.debtor(f"d{n}")
        await books.invoice(f"F-{n}", debtor=f"d{n}")
        message = await post.plan(f"d{n}")
        await post.uncertain(message)
        assert (await post.answer(message, answer))["state"] == state, answer


async def test_two_answers_about_one_message_are_taken_in_their_order(post: Post, message: int) -> None:
    await post.seal(message)
    both = [await post.outcome(message, Unknown("silence")), await post.outcome(message, Sent("1", "found"))]
    await post.commit(outcomes=both)
    assert await post.state(message) == "sent"


# -- too late -----------------------------------------------------------------------------------------------------


async def test_fault_22_one_that_left_after_all_does_not_leave_again(
    store: Store, post: Post, books: Books, message: int
) -> None:
    """Proved absent, planned again, and then the door says that it had taken it: the reminder has been sent."""
    attempt = await post.uncertain(message)
    await post.answer(message, Absent("not there"))
    assert await post.state(message) == "planned"
    row = await post.answer(message, Sent("1", "250 after an hour"), attempt)
    assert (row["state"], row["sent_at"]) == ("sent", post.now)
    assert (await books.facts()).facts.live is None
    assert "late answer" in {e["event"] for e in await store.views.journal_of(books.cases["garage"])}


async def test_one_that_left_although_it_was_withdrawn_is_shown(
    store: Store, post: Post, books: Books, message: int
) -> None:
    attempt = await post.uncertain(message)
    await post.answer(message, Absent("not there"))
    await store.people.cancel(message, "paid on the phone", "claire", post.now, TODAY)
    row = await post.answer(message, Sent("1", "250"), attempt)
    assert row["state"] == "cancelled"
    assert (await books.facts()).crossed
    assert [t["kind"] for t in await store.views.tasks()] == ["late answer"]


async def test_one_that_is_being_sent_a_second_time_is_shown(
    store: Store, post: Post, books: Books, message: int
) -> None:
    attempt = await post.uncertain(message)
    await post.answer(message, Absent("not there"))
    await post.seal(message)
    row = await post.answer(message, Sent("1", "250"), attempt)
    assert row["state"] == "submitting"
    assert (await books.facts()).crossed


async def test_a_late_failure_changes_nothing(store: Store, post: Post, books: Books, message: int) -> None:
    attempt = await post.sent(message)
    for answer in (Unknown("?"), Unavailable(Scope.MESSAGE, "451"), Refused(Refusal.ADDRESS, "550"), Sent("1", "250")):
        assert (await post.answer(message, answer, attempt))["state"] == "sent"
    assert not (await books.facts()).crossed
    assert await store.views.tasks() == []


# -- crossed ------------------------------------------------------------------------------------------------------


async def test_fault_55_a_payment_that_came_while_it_was_leaving_is_shown(
    store: Store, post: Post, books: Books, message: int
) -> None:
    await post.seal(message)
    await books.payment(120_00, invoice="F-1")
    assert (await post.answer(message, Sent("1", "250")))["state"] == "sent"
    assert (await books.facts()).crossed
    assert (await store.views.journal_of(books.cases["garage"]))[-1]["event"] == "crossed"


async def test_a_message_that_did_not_leave_in_time_crosses_nothing(post: Post, books: Books, message: int) -> None:
    await post.seal(message)
    await books.payment(120_00, invoice="F-1")
    await post.answer(message, NotBegun("stopped at the last moment"))
    assert not (await books.facts()).crossed


async def test_a_deadline_outlives_a_try(post: Post, books: Books) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(lapse_at=post.now + LATER)
    await post.seal(message)
    assert (await post.answer(message, Unavailable(Scope.MESSAGE, "451")))["lapse_at"] == post.now + LATER
