"""A debtor's word against the payments, and what follows on the ladder when it was broken."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from relanced.rules.decide import decide
from relanced.rules.given import Promise, PromiseState
from relanced.rules.model import CaseFacts, Hold, HoldKind, PaymentMode
from relanced.rules.owed import askable
from relanced.rules.promises import (
    Covered,
    covered,
    judge,
    judged,
    last_day,
    made_good,
    meant,
    next_judgement,
    share_of,
    word_of_the_last,
)
from tests.rules.build import BUSINESS, DUE, EVERYTHING, at, case, climbed, credit, day, paid, performed, term

WORD = Promise(1, day(20), day(22), 500_00, 500_00, ((1, 2_000_00),), said_on=day(14))
STATES = PromiseState


def _owing(cents: int, *words: Promise) -> CaseFacts:
    """One invoice of which so much is owed, because the rest was paid."""
    return replace(case(money=[paid(2_000_00 - cents, on=15)]), promises=words)


@pytest.mark.parametrize(
    ("means", "on", "last"),
    [
        (PaymentMode.TRANSFER, date(2026, 3, 10), date(2026, 3, 12)),
        (PaymentMode.TRANSFER, date(2026, 3, 13), date(2026, 3, 17)),  # over a weekend
        (PaymentMode.TRANSFER, date(2026, 3, 14), date(2026, 3, 18)),  # ordered on a Saturday
        (PaymentMode.TRANSFER, date(2026, 4, 2), date(2026, 4, 8)),  # over Easter, when no bank works
        (PaymentMode.CHEQUE, date(2026, 3, 10), date(2026, 3, 18)),
        (PaymentMode.CARD, date(2026, 3, 10), date(2026, 3, 12)),
    ],
)
def test_grace_is_counted_in_bank_days_by_means_of_payment(means: PaymentMode, on: date, last: date) -> None:
    assert last_day(on, means) == last


@pytest.mark.parametrize(
    ("owed", "today", "covers", "state", "come"),
    [
        (2_000_00, day(21), day(20), STATES.OPEN, 0),  # its grace runs
        (1_500_00, day(15), day(14), STATES.KEPT, 500_00),  # paid before the day
        (1_500_00, day(23), day(22), STATES.KEPT, 500_00),
        (0, day(23), day(22), STATES.KEPT, 500_00),  # more than promised
        (1_800_00, day(23), day(22), STATES.PARTLY, 200_00),
        (2_000_00, day(23), day(22), STATES.BROKEN, 0),
        (2_000_00, day(23), day(21), STATES.OPEN, 0),  # the bank data do not tell yet
        (2_000_00, day(40), None, STATES.OPEN, 0),
        (2_100_00, day(23), day(22), STATES.BROKEN, 0),  # a payment came back
    ],
)
def test_kept_partly_or_broken(owed: int, today: date, covers: date | None, state: STATES, come: int) -> None:
    found = judge(_owing(owed, WORD), WORD, today, covers)
    assert (found.state, found.paid) == (state, come)


def test_an_instalment_counts_what_came_after_those_before_it() -> None:
    second = Promise(2, day(20), day(22), 500_00, 1_000_00, ((1, 2_000_00),), agreement=1, n=2)
    table = {1_500_00: (STATES.BROKEN, 0), 1_300_00: (STATES.PARTLY, 200_00), 1_000_00: (STATES.KEPT, 500_00)}
    for owed, (state, come) in table.items():
        found = judge(_owing(owed, second), second, day(23), EVERYTHING)
        assert (found.state, found.paid) == (state, come)


@pytest.mark.parametrize(
    ("promised", "credited", "received", "state", "come"),
    [
        (500_00, 300_00, 0, STATES.BROKEN, 0),  # it gives what nobody had promised
        (500_00, 300_00, 500_00, STATES.KEPT, 500_00),
        (2_000_00, 300_00, 0, STATES.BROKEN, 0),  # a credit note is no payment
        (2_000_00, 300_00, 400_00, STATES.PARTLY, 400_00),
        (2_000_00, 300_00, 1_700_00, STATES.KEPT, 1_700_00),  # and leaves less to pay
        (1_800_00, 300_00, 1_700_00, STATES.KEPT, 1_700_00),
    ],
)
def test_a_credit_note_pays_nothing_of_a_promise(
    promised: int, credited: int, received: int, state: STATES, come: int
) -> None:
    word = replace(WORD, cents=promised, upto=promised)
    money = [credit(credited, on=15), paid(received, on=16, id=2)]
    found = judge(replace(case(money=money), promises=(word,)), word, day(23), EVERYTHING)
    assert (found.state, found.paid) == (state, come)


def test_a_credit_note_for_what_was_left_out_of_an_agreement_pays_none_of_its_instalments() -> None:
    first, second = (
        Promise(n, day(20 * n), day(22 * n), 900_00, 900_00 * n, ((1, 2_000_00),), agreement=1, n=n, said_on=day(14))
        for n in (1, 2)
    )
    facts = replace(case(money=[credit(200_00, on=15)]), promises=(first, second))
    assert covered(facts, first).cents == 0
    assert not made_good(facts, first)
    more = replace(facts, money=(credit(300_00, on=15),))
    assert (covered(more, first), share_of(first, covered(more, first))) == (Covered(0, 100_00), Covered(0, 100_00))


def test_it_is_kept_once_nothing_is_left_but_what_is_contested() -> None:
    word = replace(WORD, cents=2_000_00, upto=2_000_00)
    contested = Hold(1, HoldKind.DISPUTE, "two doors are missing", at(15), 1, cents=800_00)
    facts = replace(case(money=[paid(1_200_00, on=16)], holds=[contested]), promises=(word,))
    assert judge(facts, word, day(18), day(17)).state is STATES.KEPT


def test_only_open_words_are_judged_and_a_judgement_has_its_day() -> None:
    done = replace(WORD, state=STATES.KEPT)
    assert [one.promise for one in judged(_owing(2_000_00, done, WORD), day(23), EVERYTHING)] == [WORD]
    assert next_judgement([done, WORD], day(20)) == day(23)
    assert next_judgement([done, WORD], day(23)) is None


def test_a_promise_is_broken_after_all_when_its_payment_comes_back() -> None:
    kept = replace(WORD, state=STATES.KEPT, judged_on=day(20))
    came, back = paid(500_00, on=19), paid(-500_00, on=24, id=2)
    for money, today, found in (
        ([came], 25, []),
        ([came, back], 25, [STATES.BROKEN]),
        ([came, back], 21, []),  # its time is not over
        ([paid(600_00, on=19), paid(-100_00, on=24, id=2)], 25, []),
    ):
        facts = replace(case(money=money), promises=(kept,))
        assert [one.state for one in judged(facts, day(today), day(today - 1))] == found


def test_how_a_debtor_keeps_words_is_told_in_one_line() -> None:
    assert word_of_the_last([WORD]) == ""
    ended = [replace(WORD, state=s) for s in (STATES.KEPT, STATES.PARTLY, STATES.KEPT, STATES.REPLACED)]
    assert word_of_the_last(ended) == "2 of 3 promises kept"


# -- on the ladder ------------------------------------------------------------------------------------------------


def _after(state: STATES, *, judged_on: int = 18, lines: bool = True) -> str:
    """The decision on day 18: the next step by the policy is the letter of day 21."""
    word = replace(WORD, on=day(15), until=day(17), state=state, judged_on=day(judged_on))
    past = climbed("relance-ferme") if lines else ()
    facts = replace(case(lines=past), promises=(word,))
    step = decide(facts, BUSINESS, at(18), EVERYTHING).step
    return step.name if step else ""


def test_a_broken_promise_is_one_step_on_at_once() -> None:
    assert _after(STATES.BROKEN) == _after(STATES.PARTLY) == "relance-ferme"
    assert _after(STATES.KEPT) == _after(STATES.REPLACED) == ""


def test_but_one_step_only() -> None:
    word = replace(WORD, on=day(15), until=day(17), state=STATES.BROKEN, judged_on=day(18))
    taken = (*climbed("relance-ferme"), performed("relance-ferme", 18))
    facts = replace(case(lines=taken), promises=(word,))
    assert decide(facts, BUSINESS, at(20), EVERYTHING).step is None


def test_a_missed_instalment_takes_no_step_by_itself() -> None:
    word = replace(WORD, state=STATES.BROKEN, judged_on=day(18), agreement=1, n=1)
    facts = replace(case(lines=climbed("relance-ferme")), promises=(word,))
    assert decide(facts, BUSINESS, at(18), EVERYTHING).step is None


def test_a_promise_whose_grace_is_over_holds_until_the_bank_data_tell() -> None:
    facts = replace(case(lines=climbed("relance-ferme")), promises=(WORD,))
    said = decide(facts, BUSINESS, at(30), EVERYTHING)
    assert said.step is None
    assert said.reason == f"waits for bank data until {day(22)}: a payment was promised for {day(20)}"


# -- a part is contested ------------------------------------------------------------------------------------------


def test_the_part_that_is_not_contested_keeps_climbing() -> None:
    contested = Hold(1, HoldKind.DISPUTE, "two doors are missing", at(12), 1, cents=800_00)
    facts = case(lines=climbed("relance-ferme"), holds=[contested])
    said = decide(facts, BUSINESS, at(21), EVERYTHING)
    assert said.step and said.step.name == "relance-ferme"
    assert [n.cents for n in said.lines] == [1_200_00]
    assert askable(facts) == {1: 1_200_00}


def test_when_only_the_contested_part_is_left_nothing_is_asked() -> None:
    contested = Hold(1, HoldKind.DISPUTE, "two doors are missing", at(12), 1, cents=800_00)
    facts = case(term(cents=700_00), holds=[contested])
    assert decide(facts, BUSINESS, at(21), EVERYTHING).step is None


# -- what a word is about -----------------------------------------------------------------------------------------


def test_a_word_is_about_the_invoices_named_else_what_is_overdue_else_what_owes() -> None:
    facts = case(term(1, due=0), term(2, due=5), term(3, due=90))
    assert [t.id for t in meant(facts, ["FA-3"], day(10))] == [3]
    assert [t.id for t in meant(facts, [], day(10))] == [1, 2]
    assert [t.id for t in meant(facts, [], DUE)] == [1, 2, 3]
    with pytest.raises(ValueError, match="SARL Durand owes nothing of an invoice FA-9"):
        meant(facts, ["FA-9"], DUE)
