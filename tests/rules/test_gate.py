"""May this message leave now? What happened since it was planned, and which answer wins."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from msgspec.structs import replace

from relanced.rules.calendar import ContactRules, Hours
from relanced.rules.gate import GATE, Question, Strength, Surface, Verdict, all_verdicts, ask
from relanced.rules.model import CaseFacts, Consent, HoldKind
from tests.rules.build import (
    BUSINESS,
    DURAND,
    HOUSE,
    MAIL,
    at,
    case,
    climbed,
    credit,
    day,
    hold,
    paid,
    passed,
    performed,
    term,
)
from tests.rules.moments import ALLOW, CANCEL, DEFER, OPEN, PARK, RULES, TEN, answer, answers, moment


def test_when_nothing_is_against_it_the_permit_lasts_until_the_hours_end() -> None:
    verdict = ask(moment())
    assert (verdict.strength, verdict.until) == (ALLOW, at(TEN, 12))


def test_a_permit_never_passes_local_midnight() -> None:
    always = ContactRules(hours=(Hours(at(0, 0).time(), at(0, 0).time()),))
    assert ask(moment(surface=replace(OPEN, rules=always))).until == at(TEN + 1, 0)


def test_fault_26_midnight_is_local_on_the_days_the_hour_changes() -> None:
    """Fault 26: on 29 March 2026 the day has 23 hours; the permit ends when it does."""
    every_day = ContactRules(hours=(Hours(at(0, 0).time(), at(0, 0).time()),), weekdays=frozenset(range(7)))
    sunday = replace(OPEN, rules=every_day, covers=day(18))
    until = ask(moment(now=at(19, 1), surface=sunday)).until
    assert until is not None
    assert until.astimezone(UTC) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)


# -- what happened to the case since it was planned -------------------------------------------------------------------

TWO = case(term(1), term(2))
SINCE: dict[str, tuple[CaseFacts, CaseFacts, dict[str, Strength]]] = {
    "nothing": (case(), case(), {}),
    "paid": (case(), case(money=[paid(2_000_00)]), {"still owed": CANCEL, "still decided": CANCEL}),
    "covered by a credit": (case(), case(money=[credit(2_000_00)]), {"still owed": CANCEL, "still decided": CANCEL}),
    "one of two is paid": (
        TWO,
        case(term(1), term(2), money=[paid(2_000_00)]),
        {"still owed": CANCEL, "still decided": CANCEL},
    ),
    "a part is paid": (case(), case(money=[paid(10_00)]), {"still owed": CANCEL}),
    "another term joins": (case(), TWO, {"still decided": CANCEL}),
    "the step was performed": (case(), case(lines=[performed("relance-1", TEN)]), {"still decided": CANCEL}),
    "the step was passed over": (case(), case(lines=[passed("relance-1")]), {"still decided": CANCEL}),
    "the whole case is held": (case(), case(holds=[hold()]), {"not held": CANCEL, "still decided": CANCEL}),
    "a named term is held": (
        TWO,
        case(term(1), term(2), holds=[hold(term=2)]),
        {"not held": CANCEL, "still decided": CANCEL},
    ),
    "nobody is there to read what is courteous": (
        case(),
        case(holds=[hold(at(TEN + 3), kind=HoldKind.ABSENT)]),
        {"not held": CANCEL, "still decided": CANCEL},
    ),
    "nobody is there to read what is firm": (
        case(lines=climbed("relance-2")),
        case(lines=climbed("relance-2"), holds=[hold(at(TEN + 3), kind=HoldKind.ABSENT)]),
        {},
    ),
    "a hold that has ended": (case(), case(holds=[hold(until=at(TEN))]), {}),
    "the debtor is excluded": (
        case(),
        case(debtor=replace(DURAND, excluded=True)),
        {"still owed": CANCEL, "still decided": CANCEL},
    ),
    "the invoice is excluded": (case(), case(term(excluded=True)), {"still owed": CANCEL, "still decided": CANCEL}),
    "the case is closed": (case(), case(term(closed=TEN)), {"still owed": CANCEL, "still decided": CANCEL}),
    "the address is dead": (
        case(),
        case(addresses=[replace(MAIL, dead_since=day(9))]),
        {"address usable": CANCEL},
    ),
    "the address refused": (
        case(),
        case(addresses=[replace(MAIL, consent=Consent.WITHDRAWN)]),
        {"address usable": CANCEL},
    ),
    "the address is gone": (case(), case(addresses=[HOUSE]), {"address usable": CANCEL}),
}


@pytest.mark.parametrize(("before", "after", "expected"), SINCE.values(), ids=SINCE.keys())
def test_what_happened_since_it_was_planned(before: CaseFacts, after: CaseFacts, expected: dict[str, Strength]) -> None:
    assert answers(moment(before, later=after)) == expected


def test_an_absorbed_term_that_moved_on_is_a_change() -> None:
    """The same terms, but the second stands one step higher: performing its old step would be false."""
    hasty = (replace(s, max_lateness=17) if s.name == "relance-1" else s for s in BUSINESS.steps)
    ladder = replace(BUSINESS, steps=tuple(hasty))
    facts = case(term(1, due=-20), term(2, due=-10), lines=[performed("appel", 0)])
    today, tomorrow = moment(facts, ladder=ladder), moment(facts, at(TEN + 1), ladder=ladder)
    assert [n.step for n in today.lines] == ["relance-ferme", "relance-1"]
    assert [n.step for n in tomorrow.decision.lines] == ["relance-ferme", "relance-2"]
    assert answer(today, "still decided").strength is ALLOW
    assert answer(tomorrow, "still decided").strength is CANCEL


AFTER_SLOT_0 = [performed("relance-1", TEN)]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (case(lines=AFTER_SLOT_0), {}),
        (case(lines=AFTER_SLOT_0, touched=[TEN, TEN, TEN]), {}),  # gap and caps count reminders, not messages
        (case(lines=AFTER_SLOT_0, money=[paid(2_000_00)]), {"still owed": CANCEL}),
        (case(lines=AFTER_SLOT_0, holds=[hold()]), {"not held": CANCEL}),
        (case(debtor=replace(DURAND, excluded=True), lines=AFTER_SLOT_0), {"still owed": CANCEL}),
        (case(term(excluded=True), lines=AFTER_SLOT_0), {"still owed": CANCEL}),
        (case(term(closed=TEN), lines=AFTER_SLOT_0), {"still owed": CANCEL}),
        (case(term(handed_over=TEN), lines=AFTER_SLOT_0), {"still owed": CANCEL}),
    ],
)
def test_a_copy_or_a_later_turn_asks_whether_its_lines_are_still_owed_and_not_held(
    later: CaseFacts, expected: dict[str, Strength]
) -> None:
    assert answers(moment(later=later, follows=True)) == expected


def test_a_copy_keeps_to_the_calendar() -> None:
    assert answers(moment(now=at(TEN, 13), follows=True)) == {"calendar": DEFER}


# -- the strongest wins -----------------------------------------------------------------------------------------------


def always(verdict: Verdict) -> Question:
    return lambda _: verdict


def saying(*verdicts: Verdict) -> Verdict:
    return ask(moment(), tuple(always(v) for v in verdicts))


YES, YES_SHORT = Verdict(ALLOW, "a", until=at(TEN, 18)), Verdict(ALLOW, "b", until=at(TEN, 11))
LATER, LATEST = Verdict(DEFER, "c", "c", at(TEN, 15)), Verdict(DEFER, "d", "d", at(TEN + 2))
HALT, NEVER = Verdict(PARK, "e", "e"), Verdict(CANCEL, "f", "f")


@pytest.mark.parametrize(
    ("verdicts", "gate"),
    [
        ((YES, LATER), "c"),
        ((LATER, LATEST), "d"),  # the latest defer
        ((LATEST, HALT), "e"),
        ((HALT, NEVER, LATEST), "f"),
        ((YES, YES_SHORT, LATER, LATEST, HALT, NEVER), "f"),
    ],
)
def test_cancel_beats_park_beats_defer_beats_allow(verdicts: tuple[Verdict, ...], gate: str) -> None:
    assert {saying(*order).gate for order in permutations(verdicts)} == {gate}


def test_the_earliest_end_is_the_end_of_the_permit() -> None:
    assert saying(YES, YES_SHORT).until == saying(YES_SHORT, YES).until == at(TEN, 11)
    assert saying(Verdict(ALLOW, "a")).until == at(TEN + 1, 0)


def test_every_refusal_is_kept_with_its_reason() -> None:
    surface = Surface(RULES, deaf="no ear", iban_doubt="it is new", opened=False, channel_closed="down")
    busy = moment(now=at(TEN, 13), surface=surface, later=case(money=[paid(2_000_00)], touched=[TEN]), approved=False)
    refused = answers(busy)
    assert len(all_verdicts(busy)) == len(GATE)
    assert {g for g, s in refused.items() if s is CANCEL} == {"not opened", "still owed", "still decided"}
    assert {g for g, s in refused.items() if s is PARK} == {"iban unchanged", "approval"}
    assert {g for g, s in refused.items() if s is DEFER} == {"fresh", "ears open", "calendar", "caps", "channel open"}
    assert all(v.words for v in all_verdicts(busy) if v.strength is not ALLOW)
    assert all(v.until and v.until > busy.now for v in all_verdicts(busy) if v.strength is DEFER)
