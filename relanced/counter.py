"""The counter: what a verb of the desk is given, and what it says back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from relanced.channel import Channel
from relanced.clock import Clock
from relanced.premises import Premises
from relanced.store.engine import StoreError
from relanced.store.opening import Store

FARTHEST = timedelta(days=20 * 366)
_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2})?")


class Misasked(StoreError):
    """What was asked makes no sense as it stands: the message says what is missing."""


class Desk(Struct, frozen=True):
    """What the verbs work on."""

    store: Store
    premises: Premises
    doors: Mapping[str, Channel]
    clock: Clock

    @property
    def now(self) -> datetime:
        """The moment, in the house's time zone."""
        return self.premises.local(self.clock.now())


class Asked(Struct, frozen=True):
    """The words of one request: what, by whom, and the files that came with it.

    `today` is the day it is asked on; `request_id` is what its sender calls it, the same when it is sent again.
    """

    words: Mapping[str, Any]
    by: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    today: date | None = None
    request_id: str = ""

    def text(self, name: str) -> str:
        """A word that must be there. Raises Misasked."""
        said = self.words.get(name)
        if said in (None, ""):
            raise Misasked(f"{name} is missing")
        return str(said)

    def maybe(self, name: str) -> str | None:
        """A word that may be left out."""
        said = self.words.get(name)
        return None if said in (None, "") else str(said)

    def flag(self, name: str) -> bool:
        """A yes or no, no by default."""
        return bool(self.words.get(name, False))

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number. Raises Misasked."""
        said = self.words.get(name, default)
        try:
            return int(str(said))
        except ValueError:
            raise Misasked(f"{name}: {said!r} is not a number") from None

    def cents(self, name: str) -> int | None:
        """An amount, like 1234.50 or 1 234,50, in cents; None when it is left out. Raises Misasked."""
        said = self.maybe(name)
        if said is None:
            return None
        bare = "".join(said.split()).replace(",", ".").removesuffix("€").removesuffix("EUR")
        if not _AMOUNT.fullmatch(bare):
            raise Misasked(f"{name}: {said!r} is not an amount like 1234.50")
        return int(Decimal(bare) * 100)

    def day(self, name: str, default: date | None = None) -> date:
        """A day as YYYY-MM-DD, of our time. Raises Misasked."""
        said = self.maybe(name)
        if said is None:
            if default is None:
                raise Misasked(f"{name} is missing: a day like 2026-03-31")
            return default
        try:
            day = date.fromisoformat(said)
        except ValueError:
            raise Misasked(f"{name}: {said!r} is not a day like 2026-03-31") from None
        if self.today and abs(day - self.today) > FARTHEST:
            raise Misasked(f"{name}: {day} is more than 20 years away")
        return day

    def end_of(self, name: str, now: datetime) -> datetime:
        """The end of a day that is not over. Raises Misasked."""
        day = self.day(name)
        if day < now.date():
            raise Misasked(f"{name}: {day} is past")
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=now.tzinfo)


class Told(Struct, frozen=True):
    """An answer: sentences, a table, files; `record` is the same for machines. `bad` makes the exit status 1."""

    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    record: Any = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    bad: bool = False


Verb = Callable[[Desk, Asked], Awaitable[Told]]


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *lines: str, none: str = "nothing") -> Told:
    """Rows as a table, or one sentence when there are none."""
    if not rows:
        return Told((*lines, none), tuple(columns), (), [])
    picked = tuple(tuple(row.get(c) for c in columns) for row in rows)
    return Told(lines, tuple(columns), picked, [{c: row.get(c) for c in columns} for row in rows])


def amount(cents: int, currency: str = "EUR") -> str:
    """An amount as the command line shows it: 1234.50 EUR."""
    return f"{cents / 100:.2f} {currency}"


def moment(at: datetime | None, desk: Desk) -> str:
    """A moment in local time, to the minute."""
    return f"{desk.premises.local(at):%Y-%m-%d %H:%M}" if at else ""
