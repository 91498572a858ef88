"""Calls that wait for a person, and all that follows from what the person says: one transaction, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from relanced.channel import Tray
from relanced.rules.calls import NOT_REACHED, CallResult
from relanced.rules.model import HoldKind, LineState, Road
from relanced.store.calls import Call, Logged
from relanced.store.opening import Store
from relanced.store.people import Unfitting
from relanced.store.tables import attempts, calls
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every

DAY = timedelta(days=1)
NUMBER, OTHER = "+33299001234", "+33299005678"
R = CallResult


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A call of 120.00 EUR that waits for a person."""
    await books.debtor()
    await books.contact("garage", NUMBER, Road.PHONE)
    await books.invoice()
    return await _asked(post)


async def _asked(post: Post, debtor: str = "garage") -> int:
    message = await post.plan(debtor, step="relance-2", road=Road.PHONE)
    await post.seal(message)
    lapse_at = post.now + timedelta(days=7)
    row = await post.answer(message, Tray("call-1"), lapse_at=lapse_at)
    assert (row["state"], row["lapse_at"]) == ("in_tray", lapse_at)
    return message


async def _log(post: Post, result: CallResult, message: int | None = None, **said: Any) -> Logged:
    case_id = post.books.cases["garage"]
    return await post.store.calls.log(Call(case_id, result, message_id=message, **said), "claire", post.now)


async def _entry(post: Post) -> dict[str, Any]:
    return (await post.store.views.journal_of(post.books.cases["garage"]))[-1]


# -- the list -----------------------------------------------------------------------------------------------------


async def test_the_list_shows_what_waits_the_largest_amount_first(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await books.debtor("bakery")
    await books.contact("bakery", OTHER, Road.PHONE)
    await books.invoice("F-2", 300_00, "bakery")
    other = await _asked(post, "bakery")
    first, second = await store.calls.waiting()
    assert (first.message_id, first.debtor, first.number, first.cents) == (other, "Bakery", OTHER, 300_00)
    assert (second.message_id, second.case_id, second.cents) == (message, books.cases["garage"], 120_00)
    assert (second.tries, second.not_before, second.lapse_at) == (0, None, post.now + 7 * DAY)
    assert second.attempt == (await post.row(message))["attempt_id"]
    assert [call.message_id for call in await store.calls.of_case(books.cases["bakery"])] == [other]


async def test_no_call_is_a_sheet_and_no_sheet_a_call(store: Store, books: Books, post: Post, message: int) -> None:
    assert await store.tray.sheets() == []
    await books.debtor("bakery")
    await books.invoice("F-2", 300_00, "bakery")
    await post.in_tray(await post.plan("bakery", road=Road.LETTER))
    assert [call.message_id for call in await store.calls.waiting()] == [message]


async def test_a_call_goes_by_its_reference_or_its_number_whatever_became_of_it(
    store: Store, books: Books, post: Post, message: int
) -> None:
    named = (message, books.cases["garage"])
    reference = (await post.row(message))["reference"]
    assert await store.calls.asked(reference.lower()) == await store.calls.asked(str(message)) == named
    await _log(post, R.REACHED, message)
    assert await store.calls.asked(reference) == named
    assert await store.calls.asked("F-1") is await store.calls.asked("999999") is None


# -- the message --------------------------------------------------------------------------------------------------


async def test_a_call_closed_with_a_result_is_sent_and_its_step_performed_on_that_day(
    store: Store, books: Books, post: Post, message: int
) -> None:
    books.now += DAY
    logged = await _log(post, R.REACHED, message, note="le comptable s'en occupe")
    assert (logged.held, logged.late, logged.bumps) == (0, "", False)
    row = await post.row(message)
    assert (row["state"], row["sent_at"], row["reason"], row["lapse_at"]) == ("sent", post.now, "reached", None)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on) == (LineState.PERFORMED, TODAY + DAY)
    entry = await _entry(post)
    assert (entry["by"], entry["event"]) == ("claire", "call made")
    assert "le comptable s'en occupe" in entry["body"] and NUMBER in entry["body"]
    (kept,) = await every(store, calls)
    told = (kept["message_id"], kept["result"], kept["number"], kept["by"], kept["incoming"])
    assert told == (message, "reached", NUMBER, "claire", False)
    assert await store.calls.waiting() == []


