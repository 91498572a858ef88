"""What a machine says became of an attempt: in any order, of any try, any number of times, it comes to the same end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from relanced.channel import Absent, Enclosure, Said, Sent, Tray, Unknown
from relanced.rules.model import Consent, LineState, Road
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun
from relanced.store.tables import addresses, attempts, blobs, messages, proofs
from tests.store.books import TODAY, Books
from tests.store.ears import Ears
from tests.store.post import Post
from tests.store.rows import every

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOBILE = "+33612345678"


@pytest.fixture
def ears(books: Books) -> Ears:
    """The ears of the channel for short texts."""
    return Ears(books)


@pytest.fixture
def mail_house(books: Books) -> Ears:
    """The ears of the channel for registered letters."""
    return Ears(books, "tray", Road.LETTER)


@pytest.fixture
async def text(books: Books, post: Post) -> int:
    """A short text that is planned."""
    await books.debtor()
    await books.contact("garage", MOBILE, Road.SMS, consent=Consent.GIVEN)
    await books.invoice()
    return await post.plan(road=Road.SMS)


@pytest.fixture
async def notice(books: Books, post: Post) -> int:
    """A registered notice that is planned."""
    await books.debtor()
    await books.invoice()
    return await post.plan(step="mise-en-demeure", road=Road.REGISTERED, reference="L-1")


# -- it left ------------------------------------------------------------------------------------------------------

LEFT = [Said.TAKEN, Said.DELAYED, Said.READ]


@pytest.mark.parametrize("said", LEFT)
async def test_fault_38_a_doubt_is_settled_by_whatever_names_it(
    store: Store, ears: Ears, books: Books, post: Post, text: int, said: Said
) -> None:
    """Fault 38: the provider took the text and answered with an error. The step was performed when it left."""
    attempt = await post.uncertain(text)
    books.now += 2 * DAY
    assert await ears.hear(ears.receipt(said, attempt, provider_id="SM1")) == ""
    row = await post.row(text)
    assert (row["state"], row["sent_at"], row["settle_at"]) == ("sent", books.now, None)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on) == (LineState.PERFORMED, TODAY)
    (kept,) = await every(store, attempts, id=attempt)
    assert (kept["answer"], kept["provider_id"]) == ("sent", "SM1")


async def test_fault_41_a_receipt_may_come_before_the_answer_of_the_door(
    store: Store, ears: Ears, books: Books, post: Post, text: int
) -> None:
    attempt = await post.seal(text)
    await ears.hear(ears.receipt(Said.DELIVERED, attempt, provider_id="SM1"))
    assert await post.state(text) == "delivered"
    row = await post.answer(text, Sent("SM1", "queued"), attempt)
    assert row["state"] == "delivered"
    assert await store.views.tasks() == []
    assert not (await books.facts()).crossed


async def test_a_receipt_for_an_earlier_try_counts_for_the_message(
    store: Store, ears: Ears, post: Post, text: int
) -> None:
    """Proven absent and planned again: it did leave, and does not leave twice. The proof is the try that left."""
    first = await post.uncertain(text)
    assert (await post.answer(text, Absent("not among 1200")))["state"] == "planned"
    await ears.hear(ears.receipt(Said.DELIVERED, first))
    row = await post.row(text)
    assert (row["state"], row["attempt_id"]) == ("delivered", first)


async def test_also_when_the_next_try_is_in_doubt_itself(ears: Ears, post: Post, text: int) -> None:
    first = await post.uncertain(text)
    await post.answer(text, Absent("not there"))
    second = await post.uncertain(text)
    await ears.hear(ears.receipt(Said.TAKEN, first))
    row = await post.row(text)
    assert (row["state"], row["attempt_id"]) == ("sent", first)
    await ears.hear(ears.receipt(Said.DELIVERED, second))
    assert await post.state(text) == "delivered"


async def test_when_the_next_try_is_leaving_a_person_is_told(store: Store, ears: Ears, post: Post, text: int) -> None:
    first = await post.uncertain(text)
    await post.answer(text, Absent("not there"))
    await post.seal(text)
    for _ in range(2):
        await ears.hear(ears.receipt(Said.TAKEN, first))
    assert await post.state(text) == "submitting"
    (task,) = await store.views.tasks()
    assert "an earlier try of it left" in task["words"]


async def test_what_a_person_said_never_left_did_leave(
    store: Store, ears: Ears, books: Books, post: Post, text: int
) -> None:
    attempt = await post.uncertain(text)
    await store.people.cancel(text, "it did not leave", "claire", post.now, TODAY)
    for said in (Said.TAKEN, Said.DELIVERED):
        await ears.hear(ears.receipt(said, attempt))
    assert await post.state(text) == "cancelled"
    assert [t["kind"] for t in await store.views.tasks()] == ["late answer"]
    assert (await books.facts()).crossed


async def test_a_note_settles_nothing(store: Store, ears: Ears, post: Post, text: int) -> None:
    attempt = await post.uncertain(text)
    await ears.hear(ears.receipt(Said.NOTED, attempt, words="price 0.07"))
    assert await post.state(text) == "uncertain"
    row = await post.row(text)
    assert (await store.views.journal_of(row["case_id"]))[-1]["event"] == "receipt noted"


# -- its end ------------------------------------------------------------------------------------------------------

FIVE = (Said.TAKEN, Said.DELAYED, Said.DELIVERED, Said.READ, Said.NOTED)
BAD = (Said.TAKEN, Said.DELAYED, Said.DELIVERED, Said.BOUNCED, Said.READ)
POSTAL = (Said.TAKEN, Said.POSTED, Said.PRESENTED, Said.DELIVERED, Said.NOTED)
UNFETCHED = (Said.TAKEN, Said.POSTED, Said.PRESENTED, Said.DELAYED, Said.RETURNED)
ON = {Said.POSTED: 1, Said.PRESENTED: 3, Said.DELIVERED: 5, Said.RETURNED: 18}


def _orders(store: Store, kinds: Sequence[Said]) -> list[tuple[Said, ...]]:
    """All 120 of them where one says that it failed; else, and on PostgreSQL, every sixth."""
    whole = store.engine.sqlite and bool({Said.BOUNCED, Said.RETURNED} & set(kinds))
    return list(permutations(kinds))[:: 1 if whole else 6]


async def _hear(ears: Ears, attempts: Sequence[str], orders: Sequence[Sequence[Said]]) -> None:
    """Each attempt hears them in its own order; every tenth one by one, and all over again."""
    for n, (attempt, order) in enumerate(zip(attempts, orders, strict=True)):
        told = [ears.receipt(said, attempt, on=TODAY + ON[said] * DAY if said in ON else None) for said in order]
        for some in [[one] for one in (*told, *told)] if n % 10 == 0 else [told]:
            await ears.hear(*some)


async def _ends(store: Store, books: Books) -> set[tuple[Any, ...]]:
    """In how many ways it ended: each with state, reason and moments, and what became of the step."""
    loaded = await store.planning.load(list(books.cases.values()), books.today)
    steps = {case.facts.id: case.facts for case in loaded}
    ends = set()
    for row in await every(store, messages):
        (line,), (reminder,) = steps[row["case_id"]].lines, steps[row["case_id"]].reminders
        mine = (row["state"], row["reason"], row["sent_at"], row["ended_at"], row["lapse_at"])
        ends.add((*mine, line.state, line.on, line.clock_from, reminder.performed_on, steps[row["case_id"]].holds))
    return ends


@pytest.mark.parametrize("kinds", [FIVE, BAD])
async def test_fault_42_five_receipts_in_every_order_and_more_than_once_come_to_one_end(
    store: Store, books: Books, post: Post, kinds: Sequence[Said]
) -> None:
    """Fault 42."""
    orders = _orders(store, kinds)
    planned = await post.plan_many(await books.many(len(orders)))
    seals = await post.seals_of(planned)
    await post.commit(seals)
    await post.commit(outcomes=[await post.outcome(m, Unknown("no answer")) for m in planned])
    books.now += DAY
    await _hear(Ears(books, "compta", Road.EMAIL), [seal.parcel.attempt for seal in seals], orders)
    (end,) = await _ends(store, books)
    assert end[0] == ("failed" if Said.BOUNCED in kinds else "delivered")
    assert end[5:7] == (LineState.PERFORMED, TODAY)


@pytest.mark.parametrize("kinds", [POSTAL, UNFETCHED])
async def test_fault_42_the_life_of_a_registered_letter_in_every_order_comes_to_one_end(
    store: Store, books: Books, post: Post, kinds: Sequence[Said]
) -> None:
    """Fault 42: it was performed on the day it was posted, and its clock runs from its first presentation."""
    orders = _orders(store, kinds)
    debtors = await books.many(len(orders))
    planned = await post.plan_many(debtors, step="mise-en-demeure", road=Road.REGISTERED)
    seals = await post.seals_of(planned)
    await post.commit(seals)
    await post.commit(outcomes=[await post.outcome(m, Tray("sheet")) for m in planned])
    books.now += 20 * DAY
    await _hear(Ears(books, "tray", Road.LETTER), [seal.parcel.attempt for seal in seals], orders)
    (end,) = await _ends(store, books)
    assert end[0] == ("failed" if Said.RETURNED in kinds else "delivered")
    assert end[5:9] == (LineState.PERFORMED, TODAY + DAY, TODAY + 3 * DAY, TODAY + DAY)


async def test_a_dead_address_is_struck_and_the_case_is_looked_at(
    store: Store, ears: Ears, books: Books, post: Post, text: int
) -> None:
    attempt = await post.sent(text)
    before = await books.version()
    for _ in range(2):
        await ears.hear(ears.receipt(Said.BOUNCED, attempt, address_dead=True, words="unknown subscriber"))
    assert (await post.row(text))["reason"] == "unknown subscriber"
    assert [a["dead_since"] for a in await every(store, addresses, place=MOBILE)] == [TODAY]
    assert await books.version() == before + 1
    assert await store.planning.due(books.now, 10) == [books.cases["garage"]]
    assert await store.views.tasks() == []


async def test_what_did_not_arrive_at_a_living_address_is_told_to_a_person(
    store: Store, ears: Ears, books: Books, post: Post, text: int
) -> None:
    attempt = await post.sent(text)
    before = await books.version()
    await ears.hear(ears.receipt(Said.BOUNCED, attempt, words="handset off"))
    assert await post.state(text) == "failed"
    (task,) = await store.views.tasks()
    assert "handset off" in task["words"]
    assert await books.version() == before
    assert await store.planning.due(books.now, 10) == [books.cases["garage"]]


async def test_fault_39_who_said_stop_to_the_provider_is_written_to_by_nobody_on_that_road(
    store: Store, ears: Ears, books: Books, post: Post, text: int
) -> None:
    """Fault 39: 21610. The same number in another case is left alone too; its postal address is not."""
    await books.debtor("bakery")
    await books.contact("bakery", MOBILE, Road.SMS, consent=Consent.GIVEN)
    attempt, before = await post.sent(text), await books.version("bakery")
    for _ in range(2):
        await ears.hear(ears.receipt(Said.BOUNCED, attempt, opted_out=True, code="21610"))
    assert {a["consent"] for a in await every(store, addresses, place=MOBILE)} == {"withdrawn"}
    assert {a["consent"] for a in await every(store, addresses, road="letter")} == {"none"}
    assert await books.version("bakery") == before + 1
    assert await store.views.tasks() == []


async def test_a_fact_that_came_while_it_was_leaving_crosses_the_case(
    ears: Ears, books: Books, post: Post, text: int
) -> None:
    attempt = await post.uncertain(text)
    await books.payment(1_00, debtor="garage")
    await ears.hear(ears.receipt(Said.TAKEN, attempt))
    assert (await books.facts()).crossed


# -- letters ------------------------------------------------------------------------------------------------------


async def test_a_letter_that_a_mail_house_posted_is_sent_and_performed_on_that_day(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    attempt = await post.in_tray(notice)
    books.now += 3 * DAY
    paper = Enclosure("depot.pdf", "application/pdf", b"%PDF deposit")
    posted = mail_house.receipt(Said.POSTED, attempt, on=TODAY + DAY, number="1A 111", proofs=(paper,))
    for _ in range(2):
        await mail_house.hear(posted)
    row = await post.row(notice)
    assert (row["state"], row["lapse_at"]) == ("sent", None)
    (line,) = (await books.facts()).facts.lines
    assert (line.state, line.on, line.clock_from) == (LineState.PERFORMED, TODAY + DAY, None)
    (kept,) = await every(store, attempts, id=attempt)
    assert (kept["number"], kept["provider_id"]) == ("1A 111", "sheet-1")
    (proof,) = await every(store, proofs)
    assert (proof["kind"], proof["name"], proof["on_day"], proof["by"]) == (
        "proof-of-posting", "depot.pdf", TODAY + DAY, "tray",
    )  # fmt: skip
    assert (await every(store, blobs, digest=proof["digest"]))[0]["content"] == b"%PDF deposit"


@pytest.mark.parametrize("doubt", ["uncertain", "submitting"])
async def test_a_letter_in_doubt_that_the_mail_house_has_lies_in_its_tray(
    mail_house: Ears, books: Books, post: Post, notice: int, doubt: str
) -> None:
    attempt = await (post.uncertain(notice) if doubt == "uncertain" else post.seal(notice))
    await mail_house.hear(mail_house.receipt(Said.TAKEN, attempt, provider_id="env-7"))
    row = await post.row(notice)
    assert (row["state"], row["lapse_at"]) == ("in_tray", books.now + 14 * DAY)
    assert (await books.facts()).facts.lines[0].state is LineState.PLANNED
    row = await post.answer(notice, Tray("env-7"), attempt)
    assert row["state"] == "in_tray"


async def test_a_letter_about_to_be_printed_again_is_found_in_the_tray(
    store: Store, mail_house: Ears, post: Post, notice: int
) -> None:
    attempt = await post.uncertain(notice)
    await post.answer(notice, Absent("no such envelope"))
    await mail_house.hear(mail_house.receipt(Said.TAKEN, attempt))
    assert await post.state(notice) == "in_tray"
    assert [s.attempt for s in await store.tray.sheets()] == [attempt]
    await mail_house.hear(mail_house.receipt(Said.POSTED, attempt, number="1A"))
    assert await post.state(notice) == "sent"


async def test_a_letter_posted_after_it_was_withdrawn_is_sent_and_the_case_crossed(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    attempt = await post.in_tray(notice)
    live = (await books.facts()).facts.live
    assert live is not None
    await post.plan_case(withdraw=live.id, withdraw_why="paid: do not post")
    await mail_house.hear(mail_house.receipt(Said.TAKEN, attempt))
    assert await post.state(notice) == "cancelled"
    await mail_house.hear(mail_house.receipt(Said.POSTED, attempt, number="1A"))
    assert await post.state(notice) == "sent"
    assert (await books.facts()).crossed
    assert (await books.facts()).facts.lines[0].state is LineState.PERFORMED


async def test_the_earliest_presentation_starts_the_clock(
    mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    attempt = await post.in_tray(notice)
    books.now += 9 * DAY
    clocks = []
    for said, day in ((Said.DELIVERED, 8), (Said.PRESENTED, 6), (Said.PRESENTED, 4), (Said.PRESENTED, 7)):
        before = await books.version()
        await mail_house.hear(mail_house.receipt(said, attempt, on=TODAY + day * DAY))
        clock = (await books.facts()).facts.lines[0].clock_from
        clocks.append(((clock or TODAY) - TODAY).days)
        assert (await books.version() > before) is (day != 7)
    assert clocks == [8, 6, 4, 4]


async def test_a_person_who_had_posted_it_is_not_contradicted_but_earlier_is_earlier(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    """Said posted on Friday although the post had presented it on Thursday."""
    attempt = await post.in_tray(notice)
    books.now += 3 * DAY
    await store.tray.posted("L-1", "1A 1", books.today, "claire", books.now)
    await mail_house.hear(mail_house.receipt(Said.PRESENTED, attempt, on=TODAY + 2 * DAY))
    (line,) = (await books.facts()).facts.lines
    assert (line.on, line.clock_from) == (TODAY + 2 * DAY, TODAY + 2 * DAY)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 29),  # half past midnight in Paris, before summer time
        (datetime(2026, 3, 29, 22, 30, tzinfo=UTC), 30),  # half past midnight, after
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), 29),  # the hour that was skipped
        (datetime(2019, 1, 1, tzinfo=UTC), 10),  # a clock that was never set: not before it was made
        (datetime(2031, 1, 1, tzinfo=UTC), 31),  # nor after today
    ],
)
async def test_faults_25_26_a_day_is_local_and_lies_between_the_making_and_today(
    mail_house: Ears, books: Books, post: Post, notice: int, at: datetime, day: int
) -> None:
    """Faults 25 and 26: whatever clock the machine read it from."""
    attempt = await post.in_tray(notice)
    books.now += 21 * DAY
    await mail_house.hear(mail_house.receipt(Said.PRESENTED, attempt, at=at))
    (line,) = (await books.facts()).facts.lines
    assert line.clock_from == TODAY.replace(day=day)


@pytest.mark.parametrize(("dead", "kinds"), [(True, []), (False, ["not delivered"])])
async def test_a_letter_that_comes_back_fails_and_its_clock_runs_on(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int, dead: bool, kinds: list[str]
) -> None:
    attempt = await post.in_tray(notice)
    books.now += 18 * DAY
    await mail_house.hear(mail_house.receipt(Said.PRESENTED, attempt, on=TODAY + 2 * DAY))
    await mail_house.hear(mail_house.receipt(Said.RETURNED, attempt, address_dead=dead, words="pli non réclamé"))
    assert await post.state(notice) == "failed"
    assert (await books.facts()).facts.lines[0].clock_from == TODAY + 2 * DAY
    assert [t["kind"] for t in await store.views.tasks()] == kinds


async def test_a_letter_that_was_lost_is_made_again_twice_then_a_person_looks(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    message, states = notice, []
    for _ in range(3):
        attempt = await post.in_tray(message)
        lost = mail_house.receipt(Said.LOST, attempt, words="paper jam")
        for _ in range(2):
            await mail_house.hear(lost)
        assert (await post.row(message))["state"] == "cancelled"
        message = await post.newest()
        states.append(await post.state(message))
    assert states == ["planned", "planned", "parked"]
    assert (await post.row(message))["turn"] == 3
    assert [t["kind"] for t in await store.views.tasks()] == ["lost"]
    assert await store.tray.to_pull() == []


async def test_a_letter_in_doubt_that_was_lost_is_made_again(mail_house: Ears, post: Post, notice: int) -> None:
    attempt = await post.uncertain(notice)
    await mail_house.hear(mail_house.receipt(Said.LOST, attempt, words="rejected"))
    assert await post.state(notice) == "cancelled"
    assert await post.state(await post.newest()) == "planned"


async def test_a_posted_letter_that_is_said_lost_is_for_a_person(
    store: Store, mail_house: Ears, post: Post, notice: int
) -> None:
    attempt = await post.in_tray(notice)
    await store.tray.posted("L-1", "1A 1", TODAY, "claire", post.now)
    await mail_house.hear(mail_house.receipt(Said.LOST, attempt, words="never printed"))
    assert await post.state(notice) == "sent"
    assert [t["kind"] for t in await store.views.tasks()] == ["lost"]


async def test_a_text_that_was_lost_did_not_arrive(store: Store, ears: Ears, post: Post, text: int) -> None:
    attempt = await post.sent(text)
    await ears.hear(ears.receipt(Said.LOST, attempt, words="30001 queue overflow"))
    assert await post.state(text) == "failed"


async def test_the_same_paper_is_kept_once_whoever_brings_it(
    store: Store, mail_house: Ears, books: Books, post: Post, notice: int
) -> None:
    attempt = await post.in_tray(notice)
    papers = [Enclosure(f"{n}.pdf", "application/pdf", b"%PDF same") for n in "ab"]
    await mail_house.hear(mail_house.receipt(Said.POSTED, attempt, proofs=tuple(papers)))
    await mail_house.hear(mail_house.receipt(Said.DELIVERED, attempt, proofs=(papers[1],)))
    (kept,) = await store.proofs.of_case(books.cases["garage"])
    assert (kept["name"], kept["reference"], kept["kind"]) == ("a.pdf", "L-1", "proof-of-posting")


# -- by the provider's name ---------------------------------------------------------------------------------------


async def test_the_name_the_provider_gave_is_known_before_and_after_the_end(
    ears: Ears, books: Books, post: Post, text: int
) -> None:
    await post.sent(text)
    for said in (Said.DELIVERED, Said.READ, Said.BOUNCED):
        assert await ears.hear(ears.receipt(said, provider_id="250")) == ""
    assert await post.state(text) == "failed"
    assert len({row["attempt_id"] for row in await ears.rows()}) == 1


async def test_the_name_another_provider_gave_is_not_ours(store: Store, books: Books, post: Post, text: int) -> None:
    await post.sent(text)
    other = Ears(books, "ovh")
    await other.hear(other.receipt(Said.BOUNCED, provider_id="250", address_dead=True))
    assert await post.state(text) == "sent"


async def test_nothing_follows_from_what_provably_never_began(ears: Ears, post: Post, text: int) -> None:
    attempt = await post.seal(text)
    await post.answer(text, NotBegun("closing"))
    await ears.hear(ears.receipt(Said.NOTED, attempt))
    assert await post.state(text) == "planned"
