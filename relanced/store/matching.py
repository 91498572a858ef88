"""Whom a receipt or a reply speaks of: by our attempt, by the provider's name for it, by our Message-ID, by address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Select, literal_column, select, union

from relanced.channel import Receipt, Reply
from relanced.rules.model import Road
from relanced.store.among import among
from relanced.store.tables import addresses, attempts, cases, heard, in_state, messages

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST_NAMED = 50  # Message-IDs of one reply that are looked up
_REFERENCE = re.compile("<([A-Za-z0-9-]{1,40})[.@]")


class Match(Struct, frozen=True):
    """The case, and where they are known the message and the attempt, with what was known of it.

    `guessed`: by the reference alone, which is printed for everybody who sees our letters.
    """

    case_id: int
    message_id: int | None = None
    attempt: str = ""
    provider_id: str = ""
    sealed_at: datetime | None = None
    answer: str = ""
    address_id: int | None = None
    guessed: bool = False


async def of_receipt(connection: AsyncConnection, channel: str, said: Receipt | Reply) -> Match | None:
    """The attempt that is named, by us or by the provider. An attempt's own id is a secret nobody can guess."""
    if said.attempt and (found := await _first(connection, _tried(attempts.c.id == said.attempt))):
        return found
    if said.provider_id:
        query = _tried(attempts.c.id.in_(_called(channel, said.provider_id))).order_by(attempts.c.sealed_at.desc())
        if found := await _first(connection, query):
            return found
    return await _of_mail(connection, said)


async def _of_mail(connection: AsyncConnection, said: Receipt | Reply) -> Match | None:
    """The attempt behind a Message-ID of ours, behind the one a relay wrote over it, or behind our reference."""
    if said.mail_ids:
        ids = list(dict.fromkeys(said.mail_ids))[:MOST_NAMED]
        if found := await _answered(connection, ids) or await _first(connection, _tried(_given(ids))):
            return await _whole(connection, found)
    if not said.reference:
        return None
    found = await _answered_by(connection, messages.c.reference == said.reference)
    return replace(await _whole(connection, found), guessed=True) if found else None


def _given(ids: Sequence[str]) -> ColumnElement[bool]:
    return attempts.c.provider_id.in_(ids) & attempts.c.provider_id.like(_A_MESSAGE_ID)


_A_MESSAGE_ID: ColumnElement[str] = literal_column("'<%'")  # as the partial index says it


async def _whole(connection: AsyncConnection, found: Match) -> Match:
    """With all that is known of its attempt, if it was ever tried."""
    return await _first(connection, _tried(attempts.c.id == found.attempt)) or found


def _called(channel: str, provider_id: str) -> Any:
    """The attempts of that name whose end is open, or of which something was heard before: no others are looked at."""
    mine = messages.c.channel == channel
    opened = [select(messages.c.id).where(mine, state) for state in (_SENT, _WAITS, _DOUBT)]
    named = attempts.c.provider_id == provider_id
    tried = [select(attempts.c.id).where(attempts.c.message_id.in_(some), named) for some in opened]
    before = (heard.c.channel == channel) & (heard.c.provider_id == provider_id[:200]) & (heard.c.provider_id != _NONE)
    return union(*tried, select(heard.c.attempt_id).where(before, heard.c.attempt_id.is_not(None)))


_NONE: ColumnElement[str] = literal_column("''")  # as the partial indexes say it
_SENT = in_state("sent") & (messages.c.road != literal_column("'email'"))
_WAITS, _DOUBT = in_state("in_tray"), in_state("uncertain")


def _tried(which: ColumnElement[bool]) -> Select[Any]:
    joined = attempts.join(messages, messages.c.id == attempts.c.message_id)
    tried = (attempts.c.message_id, attempts.c.id, attempts.c.provider_id, attempts.c.sealed_at, attempts.c.answer)
    return select(messages.c.case_id, *tried, messages.c.address_id).select_from(joined).where(which)


async def _first(connection: AsyncConnection, query: Select[Any]) -> Match | None:
    row = (await connection.execute(query)).first()
    return Match(*row) if row else None


async def of_reply(connection: AsyncConnection, channel: str, road: Road, reply: Reply) -> list[Match]:
    """The cases a person may speak of: one when the reply names what it answers, else all that have that address, were
    written to, and owe something. All of them stand still then: which one is meant is for a person to say."""
    if named := await of_receipt(connection, channel, reply):
        return [named]
    known = await _known(connection, road, reply.sender)
    written = select(messages.c.case_id).where(messages.c.case_id.in_(known), messages.c.channel == channel).distinct()
    ours = sorted((await connection.execute(written)).scalars())
    if reply.stop:  # is meant for all of them
        return [Match(case_id) for case_id in ours or known]
    owing = select(cases.c.id).where(cases.c.id.in_(ours or known), cases.c.state == "open")
    still = sorted((await connection.execute(owing)).scalars())
    return [Match(case_id) for case_id in still or ours or known]


async def _answered(connection: AsyncConnection, mail_ids: Sequence[str]) -> Match | None:
    """The nearest message of ours among those a mail answers: its Message-ID begins with its reference."""
    references = {found[1].upper() for one in mail_ids if (found := _REFERENCE.match(one))}
    rows = (await connection.execute(select(*_NAMED).where(among(messages.c.reference, references)))).all()
    ours = sorted((r for r in rows if r.mail_id in mail_ids), key=lambda r: mail_ids.index(r.mail_id))
    return next(map(_named, ours), None)


async def _answered_by(connection: AsyncConnection, which: ColumnElement[bool]) -> Match | None:
    row = (await connection.execute(select(*_NAMED).where(which))).first()
    return _named(row) if row else None


_NAMED = (messages.c.case_id, messages.c.id, messages.c.attempt_id, messages.c.address_id, messages.c.mail_id)


def _named(row: Any) -> Match:
    return Match(row.case_id, row.id, row.attempt_id, address_id=row.address_id)


async def known_as(connection: AsyncConnection, road: Road, place: str) -> list[Match]:
    """The case whose address that is, if it is the only one with anything owed."""
    mine = cases.c.id.in_(await _known(connection, road, place))
    query = select(cases.c.id).where(mine, cases.c.state == "open")
    found = list((await connection.execute(query)).scalars())
    return [Match(found[0])] if len(found) == 1 else []


async def _known(connection: AsyncConnection, road: Road, place: str) -> list[int]:
    """The cases with that address, on that road if there are any."""
    query = select(addresses.c.case_id, addresses.c.road).where(at(place)).order_by(addresses.c.case_id)
    rows = (await connection.execute(query)).all()
    exact = {r.case_id for r in rows if r.road == road}
    return sorted(exact or {r.case_id for r in rows})


def at(place: str) -> ColumnElement[bool]:
    """The address goes by that name; mail addresses come in capitals too."""
    return (addresses.c.place != "") & addresses.c.place.in_(sorted({place, place.lower()}))
