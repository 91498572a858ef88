"""What a person said. The only thing that follows by itself: the case stands still, and somebody is asked to read.

A whole STOP is obeyed besides: nothing is sent to that address on that road any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from relanced.channel import Reply
from relanced.rules.model import HoldKind
from relanced.store.journal import Entry
from relanced.store.matching import Match
from relanced.store.receipts import Applying, withdraw_consent
from relanced.store.tables import addresses, cases, heard, holds, tasks
from relanced.store.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

EXCERPT = 160  # characters of a reply that a task shows


async def apply_reply(a: Applying, matches: Sequence[Match], reply: Reply) -> None:
    """One reply, of one case or of several that the same person may mean. The caller holds their locks."""
    for match in matches:
        case = (await a.connection.execute(select(cases).where(cases.c.id == match.case_id))).one()
        await _hold(a, case, match, reply)
    if reply.stop:
        places = await _said_by(a.connection, matches, reply)
        await withdraw_consent(a, a.terms.road.value, places, "STOP")
    if not matches and not reply.quiet:
        did = _did(reply, f" to {reply.to}")
        words = f"{reply.sender} {did}, and nobody knows whose case it is: {_excerpt(reply)}"
        a.tasks.append(Task("reply", heard_key(a.heard_id), words, owner=_reader(a, "")))


async def _hold(a: Applying, case: Any, match: Match, reply: Reply) -> None:
    """The whole case stands still until a person says that the reply is answered."""
    owner = case.owner or _reader(a, case.creditor)
    told = {"heard": a.heard_id, "message": match.message_id, "from": reply.sender, "at": reply.at, "stop": reply.stop}
    a.entries.append(Entry(case.id, "reply", told, a.channel))
    by = f"{a.terms.answer_by:%Y-%m-%d}"
    said = f"{case.name} ({reply.sender}) {_did(reply)}: {_excerpt(reply)}"
    words = f"{said}: answer by {by}, then relanced resume {case.id}"
    a.tasks.append(Task("reply", f"{heard_key(a.heard_id)}:{case.id}", words, case.creditor, case.id, owner))
    held = (holds.c.case_id == case.id) & (holds.c.kind == HoldKind.REPLY.value) & holds.c.ended_at.is_(None)
    if (await a.connection.execute(select(holds.c.id).where(held))).first():
        return
    reason = f"{reply.sender} wrote on {reply.at.astimezone(a.now.tzinfo):%Y-%m-%d}"
    values = {"case_id": case.id, "kind": HoldKind.REPLY.value, "reason": reason, "owner": owner, "by": a.channel}
    values |= {"began_at": a.now, "answer_by": a.terms.answer_by}
    await a.connection.execute(insert(holds).values(**values))
    about = {"kind": HoldKind.REPLY.value, "why": reason, "owner": owner, "answer_by": a.terms.answer_by}
    a.entries.append(Entry(case.id, "hold begun", about, a.channel))
    a.bumped.add(case.id)


def heard_key(heard_id: int) -> str:
    """How the key begins of the tasks that ask people to read what was heard."""
    return f"heard:{heard_id}"


def _reader(a: Applying, creditor: str) -> str:
    """Who reads the answers to a creditor; of a reply that nobody can place, the only one who might."""
    anyone = set(a.terms.readers.values())
    return a.terms.readers.get(creditor, "") or (anyone.pop() if not creditor and len(anyone) == 1 else "")


def _did(reply: Reply, to: str = "") -> str:
    return f"said STOP{to}, which is obeyed" if reply.stop else f"wrote{to}"


def _excerpt(reply: Reply) -> str:
    said = " ".join((reply.text or reply.subject).split())
    seems = f" (seems: {reply.seems.replace('_', ' ')})" if reply.seems else ""
    return f"« {said[:EXCERPT]}{'…' if len(said) > EXCERPT else ''} »{seems}"


async def _said_by(connection: AsyncConnection, matches: Sequence[Match], reply: Reply) -> list[str]:
    """The addresses that want no more: the sender's, and the one we had written to."""
    mine = [m.address_id for m in matches if m.address_id is not None]
    written = select(addresses.c.place).where(addresses.c.id.in_(mine))
    return sorted({reply.sender, reply.sender.lower(), *(await connection.execute(written)).scalars()} - {""})


async def answered(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> None:
    """A person has dealt with the replies of a case: nobody is asked to read them any more."""
    asked = (tasks.c.case_id == case_id) & (tasks.c.kind == "reply") & tasks.c.closed_at.is_(None)
    await connection.execute(update(tasks).where(asked).values(closed_at=now, closed_by=by))
    waiting = (heard.c.case_id == case_id) & (heard.c.waits == "reply")
    await connection.execute(update(heard).where(waiting).values(waits=""))
