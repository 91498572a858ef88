"""What really happened to the money of a story, in the order in which it happened. Amounts in cents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct, field


class Entry(Struct, frozen=True):
    """A payment, its way back (below zero), or a credit note."""

    invoice: str
    cents: int
    on: date
    credit: bool = False


class Ledger(Struct):
    """Every invoice and every entry; `made` keeps where the book stood when an offer was made, `given` the same of a
    promise."""

    invoices: dict[str, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)
    made: dict[int, int] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)

    def owed(self, invoice: str) -> int:
        """What an invoice owes now."""
        if invoice in self.settled:
            return 0
        return self.invoices[invoice] - self._sum(lambda e: e.invoice == invoice)

    def payments(self) -> list[Entry]:
        """The payments that nobody took back."""
        back = [(e.invoice, -e.cents) for e in self.entries if e.cents < 0]
        kept = []
        for entry in self.entries:
            if (entry.invoice, entry.cents) in back:
                back.remove((entry.invoice, entry.cents))
            elif entry.cents > 0 and not entry.credit:
                kept.append(entry)
        return kept

    def gone(self, terms: Iterable[tuple[str, int]]) -> int:
        """What has gone off these invoices since each owed so much."""
        return sum(max(0, then - self.owed(number)) for number, then in terms)

    def credited(self, terms: Iterable[tuple[str, int]], mark: int) -> int:
        """What credit notes booked since took off these invoices."""
        found = 0
        for number, then in terms:
            given = sum(e.cents for e in self.entries[mark:] if e.credit and e.invoice == number)
            found += max(0, min(then, self.owed(number) + given) - self.owed(number))
        return found

    def asks(self, offer: Mapping[str, Any], terms: list[tuple[str, int]]) -> int:
        """What an offer still asks: payments count; credit notes give first what was to be let go."""
        credited = self.credited(terms, self.made[offer["id"]])
        wanted: int = max(0, offer["cents"] - max(0, credited - offer["waived"]))
        paid = self.gone(terms) - credited
        return max(0, wanted - paid)

    def _sum(self, which: Callable[[Entry], bool]) -> int:
        return sum(e.cents for e in self.entries if which(e))