async def test_who_is_not_reached_is_tried_on_another_day_and_the_third_time_is_the_last(
    store: Store, books: Books, post: Post, message: int
) -> None:
    for n, result in enumerate((R.VOICEMAIL, R.UNREACHABLE), start=1):
        logged = await _log(post, result, message)
        assert (logged.tries, logged.ending.closed) == (n, False)
        (waiting,) = await store.calls.waiting()
        assert waiting.tries == n
        assert waiting.not_before == datetime(2026, 3, 10 + n, tzinfo=post.now.tzinfo)
        assert (await post.row(message))["reason"] == f"{NOT_REACHED}: {n}"
        books.now += DAY
    assert (await _log(post, R.VOICEMAIL, message)).ending.closed
    row = await post.row(message)
    assert (row["state"], row["reason"]) == ("sent", NOT_REACHED)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on) == (LineState.PERFORMED, TODAY + 2 * DAY)
    assert await store.calls.made_since(post.now - DAY) == {("claire", "calls"): 2}


async def test_a_try_is_no_fact_of_the_case_and_the_last_one_makes_the_planner_look(
    books: Books, post: Post, message: int
) -> None:
    version = await books.version()
    await _log(post, R.VOICEMAIL, message)
    await _log(post, R.REACHED, message)
    assert await books.version() == version
    assert (await books.facts()).look_at == post.now


async def test_a_call_that_nobody_made_lapses_and_its_step_is_passed_over(
    store: Store, books: Books, post: Post, message: int
) -> None:
    books.now += 8 * DAY
    assert await store.chores.lapse(post.now, books.today) == [message]
    assert await post.state(message) == "expired"
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.reason) == (LineState.PASSED_OVER, "lapsed")


async def test_one_that_was_tried_in_vain_until_then_counts_as_performed(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await _log(post, R.VOICEMAIL, message)
    books.now += 8 * DAY
    assert await store.chores.lapse(post.now, books.today) == [message]
    row = await post.row(message)
    assert (row["state"], row["reason"]) == ("sent", NOT_REACHED)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on) == (LineState.PERFORMED, books.today)
    assert (await _entry(post))["event"] == "call given up"


async def test_a_wrong_number_is_dead_for_calls_and_texts_and_another_is_tried(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await books.contact("garage", NUMBER, Road.SMS)
    version, attempt = await books.version(), (await post.row(message))["attempt_id"]
    assert (await _log(post, R.WRONG_NUMBER, message)).ending.strikes
    row = await post.row(message)
    assert (row["state"], row["reason"]) == ("cancelled", "wrong number")
    facts = (await books.facts()).facts
    assert {a.road for a in facts.addresses if a.dead_since == TODAY} == {Road.PHONE, Road.SMS}
    assert facts.version == version + 1
    assert facts.live is not None and facts.lines[0].state is LineState.PLANNED
    assert (await every(store, attempts, id=attempt))[0]["pulled_at"] == post.now
    assert await store.tray.to_pull() == []


async def test_a_call_made_after_it_was_withdrawn_is_kept_and_the_case_is_crossed(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await books.payment(120_00, invoice="F-1")
    live = (await books.facts()).facts.live
    assert live is not None
    await post.plan_case(withdraw=live.id, withdraw_why="paid")
    logged = await _log(post, R.REACHED, message, note="déjà payé")
    assert logged.late == f"message {message} is cancelled: paid"
    assert await post.state(message) == "cancelled"
    assert (await books.facts()).crossed
    assert len(await every(store, calls)) == 1


async def test_a_closed_call_is_not_closed_again(post: Post, message: int) -> None:
    await _log(post, R.REACHED, message)
    with pytest.raises(Unfitting, match=f"message {message} was closed before: reached; log a further call"):
        await _log(post, R.PROMISED, message, named=post.now)
    assert (await _log(post, R.PROMISED, named=post.now)).held == 1


async def test_what_is_no_call_is_refused(books: Books, post: Post, message: int) -> None:
    await books.debtor("bakery")
    await books.invoice("F-2", 300_00, "bakery")
    letter = await post.plan("bakery", road=Road.LETTER)
    await post.in_tray(letter)
    for wrong in (letter, 999_999):
        with pytest.raises(Unfitting, match=f"message {wrong} is no call"):
            await _log(post, R.REACHED, wrong)


# -- holds and tasks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (R.NOT_RECEIVED, HoldKind.VALIDATION),
        (R.IN_VALIDATION, HoldKind.VALIDATION),
        (R.TRANSFER, HoldKind.PROMISE),
        (R.PROMISED, HoldKind.PROMISE),
        (R.DISPUTED, HoldKind.DISPUTE),
        (R.REFUSES, HoldKind.DISPUTE),
        (R.CALL_BACK, HoldKind.CALL_BACK),
    ],
)
async def test_a_word_of_the_debtor_stops_the_machine_and_asks_a_person(
    store: Store, books: Books, post: Post, message: int, result: CallResult, kind: HoldKind
) -> None:
    version = await books.version()
    logged = await _log(post, result, message, named=post.now + 3 * DAY)
    assert logged.held == 1
    (hold,) = (await books.facts()).facts.holds
    whole = result is R.CALL_BACK
    assert (hold.kind, hold.until, hold.owner) == (kind, logged.ending.until, "claire")
    assert hold.term_id == (None if whole else (await books.term_ids())[0])
    assert await books.version() == version + 1
    (task,) = await store.views.tasks()
    assert task["kind"] == kind.value.replace("_", " ")
    assert ("Garage:" if whole else "Garage (F-1):") in task["words"]
    assert await post.state(message) == "sent"


