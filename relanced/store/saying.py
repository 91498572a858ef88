"""A word of the desk, planned as a message: each is said once, whoever asks again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import insert, select

from relanced.rules.given import WordKind
from relanced.rules.model import Road
from relanced.store.journal import Entry
from relanced.store.tables import messages, words
from relanced.store.tasks import Task, open_tasks
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class NewWord(Struct, frozen=True):
    """What is to be said, to whom. `key` names it, so that it is said once; `about` is JSON (promise, agreement …)."""

    kind: WordKind
    key: str
    channel: str
    address_id: int
    place: str
    contact: str
    reference: str
    mail_id: str
    due_at: datetime
    lapse_at: datetime | None = None
    subject: str = ""
    body: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


_WORD = or_leave(words, "key")


async def tell(
    connection: AsyncConnection,
    case_id: int,
    creditor: str,
    said: NewWord | Task | None,
    about: Mapping[str, Any],
    by: str,
    now: datetime,
) -> list[Entry]:
    """The debtor is told of it in writing, or a person is asked to where no mail goes; None: nobody wants it told."""
    if isinstance(said, Task):
        await open_tasks(connection, [said], now)
    if not isinstance(said, NewWord):
        return []
    return await say(connection, case_id, creditor, replace(said, about={**said.about, **about}), by, now)


async def say(
    connection: AsyncConnection, case_id: int, creditor: str, new: NewWord, by: str, now: datetime
) -> list[Entry]:
    """Plan the message, unless this was said before. The caller holds the lock of the case and writes the entries."""
    row = {"case_id": case_id, "kind": new.kind.value, "key": new.key, "subject": new.subject, "body": new.body}
    kept = await connection.execute(
        _WORD[connection.dialect.name], {**row, "about": dict(new.about), "by": by, "at": now}
    )
    if not kept.rowcount:
        return []
    number = (await connection.execute(select(words.c.id).where(words.c.key == new.key))).scalar_one()
    values: dict[str, Any] = {"case_id": case_id, "creditor": creditor, "word_id": number, "slot": 0, "turn": 0}
    values |= {"road": Road.EMAIL.value, "channel": new.channel, "state": "planned", "address_id": new.address_id}
    values |= {"place": new.place, "contact": new.contact, "reference": new.reference, "mail_id": new.mail_id}
    values |= {"due_at": new.due_at, "lapse_at": new.lapse_at, "planned_at": now}
    made = await connection.execute(insert(messages).values(**values).returning(messages.c.id))
    about = {"message": made.scalar_one(), "kind": new.kind.value, "reference": new.reference, **new.about}
    return [Entry(case_id, "message planned", about, by)]
