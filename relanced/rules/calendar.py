"""Which days and hours are fit for business: French holidays, bank days, fresh bank data, contact hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec import Struct, field

from relanced.rules.holidays import FRANCE, TARGET, Holidays, local
from relanced.rules.limits import Cap

_DAY = timedelta(days=1)
_WEEKEND = frozenset({5, 6})
_SEARCH = 1100  # days looked at before rules are said never to open

ANSWER_WITHIN = 10  # working days a person has to answer somebody


# -- days ---------------------------------------------------------------------------------------------------------


def is_holiday(day: date, postcode: str = "") -> bool:
    """Whether `day` is a French public holiday at that postcode; without one, everywhere in France."""
    return day in _holidays(local(postcode), day.year)


@lru_cache(maxsize=512)
def _holidays(there: Holidays, year: int) -> frozenset[date]:
    return FRANCE.of(year) | there.of(year)


def is_working_day(day: date, postcode: str = "") -> bool:
    """Whether people work there: Monday to Friday and no holiday."""
    return day.weekday() not in _WEEKEND and not is_holiday(day, postcode)


@lru_cache(maxsize=4096)
def add_working_days(day: date, n: int, postcode: str = "") -> date:
    """The n-th working day after `day`, before it when n is negative; `day` itself when n is 0."""
    return _add(day, n, lambda d: is_working_day(d, postcode))


def _add(day: date, n: int, counts: Callable[[date], bool]) -> date:
    step = _DAY if n > 0 else -_DAY
    for _ in range(abs(n)):
        day += step
        while not counts(day):
            day += step
    return day


def answer_by(now: datetime) -> datetime:
    """By when a person should have answered what came now (aware, local)."""
    return datetime.combine(add_working_days(now.date(), ANSWER_WITHIN), time(23, 59), tzinfo=now.tzinfo)


# -- bank days ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def is_bank_day(day: date) -> bool:
    """Whether money moves *and* a French bank books it: Monday to Friday, TARGET open, no national holiday.

    The stricter of the two calendars: on 8 May TARGET settles but French accounts show it the day after; on Good Friday
    French offices work but TARGET is closed.
    """
    return is_working_day(day) and day not in TARGET.of(day.year)


def bank_day_on_or_after(day: date) -> date:
    """The first bank day from `day` on."""
    while not is_bank_day(day):
        day += _DAY
    return day


@lru_cache(maxsize=4096)
def add_bank_days(day: date, n: int) -> date:
    """The n-th bank day after `day`, before it when n is negative; `day` itself when n is 0."""
    return _add(day, n, is_bank_day)


def bank_days_between(a: date, b: date) -> int:
    """How many bank days lie after `a`, up to and including `b`; 0 when `b` is not after `a`."""
    return sum(is_bank_day(a + timedelta(days=i)) for i in range(1, (b - a).days + 1))


def fresh(due_on: date, covers: date | None, today: date, at_most: int) -> bool:
    """Whether bank data covering up to `covers` allow a reminder to name, today, a term due on `due_on`.

    Up to its due date a term may always be named. After it the data must cover `fresh_from(due_on)` and be no older
    than `at_most` bank days. None means that no data were ever imported.
    """
    if today <= due_on:
        return True
    if covers is None:
        return False
    known = min(covers, today)
    return known >= fresh_from(due_on) and bank_days_between(known, today) <= at_most


@lru_cache(maxsize=4096)
def fresh_from(due_on: date) -> date:
    """The first coverage that shows a transfer ordered on the due day: one bank day after the bank takes the order."""
    return add_bank_days(bank_day_on_or_after(due_on), 1)


# -- hours --------------------------------------------------------------------------------------------------------


class Hours(Struct, frozen=True):
    """A part of the local day, `end` excluded; an `end` of 00:00 is midnight. Raises ValueError when it is empty."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start >= self.end != time(0):
            raise ValueError(f"hours must end after they start, not {self.start:%H:%M}-{self.end:%H:%M}")


class ContactRules(Struct, frozen=True):
    """When and how often people may be contacted. `weekdays`: Monday is 0. `holidays`: stay quiet on holidays."""

    hours: tuple[Hours, ...] = (Hours(time(9), time(12)), Hours(time(14), time(18)))
    weekdays: frozenset[int] = field(default_factory=lambda: frozenset({0, 1, 2, 3, 4}))
    holidays: bool = True
    caps: tuple[Cap, ...] = (Cap(1, 1), Cap(2, 7), Cap(4, 31))


class Opening(Struct, frozen=True):
    """Whether a contact is allowed now, until when, and the first moment (from now on) when one is."""

    open: bool
    until: datetime | None
    next: datetime


def opening(
    now: datetime, rules: ContactRules, postcodes: Sequence[str] = (), closed: Sequence[tuple[date, date]] = ()
) -> Opening:
    """Say whether `now` (aware, local) lies in a contact window; a window never passes local midnight.

    Days off are holidays at any of the `postcodes` and the `closed` periods, both ends included. Raises ValueError when
    `now` is naive, or when the rules do not open within three years.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone has no local hours")
    day, moment = now.date(), now.astimezone(UTC)
    for _ in range(_SEARCH):
        windows = _windows(day, rules.hours, now.tzinfo) if opens_on(day, rules, postcodes, closed) else ()
        for start, end in windows:
            if start <= moment < end:
                return Opening(True, end.astimezone(now.tzinfo), now)
            if moment < start:
                return Opening(False, None, start.astimezone(now.tzinfo))
        day += _DAY
    raise ValueError("these contact rules never open")


def opens_on(
    day: date, rules: ContactRules, postcodes: Sequence[str] = (), closed: Sequence[tuple[date, date]] = ()
) -> bool:
    """Whether anybody may be contacted on that local day at all."""
    if day.weekday() not in rules.weekdays or any(first <= day <= last for first, last in closed):
        return False
    return not (rules.holidays and any(is_holiday(day, postcode) for postcode in ("", *postcodes)))


@lru_cache(maxsize=1024)
def _windows(day: date, hours: tuple[Hours, ...], zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
    """The windows of one local day in UTC, in order.

    A wall-clock time that the change of hour skips or repeats has two readings: the later one opens and the earlier one
    closes, so that while a window is open the clock on the wall is inside the hours.
    """
    spans = ((max(_readings(day, h.start, zone)), min(_readings(_end_day(day, h), h.end, zone))) for h in hours)
    return tuple(sorted(span for span in spans if span[0] < span[1]))


def _end_day(day: date, hours: Hours) -> date:
    return day + _DAY if hours.end == time(0) else day


def _readings(day: date, at: time, zone: tzinfo) -> list[datetime]:
    return [datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1)]
