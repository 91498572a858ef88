"""How much is enough: contacts per person and day, and parcels per channel and second. Pure; `now` comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import floor
from typing import Protocol, Self

from msgspec import Struct

SPANS = {"day": 1, "week": 7, "month": 31}  # what the words of the YAML mean, in rolling local days


class Window(Protocol):
    """Anything that says "`times` in `days` rolling local days": a `Cap`, the `AtMost` of a step."""

    @property
    def times(self) -> int:
        """How often, at least 1."""

    @property
    def days(self) -> int:
        """In how many days in a row, today included."""


class Cap(Struct, frozen=True):
    """At most `times` contacts in any `days` local days in a row. Raises ValueError when it could never allow one."""

    times: int
    days: int

    def __post_init__(self) -> None:
        if self.times < 1 or self.days < 1:
            raise ValueError(f"a cap allows at least one contact in at least one day, not {self.times} in {self.days}")


def first_allowed(days_used: Sequence[date], today: date, caps: Sequence[Window]) -> date:
    """The first day, from `today` on, on which one more contact fits every cap.

    `days_used` holds one local day per contact made, in any order; a day after `today` (the clock went back) counts as
    well. Raises ValueError when a cap allows nothing at all.
    """
    if all(len(days_used) < cap.times for cap in caps):
        return today  # however near they lie
    freed = {used + timedelta(days=cap.days) for used in days_used for cap in caps}
    for day in sorted({today} | {day for day in freed if day > today}):
        if all(_room(days_used, day, cap) for cap in caps):
            return day
    raise ValueError("a cap allows no contact at all")


def _room(days_used: Sequence[date], day: date, cap: Window) -> bool:
    near = sum(1 for used in days_used if abs((day - used).days) < cap.days)
    return near < cap.times


class Rate(Struct, frozen=True):
    """`n` in `seconds`: after a rest `n` at once, then one every `seconds / n`. Raises ValueError unless both > 0."""

    n: int
    seconds: float

    def __post_init__(self) -> None:
        if self.n < 1 or self.seconds <= 0:
            raise ValueError(f"a rate needs a positive number and span, not {self.n} in {self.seconds} s")

    @property
    def interval(self) -> float:
        """Seconds between two grants at the steady pace."""
        return self.seconds / self.n


class Rates(tuple[Rate, ...]):
    """The rates of a whole channel. Behind it, `per_domain` and `per_sender` bound what goes to one provider of
    mailboxes, and what one creditor writes.

    A key of `per_domain` names one domain, or several of one provider ("orange.fr wanadoo.fr"), which then share what
    it says; `default` holds for each other domain by itself.
    """

    per_domain: Mapping[str, tuple[Rate, ...]]
    per_sender: tuple[Rate, ...]

    def __new__(
        cls,
        whole: Sequence[Rate] = (),
        per_domain: Mapping[str, tuple[Rate, ...]] | None = None,
        per_sender: tuple[Rate, ...] = (),
    ) -> Self:
        """The channel's own, and those behind it."""
        self = super().__new__(cls, whole)
        self.per_domain, self.per_sender = per_domain or {}, per_sender
        return self

    def narrower(self, address: str, sender: str) -> Iterator[tuple[str, tuple[Rate, ...]]]:
        """The bounds behind the channel that a message of this sender to this address meets, each with its name."""
        if self.per_sender:
            yield sender, self.per_sender
        domain = address.rpartition("@")[2].lower() if "@" in address else ""
        if not domain or not self.per_domain:
            return
        mine = next((key for key in self.per_domain if domain in key.split()), None)
        rates = self.per_domain.get(mine or DEFAULT, ())
        if rates:
            yield f"@{mine or domain}", rates


DEFAULT = "default"  # every domain that is not named


class Taken(Struct, frozen=True):
    """How many were granted, the state to store, and the epoch second from which one more can be had."""

    granted: int
    tats: tuple[float, ...]
    again_at: float


_GRAIN = 1e-5  # seconds: far above what a double loses at today's epoch, far below what a provider can measure


def take(tats: Sequence[float], rates: Sequence[Rate], now: float, wanted: int) -> Taken:
    """Take up to `wanted` grants that fit every rate: GCRA (ITU-T I.371), one "theoretical arrival time" per rate.

    `now` and `tats` are epoch seconds; 0.0 means never used. Store the returned `tats` even when nothing was granted.
    Bound: a span of L seconds sees at most ``n + L / interval`` grants, so `n` after a rest and fewer than ``2 n`` in
    any `seconds`. A clock set back grants nothing extra: the channel counts as just emptied, and fills at the steady
    pace. Raises ValueError when `tats` and `rates` differ in length.
    """
    starts = [_start(tat, rate, now) for tat, rate in zip(tats, rates, strict=True)]
    room = (_room_at(start, rate, now) for start, rate in zip(starts, rates, strict=True))
    granted = min([wanted, *room])
    after = tuple(start + granted * rate.interval for start, rate in zip(starts, rates, strict=True))
    again = (tat - (rate.n - 1) * rate.interval for tat, rate in zip(after, rates, strict=True))
    return Taken(granted, after, max([now, *again]))


def _start(tat: float, rate: Rate, now: float) -> float:
    # a stored moment further ahead than a full burst can only mean that the clock was set back
    return min(max(tat, now), now + rate.seconds)


def _room_at(start: float, rate: Rate, now: float) -> int:
    return floor(rate.n - (start - now - _GRAIN) / rate.interval)
