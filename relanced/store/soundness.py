"""Is the database sound? Its pages, and the chains of its journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.tables import cases, house_chain
from relanced.store.tables import journal as entries
from relanced.store.tables import journal_texts as texts

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

CASES_AT_ONCE = 200


class Kept(Struct, frozen=True):
    """An entry of the journal as it was found; without `body` its words were erased."""

    seq: int
    at: datetime
    by: str
    event: str
    text_digest: str
    digest: str
    salt: str | None
    body: str | None


def first_broken(case_id: int, entries: Sequence[Kept], last: int, head: str) -> int | None:
    """The number of the first entry that is not as it was written, None when the chain leads whole to its head."""
    before = ""
    for expected, entry in enumerate(entries, start=1):
        when = journal.moment(entry.at)
        told = journal.chain(before, case_id, entry.seq, when, entry.by, entry.event, entry.text_digest)
        reworded = entry.body is not None and journal.salted(entry.salt or "", entry.body) != entry.text_digest
        if entry.seq != expected or told != entry.digest or reworded:
            return expected
        before = entry.digest
    whole = len(entries) == last and before == head
    return None if whole else len(entries) + 1


async def unsound(engine: Engine) -> list[str]:
    """What is wrong, a line each; empty when all is well."""

    async def work(connection: AsyncConnection) -> list[str]:
        return await _pages(connection) + await _chains(connection)

    return await engine.read(work)


async def damaged(engine: Engine) -> list[str]:
    """Which pages of the database are damaged, a line each: what must be known before anything is sent from it."""
    return await engine.read(_pages)


async def _pages(connection: AsyncConnection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    try:
        found = list((await connection.execute(text("PRAGMA quick_check"))).scalars())
    except DatabaseError as error:
        return [f"damaged pages: {error.orig}"]
    return [] if found == ["ok"] else [f"damaged pages: {line}" for line in found[:10]]


async def _chains(connection: AsyncConnection) -> list[str]:
    """Every chain from its first entry to the head its case keeps."""
    query = select(cases.c.id, cases.c.journal_seq, cases.c.journal_head).order_by(cases.c.id)
    heads = {r.id: (r.journal_seq, r.journal_head) for r in await connection.execute(query)}
    for row in await connection.execute(select(house_chain.c.seq, house_chain.c.head)):
        heads[journal.HOUSE] = (row.seq, row.head)
    faults = []
    ids = sorted(heads)
    for start in range(0, len(ids), CASES_AT_ONCE):
        some = ids[start : start + CASES_AT_ONCE]
        same = (texts.c.case_id == entries.c.case_id) & (texts.c.seq == entries.c.seq)
        rows = select(entries, texts.c.salt, texts.c.body).select_from(entries.outerjoin(texts, same))
        rows = rows.where(entries.c.case_id.in_(some)).order_by(entries.c.case_id, entries.c.seq)
        chains: dict[int, list[Kept]] = {i: [] for i in some}
        for r in await connection.execute(rows):
            chains[r.case_id].append(Kept(r.seq, r.at, r.by, r.event, r.text_digest, r.digest, r.salt, r.body))
        for case_id, chain in chains.items():
            broken = first_broken(case_id, chain, *heads[case_id])
            if broken is not None:
                faults.append(f"the journal of {'the house' if case_id == 0 else f'case {case_id}'} breaks at {broken}")
    return faults
