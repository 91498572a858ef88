"""May this message leave now? The house, the bank data, the calendar, the caps and the door."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace

from relanced.rules.gate import Strength, Surface, ask
from relanced.rules.model import CaseFacts, Road
from tests.rules.build import (
    DURAND,
    EMAIL,
    HOUSE,
    LETTER,
    MAIL,
    MOBILE,
    REGISTERED,
    SMS,
    at,
    case,
    climbed,
    day,
    term,
)
from tests.rules.moments import ALLOW, CANCEL, DEFER, OPEN, PARK, RULES, TEN, answer, answers, moment

# -- what surrounds the case ------------------------------------------------------------------------------------------

STOPPED = replace(OPEN, stopped="stopped by claire")
CLOSED_DOOR = replace(OPEN, channel_closed="compta: 535 refused", channel_until=at(TEN, 11))
AUGUST = ((day(TEN), day(TEN + 3)),)

SURFACES: dict[str, tuple[Surface, str, Strength, datetime | None]] = {
    "somebody stopped all sending": (STOPPED, "stopped", DEFER, at(TEN, 10, 5)),
    "the creditor is not opened": (replace(OPEN, opened=False), "not opened", CANCEL, None),
    "nobody reads the answers": (replace(OPEN, deaf="no ear"), "ears open", DEFER, at(TEN, 10, 15)),
    "the ears count as open for another half hour": (
        replace(OPEN, heard_until=at(TEN, 10, 30)),
        "all",
        ALLOW,
        at(TEN, 10, 30),
    ),
    "the IBAN is another one": (replace(OPEN, iban_doubt="it is new"), "iban unchanged", PARK, None),
    "the channel is closed": (CLOSED_DOOR, "channel open", DEFER, at(TEN, 11)),
    "the channel is closed, nobody knows how long": (
        replace(CLOSED_DOOR, channel_until=None),
        "channel open",
        DEFER,
        at(TEN, 10, 15),
    ),
    "the breaker should have opened by now": (
        replace(CLOSED_DOOR, channel_until=at(TEN, 9)),
        "channel open",
        DEFER,
        at(TEN) + timedelta(seconds=1),
    ),
    "the creditor is closed": (replace(OPEN, creditor_closed=AUGUST), "calendar", DEFER, at(TEN + 4, 9)),
    "bank data were never imported": (replace(OPEN, covers=None), "fresh", DEFER, at(TEN + 1, 0)),
    "no rate is missing to a first reminder": (replace(OPEN, rates_missing=("2026-S1",)), "all", ALLOW, at(TEN, 12)),
}


@pytest.mark.parametrize(("surface", "gate", "strength", "until"), SURFACES.values(), ids=SURFACES.keys())
def test_what_surrounds_the_case(surface: Surface, gate: str, strength: Strength, until: datetime | None) -> None:
    verdict = ask(moment(surface=surface))
    assert (verdict.gate, verdict.strength, verdict.until) == (gate, strength, until)
    assert bool(verdict.words) is (strength is not ALLOW)


def test_a_notice_waits_for_the_rate_of_the_semester() -> None:
    facts, monday = case(lines=climbed("mise-en-demeure")), 41
    surface = replace(OPEN, covers=day(monday - 1), rates_missing=("2026-S1",))
    notice = moment(facts, at(monday), surface, road=REGISTERED, address=HOUSE.id, plan=monday)
    assert notice.step.name == "mise-en-demeure"
    assert answers(notice) == {"rates known": PARK}
    assert answers(replace(notice, surface=replace(surface, rates_missing=()))) == {}


def test_a_step_that_asks_for_approval_waits_for_it() -> None:
    waiting = moment(approved=False)
    assert answers(waiting) == {"approval": PARK}
    assert "relance-1 waits for approval" in ask(waiting).words


# -- fresh bank data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "covers", "now", "strength"),
    [
        (0, 9, TEN, ALLOW),
        (0, 7, TEN, ALLOW),  # three bank days old: Wednesday, Thursday, Friday
        (0, 6, TEN, DEFER),  # four
        (0, 40, TEN, ALLOW),  # data dated later than today are data of today
        (7, 9, TEN, ALLOW),  # due on Tuesday, covered beyond Wednesday
        (7, 8, TEN, ALLOW),
        (7, 7, TEN, DEFER),  # a transfer ordered on the due day may still be on its way
    ],
)
def test_a_line_is_named_after_its_due_date_when_the_data_cover_it_and_are_recent(
    due: int, covers: int, now: int, strength: Strength
) -> None:
    asked = moment(case(term(due=due)), at(now), replace(OPEN, covers=day(covers)))
    assert answer(asked, "fresh").strength is strength


def test_before_the_due_date_nothing_needs_to_be_known() -> None:
    asked = moment(case(term(due=12)), surface=replace(OPEN, covers=None))
    assert asked.step.name == "courtoisie"
    assert answers(asked) == {}


def test_old_data_say_what_they_lack() -> None:
    late = ask(moment(surface=replace(OPEN, covers=day(2))))
    assert late.words == "bank data cover until 2026-03-12; needed until 2026-03-17: relanced import"
    never = ask(moment(surface=replace(OPEN, covers=None)))
    assert never.words.startswith("bank data were never imported")


@pytest.mark.parametrize("at_most", [0, 1, 3])
@pytest.mark.parametrize("now", range(TEN, TEN + 8))
def test_the_day_that_is_asked_for_is_the_first_that_is_fresh_enough(at_most: int, now: int) -> None:
    surface = replace(OPEN, at_most=at_most)
    stale = answer(moment(now=at(now), surface=replace(surface, covers=day(-30))), "fresh")
    wanted = date.fromisoformat(stale.words.split("needed until ")[1][:10])
    assert answer(moment(now=at(now), surface=replace(surface, covers=wanted)), "fresh").strength is ALLOW
    before = replace(surface, covers=wanted - timedelta(days=1))
    assert answer(moment(now=at(now), surface=before), "fresh").strength is DEFER


@pytest.mark.parametrize("now", range(TEN, TEN + 8))
def test_a_yes_to_the_bank_data_lasts_until_they_are_too_old(now: int) -> None:
    """Also on a Saturday: data of Tuesday are three bank days old until Monday."""
    surface = replace(OPEN, covers=day(7))
    verdict = answer(moment(now=at(now), surface=surface), "fresh")
    if verdict.strength is ALLOW:
        assert verdict.until is not None
        assert verdict.until > at(now)
        assert answer(moment(now=verdict.until, surface=surface), "fresh").strength is DEFER
        assert answer(moment(now=verdict.until - timedelta(minutes=1), surface=surface), "fresh").strength is ALLOW


# -- calendar and caps ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(TEN, 8, 59), at(TEN, 9)),
        (at(TEN, 12), at(TEN, 14)),
        (at(TEN, 18), at(TEN + 3, 9)),  # Friday evening: Monday morning
        (at(TEN + 1), at(TEN + 3, 9)),
    ],
)
def test_outside_the_hours_it_waits_for_the_next_window(now: datetime, until: datetime) -> None:
    surface = replace(OPEN, covers=day(TEN + 1))
    verdict = answer(moment(now=now, surface=surface), "calendar")
    assert (verdict.strength, verdict.until) == (DEFER, until)


@pytest.mark.parametrize(("postcode", "open_there"), [("35000", True), ("67000", False)])
def test_good_friday_is_a_holiday_in_alsace_on_either_side(postcode: str, open_there: bool) -> None:
    good_friday = 24  # 3 April 2026
    facts = case(debtor=replace(DURAND, postcode=postcode))
    asked = moment(facts, at(good_friday), replace(OPEN, covers=day(good_friday - 1)))
    assert (answer(asked, "calendar").strength is ALLOW) is open_there
    swapped = replace(asked.surface, creditor_postcode=postcode)
    assert (answer(replace(asked, surface=swapped, facts=case()), "calendar").strength is ALLOW) is open_there


def test_a_debtor_on_holiday_is_left_in_peace() -> None:
    away = case(debtor=replace(DURAND, closed=AUGUST))
    assert ask(moment(away)).until == at(TEN + 4, 9)


@pytest.mark.parametrize(
    ("facts", "free_on"),
    [
        (case(touched=[]), None),
        (case(touched=[TEN]), TEN + 1),  # one a day
        (case(touched=[TEN - 1]), None),
        (case(touched=[TEN - 1, TEN - 3]), TEN + 4),  # two a week: the third falls on the eighth day
        (case(touched=[TEN - 8, TEN - 15, TEN - 22, TEN - 29]), TEN + 2),  # four a month of 31 days
        (case(address_days=[(MAIL.where, day(TEN))]), TEN + 1),  # the same person, for another debtor
        (case(address_days=[(HOUSE.where, day(TEN))]), None),  # another address of his
    ],
)
def test_not_more_than_the_caps_for_a_debtor_and_for_an_address(facts: CaseFacts, free_on: int | None) -> None:
    verdict = answer(moment(facts), "caps")
    assert verdict.until == (None if free_on is None else at(free_on, 0))
    assert verdict.strength is (ALLOW if free_on is None else DEFER)


def test_without_caps_nobody_counts() -> None:
    free = replace(OPEN, rules=replace(RULES, caps=()))
    assert answers(moment(case(touched=[TEN] * 9), surface=free)) == {}


@pytest.mark.parametrize(
    ("road", "address", "asks", "strength"),
    [
        (EMAIL, MAIL.id, [SMS], ALLOW),
        (SMS, MOBILE.id, [SMS], ALLOW),
        (LETTER, HOUSE.id, [], ALLOW),
        (EMAIL, MAIL.id, [EMAIL], CANCEL),  # nobody agreed where the channel asks
        (SMS, MAIL.id, [], CANCEL),  # not an address of that road
        (EMAIL, None, [], CANCEL),
        (EMAIL, 99, [], CANCEL),
    ],
)
def test_the_address_must_serve_the_road(
    road: Road, address: int | None, asks: Iterable[Road], strength: Strength
) -> None:
    asked = moment(surface=replace(OPEN, consent=frozenset(asks)), road=road, address=address)
    assert answer(asked, "address usable").strength is strength
