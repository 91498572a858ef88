"""How many may leave: the tokens of a channel outlive a restart; a contact is counted once, whoever writes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from relanced.channel import Absent, Refusal, Refused, Scope, Sent, Unavailable, Unknown
from relanced.rules.limits import Rate, Rates
from relanced.store.facts import case_key, place_key
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun
from relanced.store.sealing import Seal
from relanced.store.tables import touches
from tests.store.books import Books
from tests.store.post import Post, parcel
from tests.store.rows import every

DAY = timedelta(days=1)
PLACE = place_key("compta@garage.example", "Garage")


async def _planned(books: Books, post: Post, many: int) -> list[int]:
    return await post.plan_many(await books.many(many))


async def test_a_channel_seals_no_more_than_its_rate_and_says_when_again(books: Books, post: Post) -> None:
    post.rates = {"compta": (Rate(2, 60), Rate(3, 3600))}
    wanted = await _planned(books, post, 4)
    sealed = await post.commit(await post.seals_of(wanted))
    assert sealed.taken == wanted[:2]
    assert sealed.dropped == dict.fromkeys(wanted[2:], "rate")
    assert sealed.again_at == {"compta": pytest.approx(post.now.timestamp() + 30)}
    books.now += timedelta(seconds=30)
    sealed = await post.commit([await post.seal_of(m) for m in wanted[2:]])
    assert sealed.taken == [wanted[2]]
    assert sealed.again_at == {"compta": pytest.approx((post.now + timedelta(minutes=19, seconds=30)).timestamp())}


async def test_a_rate_is_remembered_over_a_restart(url: str) -> None:
    """A daemon that is restarted every minute sends no more than one that is not."""
    first = Store(url)
    books = Books(first)
    wanted = await _planned(books, Post(books), 2)
    rates = {"compta": (Rate(1, 60),)}
    assert (await Post(books, rates=rates).commit([await Post(books).seal_of(wanted[0])])).taken == [wanted[0]]
    await first.close()
    books.store = second = Store(url)
    sealed = await Post(books, rates=rates).commit([await Post(books).seal_of(wanted[1])])
    assert sealed.dropped == {wanted[1]: "rate"}
    await second.close()


async def test_a_channel_without_rate_is_not_held_back_by_another(books: Books, post: Post) -> None:
    post.rates = {"twilio": (Rate(1, 3600),)}
    wanted = await _planned(books, post, 3)
    assert (await post.commit(await post.seals_of(wanted))).taken == wanted


# -- behind a channel: one domain, one sender -------------------------------------------------------------------------


async def _to(post: Post, message: int, address: str) -> Seal:
    return await post.seal_of(message, parcel=replace(parcel(f"to-{message}"), address=address))


def _shared(**rates: Rate) -> Rates:
    return Rates((Rate(100, 60),), {name.replace("_", "."): (rate,) for name, rate in rates.items()})


async def test_one_domain_that_waits_holds_up_no_other(books: Books, post: Post) -> None:
    post.rates = {"compta": _shared(gmail_com=Rate(1, 60))}
    wanted = await _planned(books, post, 4)
    places = ["a@gmail.com", "b@GMAIL.com", "c@gmail.com", "d@free.fr"]
    sealed = await post.commit([await _to(post, m, place) for m, place in zip(wanted, places, strict=True)])
    assert sealed.taken == [wanted[0], wanted[3]]
    assert sealed.dropped == dict.fromkeys(wanted[1:3], "rate")
    assert sealed.again_at == {}
    rows = [await post.row(m) for m in wanted[1:3]]
    assert [(r["due_at"] - post.now).total_seconds() for r in rows] == pytest.approx([60, 120], abs=0.01)
    assert {r["reason"] for r in rows} == {"gmail.com gets no more for now"}


async def test_what_waits_is_picked_again_when_its_turn_comes(books: Books, post: Post) -> None:
    """Each message is worded at most twice, however many wait: turns once promised are not promised again."""
    post.rates = {"compta": _shared(gmail_com=Rate(1, 60))}
    wanted = await _planned(books, post, 5)
    worded = []
    for _ in range(20):
        picked = [w.id for w in await post.store.sending.pick("compta", post.now, 2, "one")]
        worded += picked
        await post.commit([await _to(post, m, "a@gmail.com") for m in picked])
        books.now += timedelta(seconds=20)
    assert {await post.state(m) for m in wanted} == {"submitting"}
    assert max(worded.count(m) for m in wanted) == 2


async def test_domains_of_one_provider_share_and_others_have_their_own(books: Books, post: Post) -> None:
    post.rates = {"compta": Rates((), {"orange.fr wanadoo.fr": (Rate(1, 60),), "default": (Rate(1, 60),)})}
    wanted = await _planned(books, post, 4)
    places = ["a@orange.fr", "b@wanadoo.fr", "c@free.fr", "d@sfr.fr"]
    sealed = await post.commit([await _to(post, m, place) for m, place in zip(wanted, places, strict=True)])
    assert sealed.taken == [wanted[0], *wanted[2:]]


async def test_one_creditor_writes_no_more_than_its_mailbox_may(books: Books, post: Post) -> None:
    post.rates = {"compta": Rates((), None, (Rate(2, 86400),))}
    wanted = await _planned(books, post, 3)
    sealed = await post.commit(await post.seals_of(wanted))
    assert sealed.taken == wanted[:2]
    assert (await post.row(wanted[2]))["due_at"] == pytest.approx(post.now + DAY / 2, abs=timedelta(seconds=1))


async def test_what_a_domain_refuses_costs_the_channel_nothing(books: Books, post: Post) -> None:
    post.rates = {"compta": Rates((Rate(2, 3600),), {"gmail.com": (Rate(1, 3600),)})}
    wanted = await _planned(books, post, 3)
    places = ["a@gmail.com", "b@gmail.com", "c@free.fr"]
    sealed = await post.commit([await _to(post, m, place) for m, place in zip(wanted, places, strict=True)])
    assert sealed.taken == [wanted[0], wanted[2]]
    assert sealed.again_at == {}


async def test_a_clock_set_back_does_not_put_off_for_ever(books: Books, post: Post) -> None:
    """Fault 25: turns that were promised by a wrong clock are worth a day at most."""
    post.rates = {"compta": _shared(gmail_com=Rate(1, 60))}
    wanted = await _planned(books, post, 4)
    right = books.now
    books.now += 400 * DAY
    await post.commit([await _to(post, m, "a@gmail.com") for m in wanted[:2]])
    books.now = right
    await post.commit([await _to(post, m, "a@gmail.com") for m in wanted[2:]])
    assert (await post.row(wanted[3]))["due_at"] <= right + DAY + timedelta(minutes=2)


async def _seal(post: Post, message: int, *contacts: tuple[str, int]) -> str:
    sealed = await post.commit([await post.seal_of(message, touches=contacts)])
    return sealed.dropped.get(message, "")


async def test_two_debtors_at_one_address_hear_of_us_once(books: Books, post: Post) -> None:
    first, second = await _planned(books, post, 2)
    assert await _seal(post, first, (case_key(1), 0), (PLACE, 0)) == ""
    assert await _seal(post, second, (case_key(2), 0), (PLACE, 0)) == "the address was written to meanwhile"
    assert [r["key"] for r in await every(post.store, touches)] == [PLACE, case_key(1)]
    assert await _seal(post, second, (case_key(2), 0), (PLACE, 1)) == ""


async def test_nor_do_they_in_one_commit(books: Books, post: Post) -> None:
    wanted = await _planned(books, post, 2)
    sealed = await post.commit([await post.seal_of(m, touches=((PLACE, 0),)) for m in wanted])
    assert sealed.taken == wanted[:1]


async def test_a_second_try_and_a_second_road_are_the_same_contact(books: Books, post: Post) -> None:
    (message,) = await _planned(books, post, 1)
    assert await _seal(post, message, (case_key(1), 0)) == ""
    await post.answer(message, Sent("1", "ok"))
    also = post.message(await books.facts("d0"), slot=1, channel="twilio")
    reminder = (await post.row(message))["reminder_id"]
    await post.plan_case("d0", more=((reminder, also),))
    assert await _seal(post, await post.newest("d0"), (case_key(1), 0)) == ""
    assert len(await every(post.store, touches)) == 1


NOTHING_LEFT = (
    Unavailable(Scope.MESSAGE, "451 later"),
    Unavailable(Scope.CHANNEL, "421 closing"),
    NotBegun("stopped"),
    Refused(Refusal.ADDRESS, "550 nobody"),
)


async def test_what_has_not_left_was_no_contact(books: Books, post: Post) -> None:
    (message,) = await _planned(books, post, 1)
    for answer in NOTHING_LEFT:
        await _seal(post, message, (case_key(1), 0), (PLACE, 0))
        assert len(await every(post.store, touches)) == 2
        await post.answer(message, answer)
        assert await every(post.store, touches) == [], answer


async def test_nor_what_was_proved_absent(books: Books, post: Post) -> None:
    (message,) = await _planned(books, post, 1)
    await _seal(post, message, (case_key(1), 0))
    await post.answer(message, Unknown("no answer"))
    assert len(await every(post.store, touches)) == 1
    await post.answer(message, Absent("nowhere"))
    assert await every(post.store, touches) == []


async def test_a_reminder_that_was_performed_stays_a_contact(books: Books, post: Post) -> None:
    """A resend that nobody takes does not wipe out the letter that was read."""
    (message,) = await _planned(books, post, 1)
    await _seal(post, message, (case_key(1), 0))
    await post.answer(message, Sent("1", "ok"))
    again = await post.store.people.resend(message, "lost", "R-again", "<again@x>", "claire", post.now)
    books.now += DAY
    await _seal(post, again, (case_key(1), 0))
    await post.answer(again, Refused(Refusal.ADDRESS, "550"))
    assert [r["day"] for r in await every(post.store, touches)] == [books.today - DAY, books.today]


async def test_the_contacts_of_a_debtor_are_those_before_the_one_on_its_way(books: Books, post: Post) -> None:
    (message,) = await _planned(books, post, 1)
    await _seal(post, message, (case_key(1), 0), (place_key("compta@d0.example", "d0"), 0))
    assert (await books.facts("d0")).facts.touched_on == ()
    await post.answer(message, Sent("1", "ok"))
    facts = (await books.facts("d0")).facts
    assert facts.touched_on == (books.today,)
    assert facts.address_days == (("compta@d0.example", books.today),)
    books.now += 31 * DAY
    assert (await books.facts("d0")).facts.touched_on == ()


async def test_two_machines_count_the_same_contact_once(postgres_url: str) -> None:
    one, two = Store(postgres_url), Store(postgres_url)
    books = Books(one)
    wanted = await _planned(books, Post(books), 40)
    seals = [await Post(books).seal_of(m, touches=((f"at:{n // 2}", 0),)) for n, m in enumerate(wanted)]
    posts = [Post(Books(one), "one"), Post(Books(two), "two")]
    both = await asyncio.gather(posts[0].commit(seals[::2]), posts[1].commit(seals[1::2][::-1]))
    taken = [m for sealed in both for m in sealed.taken]
    assert len(taken) == len({wanted.index(m) // 2 for m in taken}) == 20
    await one.close()
    await two.close()


TOWER = "1 PARVIS DE LA DEFENSE\n92800 PUTEAUX"


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Société Générale", "SOCIETE  GENERALE.", True),  # as two creditors write the same debtor
        ("Société Générale", "Société Gastronomique", False),  # two firms of one office tower
    ],
)
def test_a_postal_address_is_capped_with_the_name_above_it(name: str, other: str, same: bool) -> None:
    assert (place_key(TOWER, name) == place_key(TOWER, other)) is same


def test_a_mailbox_is_capped_whosever_it_is() -> None:
    assert place_key("compta@holding.example", "One") == place_key("compta@holding.example", "Two")
