"""What people change, and what they are told when it does not fit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.channel import Refusal, Refused, Sent
from relanced.rules.model import HoldKind, LineState, Road
from relanced.store.opening import Store
from relanced.store.people import Unfitting
from relanced.store.tables import holds, touches
from tests.store.books import CREDITOR, IBAN, TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

DAY = timedelta(days=1)
CLAIRE = "claire"


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A planned message of a reminder of one invoice."""
    await books.debtor()
    await books.invoice()
    return await post.plan()


# -- messages -----------------------------------------------------------------------------------------------------


async def test_a_parked_message_waits_until_it_is_approved(store: Store, post: Post, message: int) -> None:
    await store.people.park(message, "let me read it", CLAIRE, post.now)
    assert await post.state(message) == "parked"
    assert (await post.commit([await post.seal_of(message)])).dropped == {message: "no longer planned"}
    books_before = await post.books.version()
    assert await store.people.approve([message], CLAIRE, post.now + DAY) == [message]
    row = await post.row(message)
    assert (row["state"], row["reason"], row["due_at"], row["approved_by"]) == ("planned", "", post.now + DAY, CLAIRE)
    assert await post.books.version() == books_before + 1
    assert await store.people.approve([message], CLAIRE, post.now) == []


async def test_what_was_shown_is_what_is_approved(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(parked="waits for approval", asked_digest="digest-of-what-was-shown")
    await store.people.approve([message], CLAIRE, post.now)
    assert (await post.row(message))["approved_digest"] == "digest-of-what-was-shown"
    assert (await books.facts()).facts.reminders[0].messages[0].approved


async def test_what_a_person_held_back_does_not_wait_for_approval(store: Store, books: Books, post: Post) -> None:
    """It was approved before: letting it go by name keeps that, and the bulk does not touch it."""
    await books.debtor()
    await books.invoice()
    message = await post.plan(parked="waits for approval", asked_digest="shown")
    assert [r["id"] for r in await store.views.awaiting("relance-1")] == [message]
    await store.people.approve([message], CLAIRE, post.now)
    await store.people.park(message, "he called: not before Friday", "jean", post.now)
    assert await store.views.awaiting("relance-1") == []
    await store.people.approve([message], "jean", post.now + DAY)
    row = await post.row(message)
    assert (row["state"], row["approved_digest"]) == ("planned", "shown")


async def test_a_cancelled_message_passes_its_step_over(store: Store, books: Books, post: Post, message: int) -> None:
    await store.people.cancel(message, "he called", CLAIRE, post.now, TODAY)
    row, facts = await post.row(message), (await books.facts()).facts
    assert (row["state"], row["reason"], row["ended_at"]) == ("cancelled", "he called", post.now)
    assert [(line.state, line.reason) for line in facts.lines] == [(LineState.PASSED_OVER, "person")]
    assert facts.live is None


async def test_cancelling_a_resend_leaves_what_was_sent_before(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await post.commit([await post.seal_of(message, touches=(("case:1", 0),))])
    await post.answer(message, Sent("1", "250"))
    again = await store.people.resend(message, "he lost it", "R-2", "<2@x>", CLAIRE, post.now)
    await store.people.cancel(again, "he found it", CLAIRE, post.now, TODAY)
    (line,) = (await books.facts()).facts.lines
    assert line.state is LineState.PERFORMED
    assert len(await every(store, touches)) == 1


async def test_a_person_settles_what_nobody_could_tell(store: Store, books: Books, post: Post) -> None:
    first, second = await post.plan_many(await books.many(2))
    for message in (first, second):
        await post.uncertain(message)
    await store.people.said_sent(first, "he has it", CLAIRE, post.now, TODAY, post.now + DAY)
    await store.people.cancel(second, "he does not", CLAIRE, post.now, TODAY)
    assert (await post.state(first), await post.state(second)) == ("sent", "cancelled")
    lines = [(await books.facts(d)).facts.lines[0].state for d in ("d0", "d1")]
    assert lines == [LineState.PERFORMED, LineState.PASSED_OVER]


async def test_paper_that_a_person_found_lies_in_the_tray_until_it_is_posted(
    store: Store, books: Books, post: Post
) -> None:
    """A sheet that was printed is not a sheet that was posted."""
    await books.debtor()
    await books.invoice()
    message = await post.plan(road=Road.LETTER, reference="L-1")
    await post.uncertain(message)
    await store.people.said_sent(message, "I hold it", CLAIRE, post.now, TODAY, post.now + DAY)
    row = await post.row(message)
    assert (row["state"], row["sent_at"], row["lapse_at"]) == ("in_tray", None, post.now + DAY)
    assert (await books.facts()).facts.lines[0].state is LineState.PLANNED
    assert [s.reference for s in await store.tray.sheets()] == ["L-1"]
    await store.tray.posted("L-1", "", TODAY, CLAIRE, post.now)
    assert (await books.facts()).facts.lines[0].state is LineState.PERFORMED


async def test_a_resend_is_the_next_turn_with_a_name_of_its_own(store: Store, post: Post, message: int) -> None:
    with pytest.raises(Unfitting, match="is planned: it cannot be sent again"):
        await store.people.resend(message, "again", "R-2", "<2@x>", CLAIRE, post.now)
    await post.seal(message)
    await post.answer(message, Refused(Refusal.ADDRESS, "550"))
    new = await store.people.resend(message, "he swears it is right", "R-2", "<2@x>", CLAIRE, post.now)
    row = await post.row(new)
    assert (row["state"], row["turn"], row["slot"], row["reference"], row["mail_id"]) == (
        "planned",
        1,
        0,
        "R-2",
        "<2@x>",
    )
    assert await post.state(message) == "failed"
    with pytest.raises(Unfitting, match="has a successor on its way already"):
        await store.people.resend(message, "once more", "R-3", "<3@x>", CLAIRE, post.now)


async def test_a_verb_that_does_not_fit_says_why_and_changes_nothing(store: Store, post: Post, message: int) -> None:
    await post.seal(message)
    acts = {
        "message 1 is submitting: it cannot be parked": store.people.park(message, "no", CLAIRE, post.now),
        "message 1 is submitting: it cannot be cancelled": store.people.cancel(message, "no", CLAIRE, post.now, TODAY),
        "message 1 is submitting: it cannot be called sent": store.people.said_sent(
            message, "", CLAIRE, post.now, TODAY, post.now
        ),
        "there is no message 99": store.people.park(99, "no", CLAIRE, post.now),
    }
    for words, act in acts.items():
        with pytest.raises(Unfitting, match=words):
            await act
    assert await post.state(message) == "submitting"


async def test_a_hand_over_that_is_over_cannot_be_approved(store: Store, post: Post, message: int) -> None:
    with pytest.raises(Unfitting, match="hand-over r99 does not wait"):
        await store.people.approve_hand_over(99, CLAIRE, post.now, TODAY)


# -- invoices and cases -------------------------------------------------------------------------------------------


async def test_an_invoice_a_person_calls_paid_owes_nothing_until_it_is_taken_back(
    store: Store, books: Books, post: Post, message: int
) -> None:
    assert await store.people.paid(None, "F-1", TODAY, CLAIRE, post.now) == books.cases["garage"]
    assert (await books.facts()).facts.terms[0].settled_on == TODAY
    await store.people.paid(CREDITOR, "F-1", None, CLAIRE, post.now)
    assert (await books.facts()).facts.terms[0].settled_on is None
    events = [e["event"] for e in await store.views.journal_of(books.cases["garage"])]
    assert events[-2:] == ["invoice said paid", "paid taken back"]


async def test_a_number_that_several_creditors_use_must_be_told_apart(store: Store, books: Books, post: Post) -> None:
    await store.house.settle_config("config-2", {CREDITOR: IBAN, "martin": IBAN}, post.now)
    for creditor in (CREDITOR, "martin"):
        ours = Books(store, creditor)
        await ours.debtor()
        await ours.invoice()
    with pytest.raises(Unfitting, match="invoice F-1 exists for dubois, martin: say --creditor"):
        await store.people.paid(None, "F-1", TODAY, CLAIRE, post.now)
    with pytest.raises(Unfitting, match="there is no invoice F-9"):
        await store.people.paid("martin", "F-9", TODAY, CLAIRE, post.now)
    assert await store.people.paid("martin", "F-1", TODAY, CLAIRE, post.now) == ours.cases["garage"]


async def test_a_pause_is_a_hold_with_an_end_and_an_owner(store: Store, books: Books, post: Post, message: int) -> None:
    case_id = books.cases["garage"]
    await store.people.pause(case_id, post.now + DAY, "he asked for calm", CLAIRE, post.now)
    (hold,) = (await books.facts()).facts.holds
    assert (hold.kind, hold.until, hold.owner, hold.reason) == (
        HoldKind.PAUSE,
        post.now + DAY,
        CLAIRE,
        "he asked for calm",
    )
    assert [h["by"] for h in await every(store, holds, case_id=case_id, ended_at=None)] == [CLAIRE]
    assert await store.people.resume(case_id, "go on", CLAIRE, post.now) == 1
    assert (await books.facts()).facts.holds == ()
    assert await store.people.resume(case_id, "go on", CLAIRE, post.now) == 0


async def test_a_closed_case_leaves_its_terms_alone_until_it_is_reopened(
    store: Store, books: Books, post: Post, message: int
) -> None:
    case_id = books.cases["garage"]
    await books.invoice("F-2", 50_00)
    await books.payment(50_00, invoice="F-2")
    assert await store.people.close(case_id, "not worth it", CLAIRE, post.now, TODAY) == 1
    loaded = await books.facts()
    assert (loaded.state, [t.closed_on for t in loaded.facts.terms]) == ("closed", [TODAY, None])
    assert (await post.state(message), loaded.facts.live) == ("cancelled", None)
    await store.people.reopen(case_id, "it is", CLAIRE, post.now)
    loaded = await books.facts()
    assert (loaded.state, [t.closed_on for t in loaded.facts.terms]) == ("open", [None, None])


async def test_a_case_is_not_closed_over_a_message_that_is_leaving(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await post.seal(message)
    with pytest.raises(Unfitting, match="a message is leaving right now"):
        await store.people.close(books.cases["garage"], "no", CLAIRE, post.now, TODAY)
    assert (await books.facts()).facts.terms[0].closed_on is None
