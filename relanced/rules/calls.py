"""What a telephone call ends with, and what follows from it: the table of results. Every moment is local."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct

from relanced.rules.calendar import add_bank_days, add_working_days, bank_day_on_or_after
from relanced.rules.model import Hold, HoldKind, Message, Road

T = TypeVar("T")

MOST_TRIES = 3
NOT_REACHED = "not reached"  # what a call that was tried in vain counts as


class CallResult(StrEnum):
    """How a call ended."""

    REACHED = "reached"  # the right person was spoken to and nothing was agreed: the ladder goes on
    VOICEMAIL = "voicemail"  # a machine answered
    UNREACHABLE = "unreachable"  # nobody answered
    WRONG_NUMBER = "wrong-number"  # the number is somebody else's: it is never dialled again
    NOT_RECEIVED = "not-received"  # the invoice never arrived: we owe a duplicate
    IN_VALIDATION = "in-validation"  # the invoice arrived and is being checked
    TRANSFER = "transfer"  # a transfer is ordered for a day
    PROMISED = "promised"  # a payment is promised for a day
    DISPUTED = "disputed"  # the debt or a part of it is contested
    REFUSES = "refuses"  # they will not pay
    CALL_BACK = "call-back"  # they ask to be called again at a moment


class Day(StrEnum):
    """Whether a result names a day."""

    NONE = "none"  # it has no day
    MAY = "may"  # it may have one
    MUST = "must"  # it makes no sense without


class Effect(Struct, frozen=True):
    """What follows from a result. `spoke`: with somebody who can answer for the debtor.

    The hold lies on the terms of the call (`whole`: on the case); `rest` is how many working days it lasts when no day
    is named, None: until a person ends it. `asks` is what a person has to do then; `waits`: not before the day named.
    """

    spoke: bool = True
    day: Day = Day.NONE
    hold: HoldKind | None = None
    whole: bool = False
    rest: int | None = None
    asks: str = ""
    waits: bool = False


_R = CallResult
EFFECTS: Mapping[CallResult, Effect] = MappingProxyType(
    {
        _R.REACHED: Effect(),
        _R.VOICEMAIL: Effect(spoke=False),
        _R.UNREACHABLE: Effect(spoke=False),
        _R.WRONG_NUMBER: Effect(spoke=False),
        _R.NOT_RECEIVED: Effect(
            day=Day.MAY, hold=HoldKind.VALIDATION, rest=10, asks="send the duplicate again, then ask for a day"
        ),
        _R.IN_VALIDATION: Effect(
            day=Day.MAY,
            hold=HoldKind.VALIDATION,
            rest=5,
            asks="ask whether the invoice was passed for payment",
            waits=True,
        ),
        _R.TRANSFER: Effect(day=Day.MUST, hold=HoldKind.PROMISE, asks="see whether the transfer came in", waits=True),
        _R.PROMISED: Effect(day=Day.MUST, hold=HoldKind.PROMISE, asks="see whether the promise was kept", waits=True),
        _R.DISPUTED: Effect(day=Day.MAY, hold=HoldKind.DISPUTE, asks="look into what is contested"),
        _R.REFUSES: Effect(day=Day.MAY, hold=HoldKind.DISPUTE, asks="decide what follows the refusal"),
        _R.CALL_BACK: Effect(day=Day.MUST, hold=HoldKind.CALL_BACK, whole=True, asks="call back", waits=True),
    }
)

# A new word of the debtor takes the place of these; a dispute and a pause end when a person ends them.
REPLACED = frozenset({HoldKind.CALL_BACK, HoldKind.VALIDATION, HoldKind.PROMISE})
_FOLLOWED_UP = frozenset(effect.hold for effect in EFFECTS.values() if effect.hold)


class Ending(Struct, frozen=True):
    """What becomes of the call and of the case. `closed`: the step counts as performed, with `word` to tell how.

    Otherwise the call is tried again from the day `again_on`, or `strikes` its number and the next road is taken.
    `until`: the end of the hold, None when only a person ends it.
    """

    effect: Effect
    closed: bool = True
    word: str = ""
    again_on: date | None = None
    strikes: bool = False
    until: datetime | None = None


def ending(result: CallResult, tries: int, named: datetime | None, now: datetime, postcode: str = "") -> Ending:
    """What follows. `tries` counts the calls in vain, this one included; `named` is the moment the debtor named.

    Raises ValueError for a moment that is missing, past, or says nothing with this result.
    """
    effect = EFFECTS[result]
    _check(result, effect.day, named, now)
    if result is CallResult.WRONG_NUMBER:
        return Ending(effect, closed=False, strikes=True)
    if effect.spoke:
        return Ending(effect, word=result.value, until=_until(effect, named, now, postcode))
    if tries >= MOST_TRIES:
        return Ending(effect, word=NOT_REACHED)
    return Ending(effect, closed=False, again_on=add_working_days(now.date(), 1, postcode))


def _check(result: CallResult, day: Day, named: datetime | None, now: datetime) -> None:
    if named is None and day is Day.MUST:
        raise ValueError(f"{result.value} needs the day they named: --date")
    if named is not None and day is Day.NONE:
        raise ValueError(f"{result.value} names no day: leave --date and --at out")
    if named is not None and named.date() < now.date():
        raise ValueError(f"{named.date()} is past")


def _until(effect: Effect, named: datetime | None, now: datetime, postcode: str) -> datetime | None:
    """The end of the last quiet day.

    A transfer ordered on the day named shows in the bank data two bank days later; who asked to be called back is
    called before the machine speaks again.
    """
    if effect.hold is None or (named is None and effect.rest is None):
        return None
    if named is None:
        last = add_working_days(now.date(), effect.rest or 0, postcode)
    elif effect.hold is HoldKind.PROMISE:
        last = add_bank_days(bank_day_on_or_after(named.date()), 2)
    elif effect.hold is HoldKind.CALL_BACK:
        last = add_working_days(named.date(), 1, postcode)
    else:
        last = named.date()
    return datetime.combine(last + timedelta(days=1), time.min, tzinfo=now.tzinfo)


def answered(message: Message) -> bool:
    """Whether a message that counts as sent reached anybody who could hear it: a call made in vain did not."""
    return message.road is not Road.PHONE or message.reason != NOT_REACHED


def kept_their_word(holds: Iterable[Hold], owed: Mapping[int, int]) -> bool:
    """Whether nothing is owed any more of what calls were about (`owed`: term -> cents): nobody follows it up then."""
    spoken_of = {hold.term_id for hold in holds if hold.kind in _FOLLOWED_UP}
    still = any(cents > 0 for term, cents in owed.items() if spoken_of & {term, None})
    return bool(spoken_of) and not still


def share(
    calls: Iterable[T],
    whose: Callable[[T], tuple[str, str]],
    made: Mapping[tuple[str, str], int],
    per_day: Callable[[str], int],
) -> list[T]:
    """What is left of each person's day, channel by channel, in the order of `calls`. `whose`: the person and the
    channel of a call; `made`: how many of them were made today; `per_day`: how many a channel gives to a person."""
    given, mine = Counter(made), []
    for call in calls:
        if given[whose(call)] < per_day(whose(call)[1]):
            given[whose(call)] += 1
            mine.append(call)
    return mine
