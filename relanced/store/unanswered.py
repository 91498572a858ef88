"""The replies that wait for an answer, with what each seems to say, and whether they were read. Reading only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import func, select

from relanced.rules.model import HoldKind
from relanced.store.among import among
from relanced.store.asked import Unfitting
from relanced.store.tables import cases, heard, holds, tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Reply(Struct, frozen=True):
    """A case that stands still for replies. `owner`: whose it is, else nobody's; `seems`: what each of them suggests,
    empty where nothing is known; `last`: which was heard last."""

    case_id: int
    debtor: str
    owner: str
    seems: tuple[str, ...]
    last: int


_HELD = (
    select(cases.c.id, cases.c.name, cases.c.owner, cases.c.taken_by, holds.c.owner.label("holder"))
    .select_from(holds.join(cases, cases.c.id == holds.c.case_id))
    .where(holds.c.kind == HoldKind.REPLY.value, holds.c.ended_at.is_(None))
    .order_by(holds.c.began_at, cases.c.id)
)
_ASKED = select(tasks.c.case_id, tasks.c.key).where(
    tasks.c.kind == "reply", tasks.c.closed_at.is_(None), tasks.c.case_id.is_not(None)
)


async def replies_waiting(connection: AsyncConnection) -> list[Reply]:
    """Every case that stands still for a reply, the oldest first."""
    asked = [(row.case_id, heard_of(row.key)) for row in await connection.execute(_ASKED.order_by(tasks.c.id))]
    suggested = await _suggested(connection, {heard_id for _, heard_id in asked if heard_id})
    said: dict[int, list[str]] = defaultdict(list)
    for case_id, heard_id in asked:
        said[case_id] += suggested.get(heard_id, [""])
    last, rows = dict(asked), await connection.execute(_HELD)
    return [Reply(r.id, r.name, r.taken_by or r.holder or r.owner, tuple(said[r.id]), last.get(r.id, 0)) for r in rows]


def heard_of(key: str) -> int:
    """What a task asks people to read (`heard:NUMBER:CASE`); 0 when it is something else."""
    _, _, rest = key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if number.isdecimal() else 0


async def _suggested(connection: AsyncConnection, ids: set[int]) -> dict[int, list[str]]:
    """By what was heard: what each word of a person in it seems to say."""
    query = select(heard.c.id, heard.c.said).where(among(heard.c.id, ids))
    rows = await connection.execute(query)
    return {row.id: [one.get("seems", "") for one in row.said if "sender" in one] or [""] for row in rows}


# -- nobody answers what nobody has read --------------------------------------------------------------------------


async def refuse_newer(connection: AsyncConnection, case_id: int, read: int) -> None:
    """Raises Unfitting when a reply waits that came to the case after this one, or this one is none of its replies.

    They are in the order in which people were asked to read them: what was put with a case late came late.
    """
    mine = select(func.max(tasks.c.id)).where(tasks.c.key == f"heard:{read}:{case_id}")
    upto = (await connection.execute(mine)).scalar_one()
    if upto is None:
        raise Unfitting(f"h{read} is no reply of case {case_id}, nothing was changed: relanced show {case_id}")
    if newer := [row for row in await _open(connection, case_id) if row.id > upto]:
        raise Unfitting(f"one more reply has come, nothing was changed: {_listed(newer)}: relanced show {case_id}")


async def refuse_unread(connection: AsyncConnection, case_id: int) -> None:
    """Whoever does not say what they have read ends no reply. Raises Unfitting while one waits."""
    if rows := await _open(connection, case_id):
        say = f"say up to which reply you have read: relanced release {case_id} --seen h{heard_of(rows[-1].key)}"
        raise Unfitting(f"case {case_id} has replies that wait, nothing was changed: {_listed(rows)}; {say}")


async def _open(connection: AsyncConnection, case_id: int) -> list[Any]:
    """What people are asked to read of a case, in the order in which it came."""
    query = select(tasks.c.id, tasks.c.key, tasks.c.words).where(
        tasks.c.kind == "reply", tasks.c.closed_at.is_(None), tasks.c.case_id == case_id
    )
    return list((await connection.execute(query.order_by(tasks.c.id))).all())


def _listed(rows: Sequence[Any]) -> str:
    return "; ".join(f"h{heard_of(row.key)} {row.words.rpartition(': answer by ')[0] or row.words}" for row in rows)
