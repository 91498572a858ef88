"""The keys are the database's own: whatever the code above does, it refuses a second one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from relanced.channel import Absent
from relanced.rules.lifecycle import REQUIRES
from relanced.rules.model import LIVE
from relanced.store.engine import Conflict
from relanced.store.opening import Store
from relanced.store.tables import attempts, lines, messages, reminders
from relanced.store.tables import touches as contacts
from tests.store.books import TODAY, Books
from tests.store.post import Post
from tests.store.rows import every, run, twin


@pytest.fixture
async def message(books: Books, post: Post) -> int:
    """A planned message of a reminder of one invoice."""
    await books.debtor()
    await books.invoice()
    return await post.plan()


async def test_a_step_of_a_term_is_taken_once_in_a_round(store: Store, message: int) -> None:
    (line,) = await every(store, lines)
    with pytest.raises(Conflict):
        await twin(store, lines, line, state="performed")
    await twin(store, lines, line, round=1)
    await twin(store, lines, line, step="relance-2")


async def test_a_void_line_leaves_the_step_to_be_decided_again(store: Store, message: int) -> None:
    (line,) = await every(store, lines)
    await run(store, update(lines).values(state="void"))
    await twin(store, lines, line)
    await twin(store, lines, line, state="void")
    assert [r["state"] for r in await every(store, lines)] == ["void", "planned", "void"]


async def test_a_case_has_one_live_reminder(store: Store, message: int) -> None:
    (reminder,) = await every(store, reminders)
    with pytest.raises(Conflict):
        await twin(store, reminders, reminder)
    await twin(store, reminders, reminder, live=False)


async def test_a_turn_of_a_slot_of_a_reminder_is_one_message(store: Store, message: int) -> None:
    (row,) = await every(store, messages)
    ended = {"state": "cancelled", "ended_at": row["planned_at"]}
    with pytest.raises(Conflict):
        await twin(store, messages, row, reference="other", **ended)
    await twin(store, messages, row, reference="other", turn=1, **ended)


async def test_a_slot_has_one_live_message(store: Store, message: int) -> None:
    (row,) = await every(store, messages)
    filled = {"attempt_id": "a", "reason": "because", "settle_at": row["planned_at"], "reference": "other"}
    for state in sorted(LIVE):
        with pytest.raises(Conflict):
            await twin(store, messages, row, turn=1, state=state.value, **filled)
    await twin(store, messages, row, slot=1, **filled)


async def test_a_reference_names_one_message(store: Store, message: int) -> None:
    (row,) = await every(store, messages)
    with pytest.raises(Conflict):
        await twin(store, messages, row, slot=3)


async def test_a_try_of_a_message_is_one_attempt(store: Store, post: Post, message: int) -> None:
    await post.uncertain(message)
    await post.answer(message, Absent("not there"))
    await post.seal(message)
    first, second = await every(store, attempts, message_id=message)
    assert [first["try"], second["try"]] == [1, 2]
    with pytest.raises(Conflict):
        await twin(store, attempts, second, id="a-third")


async def test_a_contact_of_a_day_is_counted_once(store: Store) -> None:
    contact: dict[str, Any] = {"key": "at:x", "day": TODAY, "n": 0, "reminder_id": 1}
    await twin(store, contacts, contact)
    with pytest.raises(Conflict):
        await twin(store, contacts, contact, reminder_id=2)


async def test_a_message_is_in_a_state_only_with_what_that_state_needs(store: Store, message: int) -> None:
    at = (await every(store, messages))[0]["planned_at"]
    filled = {"due_at": at, "settle_at": at, "ended_at": at, "sent_at": at, "reason": "because", "attempt_id": "a"}
    for state, needed in REQUIRES.items():
        await run(store, update(messages).values(**filled, state=state.value))
        for column in needed:
            empty = "" if isinstance(filled[column], str) else None
            with pytest.raises(Conflict):
                await run(store, update(messages).values(**{column: empty}))


async def test_a_state_nobody_knows_is_refused(store: Store, message: int) -> None:
    for table in (messages, lines):
        with pytest.raises(Conflict):
            await run(store, update(table).values(state="forgotten"))
