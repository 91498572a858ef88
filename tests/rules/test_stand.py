"""Where one term stands: its next step, since when it is due, and what was passed over on the way."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from relanced.rules.decide import decide
from relanced.rules.model import GoLive, Habits, Line, LineState
from relanced.rules.policy import Only, Policy, Step, When
from relanced.rules.stand import PassReason, Stand, chased, stand
from tests.rules.build import (
    BUSINESS,
    COURTEOUS,
    EMAIL,
    FIRM,
    FORMAL,
    LETTER,
    REGISTERED,
    at,
    case,
    climbed,
    day,
    paid,
    passed,
    performed,
    policy,
    term,
)

R = PassReason


def seen(on: int, lines: Iterable[Line] = (), ladder: Policy = BUSINESS, round: int = 0) -> Stand:
    facts = case(lines=lines, round=round)
    return stand(facts, ladder, facts.terms[0], 2_000_00, day(on))


def passes(on: int, lines: Iterable[Line] = (), ladder: Policy = BUSINESS) -> list[tuple[str, PassReason]]:
    return [(p.step, p.reason) for p in seen(on, lines, ladder).passes]


# -- the day a step is due ----------------------------------------------------------------------------------------

NOTICE, FIRM_LETTER = "mise-en-demeure", "relance-ferme"
GIVEN = (*climbed(NOTICE), performed(NOTICE, 30))
AFTER_NOTICE = policy(
    Step("mise", FORMAL, When(30), (REGISTERED,), deadline=8),
    Step("fin", FORMAL, When(deadline_of="mise"), (LETTER,)),
    Step("suite", FORMAL, When(60), (LETTER,)),
)


@pytest.mark.parametrize(
    ("lines", "step", "due"),
    [
        ([], "courtoisie", -5),
        ([performed("courtoisie", -5)], "relance-1", 3),
        ([performed("courtoisie", -1)], "relance-1", 7),  # the day it was sent plus the gap of eight days
        ([performed("relance-1", 3)], "relance-2", 10),
        ([performed("relance-1", 1)], "relance-2", 10),  # sent early: its own date is the later
        ([performed("relance-1", 20)], "relance-2", 27),  # sent late: that day plus the gap
        ([performed("relance-1", 20), passed("relance-2")], "appel", 31),  # the gap runs from what was performed
        ([passed("courtoisie"), passed("relance-1")], "relance-2", 10),
        ([performed("relance-2", 10)], "appel", 14),  # earlier steps left no trace
        (GIVEN, "transmission", None),  # posted, not yet presented
    ],
)
def test_a_step_is_due_at_the_later_of_its_date_and_the_last_step_plus_the_gap(
    lines: list[Line], step: str, due: int | None
) -> None:
    now = seen(-20, lines)
    assert now.step is not None
    assert (now.step.name, now.due) == (step, None if due is None else day(due))


def test_the_deadline_of_a_notice_runs_from_its_first_presentation() -> None:
    presented = (*climbed(NOTICE), performed(NOTICE, 30, presented=33))
    assert seen(40, presented).due == day(33 + 15 + 1)  # the day after the fifteenth


def test_around_a_deadline_the_gap_is_one_day() -> None:
    given = [performed("mise", 30, presented=31)]
    assert seen(31, given, AFTER_NOTICE).due == day(40)
    assert seen(41, [*given, performed("fin", 80)], AFTER_NOTICE).due == day(81)


def test_a_hand_over_waits_for_a_step_taken_after_the_notice() -> None:
    late = policy(AFTER_NOTICE.steps[0], replace(AFTER_NOTICE.steps[2], when=When(31)), AFTER_NOTICE.steps[1])
    past = [performed("mise", 30, presented=31), performed("suite", 70)]
    assert seen(70, past, late).due == day(71)


@pytest.mark.parametrize("state", [LineState.PLANNED, LineState.VOID])
def test_what_has_not_left_counts_for_nothing(state: LineState) -> None:
    planned = replace(performed("relance-1", 3), state=state)
    assert seen(4, [passed("courtoisie"), planned]).step == BUSINESS.step("relance-1")


def test_a_new_round_begins_at_the_foot_of_the_ladder() -> None:
    assert seen(-9, climbed(NOTICE), round=1).step == BUSINESS.steps[0]
    again = performed("courtoisie", -5, round=1)
    assert seen(-4, [*climbed(NOTICE), again], round=1).step == BUSINESS.step("relance-1")


def test_a_ladder_is_climbed_to_its_end() -> None:
    top = seen(60, [*GIVEN, performed("transmission", 50)])
    assert (top.step, top.due) == (None, None)


# -- passed over, once, with a reason -----------------------------------------------------------------------------

CURT = policy(
    Step("one", COURTEOUS, When(3), (EMAIL,), max_lateness=4),
    Step("two", FIRM, When(10), (EMAIL,), max_lateness=4),
    Step("three", FIRM, When(20), (EMAIL,)),
)
DOORLESS = policy(Step("one", COURTEOUS, When(3)), Step("two", FIRM, When(10), (EMAIL,)))
UNREGISTERED = BUSINESS.with_doors(frozenset({EMAIL, LETTER}))
TO_NOTICE = (*climbed("appel"), passed("appel"), performed(FIRM_LETTER, 21))


@pytest.mark.parametrize(
    ("ladder", "on", "lines", "expected"),
    [
        (BUSINESS, -6, [], []),
        (BUSINESS, 0, [], []),  # on the due day a courtesy note may still go
        (BUSINESS, 1, [], [("courtoisie", R.TOO_LATE)]),
        (CURT, 7, [], []),
        (CURT, 8, [], [("one", R.TOO_LATE)]),
        (CURT, 15, [], [("one", R.TOO_LATE), ("two", R.TOO_LATE)]),
        (CURT, 15, [performed("one", 6)], []),  # due on the 13th, with the gap: four days from there
        (CURT, 18, [performed("one", 6)], [("two", R.TOO_LATE)]),
        (CURT, 400, [], [("one", R.TOO_LATE), ("two", R.TOO_LATE)]),  # the last one is never too late
        (DOORLESS, 2, [], []),
        (DOORLESS, 3, [], [("one", R.NO_ROAD)]),
        (UNREGISTERED, 29, TO_NOTICE, []),
        (UNREGISTERED, 30, TO_NOTICE, [(NOTICE, R.NO_ROAD), ("transmission", R.NOTICE_PASSED_OVER)]),
        (BUSINESS, 31, [*TO_NOTICE, passed(NOTICE, 30)], [("transmission", R.NOTICE_PASSED_OVER)]),
    ],
)
def test_a_step_is_passed_over_when_its_day_has_come_and_it_cannot_be_taken(
    ladder: Policy, on: int, lines: list[Line], expected: list[tuple[str, PassReason]]
) -> None:
    assert passes(on, lines, ladder) == expected


@pytest.mark.parametrize("why", [R.PERSON, R.LAPSED, R.HISTORY, R.GO_LIVE])
def test_what_was_passed_over_once_is_not_passed_over_again(why: PassReason) -> None:
    past = [passed("courtoisie", why=why), passed("relance-1", why=why)]
    now = seen(12, past)
    assert (now.passes, now.step) == ((), BUSINESS.step("relance-2"))


@pytest.mark.parametrize("on", [0, 1, 15, 16, 30])
def test_the_last_day_of_a_step_is_the_last_on_which_it_is_not_passed_over(on: int) -> None:
    for ladder in (BUSINESS, CURT):
        now = seen(on, ladder=ladder)
        if now.step and now.last:
            assert now.step.name not in dict(passes((now.last - day(0)).days, ladder=ladder))
            assert now.step.name in dict(passes((now.last - day(0)).days + 1, ladder=ladder))


# -- whom a step is meant for -------------------------------------------------------------------------------------

PUNCTUAL, LATE = Habits(4, 5.0), Habits(4, 5.1)
ANY = {Only.LARGE, Only.NEW, Only.USUALLY_LATE}


@pytest.mark.parametrize(
    ("only", "cents", "habits", "meant"),
    [
        ([], 1, PUNCTUAL, True),
        ([Only.LARGE], 1_000_00, PUNCTUAL, True),
        ([Only.LARGE], 999_99, PUNCTUAL, False),
        ([Only.NEW], 1, Habits(0), True),
        ([Only.NEW], 1, Habits(1), False),
        ([Only.USUALLY_LATE], 1, LATE, True),
        ([Only.USUALLY_LATE], 1, PUNCTUAL, False),  # more than five days, not five
        (ANY, 999_99, PUNCTUAL, False),
        (ANY, 1_000_00, PUNCTUAL, True),
        (ANY, 1, LATE, True),
        (ANY, 1, Habits(0), True),
    ],
)
def test_only_means_any_of_its_words(only: Iterable[Only], cents: int, habits: Habits, meant: bool) -> None:
    ladder = policy(
        Step("one", COURTEOUS, When(-5), (EMAIL,), only=frozenset(only)), Step("two", COURTEOUS, When(3), (EMAIL,))
    )
    facts = case(term(cents=cents), habits=habits)
    expected = [] if meant else [R.NOT_MEANT]
    assert [p.reason for p in decide(facts, ladder, at(-5)).passes] == expected
    assert decide(facts, ladder, at(-6)).passes == ()


def test_large_is_what_the_policy_calls_large_and_counts_what_is_left() -> None:
    ladder = replace(policy(Step("one", COURTEOUS, When(-5), (EMAIL,), only=frozenset({Only.LARGE}))), large=50_00)
    facts = case(habits=PUNCTUAL)
    assert stand(facts, ladder, facts.terms[0], 50_00, day(-5)).step is not None
    assert stand(facts, ladder, facts.terms[0], 49_99, day(-5)).step is None


# -- going live ---------------------------------------------------------------------------------------------------


def opened(from_step: str, on: int = 12) -> GoLive:
    return GoLive(day(on), from_step, 20)


@pytest.mark.parametrize(
    ("from_step", "due", "first"),
    [
        ("relance-2", 0, "relance-2"),  # late on that day: the lower steps are passed over
        ("relance-2", 11, "relance-2"),
        ("relance-2", 12, "courtoisie"),  # not late yet: the whole ladder
        ("courtoisie", 0, "relance-1"),
        ("", 0, "relance-1"),
        ("a step of another policy", 0, "relance-1"),
        ("transmission", 0, None),  # a hand-over without a notice is none
    ],
)
def test_opening_on_a_step_passes_the_lower_ones_over_for_terms_already_late(
    from_step: str, due: int, first: str | None
) -> None:
    facts = case(term(due=due), go_live=opened(from_step))
    now = stand(facts, BUSINESS, facts.terms[0], 2_000_00, day(12))
    assert (now.step and now.step.name) == first
    reasons = {p.reason for p in now.passes}
    assert reasons <= {R.GO_LIVE, R.TOO_LATE, R.NOTICE_PASSED_OVER}


def test_opening_does_not_undo_what_the_former_tool_did() -> None:
    facts = case(lines=climbed("appel"), go_live=opened("relance-2"))
    assert stand(facts, BUSINESS, facts.terms[0], 2_000_00, day(12)).step == BUSINESS.step("appel")


def test_a_restart_by_a_person_climbs_the_whole_ladder_again() -> None:
    facts = case(go_live=opened("relance-ferme"), round=1)
    assert stand(facts, BUSINESS, facts.terms[0], 2_000_00, day(12)).step == BUSINESS.step("relance-1")


def test_only_what_is_owed_is_asked_for() -> None:
    facts = case(term(1), term(2), money=[paid(2_000_00)])
    assert [t.id for t in chased(facts)] == [2]
