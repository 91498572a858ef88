"""What a former tool did, taken in once: no debtor hears a step twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.rules.model import HoldKind, LineState
from relanced.store.intake import Refused
from relanced.store.opening import Store
from tests.store.books import TODAY, Books

DAY = timedelta(days=1)


async def test_history_says_what_a_former_tool_did_once(store: Store, books: Books) -> None:
    await books.debtor()
    await books.invoice(parts={TODAY: 60_00, TODAY + DAY: 60_00})
    last = TODAY - 5 * DAY
    for _ in range(2):
        await books.history(
            invoice="F-1", step="relance-2", last_contact=last, hold_until=TODAY + DAY, comment="will pay"
        )
        facts = (await books.facts()).facts
        assert [(line.step, line.state, line.on) for line in facts.lines] == [
            ("relance-2", LineState.PERFORMED, last)
        ] * 2
        assert facts.touched_on == (last,)
        assert [(h.kind, h.reason) for h in facts.holds] == [(HoldKind.HISTORY, "will pay")] * 2
        assert facts.holds[0].until is not None
        assert facts.holds[0].until.astimezone(books.now.tzinfo).date() == TODAY + 2 * DAY
    assert [e["event"] for e in await store.views.journal_of(books.cases["garage"])].count("note") == 2


async def test_history_of_a_debtor_is_of_all_its_invoices(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    await books.invoice("F-2")
    await books.history(step="relance-1")
    assert len((await books.facts()).facts.lines) == 2


async def test_history_of_a_debtor_says_nothing_of_what_was_not_late_on_that_day(books: Books) -> None:
    """Else the first word about a fresh invoice would be a firm letter."""
    await books.debtor()
    for number, due in (("F-1", TODAY - 9 * DAY), ("F-2", TODAY - 5 * DAY), ("F-3", TODAY + 9 * DAY)):
        await books.invoice(number, due=due)
    await books.history(step="relance-2", last_contact=TODAY - 5 * DAY)
    facts = (await books.facts()).facts
    [line] = facts.lines
    assert [t.invoice for t in facts.terms if t.id == line.term_id] == ["F-1"]
    await books.history(step="courtoisie", last_contact=TODAY - 5 * DAY, ahead=True)
    assert len((await books.facts()).facts.lines) == 4


async def test_history_of_what_nobody_knows_is_refused(books: Books) -> None:
    await books.debtor()
    await books.invoice()
    with pytest.raises(Refused, match="history: debtor 'garage' or its invoice 'F-9' is unknown"):
        await books.history(invoice="F-9", step="relance-1")
