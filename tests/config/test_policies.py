"""Policies as written become policies as the rules know them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from relanced.config import DroppedRoad
from relanced.rules.model import Road, Segment
from relanced.rules.policy import AtMost, Enclose, Only, Policy, Tone, When
from tests.config.samples import LADDER, SMALL, fault, faults, read, with_

STEPS = ["courtoisie", "relance-1", "relance-2", "appel", "relance-ferme", "mise-en-demeure", "transmission"]


def ladder(old: str = "policies:", new: str = "policies:") -> str:
    return SMALL + with_(old, new, LADDER)


def policies(text: str) -> dict[str, Policy]:
    return {policy.name: policy for policy in read(text).policies}


def test_a_ladder_is_read_step_by_step() -> None:
    standard = policies(ladder())["standard"]
    assert standard.segments == {Segment.BUSINESS}
    assert (standard.min_amount, standard.gather, standard.large) == (0, 0, 100_000)
    courtesy, reminder, notice, end = standard.steps
    assert (courtesy.tone, courtesy.when, courtesy.via) == (Tone.COURTEOUS, When(days=-5), (Road.EMAIL,))
    assert (reminder.tone, reminder.via, reminder.within) == (Tone.FIRM, (Road.EMAIL, Road.LETTER), 10)
    assert (notice.deadline, notice.approval, notice.hand_over) == (15, False, False)
    assert (end.when, end.approval, end.hand_over, end.via) == (When(deadline_of="notice"), True, True, ())


def test_every_word_of_a_policy_and_a_step_is_read() -> None:
    text = """\
policies:
  vip:
    for: {debtor: [business, public], tags: vip}
    min_amount: 15.50
    gather: 7 days
    large: 5000
    steps:
      - name: first
        tone: courteous
        when: 3 days after due
        via: [email, letter]
        also: [sms]
        only: [large, usually late]
        at_most: 2 per 31 days
        min_amount: 12.10
        approval: required
        within: 5 working days
        max_lateness: 40 days
        enclose: invoices
        wording: relance-1
