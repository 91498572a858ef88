"""How much is enough: contacts per person and day, and parcels per channel and second. Pure; `now` comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from typing import Protocol

SPANS = {"day": 1, "week": 7, "month": 31}  # what the words of the YAML mean, in rolling local days


class Window(Protocol):
    """Anything that says "`times` in `days` rolling local days": a `Cap`, the `AtMost` of a step."""

    @property
    def times(self) -> int:
        """How often, at least 1."""

    @property
    def days(self) -> int:
        """In how many days in a row, today included."""


@dataclass(frozen=True, slots=True)
class Cap:
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
    freed = {used + timedelta(days=cap.days) for used in days_used for cap in caps}
    for day in sorted({today} | {day for day in freed if day > today}):
        if all(_room(days_used, day, cap) for cap in caps):
            return day
    raise ValueError("a cap allows no contact at all")


def _room(days_used: Sequence[date], day: date, cap: Window) -> bool:
    near = sum(1 for used in days_used if abs((day - used).days) < cap.days)
    return near < cap.times


@dataclass(frozen=True, slots=True)
class Rate:
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


@dataclass(frozen=True, slots=True)
class Taken:
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
