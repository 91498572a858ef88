"""What a person says stops everything and asks somebody to read it; nothing else follows by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.channel import Reply
from relanced.rules.model import Consent, HoldKind, Road
from relanced.store.hands import Hands
from relanced.store.opening import Store
from relanced.store.tables import addresses, holds, tasks
from tests.store.books import Books
from tests.store.ears import Ears
from tests.store.post import Post
from tests.store.rows import every

DAY = timedelta(days=1)
MOBILE = "+33612345678"


@pytest.fixture
def ears(books: Books) -> Ears:
    """The ears of the channel for short texts."""
    return Ears(books)


@pytest.fixture
def mailbox(books: Books) -> Ears:
    """The ears of the channel for mail."""
    return Ears(books, "compta", Road.EMAIL)


@pytest.fixture
async def debtor(books: Books) -> int:
    """A debtor with a mail address and a mobile telephone."""
    case = await books.debtor()
    await books.contact("garage", MOBILE, Road.SMS, consent=Consent.GIVEN)
    await books.invoice()
    return case


async def _held(books: Books, debtor: str = "garage") -> list[HoldKind]:
    return [hold.kind for hold in (await books.facts(debtor)).facts.holds]


async def test_a_reply_holds_the_whole_case_for_its_reader_with_a_deadline(
    store: Store, ears: Ears, books: Books, post: Post, debtor: int
) -> None:
    """Attack 17, attack 20: whatever it claims, it is never more than a hold and a task."""
    before = await books.version()
    assert await ears.hear(ears.reply("J'ai payé hier, cordialement")) == "reply"
    (hold,) = await every(store, holds)
    assert (hold["kind"], hold["term_id"], hold["owner"], hold["by"]) == ("reply", None, "claire", "twilio")
    assert (hold["until"], hold["answer_by"]) == (None, post.now + 14 * DAY)
    (task,) = await store.views.tasks()
    assert (task["kind"], task["case_id"]) == ("reply", debtor)
    assert "J'ai payé hier" in task["words"]
    assert await books.version() == before + 1
    (term,) = (await books.facts()).facts.terms
    assert term.settled_on is None
    assert (await ears.rows())[0]["said"][0]["text"] == "J'ai payé hier, cordialement"


async def test_the_owner_of_a_case_reads_its_replies(store: Store, ears: Ears, books: Books) -> None:
    await books.debtor(owner="jean")
    await books.contact("garage", MOBILE, Road.SMS)
    await ears.hear(ears.reply())
    assert [(t["owner"]) for t in await every(store, tasks)] == ["jean"]


async def test_every_reply_is_a_task_and_all_of_them_are_one_hold(
    store: Store, ears: Ears, books: Books, debtor: int
) -> None:
    for text in ("Allô ?", "Allô ??"):
        await ears.hear(ears.reply(text))
    assert len(await store.views.tasks()) == 2
    assert await _held(books) == [HoldKind.REPLY]


async def test_who_resumes_a_case_has_answered_nobody(store: Store, ears: Ears, books: Books, debtor: int) -> None:
    await ears.hear(ears.reply())
    await store.people.resume(debtor, "back from leave", "claire", books.now)
    assert await _held(books) == [HoldKind.REPLY]
    assert len(await store.views.tasks()) == 1


async def test_who_has_read_the_replies_releases_the_case(store: Store, ears: Ears, books: Books, debtor: int) -> None:
    await ears.hear(ears.reply())
    (read,) = await ears.rows()
    hands = Hands(debtor, "claire", read=read["id"])
    await store.casework.release(hands, HoldKind.REPLY, "answered by telephone", books.now)
    assert await _held(books) == []
    assert await store.views.tasks() == []
    assert [row["waits"] for row in await ears.rows()] == [""]


async def test_a_mail_is_known_by_what_it_answers_whoever_wrote_it(
    mailbox: Ears, books: Books, post: Post, debtor: int
) -> None:
    """A colleague answers a forwarded reminder."""
    message = await post.plan()
    await post.sent(message)
    ours = (await post.row(message))["mail_id"]
    ids = ("<someone@else.example>", ours, "<\0;--@x>")
    reply = mailbox.reply("Transmis à la direction", "boss@garage.example", mail_ids=ids)
    assert await mailbox.hear(reply) == "reply"
    assert (await mailbox.rows())[0]["message_id"] == message
    assert await _held(books) == [HoldKind.REPLY]


async def test_a_message_id_that_only_looks_like_ours_is_nobodys(
    mailbox: Ears, books: Books, post: Post, debtor: int
) -> None:
    message = await post.plan()
    await post.sent(message)
    reference = (await post.row(message))["reference"].lower()
    reply = mailbox.reply("x", "stranger@x.example", mail_ids=(f"<{reference}.123@evil.example>",))
    assert await mailbox.hear(reply) == "unmatched"
    assert await _held(books) == []


@pytest.mark.parametrize("sender", ["compta@garage.example", "Compta@Garage.example"])
async def test_a_mail_is_known_by_its_sender(mailbox: Ears, books: Books, debtor: int, sender: str) -> None:
    assert await mailbox.hear(mailbox.reply("Bonjour", sender)) == "reply"
    assert await _held(books) == [HoldKind.REPLY]


async def test_all_cases_a_person_may_mean_are_held(store: Store, ears: Ears, books: Books, post: Post) -> None:
    """One bookkeeper of three companies; only two of them were written to."""
    for name in ("a", "b", "c"):
        await books.debtor(name)
        await books.contact(name, MOBILE, Road.SMS, consent=Consent.GIVEN)
        await books.invoice(f"F-{name}", debtor=name)
    for name in ("a", "b"):
        await post.plan(name, road=Road.SMS)
    await ears.hear(ears.reply())
    assert [bool(await _held(books, name)) for name in ("a", "b", "c")] == [True, True, False]


async def test_a_reply_nobody_can_place_waits_for_a_person(store: Store, ears: Ears, books: Books, debtor: int) -> None:
    assert await ears.hear(ears.reply("C'est qui ?", "+33699999999")) == "unmatched"
    (task,) = await every(store, tasks)
    assert (task["kind"], task["owner"], task["case_id"]) == ("reply", "claire", None)
    assert "+33699999999 wrote to +33600000000" in task["words"]
    assert (await ears.rows())[0]["waits"] == "unmatched"
    assert await every(store, holds) == []


async def test_a_stop_is_obeyed_at_once_on_its_road_in_every_case(
    store: Store, ears: Ears, books: Books, debtor: int
) -> None:
    """Fault 39, attack 20."""
    await books.debtor("bakery")
    await books.contact("bakery", MOBILE, Road.SMS, consent=Consent.GIVEN)
    await books.contact("bakery", MOBILE, Road.PHONE)
    stop = ears.reply("STOP", stop=True)
    for _ in range(2):
        await ears.hear(stop)
    consents = {(a["road"], a["consent"]) for a in await every(store, addresses, place=MOBILE)}
    assert consents == {("sms", "withdrawn"), ("phone", "none")}
    told = [task["words"] for task in await store.views.tasks()]
    assert len(told) == 4
    assert all("said STOP, which is obeyed" in words for words in told)


async def test_a_stop_of_somebody_unknown_is_for_a_person(store: Store, ears: Ears, debtor: int) -> None:
    assert await ears.hear(ears.reply("STOP", "+33699999999", stop=True)) == "unmatched"
    assert {a["consent"] for a in await every(store, addresses, road="sms")} == {"given"}


async def test_strangers_words_of_any_kind_are_kept(ears: Ears, debtor: int) -> None:
    said = Reply(ears.books.now, MOBILE, "x\0", "\0\udce9" * 500, subject="\0", mail_ids=("\0", "<\udce9@x>"))
    assert await ears.hear(said) == "reply"
