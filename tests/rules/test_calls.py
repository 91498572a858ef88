"""The table of results: what a call ends with, and what follows. Friday 13 March 2026, at ten."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from relanced.rules.calls import (
    EFFECTS,
    MOST_TRIES,
    NOT_REACHED,
    CallResult,
    Day,
    Ending,
    answered,
    ending,
    kept_their_word,
)
from relanced.rules.model import HoldKind, Message, MessageState, Road
from tests.rules.build import hold

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 13, 10, 0, tzinfo=PARIS)
WEDNESDAY = datetime(2026, 3, 18, 15, 30, tzinfo=PARIS)
R = CallResult


def midnight(day: str) -> datetime:
    """The start of a local day."""
    return datetime.fromisoformat(day).replace(tzinfo=PARIS)


def test_every_result_has_an_effect() -> None:
    assert set(EFFECTS) == set(CallResult)
    assert all(bool(effect.hold) == bool(effect.asks) for effect in EFFECTS.values())


@pytest.mark.parametrize(
    ("result", "named", "kind", "until"),
    [
        (R.REACHED, None, None, None),
        (R.NOT_RECEIVED, None, HoldKind.VALIDATION, midnight("2026-03-28")),  # ten working days, the last one whole
        (R.NOT_RECEIVED, WEDNESDAY, HoldKind.VALIDATION, midnight("2026-03-19")),
        (R.IN_VALIDATION, None, HoldKind.VALIDATION, midnight("2026-03-21")),
        (R.IN_VALIDATION, WEDNESDAY, HoldKind.VALIDATION, midnight("2026-03-19")),
        (R.TRANSFER, WEDNESDAY, HoldKind.PROMISE, midnight("2026-03-21")),  # two bank days, until the bank shows it
        (R.PROMISED, WEDNESDAY, HoldKind.PROMISE, midnight("2026-03-21")),
        (R.PROMISED, NOW + timedelta(days=1), HoldKind.PROMISE, midnight("2026-03-19")),  # a Saturday pays on Monday
        (R.DISPUTED, None, HoldKind.DISPUTE, None),
        (R.DISPUTED, WEDNESDAY, HoldKind.DISPUTE, midnight("2026-03-19")),
        (R.REFUSES, None, HoldKind.DISPUTE, None),
        (R.CALL_BACK, WEDNESDAY, HoldKind.CALL_BACK, midnight("2026-03-20")),  # a day to call before the machine speaks
    ],
)
def test_who_was_spoken_to_closes_the_call_and_may_hold_the_terms(
    result: CallResult, named: datetime | None, kind: HoldKind | None, until: datetime | None
) -> None:
    what = ending(result, 1, named, NOW)
    assert (what.closed, what.word, what.strikes, what.again_on) == (True, result.value, False, None)
    assert (what.effect.hold, what.until) == (kind, until)


@pytest.mark.parametrize("result", [R.VOICEMAIL, R.UNREACHABLE])
def test_who_was_not_reached_is_tried_again_on_the_next_working_day(result: CallResult) -> None:
    for tries in range(1, MOST_TRIES):
        what = ending(result, tries, None, NOW)
        assert what == Ending(EFFECTS[result], closed=False, again_on=date(2026, 3, 16))


@pytest.mark.parametrize("result", [R.VOICEMAIL, R.UNREACHABLE])
def test_the_third_call_in_vain_is_the_last(result: CallResult) -> None:
    what = ending(result, MOST_TRIES, None, NOW)
    assert what == Ending(EFFECTS[result], closed=True, word=NOT_REACHED)


def test_the_next_working_day_is_one_where_the_debtor_is() -> None:
    thursday = datetime(2026, 4, 2, 10, 0, tzinfo=PARIS)
    assert ending(R.VOICEMAIL, 1, None, thursday, "67000").again_on == date(2026, 4, 7)  # Good Friday in Alsace
    assert ending(R.VOICEMAIL, 1, None, thursday, "35000").again_on == date(2026, 4, 3)


def test_a_wrong_number_is_struck_and_the_step_is_not_taken() -> None:
    assert ending(R.WRONG_NUMBER, 1, None, NOW) == Ending(EFFECTS[R.WRONG_NUMBER], closed=False, strikes=True)


@pytest.mark.parametrize("result", CallResult)
def test_a_day_is_asked_for_where_it_means_something(result: CallResult) -> None:
    day = EFFECTS[result].day
    if day is not Day.MAY:
        with pytest.raises(ValueError, match="needs the day" if day is Day.MUST else "names no day"):
            ending(result, 1, None if day is Day.MUST else WEDNESDAY, NOW)
    if day is not Day.NONE:
        with pytest.raises(ValueError, match="2026-03-12 is past"):
            ending(result, 1, NOW - timedelta(days=1), NOW)
        assert ending(result, 1, NOW - timedelta(minutes=5), NOW).closed


@pytest.mark.parametrize(
    ("road", "reason", "heard"),
    [(Road.PHONE, "promised", True), (Road.PHONE, NOT_REACHED, False), (Road.EMAIL, NOT_REACHED, True)],
)
def test_a_call_in_vain_was_heard_by_nobody(road: Road, reason: str, heard: bool) -> None:
    assert answered(Message(1, 0, 0, road, MessageState.SENT, reason=reason)) is heard


@pytest.mark.parametrize(
    ("kind", "term", "owed", "kept"),
    [
        (HoldKind.PROMISE, 1, {1: 0, 2: 50_00}, True),
        (HoldKind.PROMISE, 1, {1: 1, 2: 0}, False),
        (HoldKind.CALL_BACK, None, {1: 0, 2: 50_00}, False),
        (HoldKind.CALL_BACK, None, {1: 0, 2: 0}, True),
        (HoldKind.PAUSE, None, {1: 0}, False),  # nobody promised anything
    ],
)
def test_a_word_is_kept_once_nothing_of_it_is_owed(
    kind: HoldKind, term: int | None, owed: dict[int, int], kept: bool
) -> None:
    assert kept_their_word([hold(kind=kind, term=term)], owed) is kept
