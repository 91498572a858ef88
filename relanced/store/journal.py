"""The journal: append-only, written in the transaction it tells, chained per case over salted digests.

The text of an entry lives beside the frozen row, which holds only its salted digest: erasing a person's words leaves
the chain whole. Entries of no case belong to chain 0, the house's own.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.json import Encoder
from sqlalchemy import bindparam, insert, select, update

from relanced.store.among import among
from relanced.store.bulk import Bulk
from relanced.store.tables import cases, house_chain, journal, journal_texts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

HOUSE = 0
DAEMON = "daemon"


class Entry(Struct, frozen=True):
    """One thing that happened: to which case, what, told by whom. `about` must be JSON."""

    case_id: int
    event: str
    about: Mapping[str, Any] = field(default_factory=dict)
    by: str = DAEMON


def moment(at: datetime) -> str:
    """When an entry was written, as its digest tells it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def chain(prev: str, case_id: int, seq: int, moment: str, by: str, event: str, text_digest: str) -> str:
    """The digest of an entry: over the one before it and everything it says."""
    told = "\x1f".join((prev, str(case_id), str(seq), moment, by, event, text_digest))
    return hashlib.sha256(told.encode()).hexdigest()


def salted(salt: str, body: str) -> str:
    """The digest of an entry's text."""
    return hashlib.sha256(f"{salt}\x1f{body}".encode()).hexdigest()


_ENTRY, _TEXT = Bulk(insert(journal)), Bulk(insert(journal_texts))
_in_json = Encoder(enc_hook=str).encode


async def write(connection: AsyncConnection, entries: Iterable[Entry], at: datetime) -> None:
    """Append entries in order. The caller holds the lock of every case concerned."""
    listed = list(entries)
    if not listed:
        return
    heads = await _heads(connection, {e.case_id for e in listed})
    salts = secrets.token_hex(8 * len(listed))  # asked for at once: each question costs more than its answer
    rows, texts, when = [], [], moment(at)
    for n, entry in enumerate(listed):
        seq, head = heads[entry.case_id]
        salt, body = salts[16 * n : 16 * n + 16], _in_json(dict(entry.about)).decode()
        text_digest = salted(salt, body)
        digest = chain(head, entry.case_id, seq + 1, when, entry.by, entry.event, text_digest)
        heads[entry.case_id] = (seq + 1, digest)
        key = {"case_id": entry.case_id, "seq": seq + 1}
        told = {"at": at, "by": entry.by, "event": entry.event, "text_digest": text_digest, "digest": digest}
        rows.append({**key, **told})
        texts.append({**key, "salt": salt, "body": body})
    await _ENTRY.run(connection, rows)
    await _TEXT.run(connection, texts)
    await _keep_heads(connection, heads)


_HEADS = select(cases.c.id, cases.c.journal_seq, cases.c.journal_head).where(among(cases.c.id, "ids"))


_OWN_HEAD = select(house_chain.c.seq, house_chain.c.head).with_for_update()


async def _heads(connection: AsyncConnection, ids: set[int]) -> dict[int, tuple[int, str]]:
    rows = await connection.execute(_HEADS, {"ids": sorted(ids - {HOUSE})})
    found: dict[int, tuple[int, str]] = {row.id: (row.journal_seq, row.journal_head) for row in rows.all()}
    if HOUSE in ids:
        row = (await connection.execute(_OWN_HEAD)).one()
        found[HOUSE] = (row.seq, row.head)
    return found


_MOVE_HEAD = Bulk(
    update(cases)
    .where(cases.c.id == bindparam("which"))
    .values(journal_seq=bindparam("seq"), journal_head=bindparam("head"))
)


async def _keep_heads(connection: AsyncConnection, heads: dict[int, tuple[int, str]]) -> None:
    moved = [{"which": i, "seq": seq, "head": head} for i, (seq, head) in heads.items() if i != HOUSE]
    if moved:
        await _MOVE_HEAD.run(connection, moved)
    if HOUSE in heads:
        seq, head = heads[HOUSE]
        await connection.execute(update(house_chain).values(seq=seq, head=head))
