"""What a person said. The only thing that follows by itself: the case stands still, and somebody is asked to read.

A whole STOP is obeyed besides: nothing is sent to that address on that road any more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import insert, select, update

from relanced.channel import Reply
from relanced.rules.instalments import months_on
from relanced.rules.model import HoldKind
from relanced.store.journal import Entry
from relanced.store.matching import Match
from relanced.store.receipts import Applying, withdraw_consent
from relanced.store.tables import addresses, cases, heard, holds, journal, journal_texts, tasks
from relanced.store.tasks import Task

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

DATA_REQUEST = "data_request"  # as it is suggested: a right over personal data is used
LONGEST_UNHEARD = timedelta(days=30)  # a mail that answers nothing of ours is no older, whatever its clock said
EXCERPT = 160  # characters of a reply that a task shows


async def apply_reply(a: Applying, matches: Sequence[Match], reply: Reply) -> None:
    """One reply, of one case or of several that the same person may mean. The caller holds their locks."""
    for match in matches:
        case = (await a.connection.execute(select(cases).where(cases.c.id == match.case_id))).one()
        await _hold(a, case, match, reply)
    if reply.stop:
        places = await _said_by(a.connection, matches, reply)
        await withdraw_consent(a, a.terms.road.value, places, "STOP")
    if reply.seems.startswith(DATA_REQUEST) and (matches or not reply.quiet):
        a.tasks.append(_data_request(a, matches, reply))
    if not matches and not reply.quiet:
        did = _did(reply, f" to {reply.to}")
        words = f"{reply.sender} {did}, and nobody knows whose case it is: {_excerpt(reply)}"
        a.tasks.append(Task("reply", heard_key(a.heard_id), words, owner=_reader(a, "")))


def _data_request(a: Applying, matches: Sequence[Match], reply: Reply) -> Task:
    """One month to answer, whatever becomes of the case (GDPR, article 12.3)."""
    until = months_on(_received(a, matches, reply), 1)
    words = f"{reply.sender} seems to use a right over personal data: answer by {until}"
    case_id = matches[0].case_id if len(matches) == 1 else None
    said = f"{words}: {_excerpt(reply)}"
    return Task("data request", f"{heard_key(a.heard_id)}:data", said, case_id=case_id, owner=_reader(a, ""))


def _received(a: Applying, matches: Sequence[Match], reply: Reply) -> date:
    """The local day on which it reached us, read or not: its own, but none before what it answers."""
    answered = [m.sealed_at for m in matches if m.sealed_at]
    first = min(answered, default=a.came_at - LONGEST_UNHEARD)
    return min(max(reply.at, first), a.came_at).astimezone(a.now.tzinfo).date()


async def _hold(a: Applying, case: Any, match: Match, reply: Reply) -> None:
    owner = case.owner or _reader(a, case.creditor)
    spoken = Spoken(a.heard_id, match.message_id, reply, owner, a.terms.answer_by, a.channel)
    entries, task = await hold_for(a.connection, case, spoken, a.now)
    a.entries += entries
    a.tasks.append(task)
    a.bumped.add(case.id)


class Spoken(Struct, frozen=True):
    """A reply of one case: what was said, about which message, who is to answer it by when; `by` whom it came in."""

    heard_id: int
    message_id: int | None
    reply: Reply
    owner: str
    answer_by: datetime
    by: str


async def hold_for(connection: AsyncConnection, case: Any, spoken: Spoken, now: datetime) -> tuple[list[Entry], Task]:
    """The whole case stands still until a person says that the reply is answered. The caller holds its lock, writes
    what follows, and bumps the case: who looked at it before has not read this. `now` is local."""
    reply, owner = spoken.reply, spoken.owner
    told = {"heard": spoken.heard_id, "message": spoken.message_id, "from": reply.sender}
    entries = [Entry(case.id, "reply", {**told, "at": reply.at, "stop": reply.stop}, spoken.by)]
    said = f"{case.name} ({reply.sender}) {_did(reply)}: {_excerpt(reply)}"
    words = f"{said}: answer by {spoken.answer_by:%Y-%m-%d}, then relanced release {case.id} --seen h{spoken.heard_id}"
    task = Task("reply", f"{heard_key(spoken.heard_id)}:{case.id}", words, case.creditor, case.id, owner)
    held = (holds.c.case_id == case.id) & (holds.c.kind == HoldKind.REPLY.value) & holds.c.ended_at.is_(None)
    if (await connection.execute(select(holds.c.id).where(held))).first():
        return entries, task
    reason = f"{reply.sender} wrote on {reply.at.astimezone(now.tzinfo):%Y-%m-%d}"
    values = {"case_id": case.id, "kind": HoldKind.REPLY.value, "reason": reason, "owner": owner, "by": spoken.by}
    values |= {"began_at": now, "answer_by": spoken.answer_by}
    await connection.execute(insert(holds).values(**values))
    about = {"kind": HoldKind.REPLY.value, "why": reason, "owner": owner, "answer_by": spoken.answer_by}
    return [*entries, Entry(case.id, "hold begun", about, spoken.by)], task


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
    seems = f" (seems: {_seems(reply.seems)})" if reply.seems else ""
    return f"« {said[:EXCERPT]}{'…' if len(said) > EXCERPT else ''} »{seems}"


def _seems(suggested: str) -> str:
    """What it seems to say, and the words this rests on, which begin by naming it again."""
    what, _, why = suggested.partition(", ")
    same = why.casefold().startswith(what.casefold())
    return (what + why[len(what) :] if same else suggested).replace("_", " ")


async def _said_by(connection: AsyncConnection, matches: Sequence[Match], reply: Reply) -> list[str]:
    """The addresses that want no more: the sender's, and the one we had written to."""
    mine = [m.address_id for m in matches if m.address_id is not None]
    written = select(addresses.c.place).where(addresses.c.id.in_(mine))
    return sorted({reply.sender, reply.sender.lower(), *(await connection.execute(written)).scalars()} - {""})


async def heard_in(connection: AsyncConnection, case_id: int) -> list[int]:
    """What was heard of a case from people: also what they may have meant for several."""
    mine = (journal.c.case_id == case_id) & (journal.c.event == "reply")
    same = (journal_texts.c.case_id == journal.c.case_id) & (journal_texts.c.seq == journal.c.seq)
    query = select(journal_texts.c.body).select_from(journal.join(journal_texts, same)).where(mine)
    told = [json.loads(body) for body in (await connection.execute(query)).scalars()]
    filed = select(heard.c.id).where(heard.c.case_id == case_id, heard.c.filed_by != "")
    return sorted({one["heard"] for one in told if "heard" in one} | set((await connection.execute(filed)).scalars()))


async def answered(connection: AsyncConnection, case_id: int, by: str, now: datetime) -> None:
    """A person has dealt with the replies of a case: nobody is asked to read them any more."""
    asked = (tasks.c.case_id == case_id) & (tasks.c.kind == "reply") & tasks.c.closed_at.is_(None)
    await connection.execute(update(tasks).where(asked).values(closed_at=now, closed_by=by))
    waiting = (heard.c.case_id == case_id) & (heard.c.waits == "reply")
    await connection.execute(update(heard).where(waiting).values(waits=""))
