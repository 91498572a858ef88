"""What counts as wrong, as a table of moments."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from relanced.rules import audit
from relanced.rules.audit import Breaker, Disk, Finding, Head, Waiting
from relanced.rules.decide import Decision
from tests.rules.build import PARIS

NOW = datetime(2026, 3, 10, 9, 30, tzinfo=PARIS)  # a Tuesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _keys(found: object) -> list[str]:
    return [finding.key for finding in found if isinstance(finding, Finding)]  # type: ignore[attr-defined]


def test_a_case_with_nothing_to_do_may_sleep_and_one_with_something_may_not() -> None:
    asleep = Decision(None, "on hold (dispute: n)")
    later = Decision(None, "next: relance-1 for F-1 on 2026-04-01", look_again=NOW + DAY)
    assert list(audit.forgotten([(1, asleep)])) == []
    (found,) = audit.forgotten([(1, asleep), (7, later), (3, later)])
    assert found.key == "forgotten"
    assert found.words.startswith("2 open cases without a next moment (3, 7)")


@pytest.mark.parametrize(
    ("seen", "closed", "wrong"),
    [
        ({"compta": (5, NOW - 30 * MINUTE)}, [], True),
        ({"compta": (5, NOW - 29 * MINUTE)}, [], False),  # not yet
        ({"compta": (4, NOW - 30 * MINUTE)}, [], False),  # another was first: the queue moves
        ({}, [], False),  # never seen before
        ({"compta": (5, NOW - 30 * MINUTE)}, ["compta"], False),  # a closed channel is another finding
    ],
)
def test_a_queue_whose_first_message_stays_first_is_stuck(
    seen: dict[str, tuple[int, datetime]], closed: list[str], wrong: bool
) -> None:
    heads = [Head("compta", 5, NOW - HOUR)]
    assert _keys(audit.stuck(heads, seen, closed, NOW)) == (["stuck:compta"] if wrong else [])


@pytest.mark.parametrize(
    ("state", "age", "wrong"),
    [
        ("submitting", HOUR, True),
        ("submitting", 59 * MINUTE, False),
        ("uncertain", DAY, True),
        ("uncertain", 23 * HOUR, False),
    ],
)
def test_nobody_knows_for_too_long(state: str, age: timedelta, wrong: bool) -> None:
    found = _keys(audit.on_their_way([Waiting(state, 1, NOW - age)], NOW))
    assert found == ([f"doubt:{state}"] if wrong else [])


def test_several_messages_without_a_receipt_tell_of_a_webhook_and_one_of_a_telephone() -> None:
    assert _keys(audit.unheard([Waiting("twilio", 3, NOW - DAY)], NOW)) == ["unheard:twilio"]
    assert _keys(audit.unheard([Waiting("twilio", 2, NOW - DAY)], NOW)) == []
    assert _keys(audit.unheard([Waiting("twilio", 9, NOW - 23 * HOUR)], NOW)) == []


def test_what_was_heard_is_read_within_two_hours_or_somebody_hears_of_it() -> None:
    """A receipt that came too early is looked at again for an hour, and is then a person's."""
    assert _keys(audit.unread([Waiting("compta", 1, NOW - 119 * MINUTE)], NOW)) == []
    (found,) = audit.unread([Waiting("compta", 2, NOW - 2 * HOUR)], NOW)
    assert found.key == "unread:compta"
    assert found.words.startswith("compta: what came since 2026-03-10 07:30 is kept and was not read (2)")


def test_what_waits_for_a_person_ages_after_a_week() -> None:
    young, old = Waiting("for a call", 4, NOW - 6 * DAY), Waiting("for approval", 1, NOW - 7 * DAY)
    (found,) = audit.ageing([young, old], NOW)
    assert found == Finding("waits:for approval", "1 message waiting for approval since 2026-03-03 09:30")


def test_what_lapses_soon_is_told_of_when_half_of_its_time_is_over() -> None:
    since, lapses = NOW - DAY, NOW + 2 * DAY
    call = Waiting("for a call", 1, since, audit.half_over(since, lapses), lapses)
    assert list(audit.ageing([call], NOW)) == []
    (found,) = audit.ageing([call], NOW + DAY / 2)
    told = "1 message waiting for a call since 2026-03-09 09:30, the first lapses 2026-03-12 09:30"
    assert found == Finding("waits:for a call", told)


def test_a_clock_that_leapt_is_told_and_a_person_s_stop_is_not() -> None:
    assert _keys(audit.leapt("the clock leapt back by 1:00:00")) == ["clock"]
    assert _keys(audit.leapt("lunch")) == _keys(audit.leapt("")) == []


@pytest.mark.parametrize(
    ("covers", "wrong"),
    [
        (None, True),
        (date(2026, 3, 4), True),  # Thursday, Friday, Monday, Tuesday
        (date(2026, 3, 5), False),  # three bank days, as allowed
        (date(2026, 3, 10), False),
    ],
)
def test_bank_data_are_stale_by_bank_days(covers: date | None, wrong: bool) -> None:
    assert _keys(audit.stale("dubois", covers, 3, NOW.date())) == (["stale:dubois"] if wrong else [])


@pytest.mark.parametrize(
    ("door", "wrong"),
    [
        (Breaker("compta", 2, NOW + MINUTE, "535"), False),  # it may come back by itself
        (Breaker("compta", 3, NOW + MINUTE, "535"), True),
        (Breaker("compta", 3, NOW - MINUTE, "535"), True),  # open again, and nothing was taken yet
        (Breaker("compta", 0, NOW + 4 * HOUR, "too many refusals"), True),
        (Breaker("compta", 0, NOW - MINUTE, "too many refusals"), False),
        (Breaker("compta", 0, None, ""), False),
    ],
)
def test_one_failure_of_a_door_is_no_news(door: Breaker, wrong: bool) -> None:
    assert _keys(audit.closed([door], NOW)) == (["closed:compta"] if wrong else [])


@pytest.mark.parametrize(
    ("free", "whole", "wrong"),
    [
        (199_000_000, 1_000_000_000, True),
        (10_000_000_000, 250_000_000_000, True),  # 4 %
        (20_000_000_000, 250_000_000_000, False),
        (300_000_000, 1_000_000_000, False),
    ],
)
def test_fault_14_a_disk_fills_below_a_share_or_a_size(free: int, whole: int, wrong: bool) -> None:
    found = list(audit.full([Disk("/var/lib/relanced", free, whole)]))
    assert [(one.key, one.here) for one in found] == ([("disk:/var/lib/relanced", True)] if wrong else [])


def test_fault_58_a_wheel_that_has_not_come_round_is_told_by_name() -> None:
    wheels = {"plan": 3 * MINUTE, "send compta": 11 * MINUTE}
    (found,) = audit.still(wheels)
    assert found.words == "the wheel send compta has not come round for 11 minutes: the log says why"


def test_an_ear_is_deaf_after_its_own_bound() -> None:
    heard = {"compta": NOW - HOUR, "twilio": NOW - HOUR}
    assert _keys(audit.deaf(heard, {"compta": HOUR, "twilio": 2 * HOUR}, NOW)) == ["deaf:compta"]