async def test_the_hold_lies_on_what_was_spoken_of(books: Books, post: Post, message: int) -> None:
    await books.invoice("F-2", 70_00)
    (first, second) = await books.term_ids()
    await _log(post, R.DISPUTED, message, invoices=("F-2",))
    assert [h.term_id for h in (await books.facts()).facts.holds] == [second]
    await _log(post, R.PROMISED, named=post.now + DAY)
    promised = [h.term_id for h in (await books.facts()).facts.holds if h.kind is HoldKind.PROMISE]
    assert promised == [first]  # what is contested was not promised


async def test_an_invoice_that_is_not_owed_cannot_be_promised(books: Books, post: Post, message: int) -> None:
    await books.invoice("F-2", 70_00)
    await books.payment(70_00, invoice="F-2")
    for number in ("F-2", "F-404"):
        with pytest.raises(Unfitting, match=f"Garage owes nothing of an invoice {number}"):
            await _log(post, R.PROMISED, message, named=post.now, invoices=(number,))
    assert await post.state(message) == "in_tray"


async def test_the_newest_word_takes_the_place_of_those_before_but_not_of_a_dispute(
    store: Store, books: Books, post: Post, message: int
) -> None:
    await _log(post, R.CALL_BACK, message, named=post.now + DAY)
    await _log(post, R.PROMISED, named=post.now + 2 * DAY)
    await _log(post, R.DISPUTED)
    await _log(post, R.IN_VALIDATION)
    kinds = sorted(h.kind for h in (await books.facts()).facts.holds)
    assert kinds == [HoldKind.DISPUTE, HoldKind.VALIDATION]
    assert sorted(task["kind"] for task in await store.views.tasks()) == ["dispute", "validation"]
    await _log(post, R.REACHED)
    assert [task["kind"] for task in await store.views.tasks()] == ["dispute"]
    assert len((await books.facts()).facts.holds) == 2


async def test_a_call_in_vain_leaves_every_word_standing(store: Store, books: Books, post: Post, message: int) -> None:
    await _log(post, R.CALL_BACK, message, named=post.now + DAY)
    await _log(post, R.VOICEMAIL)
    assert [h.kind for h in (await books.facts()).facts.holds] == [HoldKind.CALL_BACK]
    assert len(await store.views.tasks()) == 1


async def test_the_owner_of_the_case_follows_up(books: Books, post: Post, message: int) -> None:
    await books.debtor(owner="jean")
    await _log(post, R.PROMISED, message, named=post.now)
    assert (await books.facts()).facts.holds[0].owner == "jean"


# -- calls without a message --------------------------------------------------------------------------------------


async def test_an_incoming_call_is_kept_the_same_way_and_closes_no_message(
    store: Store, books: Books, post: Post, message: int
) -> None:
    logged = await _log(post, R.PROMISED, incoming=True, named=post.now + DAY, note="mardi")
    assert logged.held == 1
    assert await post.state(message) == "in_tray"
    entry = await _entry(post)
    assert (entry["event"], entry["by"]) == ("call received", "claire")
    (kept,) = await every(store, calls)
    assert (kept["incoming"], kept["message_id"], kept["until"]) == (True, None, logged.ending.until)


async def test_what_is_not_overdue_is_spoken_of_when_nothing_else_is(books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice(due=TODAY + 5 * DAY)
    assert (await _log(post, R.PROMISED, incoming=True, named=post.now + DAY)).held == 1


async def test_who_owes_nothing_is_not_held(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    logged = await _log(post, R.PROMISED, incoming=True, named=post.now + DAY)
    assert (logged.held, await store.views.tasks()) == (0, [])


async def test_a_wrong_number_dialled_of_ones_own_accord_must_be_named(books: Books, post: Post, message: int) -> None:
    with pytest.raises(Unfitting, match="say which number was dialled"):
        await _log(post, R.WRONG_NUMBER)
    await _log(post, R.WRONG_NUMBER, number=NUMBER)
    (phone,) = [a for a in (await books.facts()).facts.addresses if a.road is Road.PHONE]
    assert phone.dead_since == TODAY


async def test_a_result_without_its_day_changes_nothing(store: Store, post: Post, message: int) -> None:
    with pytest.raises(Unfitting, match="promised needs the day"):
        await _log(post, R.PROMISED, message)
    assert await post.state(message) == "in_tray"
    assert await every(store, calls) == []
