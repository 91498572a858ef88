"""A creditor's books, filled as an import fills them: debtors, invoices, money; everything goes through the intake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from relanced.rules.model import Consent, Road, Segment
from relanced.rules.rows import (
    Batch,
    ContactRow,
    CreditRow,
    DebtorRow,
    HistoryRow,
    InvoiceRow,
    PaymentRow,
    TermRow,
)
from relanced.store.facts import Loaded
from relanced.store.intake import Report
from relanced.store.opening import Store

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=PARIS)  # a Tuesday
TODAY = NOW.date()
CREDITOR = "dubois"
IBAN = "FR7630006000011234567890189"
STREET = ("12 RUE DES FORGES", "35000 RENNES")

_FILES = count(1)


@dataclass
class Books:
    """The books of one creditor in a store. `now` may be moved by the test."""

    store: Store
    creditor: str = CREDITOR
    now: datetime = NOW
    by: str = "claire"
    cases: dict[str, int] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.date()

    async def apply(self, kind: str, *, dry_run: bool = False, sure: bool = False, **parts: Any) -> Report:
        """One file's worth; it has a name and a digest of its own unless the test gives them."""
        number = next(_FILES)
        batch = Batch(kind, **{"file": f"{kind}-{number}.csv", "digest": f"digest-{number}", **parts})
        return await self.store.intake.apply(
            self.creditor, batch, self.by, self.now, self.today, dry_run=dry_run, sure=sure
        )

    async def debtor(self, key: str = "garage", mail: str | None = "", **said: Any) -> int:
        """A business with a mail address (none: mail=None) and a postal one. Returns its case."""
        row = DebtorRow(1, key, **{"name": key.title(), "segment": Segment.BUSINESS, "address": STREET, **said})
        contacts = () if mail is None else (ContactRow(1, key, Road.EMAIL, mail or f"compta@{key}.example"),)
        await self.apply("debtors", debtors=(row,), contacts=contacts)
        self.cases[key] = await self.store.views.find_case(key, self.creditor)
        return self.cases[key]

    async def many(self, number: int, cents: int = 120_00) -> list[str]:
        """So many debtors d0, d1 … with an invoice each (F-d0 …), in three files. Returns their keys."""
        keys = [f"d{n}" for n in range(number)]
        rows = tuple(DebtorRow(1, key, name=key, segment=Segment.BUSINESS, address=STREET) for key in keys)
        contacts = tuple(ContactRow(1, key, Road.EMAIL, f"compta@{key}.example") for key in keys)
        await self.apply("debtors", debtors=rows, contacts=contacts)
        await self.apply("invoices", invoices=tuple(self.row(f"F-{key}", cents, key) for key in keys))
        self.cases |= {row["debtor"]: row["id"] for row in await self.store.views.cases(state=None)}
        return keys

    async def contact(
        self, debtor: str, where: str, road: Road = Road.EMAIL, rank: int = 0, consent: Consent = Consent.NONE
    ) -> None:
        """One more way to reach a debtor."""
        await self.apply("contacts", contacts=(ContactRow(1, debtor, road, where, rank=rank, consent=consent),))

    async def invoice(self, number: str = "F-1", cents: int = 120_00, debtor: str = "garage", **said: Any) -> Report:
        """An invoice, by default due ten days ago in one part."""
        return await self.apply("invoices", invoices=(self.row(number, cents, debtor, **said),))

    def row(
        self,
        number: str = "F-1",
        cents: int = 120_00,
        debtor: str = "garage",
        due: date | None = None,
        parts: Mapping[date, int] | None = None,
        **said: Any,
    ) -> InvoiceRow:
        """The row of an invoice; `parts` are its due dates with their amounts."""
        last = due or self.today - timedelta(days=10)
        terms = tuple(TermRow(day, part) for day, part in (parts or {last: cents}).items())
        return InvoiceRow(1, debtor, number, min(t.due_on for t in terms) - timedelta(days=30), cents, terms, **said)

    async def snapshot(self, rows: Sequence[InvoiceRow], covers: date | None = None, sure: bool = False) -> Report:
        """Every open invoice; without an open amount it is open in full."""
        stated = tuple(replace(r, open_cents=r.cents) if r.open_cents is None else r for r in rows)
        return await self.apply("snapshot", invoices=stated, covers=covers or self.today, sure=sure)

    async def payment(self, cents: int, key: str = "", on: date | None = None, **said: Any) -> Report:
        """A line of a bank statement; without `invoice` and `debtor` nobody knows whose it is."""
        row = PaymentRow(1, key or f"bank-{next(_FILES)}", on or self.today, cents, **said)
        return await self.apply("payments", payments=(row,), covers=on or self.today)

    async def credit(
        self,
        cents: int,
        number: str = "A-1",
        debtor: str = "garage",
        invoice: str | None = None,
        on: date | None = None,
    ) -> Report:
        """A credit note."""
        row = CreditRow(1, debtor, number, on or self.today, cents, invoice=invoice)
        return await self.apply("credits", credits=(row,))

    async def history(self, debtor: str = "garage", **said: Any) -> Report:
        """What a former tool did."""
        return await self.apply("history", history=(HistoryRow(1, debtor, **said),))

    async def facts(self, debtor: str = "garage") -> Loaded:
        """The case as the rules see it."""
        (loaded,) = await self.store.planning.load([self.cases[debtor]], self.today)
        return loaded

    async def version(self, debtor: str = "garage") -> int:
        """The version of a case: what a permit is held against."""
        return (await self.facts(debtor)).facts.version

    async def term_ids(self, debtor: str = "garage") -> list[int]:
        """The terms of a debtor, in the order they came."""
        return [t.id for t in (await self.facts(debtor)).facts.terms]
