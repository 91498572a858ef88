"""What is a fact of a case, voiding every permit given before, and what is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from relanced.channel import Refusal, Refused, Sent
from relanced.rules.decide import PassOver, PassReason
from relanced.rules.model import Consent, Road
from relanced.store.tasks import Task
from tests.store.books import CREDITOR, TODAY, Books
from tests.store.post import Post

Fact = Callable[[Books, Post], Awaitable[Any]]
DAY = timedelta(days=1)
TWO = {TODAY: 65_00, TODAY + DAY: 65_00}


async def _passed_over(books: Books, post: Post) -> None:
    (term, *_) = await books.term_ids()
    await post.plan_case(passes=(PassOver(term, "relance-2", PassReason.PERSON),))


async def _struck(books: Books, post: Post) -> None:
    message = await post.plan(step="relance-1")
    await post.seal(message)
    await post.answer(message, Refused(Refusal.ADDRESS, "550 nobody"))


async def _approved(books: Books, post: Post) -> None:
    await post.plan_case(withdraw=(await books.facts()).facts.live.id)  # type: ignore[union-attr]
    message = await post.plan(step="mise-en-demeure", road=Road.REGISTERED, parked="waits", asked_digest="d")
    before = await books.version()
    assert await books.store.people.approve([message], "claire", books.now) == [message]
    assert await books.version() == before + 1


FACTS: dict[str, Fact] = {
    "a new invoice": lambda b, p: b.invoice("F-2"),
    "another amount": lambda b, p: b.invoice("F-1", 130_00),
    "another due date": lambda b, p: b.invoice("F-1", 130_00, due=TODAY),
    "one more due date": lambda b, p: b.invoice("F-1", 130_00, parts=TWO),
    "what the books say is open": lambda b, p: b.invoice("F-2", open_cents=50_00),
    "a payment": lambda b, p: b.payment(10_00, key="p", debtor="garage"),
    "the payment allocated": lambda b, p: b.payment(10_00, key="p", debtor="garage", invoice="F-1"),
    "a reversal": lambda b, p: b.payment(-10_00, debtor="garage"),
    "a credit note": lambda b, p: b.credit(5_00),
    "another name": lambda b, p: b.debtor(name="Garage Martin"),
    "another owner": lambda b, p: b.debtor(name="Garage Martin", owner="jean"),
    "an excluded debtor": lambda b, p: b.debtor(name="Garage Martin", excluded=True),
    "another postal address": lambda b, p: b.debtor(name="Garage Martin", address=("1 QUAI", "35000 RENNES")),
    "a contact": lambda b, p: b.contact("garage", "patron@garage.example", rank=1),
    "a consent": lambda b, p: b.contact("garage", "patron@garage.example", rank=1, consent=Consent.GIVEN),
    "history": lambda b, p: b.history(comment="called in January"),
    "a hold begun": lambda b, p: b.store.people.pause(b.cases["garage"], b.now + DAY, "calm", "claire", b.now),
    "holds ended": lambda b, p: b.store.people.resume(b.cases["garage"], "go on", "claire", b.now),
    "paid, a person says": lambda b, p: b.store.people.paid(CREDITOR, "F-1", TODAY, "claire", b.now),
    "not paid after all": lambda b, p: b.store.people.paid(CREDITOR, "F-1", None, "claire", b.now),
    "a step passed over": _passed_over,
    "an address struck": _struck,
    "an approval": _approved,
    "an absent invoice settled": lambda b, p: b.snapshot([b.row("F-1", 130_00, parts=TWO)]),
    "a case closed": lambda b, p: b.store.people.close(b.cases["garage"], "enough", "claire", b.now, TODAY),
    "a case reopened": lambda b, p: b.store.people.reopen(b.cases["garage"], "not enough", "claire", b.now),
}


async def test_every_fact_of_a_case_voids_its_permits(books: Books, post: Post) -> None:
    await books.debtor()
    await books.invoice()
    for what, happens in FACTS.items():
        before = await books.version()
        await happens(books, post)
        assert await books.version() > before, what


async def _sent(books: Books, post: Post) -> None:
    message = await post.plan(step="relance-2")
    await post.seal(message)
    await post.answer(message, Sent("250", "ok"))


async def _task(books: Books, post: Post) -> None:
    task = Task("question", "q:1", "what now?", CREDITOR, books.cases["garage"])
    await books.store.clerk.commit([], [], {}, books.now, TODAY, "one", [task])


QUIET: dict[str, Fact] = {
    "the same invoice again": lambda b, p: b.invoice(),
    "the same debtor again": lambda b, p: b.debtor(),
    "a payment that names nobody": lambda b, p: b.payment(1_00),
    "coverage moving forward": lambda b, p: b.apply("payments", covers=TODAY + DAY),
    "a message planned, sealed and sent": _sent,
    "a message deferred": lambda b, p: b.store.planning.put_off(b.cases["garage"], b.now + DAY, "engine", b.now),
    "another look": lambda b, p: b.store.sending.look_again([b.cases["garage"]], b.now),
    "a task": _task,
    "another debtor's payment": lambda b, p: b.payment(5_00, debtor="bakery"),
}


async def test_what_is_no_fact_of_the_case_leaves_permits_standing(books: Books, post: Post) -> None:
    await books.debtor("bakery")
    await books.debtor()
    await books.invoice()
    for what, happens in QUIET.items():
        before = await books.version()
        await happens(books, post)
        assert await books.version() == before, what


async def test_the_same_open_amount_said_of_a_later_day_is_no_new_fact(books: Books) -> None:
    """A daily snapshot must not void permits, nor make every letter in the tray look overtaken."""
    await books.debtor()
    await books.invoice()
    await books.snapshot([books.row()], covers=TODAY - 2 * DAY)
    before = await books.version()
    await books.snapshot([books.row()], covers=TODAY)
    assert await books.version() == before
    (term,) = (await books.facts()).facts.terms
    assert (term.stated_open, term.stated_on) == (120_00, TODAY)


async def test_but_it_is_one_when_it_swallows_a_payment(books: Books) -> None:
    """The books say after the payment what they said before it: what the payment took off is owed again."""
    await books.debtor()
    await books.snapshot([books.row()], covers=TODAY - 2 * DAY)
    await books.payment(20_00, on=TODAY - DAY, invoice="F-1")
    before = await books.version()
    await books.snapshot([books.row()], covers=TODAY)
    assert await books.version() == before + 1


async def test_a_bump_makes_the_planner_look_at_once(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    await books.store.planning.put_off(books.cases["garage"], books.now + DAY, "rest", books.now)
    assert await books.store.planning.due(books.now, 10) == []
    await books.payment(1_00, debtor="garage")
    assert await books.store.planning.due(books.now, 10) == [books.cases["garage"]]
