"""Letters in the tray: posting is never refused, whatever was decided meanwhile, and never leads to a second sheet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from relanced.channel import Tray, Unknown
from relanced.rules.model import LineState, Road
from relanced.store.opening import Store
from relanced.store.people import Unfitting
from relanced.store.tables import attempts, lines, messages
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every, run

DAY = timedelta(days=1)
NUMBER = "1A12345678901"


@pytest.fixture
async def letter(books: Books, post: Post) -> int:
    """A registered notice that lies in the tray."""
    await books.debtor()
    await books.invoice()
    message = await post.plan(step="mise-en-demeure", road=Road.REGISTERED, reference="L-1")
    await post.in_tray(message)
    return message


async def test_the_tray_shows_what_lies_in_it(store: Store, books: Books, post: Post, letter: int) -> None:
    (sheet,) = await store.tray.sheets()
    told = (sheet.message_id, sheet.debtor, sheet.road, sheet.channel, sheet.reference, sheet.state)
    assert told == (letter, "Garage", "registered", "tray", "L-1", "in_tray")
    assert (sheet.since, sheet.taken_at) == (post.now, None)
    assert await store.tray.taken({letter: await books.version()}, "claire", post.now + DAY) == [letter]
    assert (await store.tray.sheets())[0].taken_at == post.now + DAY
    assert (await store.views.journal_of(books.cases["garage"]))[-1]["by"] == "claire"


async def test_only_what_still_lies_there_as_it_was_looked_through_is_taken(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    looked = {letter: await books.version()}
    await books.payment(1_00, invoice="F-1")
    assert await store.tray.taken(looked, "claire", post.now) == []
    assert (await store.tray.sheets())[0].taken_at is None
    looked = {letter: await books.version()}
    await _withdrawn(books, post)
    assert await store.tray.taken(looked, "claire", post.now) == []


async def test_a_posted_letter_is_sent_and_performed_on_the_day_it_was_posted(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    attempt = (await post.row(letter))["attempt_id"]
    said_at = post.now + 3 * DAY
    crossed = await store.tray.posted("L-1", "1A 123 456 7890 1", TODAY + DAY, "claire", said_at)
    assert not crossed
    row = await post.row(letter)
    assert (row["state"], row["sent_at"], row["lapse_at"]) == ("sent", said_at, None)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on, line.clock_from) == (LineState.PERFORMED, TODAY + DAY, None)
    assert (await every(store, attempts, id=attempt))[0]["provider_id"] == "1A 123 456 7890 1"
    assert await store.tray.sheets() == []


async def test_a_letter_is_posted_between_the_day_it_was_made_and_today(store: Store, post: Post, letter: int) -> None:
    for day in (TODAY - DAY, TODAY + 2 * DAY):
        with pytest.raises(
            Unfitting, match=f"L-1 cannot have been posted on {day}: only from 2026-03-10 to 2026-03-11"
        ):
            await store.tray.posted("L-1", "", day, "claire", post.now + DAY)
    assert await post.state(letter) == "in_tray"


async def test_and_presented_between_the_day_it_was_posted_and_today(store: Store, post: Post, letter: int) -> None:
    await store.tray.posted("L-1", "", TODAY + DAY, "claire", post.now + DAY)
    for day in (TODAY, TODAY + 4 * DAY):
        with pytest.raises(Unfitting, match=f"L-1 cannot have been presented on {day}: only from 2026-03-11 to"):
            await store.tray.presented("L-1", day, "claire", post.now + 3 * DAY)


@pytest.mark.parametrize(("step", "road"), [("mise-en-demeure", Road.LETTER), ("relance-2", Road.REGISTERED)])
async def test_no_clock_waits_for_a_plain_letter_nor_for_a_step_without_deadline(
    store: Store, books: Books, post: Post, step: str, road: Road
) -> None:
    await books.debtor()
    await books.invoice()
    await post.in_tray(await post.plan(step=step, road=road, reference="L-1"))
    await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    with pytest.raises(Unfitting, match="L-1 is no registered notice with a deadline"):
        await store.tray.presented("L-1", TODAY, "claire", post.now)


async def test_a_mail_is_never_posted_however_it_ended(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(reference="R-1")
    await post.uncertain(message)
    await store.people.cancel(message, "it did not leave", "claire", post.now, TODAY)
    with pytest.raises(Unfitting, match="there is no letter R-1"):
        await store.tray.posted("R-1", "", TODAY, "claire", post.now)
    assert await post.state(message) == "cancelled"


async def test_the_clock_of_a_notice_runs_from_its_first_presentation(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    with pytest.raises(Unfitting, match="L-1 is in_tray: say posted first"):
        await store.tray.presented("L-1", TODAY, "claire", post.now)
    await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    before = await books.version()
    await store.tray.presented("L-1", TODAY + 2 * DAY, "claire", post.now + 2 * DAY)
    (line,) = (await books.facts()).facts.lines
    assert line.clock_from == TODAY + 2 * DAY
    assert await books.version() == before + 1


async def test_a_notice_that_came_back_was_presented_on_a_day_that_a_person_knows(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    await store.tray.posted("L-1", NUMBER, TODAY, "claire", post.now)
    back = update(messages).where(messages.c.id == letter).values(state="failed", ended_at=post.now)
    await run(store, back)
    await store.tray.presented("L-1", TODAY + 2 * DAY, "claire", post.now + 2 * DAY)
    (line,) = (await books.facts()).facts.lines
    assert line.clock_from == TODAY + 2 * DAY


async def test_a_posted_letter_gets_its_number_and_another_one_in_its_place(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    attempt = (await post.row(letter))["attempt_id"]
    with pytest.raises(Unfitting, match="L-1 is in_tray: say posted first"):
        await store.tray.numbered("L-1", NUMBER, "claire", post.now)
    await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    for number in (NUMBER, "1A12345678902", "1A12345678902"):
        before = await books.version()
        await store.tray.numbered("L-1", number, "claire", post.now)
        (row,) = await every(store, attempts, id=attempt)
        assert (row["number"], row["provider_id"]) == (number, number)
        assert await books.version() == before
    assert (await store.views.journal_of(books.cases["garage"]))[-1]["event"] == "letter numbered"


async def test_a_number_belongs_to_one_letter_of_a_channel(store: Store, books: Books, post: Post, letter: int) -> None:
    await store.tray.posted("L-1", NUMBER, TODAY, "claire", post.now)
    await books.debtor("boulangerie")
    await books.invoice("F-2", debtor="boulangerie")
    other = await post.plan("boulangerie", "mise-en-demeure", Road.REGISTERED, reference="L-2")
    await post.in_tray(other)
    for state in ("sent", "failed"):
        mine = update(messages).where(messages.c.id == letter)
        await run(store, mine.values(state=state, ended_at=post.now if state == "failed" else None))
        with pytest.raises(Unfitting, match=f"{NUMBER} is the number of letter L-1"):
            await store.tray.posted("L-2", NUMBER, TODAY, "claire", post.now)
    assert await post.state(other) == "in_tray"
    await store.tray.posted("L-2", "", TODAY, "claire", post.now)
    with pytest.raises(Unfitting, match=f"{NUMBER} is the number of letter L-1"):
        await store.tray.numbered("L-2", NUMBER, "claire", post.now)


async def _withdrawn(books: Books, post: Post) -> None:
    live = (await books.facts()).facts.live
    assert live is not None
    await post.plan_case(withdraw=live.id, withdraw_why="paid: do not post")


async def test_withdrawn_and_posted_all_the_same_it_is_sent_and_the_case_is_crossed(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    await books.payment(120_00, invoice="F-1")
    await _withdrawn(books, post)
    assert await post.state(letter) == "cancelled"
    assert [s.reason for s in await store.tray.to_pull()] == ["paid: do not post"]
    assert await store.tray.posted("L-1", "1A", TODAY, "claire", post.now)
    assert await post.state(letter) == "sent"
    facts = await books.facts()
    assert facts.crossed
    assert await store.tray.to_pull() == []


async def test_its_step_is_then_not_taken_a_second_time(store: Store, books: Books, post: Post, letter: int) -> None:
    """The debtor holds the letter in hand: a step withdrawn too late has been performed."""
    await _withdrawn(books, post)
    await store.tray.posted("L-1", "1A", TODAY, "claire", post.now)
    (reminder,), (line,) = (await books.facts()).facts.reminders, (await books.facts()).facts.lines
    assert (reminder.performed_on, line.state, line.on) == (TODAY, LineState.PERFORMED, TODAY)
    await store.tray.presented("L-1", TODAY + DAY, "claire", post.now + DAY)
    assert (await books.facts()).facts.lines[0].clock_from == TODAY + DAY


async def test_nor_by_the_reminder_that_was_to_replace_it(store: Store, books: Books, post: Post, letter: int) -> None:
    await _withdrawn(books, post)
    other = await post.plan(step="mise-en-demeure", road=Road.REGISTERED)
    assert await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    assert [r["state"] for r in await every(store, lines)] == ["performed", "void"]
    assert await post.state(other) == "cancelled"
    assert (await books.facts()).facts.live is None


async def test_unless_that_one_may_have_left(store: Store, books: Books, post: Post, letter: int) -> None:
    await _withdrawn(books, post)
    await post.seal(await post.plan(step="mise-en-demeure", road=Road.REGISTERED))
    assert await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    assert [r["state"] for r in await every(store, lines)] == ["void", "planned"]


async def test_and_it_counts_as_a_contact_again(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(road=Road.LETTER, reference="L-1")
    await post.in_tray(message)
    await _withdrawn(books, post)
    assert (await books.facts()).facts.touched_on == ()
    await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    assert (await books.facts()).facts.touched_on == (TODAY,)


async def test_a_letter_whose_terms_changed_while_it_lay_there_is_crossed_when_posted(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    await books.payment(1_00, invoice="F-1")
    assert await store.tray.posted("L-1", "", TODAY, "claire", post.now)


async def test_a_spoiled_sheet_is_replaced_by_the_next_turn(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    new = await store.tray.spoiled("L-1", "L-2", "coffee", "claire", post.now)
    assert new
    first, second = await post.row(letter), await post.row(new)
    assert (first["state"], first["reason"]) == ("cancelled", "coffee")
    assert (second["state"], second["turn"], second["reference"], second["place"]) == (
        "planned",
        1,
        "L-2",
        first["place"],
    )
    assert await store.tray.to_pull() == []
    assert (await books.facts()).facts.live is not None


async def test_a_spoiled_sheet_that_was_posted_needs_no_replacement(
    store: Store, books: Books, post: Post, letter: int
) -> None:
    new = await store.tray.spoiled("L-1", "L-2", "lost", "claire", post.now)
    assert new
    assert await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    assert (await post.state(letter), await post.state(new)) == ("sent", "cancelled")
    assert (await books.facts()).facts.live is None


async def test_a_withdrawn_sheet_is_pulled_out_once(store: Store, books: Books, post: Post, letter: int) -> None:
    await _withdrawn(books, post)
    (sheet,) = await store.tray.to_pull()
    await store.tray.pulled(sheet.attempt, post.now)
    assert await store.tray.to_pull() == []


async def test_what_is_not_in_a_tray_cannot_be_posted_or_spoiled(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(road=Road.LETTER, reference="R-1")
    with pytest.raises(Unfitting, match="there is no letter R-9"):
        await store.tray.posted("R-9", "", TODAY, "claire", post.now)
    for act in (
        store.tray.posted("R-1", "", TODAY, "claire", post.now),
        store.tray.spoiled("R-1", "x", "", "c", post.now),
    ):
        with pytest.raises(Unfitting, match="R-1 is planned, not in the tray"):
            await act
    await store.people.cancel(message, "no", "claire", post.now, TODAY)
    with pytest.raises(Unfitting, match="R-1 is cancelled, not in the tray"):
        await store.tray.posted("R-1", "", TODAY, "claire", post.now)
    with pytest.raises(Unfitting, match="there is no attempt x"):
        await store.tray.parcel("x")


async def test_a_sheet_nobody_was_sure_of_can_be_posted_after_it_was_given_up(
    store: Store, books: Books, post: Post
) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan(road=Road.LETTER, reference="L-1")
    await post.seal(message)
    await post.answer(message, Unknown("the printer is silent"))
    await store.people.cancel(message, "not printed", "claire", post.now, TODAY)
    assert await store.tray.posted("L-1", "", TODAY, "claire", post.now)
    (line,) = (await books.facts()).facts.lines
    assert line.state is LineState.PERFORMED


async def test_an_also_letter_performs_nothing_when_posted(store: Store, books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    reminder = (await post.row(await post.plan()))["reminder_id"]
    also = post.message(await books.facts(), Road.LETTER, slot=1, reference="L-2")
    await post.plan_case(more=((reminder, also),))
    message = await post.newest()
    await post.seal(message)
    await post.answer(message, Tray("sheet"))
    await store.tray.posted("L-2", "", TODAY, "claire", post.now)
    assert (await books.facts()).facts.lines[0].state is LineState.PLANNED
