"""Cases move to another policy only as they were when somebody looked at them."""

from __future__ import annotations

from msgspec.structs import replace

from relanced.rules.policy import Policy
from relanced.rules.stand import PassOver, PassReason
from relanced.store.adopting import Move
from relanced.store.opening import Store
from relanced.store.tables import lines
from tests.store.books import Books
from tests.store.post import POLICY, Post
from tests.store.rows import every

CALM = replace(POLICY, gather=7)


async def _move(books: Books, debtor: str, *passes: PassOver) -> Move:
    case = await books.facts(debtor)
    return Move(case.facts.id, case.facts.version, case.facts.round, case.policy_digest or "", CALM, passes)


async def test_the_case_keeps_the_new_policy_whole_and_the_journal_tells_both(
    store: Store, books: Books, post: Post
) -> None:
    await post.plan_many(await books.many(2))
    moves = [await _move(books, "d0"), await _move(books, "d1")]
    assert await store.adopting.adopt(moves, "jean", books.now, books.today) == [m.case_id for m in moves]
    digest = (await books.facts("d0")).policy_digest or ""
    assert Policy.from_json(await store.planning.policy(digest) or "") == CALM
    told = (await store.views.journal_of(books.cases["d0"]))[-1]
    assert (told["event"], told["by"]) == ("policy adopted", "jean")
    assert f'"digest":"{CALM.digest}","former":"{POLICY.digest}"' in told["body"]


async def test_steps_left_behind_are_passed_over_with_their_reason(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice()
    (term,) = await books.term_ids()
    move = await _move(books, "garage", PassOver(term, "rappel", PassReason.ADOPTED))
    await store.adopting.adopt([move], "jean", books.now, books.today)
    ((step, state, reason, day),) = [
        (n["step"], n["state"], n["reason"], n["on_day"]) for n in await every(store, lines)
    ]
    assert (step, state, reason, day) == ("rappel", "passed_over", "adopted", books.today)


async def test_a_case_that_changed_meanwhile_stays_and_stops_no_other(store: Store, books: Books) -> None:
    await books.many(2)
    moves = [await _move(books, "d0"), await _move(books, "d1")]
    await books.payment(1_00, debtor="d0")
    assert await store.adopting.adopt(moves, "jean", books.now, books.today) == [books.cases["d1"]]
    assert (await books.facts("d0")).policy_digest is None


async def test_nothing_to_move_writes_nothing(store: Store, books: Books) -> None:
    await books.debtor()
    before = await books.version()
    assert await store.adopting.adopt([], "jean", books.now, books.today) == []
    assert await books.version() == before
