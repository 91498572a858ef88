"""What holds whatever happens: laws checked on many simulated lives of a debtor."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, seed, settings
from msgspec.structs import replace

from relanced.rules.calendar import fresh_from, opening
from relanced.rules.decide import decide
from relanced.rules.gate import all_verdicts, ask
from relanced.rules.model import CaseFacts, Line, LineKind, LineState
from relanced.rules.policy import Policy, Tone
from tests.rules.build import BUSINESS, CONSUMER, PUBLIC
from tests.rules.simulator import Life, Sent, World, live
from tests.rules.worlds import worlds

few = settings(max_examples=30)
same_worlds = seed(20260105)  # for every law, so that a world is walked once


# -- laws ---------------------------------------------------------------------------------------------------------


def each_step_of_each_term_is_performed_or_passed_over_once(life: Life) -> None:
    once = [(line.term_id, line.step) for line in life.lines]
    assert len(once) == len(set(once))


def no_reminder_falls_inside_the_gap(life: Life) -> None:
    """A term gathered early may come `gather` days sooner: somebody is written to anyway, for another term."""
    policy = life.world.policy
    for before, after in performed_in_a_row(life):
        first, second = policy.step(before.step).when, policy.step(after.step).when
        dated = not first.deadline_of and not second.deadline_of
        gap = second.days - first.days if dated else 1
        early = policy.gather if after.kind is LineKind.GATHERED else 0
        assert (after.on - before.on).days >= max(gap - early, 1), (before, after)


def performed_in_a_row(life: Life) -> Iterator[tuple[Line, Line]]:
    by_term: dict[int, list[Line]] = defaultdict(list)
    for line in life.lines:
        if line.state is LineState.PERFORMED:
            by_term[line.term_id].append(line)
    for lines in by_term.values():
        yield from pairwise(lines)


def no_debtor_is_reminded_more_than_the_caps_allow(life: Life) -> None:
    days = [r.planned_on for r in life.reminders]
    for cap in life.world.rules.caps:
        assert all(sum(0 <= (day - d).days < cap.days for d in days) <= cap.times for day in days)


def no_step_is_performed_more_often_than_its_limit(life: Life) -> None:
    for step in life.world.policy.steps:
        days = [s.on.date() for s in life.sent if s.step is step]
        if step.at_most:
            near = [sum(0 <= (day - d).days < step.at_most.days for d in days) for day in days]
            assert all(n <= step.at_most.times for n in near)


def nothing_leaves_on_a_closed_day(life: Life) -> None:
    for sent in letters(life):
        assert opening(sent.on, life.world.rules, ["35000"], life.world.closed).open


def letters(life: Life) -> Iterator[Sent]:
    """What went to the debtor: a hand-over does not."""
    return (s for s in life.sent if not s.step.hand_over)


def nobody_who_owes_nothing_hears_from_us(life: Life) -> None:
    """Counted here in the simplest way: invoices minus what came in, credits included."""
    for sent in life.sent:
        spoken = {t.currency for t in sent.facts.terms if t.id in named(sent)}
        for currency in spoken:
            assert 0 < sum(n.cents for n in sent.lines) <= simple_debt(sent.facts, currency)


def simple_debt(facts: CaseFacts, currency: str) -> int:
    invoiced = sum(t.cents for t in facts.terms if t.currency == currency)
    return invoiced - sum(m.cents for m in facts.money if m.currency == currency)


def what_is_paid_by_name_is_never_named(life: Life) -> None:
    for sent in life.sent:
        for line in sent.lines:
            (term,) = (t for t in sent.facts.terms if t.id == line.term_id)
            came = sum(m.cents for m in sent.facts.money if m.invoice_id == term.invoice_id)
            assert line.cents <= term.cents - max(came, 0)


def a_reminder_speaks_one_currency(life: Life) -> None:
    for sent in life.sent:
        assert len({t.currency for t in sent.facts.terms if t.id in named(sent)}) == 1


def named(sent: Sent) -> set[int]:
    return {n.term_id for n in sent.lines}


def before_the_due_date_nobody_is_late_and_after_it_everybody(life: Life) -> None:
    for sent in life.sent:
        due = {t.id: t.due_on for t in sent.facts.terms}
        late = {due[n.term_id] < sent.on.date() for n in sent.lines}
        assert late == {not sent.step.before_due}


def nothing_is_named_that_the_bank_data_could_not_show_paid(life: Life) -> None:
    for sent in letters(life):
        due = {t.id: t.due_on for t in sent.facts.terms}
        assert all(sent.covers >= fresh_from(due[i]) for i in named(sent) if due[i] < sent.on.date())


def no_fresh_invoice_is_named_in_a_harsh_tone(life: Life) -> None:
    """Whatever stands on a firm or formal step is old enough, and every lower step of it is behind."""
    policy = life.world.policy
    for sent in life.sent:
        if sent.step.tone is Tone.COURTEOUS:
            continue
        due = {t.id: t.due_on for t in sent.facts.terms}
        for line in sent.lines:
            if line.kind is LineKind.MAIN:
                assert sent.on.date() >= due[line.term_id] + timedelta(days=sent.step.when.days)
                assert done_before(sent, line.term_id) >= {s.name for s in policy.steps[: policy.index(line.step)]}


def done_before(sent: Sent, term_id: int) -> set[str]:
    """Steps of the term performed or passed over, those of the same morning included."""
    facts = sent.facts
    known = {line.step for line in facts.lines if line.term_id == term_id}
    again = decide(facts, sent_policy(sent), sent.on, sent.covers)
    return known | {p.step for p in again.passes if p.term_id == term_id}


def sent_policy(sent: Sent) -> Policy:
    return next(p for p in (BUSINESS, CONSUMER, PUBLIC) if any(s is sent.step for s in p.steps))


def a_notice_a_call_and_a_hand_over_name_only_what_climbed_there(life: Life) -> None:
    for sent in life.sent:
        if not sent.step.absorbs and not sent.step.before_due:
            assert {n.kind for n in sent.lines} == {LineKind.MAIN}
            assert {n.step for n in sent.lines} == {sent.step.name}


def a_hand_over_follows_a_notice_whose_deadline_has_passed(life: Life) -> None:
    for sent in life.sent:
        if sent.step.hand_over:
            notices = [line for line in sent.facts.lines if line.clock_from and line.term_id in named(sent)]
            assert {line.term_id for line in notices} == named(sent)
            assert all((sent.on.date() - n.clock_from).days > 15 for n in notices if n.clock_from)


def what_is_held_is_never_named(life: Life) -> None:
    for sent in life.sent:
        holding = [h for h in life.world.holds if h.covers(sent.on.date())]
        assert all(h.term_id is not None and h.term_id not in named(sent) for h in holding)


def the_strongest_answer_wins_and_it_is_one_of_them(life: Life) -> None:
    for moment in life.asked:
        verdict, said = ask(moment), all_verdicts(moment)
        strongest = max(v.strength for v in said)
        assert verdict.strength is strongest
        untils = [v.until for v in said if v.strength is strongest and v.until]
        if strongest == 0:
            assert verdict.until == min(untils)
            assert verdict.until > moment.now
        else:
            assert verdict in said
            assert verdict.until == max(untils, default=None)


def until_it_is_looked_at_again_nothing_changes_by_itself(life: Life) -> None:
    for now, facts, decision in life.decisions[::3]:
        again = decision.look_again
        last = (again or now + timedelta(days=90)) - timedelta(minutes=1)
        assert last >= now
        assert decide(facts, life.world.policy, last, life.world.covers(now.date())).step == decision.step


def a_decision_depends_on_the_facts_and_not_on_their_order(life: Life) -> None:
    random = Random(7)
    for now, facts, decision in life.decisions[::3]:
        covers = life.world.covers(now.date())
        assert decide(facts, life.world.policy, now, covers) == decision
        assert decide(shuffled(facts, random), life.world.policy, now, covers) == decision


def shuffled(facts: CaseFacts, random: Random) -> CaseFacts:
    return replace(
        facts,
        terms=tuple(random.sample(facts.terms, len(facts.terms))),
        money=tuple(random.sample(facts.money, len(facts.money))),
        lines=tuple(random.sample(facts.lines, len(facts.lines))),
        holds=tuple(random.sample(facts.holds, len(facts.holds))),
        reminders=tuple(random.sample(facts.reminders, len(facts.reminders))),
        addresses=tuple(random.sample(facts.addresses, len(facts.addresses))),
    )


LAWS: list[Callable[[Life], None]] = [
    each_step_of_each_term_is_performed_or_passed_over_once,
    no_reminder_falls_inside_the_gap,
    no_debtor_is_reminded_more_than_the_caps_allow,
    no_step_is_performed_more_often_than_its_limit,
    nothing_leaves_on_a_closed_day,
    nobody_who_owes_nothing_hears_from_us,
    what_is_paid_by_name_is_never_named,
    a_reminder_speaks_one_currency,
    before_the_due_date_nobody_is_late_and_after_it_everybody,
    nothing_is_named_that_the_bank_data_could_not_show_paid,
    no_fresh_invoice_is_named_in_a_harsh_tone,
    a_notice_a_call_and_a_hand_over_name_only_what_climbed_there,
    a_hand_over_follows_a_notice_whose_deadline_has_passed,
    what_is_held_is_never_named,
    the_strongest_answer_wins_and_it_is_one_of_them,
    until_it_is_looked_at_again_nothing_changes_by_itself,
    a_decision_depends_on_the_facts_and_not_on_their_order,
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@same_worlds
@few
@given(world=worlds())
def test_whatever_happens(law: Callable[[Life], None], world: World) -> None:
    law(live(world))


@same_worlds
@few
@given(worlds())
def test_sleeping_until_the_next_look_misses_nothing(world: World) -> None:
    seeing = dataclasses.replace(world, all_seeing=True)
    assert [(s.on, s.lines) for s in live(seeing, lazily=True).sent] == [(s.on, s.lines) for s in live(seeing).sent]
