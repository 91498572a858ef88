"""The breaker: pure, as tables of answers; then once through the clerk."""

from __future__ import annotations

from datetime import timedelta

from relanced.channel import Answer, Refusal, Refused, Scope, Sent, Tray, Unavailable, Unknown
from relanced.store.doors import Door, judged
from relanced.store.opening import Store
from relanced.store.outcomes import Outcome
from tests.store.books import NOW, Books
from tests.store.post import Post

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
OK = Sent("1", "250")
BUSY = Unavailable(Scope.MESSAGE, "451 mailbox full")
SHUT = Unavailable(Scope.CHANNEL, "535 authentication failed")
NOBODY = Refused(Refusal.ADDRESS, "550 nobody")
OUT = Refused(Refusal.OPTED_OUT, "21610")
SPAM = Refused(Refusal.CONTENT, "554 spam")


def _told(*answers: Answer) -> list[Outcome]:
    return [Outcome(n, 1, f"a{n}", "compta", answer, NOW) for n, answer in enumerate(answers)]


def test_fault_31_a_door_that_fails_closes_for_longer_each_time() -> None:
    door, now, waits = Door(), NOW, []
    for _ in range(9):
        door = judged(door, _told(SHUT), now)
        assert door.closed_until is not None
        waits.append((door.closed_until - now) / SECOND)
        now = door.closed_until
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert door.why == "535 authentication failed"


def test_a_door_that_knows_until_when_stays_closed_until_then() -> None:
    told = Unavailable(Scope.CHANNEL, "429", NOW + 2 * HOUR)
    assert judged(Door(), _told(told), NOW).closed_until == NOW + 2 * HOUR
    early = Unavailable(Scope.CHANNEL, "429", NOW - HOUR)
    assert judged(Door(), _told(early), NOW).closed_until == NOW + 30 * SECOND


def test_the_others_in_flight_do_not_close_it_once_more() -> None:
    door = judged(Door(), _told(SHUT), NOW)
    assert judged(door, _told(SHUT, SHUT), NOW + SECOND) == door
    assert judged(door, _told(SHUT, OK), NOW + SECOND) == door


def test_it_opens_again_when_something_is_taken() -> None:
    door = judged(Door(), _told(SHUT), NOW)
    for taken in (OK, Tray("sheet")):
        again = judged(door, _told(taken), NOW + SECOND)
        assert (again.closed_until, again.why) == (None, "")


def test_faults_31_37_40_a_door_opens_again_with_one_message_and_then_grows() -> None:
    """A relay, or Twilio after a 429 or a 401, is asked once after the rest, not by all that waited for it."""
    door, in_flight = judged(Door(), _told(SHUT), NOW), []
    for _ in range(7):
        in_flight.append(door.room)
        door = judged(door, _told(*[OK] * door.room), NOW + HOUR)
    assert in_flight == [1, 2, 4, 8, 16, 32, 64]
    assert door == Door()


def test_fault_31_a_probe_that_fails_closes_it_for_twice_as_long_and_begins_with_one_again() -> None:
    door = judged(Door(), _told(SHUT), NOW)
    door = judged(door, _told(OK), NOW + HOUR)
    door = judged(door, _told(OK, OK), NOW + HOUR)
    assert (door.room, door.closed_until) == (4, None)
    door = judged(door, _told(OK, OK, SHUT), NOW + HOUR)
    assert (door.room, door.closed_until) == (1, NOW + HOUR + 60 * SECOND)


def test_what_is_refused_while_it_is_tried_makes_no_room() -> None:
    door = judged(Door(), _told(SHUT), NOW)
    assert judged(door, _told(NOBODY), NOW + HOUR).room == 1
    assert judged(Door(), _told(*[NOBODY] * 20), NOW).room == 1


def test_what_concerns_one_message_is_not_the_door_s_fault() -> None:
    assert judged(Door(), _told(*[BUSY] * 30, *[Unknown("?")] * 30, *[SPAM] * 30), NOW) == Door()


def test_more_than_one_refusal_in_five_among_twenty_closes_it_and_asks() -> None:
    most = _told(*[NOBODY, OUT] * 2, *[OK] * 16)
    assert judged(Door(), most, NOW).closed_until is None
    door = judged(Door(), _told(*[NOBODY, OUT] * 2, NOBODY, *[OK] * 15), NOW)
    assert door.closed_until == NOW + 4 * HOUR
    assert door.why.startswith("too many refusals")


def test_nineteen_are_too_few_to_judge() -> None:
    assert judged(Door(), _told(*[NOBODY] * 19), NOW).closed_until is None
    assert judged(judged(Door(), _told(*[NOBODY] * 19), NOW), _told(NOBODY), NOW).closed_until == NOW + 4 * HOUR


def test_a_straggler_does_not_open_a_door_that_refused_too_many() -> None:
    door = judged(Door(), _told(*[NOBODY] * 20), NOW)
    assert judged(door, _told(OK), NOW + SECOND).closed_until == NOW + 4 * HOUR
    assert judged(door, _told(OK), NOW + 4 * HOUR).closed_until is None


def test_old_refusals_are_forgotten() -> None:
    door = Door()
    for _ in range(10):
        door = judged(door, _told(NOBODY, *[OK] * 9), NOW)
    assert (door.closed_until, len(door.recent)) == (None, 20)


async def test_the_breaker_is_remembered_journalled_and_opened_by_a_person(
    store: Store, books: Books, post: Post
) -> None:
    await books.debtor()
    await books.invoice()
    message = await post.plan()
    await post.seal(message)
    await post.answer(message, SHUT)
    assert await store.clerk.closed() == {"compta": (post.now.astimezone() + 30 * SECOND, "535 authentication failed")}
    assert [d["name"] for d in await store.views.doors()] == ["compta"]
    assert (await store.views.journal_of(0))[-1]["event"] == "channel closed"
    await store.clerk.reopen("compta")
    assert await store.clerk.closed() == {}


async def test_the_room_of_a_door_that_is_tried_again_is_remembered(store: Store, books: Books, post: Post) -> None:
    first, second = await post.plan_many(await books.many(2))
    await post.seal(first)
    await post.answer(first, SHUT)
    assert await store.doors.rooms() == {"compta": 1}
    books.now += HOUR
    await post.sent(second)
    assert (await store.doors.rooms(), await store.clerk.closed()) == ({"compta": 2}, {})
    await store.clerk.reopen("compta")
    assert await store.doors.rooms() == {}


async def test_too_many_refusals_ask_a_person(store: Store, books: Books, post: Post) -> None:
    wanted = await post.plan_many(await books.many(20))
    await post.commit(await post.seals_of(wanted))
    await post.commit(outcomes=[await post.outcome(message, NOBODY) for message in wanted])
    assert [t["kind"] for t in await store.views.tasks()] == ["refusals"]
    assert list(await store.clerk.closed()) == ["compta"]
