"""An offer with an end against the payments, and what the ladder does meanwhile."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from relanced.rules.decide import decide
from relanced.rules.given import Offer, OfferState, Promise, PromiseState
from relanced.rules.model import CaseFacts, Money
from relanced.rules.offers import about, ending, next_ruling, ruled, running, share
from relanced.rules.owed import askable, balances, let_go
from tests.rules.build import BUSINESS, EVERYTHING, at, case, climbed, day, term

# Of the 2 000.00 of term 1 a tenth is let go for who pays until day 20; a transfer of that day shows on day 22.
OFFER = Offer(1, day(20), day(22), 1_800_00, 200_00, ((1, 2_000_00),), said_on=day(10))
STATES = OfferState


def _case(*paid: tuple[int, int], offer: Offer = OFFER, **said: object) -> CaseFacts:
    """Term 1, with payments on these days."""
    money = tuple(Money(n, day(on), cents, invoice_id=1) for n, (on, cents) in enumerate(paid, 1))
    return replace(case(**said), money=money, offers=(offer,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("paid", "today", "covers", "state", "left"),
    [
        ([], day(15), day(14), None, 0),  # it runs
        ([(15, 1_800_00)], day(16), day(15), STATES.TAKEN, 200_00),
        ([(15, 2_000_00)], day(16), day(15), STATES.TAKEN, 0),  # more than it asked
        ([(12, 800_00), (19, 1_000_00)], day(20), day(19), STATES.TAKEN, 200_00),
        ([(22, 1_800_00)], day(23), day(22), STATES.TAKEN, 200_00),  # ordered on its last day
        ([(23, 1_800_00)], day(24), day(23), STATES.LAPSED, 200_00),  # too late
        ([(15, 1_799_99)], day(23), day(22), STATES.LAPSED, 200_01),
        ([], day(22), day(22), None, 0),  # its grace runs
        ([], day(30), day(21), None, 0),  # the bank data do not tell yet
        ([], day(30), None, None, 0),
        ([], day(23), day(22), STATES.LAPSED, 2_000_00),
        ([(15, 1_800_00), (16, -1_800_00)], day(23), day(22), STATES.LAPSED, 2_000_00),  # it came back
    ],
)
def test_taken_lapsed_or_still_running(
    paid: list[tuple[int, int]], today: date, covers: date | None, state: STATES | None, left: int
) -> None:
    found = ruled(_case(*paid), today, covers)
    assert [(one.state, one.left) for one in found] == ([(state, left)] if state else [])


def test_what_was_taken_stays_so_until_the_payment_comes_back() -> None:
    taken = replace(OFFER, state=STATES.TAKEN)
    assert ruled(_case((15, 1_800_00), offer=taken), day(60), day(59)) == ()
    (one,) = ruled(_case((15, 1_800_00), (40, -1_800_00), offer=taken), day(60), day(59))
    assert (one.state, one.left) == (STATES.LAPSED, 2_000_00)
    for over in (STATES.LAPSED, STATES.REPLACED, STATES.WITHDRAWN):
        assert ruled(_case((15, 1_800_00), offer=replace(OFFER, state=over)), day(60), day(59)) == ()


def test_what_is_left_of_a_taken_offer_is_never_asked_for() -> None:
    facts = _case((15, 1_800_00), offer=replace(OFFER, state=STATES.TAKEN), lines=climbed("relance-ferme"))
    assert (let_go(facts), askable(facts)) == ({1}, {1: 0})
    said = decide(facts, BUSINESS, at(60), EVERYTHING)
    assert (said.step, said.reason) == (None, "what is left is waived: an offer was paid in time")
    again = replace(facts, offers=(replace(OFFER, state=STATES.LAPSED),))
    assert askable(again) == {1: 200_00}


@pytest.mark.parametrize(
    ("total", "percent", "cents"),
    [(2_000_00, "10", 200_00), (1_234_50, "10", 123_45), (1_05, "50", 53), (1_234_50, "2.5", 30_86), (99, "0.1", 0)],
)
def test_a_part_is_rounded_half_up(total: int, percent: str, cents: int) -> None:
    assert share(total, Decimal(percent)) == cents


def test_exactly_what_an_offer_asks_is_meant_for_it_though_another_invoice_is_older() -> None:
    terms = (term(1, due=5), term(2, due=0))
    for cents, owed in ((1_800_00, {1: 200_00, 2: 2_000_00}), (1_800_01, {1: 2_000_00, 2: 199_99})):
        facts = replace(case(*terms), money=(Money(1, day(15), cents),), offers=(OFFER,))
        assert balances(facts) == owed
    early = replace(case(*terms), money=(Money(1, day(9), 1_800_00),), offers=(OFFER,))
    assert balances(early) == {1: 2_000_00, 2: 200_00}


def test_exactly_what_was_promised_is_meant_for_it_and_for_nothing_else() -> None:
    terms = (term(1, due=0), term(2, due=5, cents=300_00), term(3, due=6, cents=200_00))
    word = Promise(1, day(16), day(18), 400_00, 400_00, ((2, 300_00), (3, 200_00)), said_on=day(10))
    for state, on, owed in (
        (PromiseState.OPEN, 15, {1: 2_000_00, 2: 0, 3: 100_00}),
        (PromiseState.KEPT, 15, {1: 2_000_00, 2: 0, 3: 100_00}),
        (PromiseState.BROKEN, 15, {1: 1_600_00, 2: 300_00, 3: 200_00}),
        (PromiseState.OPEN, 19, {1: 1_600_00, 2: 300_00, 3: 200_00}),
    ):
        facts = replace(case(*terms), money=(Money(1, day(on), 400_00),), promises=(replace(word, state=state),))
        assert balances(facts) == owed


# -- on the ladder ------------------------------------------------------------------------------------------------


def test_reminders_go_on_while_an_offer_runs() -> None:
    said = decide(_case(lines=climbed("relance-2")), BUSINESS, at(15), EVERYTHING)
    assert said.step is not None and said.step.name == "relance-2"


def test_nothing_formal_is_decided_while_an_offer_runs() -> None:
    later = replace(OFFER, until=day(40), last=day(42))
    lines = climbed("mise-en-demeure")
    said = decide(_case(offer=later, lines=lines), BUSINESS, at(35), EVERYTHING)
    assert (said.step, said.reason) == (None, f"nothing formal before the end of an offer on {day(40)}")
    assert said.look_again is not None and said.look_again.date() == day(41)
    said = decide(_case(offer=replace(later, state=STATES.LAPSED), lines=lines), BUSINESS, at(43), EVERYTHING)
    assert said.step is not None and said.step.name == "mise-en-demeure"


def test_another_invoice_climbs_on_meanwhile() -> None:
    later = replace(OFFER, until=day(40), last=day(42))
    lines = (*climbed("mise-en-demeure"), *climbed("mise-en-demeure", 2))
    facts = replace(case(term(1), term(2), lines=lines), offers=(later,))
    said = decide(facts, BUSINESS, at(35), EVERYTHING)
    assert [n.term_id for n in said.lines] == [2]


def test_an_offer_whose_day_is_over_holds_until_the_bank_data_tell() -> None:
    said = decide(_case(lines=climbed("relance-ferme")), BUSINESS, at(30), EVERYTHING)
    assert (said.step, said.reason) == (None, f"waits for bank data until {day(22)}: an offer ended on {day(20)}")


def test_which_run_which_end_and_when_that_changes() -> None:
    taken = replace(OFFER, id=2, state=STATES.TAKEN)
    offers = [OFFER, taken]
    assert (running(offers, day(20)), ending(offers, day(20))) == ((OFFER,), ())
    assert (running(offers, day(21)), ending(offers, day(21))) == ((), (OFFER,))
    assert [next_ruling(offers, today) for today in (day(10), day(21), day(23))] == [day(21), day(23), None]
    assert about(offers, {1}) == (OFFER, taken) and about(offers, {2}) == ()
