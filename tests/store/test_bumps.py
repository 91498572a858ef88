"""What is a fact of a case, voiding every permit given before, and what is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from relanced.channel import Refusal, Refused, Said, Sent
from relanced.rules.calls import CallResult
from relanced.rules.decide import PassOver, PassReason
from relanced.rules.given import Cause
from relanced.rules.model import Consent, HoldKind, Road
from relanced.store.adopting import Move
from relanced.store.calls import Call
from relanced.store.contesting import Contested
from relanced.store.filing import Filer
from relanced.store.hands import Hands
from relanced.store.promises import Said as PromiseSaid
from relanced.store.tasks import Task
from tests.store.books import CREDITOR, TODAY, Books
from tests.store.ears import Ears
from tests.store.post import POLICY, Post

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


async def _promised(books: Books, post: Post) -> None:
    said = Call(books.cases["garage"], CallResult.PROMISED, incoming=True, named=books.now)
    await books.store.calls.log(said, "claire", books.now)


async def _word(books: Books, post: Post) -> None:
    await books.store.promises.give(_hands(books), PromiseSaid(books.today, 1), books.now)


async def _contested(books: Books, post: Post) -> None:
    await books.store.contesting.dispute(_hands(books), Contested("scratched"), books.now)


async def _opted_out(books: Books, post: Post) -> None:
    place = (Road.EMAIL, "patron@garage.example")
    assert await books.store.casework.opt_out(_hands(books), {place}, "asked", books.now) == 1


def _hands(books: Books) -> Hands:
    return Hands(books.cases["garage"], "claire")


async def _adopted(books: Books, post: Post) -> None:
    case = await books.facts()
    move = Move(case.facts.id, case.facts.version, 0, case.policy_digest or "", replace(POLICY, gather=7))
    assert await books.store.adopting.adopt([move], "claire", books.now, TODAY) == [case.facts.id]
    assert (await books.facts()).policy_digest == move.policy.digest


async def _corrected(books: Books, post: Post) -> None:
    await books.store.edits.debtor(books.cases["garage"], {"language": "en"}, (), "claire", books.now, TODAY)


async def _found(books: Books, post: Post) -> None:
    case_id, where = books.cases["garage"], "found@garage.example"
    await books.store.edits.add_contact(case_id, Road.EMAIL, where, {}, "claire", books.now, TODAY)


async def _ranked(books: Books, post: Post) -> None:
    where = (Road.EMAIL, "found@garage.example", {"rank": 9}, ())
    await books.store.edits.edit_contact(books.cases["garage"], *where, "claire", books.now, TODAY)


async def _removed(books: Books, post: Post) -> None:
    where = (Road.EMAIL, "found@garage.example", "")
    await books.store.edits.remove_contact(books.cases["garage"], *where, "claire", books.now, TODAY)


async def _replied(books: Books, post: Post, stop: bool = False) -> None:
    ears = Ears(books, "compta", Road.EMAIL)
    await ears.hear(ears.reply("STOP" if stop else "Bonjour", "compta@garage.example", stop=stop))


async def _filed(books: Books, post: Post) -> None:
    ears = Ears(books, "compta", Road.EMAIL)
    await ears.hear(ears.reply("Bonjour", "stranger@x.example"))
    (one,) = await books.store.filing.lying(["compta"])
    before = await books.version()
    await books.store.filing.match(one.id, _hands(books), Filer("claire", books.now + DAY), books.now)
    assert await books.version() == before + 1
    hands = Hands(books.cases["garage"], "claire", read=one.id)
    await books.store.casework.release(hands, HoldKind.REPLY, "answered", books.now)


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
    "a promise by telephone": _promised,
    "a promise": _word,
    "a dispute": _contested,
    "an address that opted out": _opted_out,
    "paid, a person says": lambda b, p: b.store.people.paid(CREDITOR, "F-1", TODAY, "claire", b.now),
    "not paid after all": lambda b, p: b.store.people.paid(CREDITOR, "F-1", None, "claire", b.now),
    "a step passed over": _passed_over,
    "an address struck": _struck,
    "a policy adopted": _adopted,
    "a field set by hand": _corrected,
    "a contact added by hand": _found,
    "a contact set by hand": _ranked,
    "a contact removed by hand": _removed,
    "an approval": _approved,
    "an absent invoice settled": lambda b, p: b.snapshot([b.row("F-1", 130_00, parts=TWO)]),
    "a case closed": lambda b, p: b.store.people.close(b.cases["garage"], "enough", "claire", b.now, TODAY),
    "a case reopened": lambda b, p: b.store.people.reopen(b.cases["garage"], "not enough", "claire", b.now),
    "a mail put with it by hand": _filed,
    "a reply": _replied,
    "a reply that says stop": lambda b, p: _replied(b, p, stop=True),
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


async def _arrived(books: Books, post: Post) -> None:
    ears, message = Ears(books, "compta", Road.EMAIL), await post.newest()
    await ears.hear(ears.receipt(Said.DELIVERED, (await post.row(message))["attempt_id"]))
    assert await post.state(message) == "delivered"


async def _task(books: Books, post: Post) -> None:
    task = Task("question", "q:1", "what now?", CREDITOR, books.cases["garage"])
    await books.store.clerk.commit([], [], {}, books.now, TODAY, "one", [task])


async def _rang(books: Books, post: Post) -> None:
    await books.store.calls.log(Call(books.cases["garage"], CallResult.VOICEMAIL), "claire", books.now)


QUIET: dict[str, Fact] = {
    "the same invoice again": lambda b, p: b.invoice(),
    "the same debtor again": lambda b, p: b.debtor(),
    "a payment that names nobody": lambda b, p: b.payment(1_00),
    "coverage moving forward": lambda b, p: b.apply("payments", covers=TODAY + DAY),
    "a message planned, sealed and sent": _sent,
    "a receipt": _arrived,
    "a message deferred": lambda b, p: b.store.planning.put_off(b.cases["garage"], b.now + DAY, "engine", b.now),
    "another look": lambda b, p: b.store.sending.look_again([b.cases["garage"]], b.now),
    "a task": _task,
    "a note": lambda b, p: b.store.casework.note(_hands(b), "call on Monday", b.now),
    "a cause": lambda b, p: b.store.casework.cause(_hands(b), Cause.CASH, "", b.now),
    "a case taken": lambda b, p: b.store.casework.take(_hands(b), False, (), b.now),
    "a call in vain": _rang,
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
