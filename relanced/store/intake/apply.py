"""One import, one transaction: debtors, contacts, invoices, money and history of one creditor."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import insert, select, update

from relanced.rules.rows import Batch
from relanced.store import journal
from relanced.store.engine import Engine, StoreError
from relanced.store.intake.debtors import write_contacts, write_debtors
from relanced.store.intake.invoices import AsOf, write_invoices
from relanced.store.intake.known import open_books
from relanced.store.intake.ledger import Ledger
from relanced.store.intake.past import write_history
from relanced.store.intake.snapshot import settle_absent
from relanced.store.intake.sums import write_credits, write_payments
from relanced.store.journal import Entry
from relanced.store.lock import Bumps, bump, chunks, look_at_all
from relanced.store.tables import cases, creditors, imports, in_state, invoices, messages
from relanced.store.tasks import close_tasks, open_tasks

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Refused(StoreError):
    """The import contradicts what is known. Nothing was changed; every contradiction is told with its line."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Report(Struct, frozen=True):
    """What an import did (or would do): rows added, changed and left as they were, by kind.

    `covers` is how far the bank data reach now, if the file speaks of them; `kept` tells, a line each, what stays as a
    person set it although the file says otherwise.
    """

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    same: dict[str, int] = field(default_factory=dict)
    settled: tuple[str, ...] = ()
    unmatched: int = 0
    covers: date | None = None
    repeated: bool = False
    dry_run: bool = False
    kept: tuple[str, ...] = ()


class _DryRun(Exception):
    """Carries the report out of a transaction that must not be committed."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class Intake:
    """The import's side of the store."""

    def __init__(self, engine: Engine, bumps: Bumps) -> None:
        self._engine = engine
        self._bumps = bumps

    async def apply(
        self,
        creditor: str,
        batch: Batch,
        by: str,
        now: datetime,
        today: date,
        dry_run: bool = False,
        sure: bool = False,
    ) -> Report:
        """Write the batch. `sure`: a person confirmed that a snapshot settles many invoices. Raises Refused."""

        async def work(connection: AsyncConnection) -> Report:
            bumps = Bumps() if dry_run else self._bumps
            report = await _apply(connection, creditor, batch, by, now, today, sure, bumps)
            if dry_run:
                raise _DryRun(report)
            return report

        try:
            return await self._engine.write(work)
        except _DryRun as told:
            return replace(told.report, dry_run=True)


async def _apply(
    connection: AsyncConnection,
    creditor: str,
    batch: Batch,
    by: str,
    now: datetime,
    today: date,
    sure: bool,
    bumps: Bumps,
) -> Report:
    ledger = await open_books(connection, creditor, batch, now, today, by)
    if await _seen(connection, creditor, batch):
        return Report(repeated=True)
    await write_debtors(ledger, batch)
    await write_contacts(ledger, batch.contacts)
    await write_invoices(ledger, batch.invoices, await _as_of(connection, creditor, batch, today))
    await write_credits(ledger, batch.credits)
    await write_payments(ledger, batch.payments)
    await write_history(ledger, batch.history)
    settled = await settle_absent(ledger, batch, sure) if batch.snapshot else ()
    if ledger.faults:
        raise Refused([f"{batch.file}:{line}: {words}" for line, words in sorted(ledger.faults)])
    reach = await _finish(connection, creditor, batch, ledger, bumps)
    added, changed, same = (dict(c) for c in (ledger.added, ledger.changed, ledger.same))
    return Report(added, changed, same, settled, ledger.unmatched, reach, kept=tuple(ledger.kept))


async def _as_of(connection: AsyncConnection, creditor: str, batch: Batch, today: date) -> AsOf:
    """The last day the open amounts account for: as said, else as far as the bank data reach, else yesterday.

    An earlier day only deducts a payment once more; a later one would remind somebody who has paid.
    """
    known = (await connection.execute(select(creditors.c.covers).where(creditors.c.key == creditor))).scalar()
    yesterday = today - timedelta(days=1)
    return AsOf(batch.covers or min(known or yesterday, yesterday), sure=batch.covers is not None)


async def _seen(connection: AsyncConnection, creditor: str, batch: Batch) -> bool:
    """Whether this very file was the last of its kind: an older one may be wanted again, a repeat changes nothing."""
    same = (imports.c.creditor == creditor) & (imports.c.kind == batch.kind)
    query = select(imports.c.digest, imports.c.covers).where(same).order_by(imports.c.id.desc()).limit(1)
    last = (await connection.execute(query)).first()
    return last is not None and last.digest == batch.digest and last.covers == batch.covers


async def _finish(
    connection: AsyncConnection, creditor: str, batch: Batch, ledger: Ledger, bumps: Bumps
) -> date | None:
    """Returns the day that the bank data cover now, if this file is one that tells it."""
    await bump(connection, ledger.touched, ledger.now, bumps)
    await _open_cases(connection, sorted(ledger.touched))
    reach = await _cover(connection, creditor, batch, ledger.now)
    await open_tasks(connection, ledger.tasks, ledger.now)
    await close_tasks(connection, ledger.done_tasks, ledger.by, ledger.now)
    counts = {"added": dict(ledger.added), "changed": dict(ledger.changed)}
    values = {"creditor": creditor, "kind": batch.kind, "file": batch.file, "digest": batch.digest}
    kept = {**values, "covers": batch.covers, "by": ledger.by, "at": ledger.now, "counts": counts}
    await connection.execute(insert(imports).values(**kept))
    told = Entry(journal.HOUSE, "imported", {**values, "covers": batch.covers, **counts}, ledger.by)
    await journal.write(connection, [*ledger.entries, told], ledger.now)
    return reach


async def _open_cases(connection: AsyncConnection, ids: list[int]) -> None:
    """A case with invoices is open until the planner finds that nothing is owed."""
    billed = select(invoices.c.id).where(invoices.c.case_id == cases.c.id).exists()
    for some in chunks(ids):
        clear = cases.c.id.in_(some) & (cases.c.state == "clear") & billed
        await connection.execute(update(cases).where(clear).values(state="open"))


async def _cover(connection: AsyncConnection, creditor: str, batch: Batch, now: datetime) -> date | None:
    """Coverage only moves forward, and it is no fact of any case: permits stand, the planner looks."""
    if batch.covers is None or batch.kind not in ("payments", "snapshot"):
        return None
    known = (await connection.execute(select(creditors.c.covers).where(creditors.c.key == creditor))).scalar()
    if known is None or batch.covers > known:
        await connection.execute(update(creditors).where(creditors.c.key == creditor).values(covers=batch.covers))
        mine = (cases.c.creditor == creditor) & (cases.c.state == "open")
        await look_at_all(connection, mine, now)
        await _wake(connection, creditor, now)
    return max(batch.covers, known or batch.covers)


async def _wake(connection: AsyncConnection, creditor: str, now: datetime) -> None:
    """What was put off to another day for want of bank data is asked about again today."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
    put_off = (messages.c.creditor == creditor) & in_state("planned") & (messages.c.due_at >= tomorrow)
    await connection.execute(update(messages).where(put_off, messages.c.failures == 0).values(due_at=now))
