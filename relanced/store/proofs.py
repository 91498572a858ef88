"""The papers that prove what became of an attempt: a proof of posting, a signed receipt. Each is kept once."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlalchemy import func, select

from relanced.channel import Blob
from relanced.store import journal
from relanced.store.engine import Engine
from relanced.store.hands import Hands, lay
from relanced.store.journal import Entry
from relanced.store.tables import attempts, blobs, invoices, messages, papers, proofs
from relanced.store.upsert import or_leave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class ProofKind(StrEnum):
    """What a paper proves."""

    POSTING = "proof-of-posting"  # the post took the letter
    RECEIPT = "receipt"  # what became of it at the other end: signed, refused, never fetched
    OTHER = "other"  # anything else that belongs to the file


class Proof(Struct, frozen=True):
    """A paper: its name, its media type, its bytes, and the day it speaks of."""

    kind: ProofKind
    name: str
    media_type: str
    content: bytes
    on: date


_BLOB, _PROOF = or_leave(blobs), or_leave(proofs, "attempt_id", "digest")


async def keep_proof(
    connection: AsyncConnection, attempt: str, case_id: int, proof: Proof, by: str, now: datetime, entries: list[Entry]
) -> bool:
    """Keep a paper with an attempt. False when it was kept before. The caller holds the lock of the case."""
    blob, dialect = Blob.of(proof.content), connection.dialect.name
    await connection.execute(_BLOB[dialect], {"digest": blob.digest, "content": blob.content})
    about = {"kind": proof.kind.value, "name": proof.name, "media_type": proof.media_type, "digest": blob.digest}
    row = {"attempt_id": attempt, **about, "on_day": proof.on, "by": by, "at": now}
    fresh = bool((await connection.execute(_PROOF[dialect], row)).rowcount)
    if fresh:
        entries.append(Entry(case_id, "proof kept", {"attempt": attempt, "on": proof.on, **about}, by))
    return fresh


class PaperKind(StrEnum):
    """What a paper of a case is, for whoever reads the file later."""

    CONTRACT = "contract"  # what was agreed before the work
    ORDER = "order"  # the debtor's order
    DELIVERY_NOTE = "delivery-note"  # signed when the goods arrived
    TERMS = "terms"  # the general terms of sale
    COMPANY_EXTRACT = "company-extract"  # the debtor in the trade register (Kbis)
    AGREEMENT = "agreement"  # a signed agreement on instalments, or a settlement
    RECEIPT = "receipt"  # a scanned receipt of a letter that the house did not send
    OTHER = "other"  # anything else that belongs to the file


class Paper(Struct, frozen=True):
    """A paper of a case, or of one of its invoices by number; the day it speaks of."""

    kind: PaperKind
    name: str
    media_type: str
    content: bytes
    on: date
    invoice: str = ""


_PAPER = or_leave(papers, "case_id", "kind", "digest")


class Proofs:
    """The papers as the desk looks at them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep_paper(self, hands: Hands, paper: Paper, now: datetime) -> bool:
        """Keep a paper with a case. False when it was kept before. Raises Unfitting."""
        blob = Blob.of(paper.content)

        async def work(connection: AsyncConnection) -> bool:
            await lay(connection, hands)
            dialect = connection.dialect.name
            await connection.execute(_BLOB[dialect], {"digest": blob.digest, "content": blob.content})
            about = {"kind": paper.kind.value, "name": paper.name, "media_type": paper.media_type}
            about |= {"digest": blob.digest}
            mine = (invoices.c.case_id == hands.case_id) & (invoices.c.number == paper.invoice)
            invoice = (await connection.execute(select(invoices.c.id).where(mine))).scalar()
            row = {"case_id": hands.case_id, "invoice_id": invoice, **about, "on_day": paper.on, "by": hands.by}
            fresh = bool((await connection.execute(_PAPER[dialect], {**row, "at": now})).rowcount)
            if fresh:
                told = {**about, "on": paper.on, "invoice": paper.invoice}
                await journal.write(connection, [Entry(hands.case_id, "paper kept", told, hands.by)], now)
            return fresh

        return await self._engine.write(work)

    async def papers_of(self, case_id: int) -> list[dict[str, Any]]:
        """The papers of a case that belong to no letter, oldest first, without the bytes."""
        kept = (papers.c.id, papers.c.kind, papers.c.name, papers.c.media_type, papers.c.digest, papers.c.on_day)
        about = func.coalesce(invoices.c.number, "").label("invoice")
        query = select(*kept, about, papers.c.by, papers.c.at)
        query = query.select_from(papers.outerjoin(invoices, invoices.c.id == papers.c.invoice_id))

        async def work(connection: AsyncConnection) -> list[dict[str, Any]]:
            mine = query.where(papers.c.case_id == case_id).order_by(papers.c.id)
            return [dict(row._mapping) for row in await connection.execute(mine)]

        return await self._engine.read(work)

    async def of_case(self, case_id: int) -> list[dict[str, Any]]:
        """The papers of a case's letters, oldest first: each with the reference of its letter, without the bytes."""
        joined = proofs.join(attempts, attempts.c.id == proofs.c.attempt_id)
        joined = joined.join(messages, messages.c.id == attempts.c.message_id)
        kept = (proofs.c.kind, proofs.c.name, proofs.c.media_type, proofs.c.digest, proofs.c.on_day)
        query = select(messages.c.id.label("message"), messages.c.reference, *kept, proofs.c.by, proofs.c.at)
        query = query.select_from(joined).where(messages.c.case_id == case_id).order_by(proofs.c.id)

        async def work(connection: AsyncConnection) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in await connection.execute(query)]

        return await self._engine.read(work)