"""
    (vip,) = policies(SMALL + text).values()
    (step,) = vip.steps
    assert vip.segments == {Segment.BUSINESS, Segment.PUBLIC}
    assert vip.tags == {"vip"}
    assert (vip.min_amount, vip.gather, vip.large) == (1550, 7, 500_000)
    assert step.only == {Only.LARGE, Only.USUALLY_LATE}
    assert (step.at_most, step.min_amount, step.approval) == (AtMost(2, 31), 1210, True)
    assert (step.within, step.max_lateness, step.enclose) == (5, 40, Enclose.INVOICES)
    assert (step.also, step.words) == ((Road.SMS,), "relance-1")


@pytest.mark.parametrize("said", ["", "policies: default\n"])
def test_without_policies_those_that_ship_are_taken(said: str) -> None:
    found = policies(SMALL + said)
    assert list(found) == ["business", "consumer", "public"]
    assert [step.name for step in found["business"].steps] == STEPS
    assert found["consumer"].segments == {Segment.CONSUMER, Segment.UNKNOWN}


def test_one_of_those_that_ship_stands_beside_our_own_in_file_order() -> None:
    assert list(policies(ladder() + "  public: default\n  consumer: default\n")) == ["standard", "public", "consumer"]


def test_the_business_ladder_that_ships_is_the_one_of_the_house() -> None:
    steps = {step.name: step for step in policies(SMALL)["business"].steps}
    assert [steps[name].when.days for name in STEPS] == [-5, 3, 10, 14, 21, 30, 0]
    assert steps["courtoisie"].only == {Only.LARGE, Only.NEW, Only.USUALLY_LATE}
    assert steps["relance-2"].also == (Road.SMS,)
    assert (steps["appel"].via, steps["appel"].within) == ((Road.PHONE,), 5)
    assert steps["mise-en-demeure"].approval
    assert (steps["mise-en-demeure"].min_amount, steps["mise-en-demeure"].deadline) == (15_000, 15)
    assert steps["transmission"].when.deadline_of == "mise-en-demeure"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: end", "name: notice", "steps[3].name: notice is the name of an earlier step"),
        (
            "name: relance",
            "name: ../relance",
            "steps[1].name: expected a name of letters, digits, - _ .",
        ),
        ("tone: firm", "tone: rude", "steps[1].tone: expected courteous, firm, formal"),
        ("5 days before due", "5 days after due", "steps[1].when: must be later than the step before it"),
        (
            "3 days after due",
            "3 days before due",
            "steps[1].tone: before the due date only a courteous step",
        ),
        ("deadline of notice", "deadline of relance", "steps[3].when: relance sets no deadline: give it one, like"),
        ("deadline of notice", "deadline of end", "steps[3].when: no earlier step is named end"),
        (", deadline: 15 days after presentation", "", "steps[3].when: notice sets no deadline: give it one, like"),
        ("15 days after presentation", "15 days", 'steps[2].deadline: expected a number like "15 days after presenta'),
        (
            "via: registered",
            "via: [registered, registered]",
            "steps[2].via: registered: a road is taken once",
        ),
        ("via: registered", "via: registered, also: registered", "steps[2].also: registered: a road is taken once"),
        ("via: registered", "via: fax", "steps[2].via: expected 'email', 'sms', 'letter', 'registered' or 'phone'"),
        ("via: registered, ", "", "steps[2].via: a step needs a road, or hand_over: dossier"),
        ("via: registered", "via: []", "steps[2].via: a step needs a road, or hand_over: dossier"),
        ("hand_over: dossier", "hand_over: dossier, via: email", "steps[3].via: a hand-over sends nothing: leave via"),
        ("hand_over: dossier", "hand_over: file", "steps[3].hand_over: expected 'dossier'"),
        ("approval: required", "approval: none", "steps[3].approval: a hand-over needs a person: say approval: requir"),
        ("via: [email, letter]", "via: [email], within: 5 days", 'steps[1].within: expected a number like "5 working'),
        ("via: [email, letter]", "via: [email], only: big", "steps[1].only: expected 'large', 'new' or 'usually late'"),
        (
            "via: [email, letter]",
            "via: [email], deadline: 9 days after presentation",
            "steps[1].deadline: only a",
        ),
        ("{debtor: business}", "{debtor: []}", "for.debtor: must not be empty"),
        (
            "{debtor: business}",
            "{debtors: business, debtor: business}",
            "for.debtors: unknown key",
        ),
        ("for:", "large: 1 000\n    for:", "large: expected an amount in euros like 150 or 150.00"),
        ("steps:", "gather: 7\n    steps:", 'gather: expected a number like "7 days"'),
    ],
)
def test_a_step_that_does_not_fit_is_told(old: str, new: str, told: str) -> None:
    where, _, text = fault(ladder(old, new)).partition(": policies.standard.")
    assert text.startswith(told)
    assert where.count(":") == 1


def test_tones_may_not_go_down() -> None:
    text = ladder("tone: courteous, when: 5 days before due", "tone: formal, when: 1 days after due")
    assert [line.partition(": ")[2] for line in faults(text)] == [
        "policies.standard.steps[1].tone: a step may not speak more softly than the one before it"
    ]


def test_a_step_with_a_fault_does_not_hide_those_of_the_others() -> None:
    text = ladder("name: courtoisie, tone: courteous", "name: relance, tone: rude").replace("notice passed", "x passed")
    assert [line.split(": ")[2] for line in faults(text)] == [
        "expected courteous, firm, formal",
        "relance is the name of an earlier step",
        "no earlier step is named x (known here",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("policies: none", "policies: expected names, and something under each"),
        ("policies:", "policies: expected names, and something under each"),
        ("policies: {business: standard}", "policies.business: expected for: and steps:, or the word default for one"),
        ("policies: {busines: default}", "policies.busines: expected for: and steps:, or the word default for one of"),
        ("policies: {a: {for: {debtor: public}}}", "policies.a.steps: is missing"),
        ("policies: {a: {for: {debtor: public}, steps: []}}", "policies.a.steps: expected a list of steps"),
        ("policies: {a: {for: {debtor: public}, steps: [x]}}", "policies.a.steps[0]: expected keys and values"),
    ],
)
def test_what_is_no_policy_is_told(text: str, told: str) -> None:
    assert fault(SMALL + text).partition(": ")[2].startswith(told)


def test_a_road_without_a_door_drops_out_and_is_told_apart() -> None:
    text = with_(", letter: office", "").replace(", registered: tray", "") + LADDER
    config = read(text)
    assert config.dropped_roads == (
        DroppedRoad("dubois", "standard", "relance", Road.LETTER),
        DroppedRoad("dubois", "standard", "notice", Road.REGISTERED, passed_over=True),
    )
    assert (
        str(config.dropped_roads[1]) == "dubois: no channel for registered (standard, notice): the step is passed over"
    )
    (mine,) = config.policies_of("dubois")
    assert [step.via for step in mine.steps] == [(Road.EMAIL,), (Road.EMAIL,), (), ()]
    assert [step.via for step in config.policy("standard").steps][1] == (Road.EMAIL, Road.LETTER)


def test_a_policy_none_of_whose_steps_can_leave_is_a_fault() -> None:
    text = with_("roads: {email: compta, letter: office, registered: tray}", "roads: {letter: office}")
    only_mail = (
        "policies: {mail: {for: {debtor: business}, steps: [{name: a, tone: firm, when: 1 day after due, via: email}]}}"
    )
    told = fault(text + only_mail)
    assert told.endswith("creditors.dubois.roads: no step of policy mail can leave on these roads")


def test_a_creditor_may_choose_its_policies_and_their_order() -> None:
    text = with_("    roads:", "    policies: [public, business]\n    roads:")
    assert [policy.name for policy in read(text).policies_of("dubois")] == ["public", "business"]


def a_policy(name: str, whom: str) -> str:
    return f"  {name}: {{for: {whom}, steps: [{{name: a, tone: firm, when: 1 day after due, via: email}}]}}\n"


@pytest.mark.parametrize(
    ("whom", "unused"),
    [
        (["{debtor: business}", "{debtor: business, tags: vip}"], True),
        (["{debtor: business}", "{debtor: public}", "{debtor: [business, public]}"], True),
        (["{debtor: business, tags: vip}", "{debtor: business}"], False),
        (["{debtor: business}", "{debtor: [business, public]}"], False),
    ],
)
def test_a_policy_that_is_never_reached_is_a_fault(whom: Iterable[str], unused: bool) -> None:
    told = faults(SMALL + "policies:\n" + "".join(a_policy(f"p{i}", one) for i, one in enumerate(whom)))
    assert any("is never used" in line for line in told) is unused


def test_a_policy_chosen_by_another_creditor_is_not_unused() -> None:
    text = with_("    roads:", "    policies: p1\n    roads:") + "policies:\n"
    assert not faults(text + a_policy("p0", "{debtor: business}") + a_policy("p1", "{debtor: business}"))
