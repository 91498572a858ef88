"""Another policy: what it would change, moving cases to it, and what never moves."""

from __future__ import annotations

from datetime import date

import pytest

from relanced.rules.calendar import add_bank_days
from relanced.store.tables import lines
from tests.flow import paper
from tests.flow.clock import PARIS
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.store.rows import every

DUE = date(2026, 3, 2)
FIRST = "{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter]}"
SECOND = "{name: relance-2, tone: firm, when: 10 days after due, via: [email, letter]}"
NOTICE = (
    "{name: mise-en-demeure, tone: formal, when: 30 days after due, via: [registered], deadline: 15 days after"
    " presentation}"
)


def ladder(*steps: str, name: str = "standard") -> str:
    """The words of one policy for businesses."""
    return f"{{{name}: {{for: {{debtor: business}}, steps: [{', '.join(steps)}]}}}}"


def later(step: str, days: int, name: str = "") -> str:
    """The same step on another day, or under another name."""
    words = step.split(", ")
    words[2] = f"when: {days} days after due"
    words[0] = f"{{name: {name}, wording: {words[0].removeprefix('{name: ')}" if name else words[0]
    return ", ".join(words)


@pytest.fixture
async def climbing(found: Found) -> Company:
    """A company with one case whose first reminder has left on 5 March."""
    company = await found(policies=ladder(FIRST, SECOND))
    await company.bills(paper.invoice("F-1", DUE))
    assert len(await company.morning(date(2026, 3, 5))) == 1
    return company


# -- looking ahead under another file -----------------------------------------------------------------------------


async def _tried(company: Company, policies: str, days: int = 30) -> dict[str, object]:
    said = await company.desk("forecast", files={"new.yaml": f"policies: {policies}".encode()}, days=days)
    record: dict[str, object] = said["record"]
    return record


def _changed(record: dict[str, object]) -> list[tuple[str, str, str]]:
    rows = record["changes"]
    assert isinstance(rows, list)
    return [(row["debtor"], row["step"], row["change"]) for row in rows]


async def test_the_same_file_changes_nothing(climbing: Company) -> None:
    record = await _tried(climbing, ladder(FIRST, SECOND))
    assert (record["changes"], record["messages"], record["kinds"]) == ([], {"all": [1, 1]}, {})


async def test_a_step_that_moves_comes_earlier_or_later(climbing: Company) -> None:
    assert _changed(await _tried(climbing, ladder(FIRST, later(SECOND, 14)))) == [("C1", "relance-2", "4 days later")]
    record = await _tried(climbing, ladder(FIRST, later(SECOND, 9)))
    assert _changed(record) == [("C1", "relance-2", "1 day earlier")]
    assert record["days"] == {"2026-03-11": [0, 1], "2026-03-12": [1, 0]}


async def test_steps_that_are_new_gone_or_take_another_road(climbing: Company) -> None:
    by_post = SECOND.replace("[email, letter]", "[letter, email]")
    assert _changed(await _tried(climbing, ladder(FIRST, by_post))) == [
        ("C1", "relance-2", "by letter instead of email")
    ]
    record = await _tried(climbing, ladder(FIRST, NOTICE), days=60)
    assert _changed(record) == [("C1", "relance-2", "gone"), ("C1", "mise-en-demeure", "new")]
    assert record["steps"] == {"relance-2": [1, 0], "mise-en-demeure": [0, 1]}
    assert record["roads"] == {"email": [1, 0], "registered": [0, 1]}
    assert record["kinds"] == {"gone": 1, "new": 1}


async def test_a_renamed_step_that_was_taken_is_not_foretold_again(climbing: Company) -> None:
    """As `adopt` would move the case: what lies no higher than the place it has reached is passed over."""
    record = await _tried(climbing, ladder(later(FIRST, 3, "rappel-1"), later(SECOND, 10, "rappel-2")))
    assert _changed(record) == [("C1", "relance-2", "gone"), ("C1", "rappel-2", "new")]


async def test_a_case_whose_notice_was_given_is_foretold_as_it_stays(found: Found) -> None:
    company = await found(policies=ladder(NOTICE))
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 4, 2))
    await company.desk("letters posted", references=(await company.last())["reference"])
    assert _changed(await _tried(company, ladder(later(NOTICE, 30, "sommation")))) == []


async def test_copies_count(climbing: Company) -> None:
    copied = SECOND.replace("via: [email, letter]", "via: [email], also: [letter]")
    assert _changed(await _tried(climbing, ladder(FIRST, copied))) == [("C1", "relance-2", "new")]


async def test_a_step_that_nobody_can_be_reached_for_is_no_hand_over(found: Found) -> None:
    call = "{name: appel, tone: firm, when: 3 days after due, via: [phone]}"
    company = await found(
        policies=ladder(call, SECOND), roads=", phone: calls", channels="  calls: {kind: phone, per_day: 2}"
    )
    await company.bills(paper.invoice("F-1", DUE))
    rows = (await company.desk("forecast", days=92))["rows"]
    assert [(row[4], row[5], row[8]) for row in rows] == [
        ("appel", "none", "no usable address"),
        ("relance-2", "email", ""),
    ]


async def test_nothing_is_foretold_of_no_day(climbing: Company) -> None:
    with pytest.raises(Said, match="days: 0 days are none: say 1 to 92"):
        await climbing.desk("forecast", days=0)


async def test_a_debtor_whom_no_policy_would_fit_is_named(climbing: Company) -> None:
    record = await _tried(climbing, ladder(FIRST, SECOND).replace("business", "consumer"))
    assert (record["without policy"], _changed(record)) == (["C1"], [("C1", "relance-2", "gone")])


async def test_looking_ahead_writes_nothing(climbing: Company) -> None:
    before = (await climbing.events(), await climbing.messages())
    await _tried(climbing, ladder(later(FIRST, 4), SECOND))
    assert (await climbing.events(), await climbing.messages()) == before
    assert len(await climbing.morning(date(2026, 3, 12))) == 1


async def test_a_file_with_faults_is_told_whole_with_its_lines(climbing: Company) -> None:
    text = "policies:\n  standard:\n    for: {debtor: busness}\n    steps:\n      - {name: a, tone: loud, when: soon}\n"
    with pytest.raises(Said) as said:
        await climbing.desk("forecast", files={"new.yaml": text.encode()})
    told = dict.fromkeys(line.partition(": ")[0] for line in str(said.value).split("; "))
    assert list(told) == ["new.yaml:3:19", "new.yaml:5:25", "new.yaml:5:37"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "new.yaml: policies: is missing"),
        ("steps: []", "policies: is missing"),
        ("policies: default\npolicy: x", "new.yaml:2:1: policy: unknown key (did you mean policies?)"),
        ("policies: [", "new.yaml:1:12: not YAML"),
    ],
)
async def test_what_is_no_file_of_policies_is_refused(company: Company, text: str, words: str) -> None:
    with pytest.raises(Said) as said:
        await company.desk("forecast", files={"new.yaml": text.encode()})
    assert words in str(said.value)


async def test_a_policy_that_a_creditor_names_must_be_there(found: Found) -> None:
    company = await found(policies=ladder(FIRST, SECOND), creditor="policies: [standard]")
    with pytest.raises(Said, match="policies: creditor atelier names standard, which is not here"):
        await _tried(company, ladder(FIRST, name="others"))


# -- moving cases -------------------------------------------------------------------------------------------------


async def test_a_case_keeps_its_policy_until_a_person_moves_it(climbing: Company) -> None:
    await climbing.reopen(policies=ladder(FIRST, later(SECOND, 20)))
    looked = await climbing.desk("adopt", creditor="atelier")
    ((_, debtor, _, _, _, as_it_is, as_it_would_be, _, _),) = looked["rows"]
    assert (debtor, as_it_is, as_it_would_be) == (
        "C1",
        "next: relance-2 for F-1 on 2026-03-12",
        "next: relance-2 for F-1 on 2026-03-22",
    )
    assert "policy adopted" not in await climbing.events()
    seen = looked["record"]["seen"]
    done = await climbing.desk("adopt", by="jean", creditor="atelier", yes=True, seen=seen)
    assert done["lines"] == ["on today's policy from now on: 1 case"]
    assert await climbing.morning(date(2026, 3, 12)) == []
    assert len(await climbing.morning(date(2026, 3, 23))) == 1
    (entry,) = [e for e in await climbing.house.store.views.journal_of(1) if e["event"] == "policy adopted"]
    assert entry["by"] == "jean"
    assert (await climbing.desk("adopt", creditor="atelier"))["lines"] == [
        "every open case climbs today's policy already"
    ]


async def test_without_a_move_the_old_ladder_is_climbed_to_its_end(climbing: Company) -> None:
    await climbing.reopen(policies=ladder(FIRST, later(SECOND, 20)))
    assert len(await climbing.morning(date(2026, 3, 12))) == 1


async def test_what_was_shown_is_what_is_done(climbing: Company) -> None:
    await climbing.reopen(policies=ladder(FIRST, later(SECOND, 20)))
    seen = (await climbing.desk("adopt", creditor="atelier"))["record"]["seen"]
    await climbing.bills(paper.invoice("F-2", DUE))
    with pytest.raises(Said, match="something has changed since you looked"):
        await climbing.desk("adopt", creditor="atelier", yes=True, seen=seen)


async def test_a_renamed_step_is_not_taken_again_and_the_next_one_keeps_its_distance(climbing: Company) -> None:
    """Steps are known by their names; where they differ the term keeps its place, and the gap from the last contact."""
    renamed = ladder(later(FIRST, 3, "rappel-1"), later(SECOND, 5, "rappel-2"))
    await climbing.reopen(policies=renamed)
    ((*_, passed, _stays),) = (await climbing.desk("adopt", creditor="atelier", yes=True))["rows"]
    assert passed == "rappel-1 of F-1"
    rows = [(n["step"], n["state"], n["reason"]) for n in await every(climbing.house.store, lines)]
    assert rows == [("relance-1", "performed", ""), ("rappel-1", "passed_over", "adopted")]
    assert await climbing.morning(date(2026, 3, 6)) == []
    await climbing.bank(add_bank_days(date(2026, 3, 9), -1))
    assert len(await climbing.morning(date(2026, 3, 9))) == 1
    assert await climbing.told() == ["relance-1 email sent", "rappel-2 email sent"]


async def test_a_removed_step_is_simply_not_taken(climbing: Company) -> None:
    await climbing.reopen(policies=ladder(FIRST, NOTICE))
    await climbing.desk("adopt", creditor="atelier", yes=True)
    assert await climbing.morning(date(2026, 3, 12)) == []
    await climbing.morning(date(2026, 4, 2))
    assert (await climbing.told())[-1] == "mise-en-demeure registered in_tray"


async def test_what_waits_under_the_old_policy_is_withdrawn(climbing: Company) -> None:
    await climbing.morning(date(2026, 3, 12), "07:00", fresh=False)
    assert (await climbing.told())[-1] == "relance-2 email planned"
    await climbing.reopen(policies=ladder(FIRST, later(SECOND, 20)))
    await climbing.desk("adopt", creditor="atelier", yes=True)
    assert await climbing.morning(date(2026, 3, 12), "12:00") == []
    assert (await climbing.told())[-1] == "relance-2 email cancelled"


async def test_a_case_whose_notice_was_given_stays_when_the_new_ladder_has_no_such_notice(found: Found) -> None:
    company = await found(policies=ladder(NOTICE))
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 4, 2))
    reference = (await company.last())["reference"]
    now = company.clock.now().astimezone(PARIS)
    await company.house.store.tray.posted(reference, "1A 123 456 7890 1", now.date(), "claire", now)
    await company.reopen(policies=ladder(later(NOTICE, 30, "sommation")))
    looked = await company.desk("adopt", creditor="atelier", yes=True)
    assert looked["record"]["moving"] == 0
    assert looked["rows"][0][-1].startswith("mise-en-demeure was given, and standard has no step of that name")


async def test_one_case_and_one_policy_can_be_named(climbing: Company) -> None:
    await climbing.bills(paper.invoice("F-2", DUE, "C2"))
    await climbing.morning(date(2026, 3, 6))
    two = ladder(FIRST, later(SECOND, 20))[:-1] + ", " + ladder(FIRST, later(SECOND, 30), name="calm")[1:]
    await climbing.reopen(policies=two.replace("{debtor: business}", "{debtor: business, tags: [vip]}", 1))
    said = await climbing.desk("adopt", creditor="atelier", case="C2", policy="calm", yes=True)
    assert [row[1] for row in said["rows"]] == ["C2"]
    assert said["rows"][0][4].startswith("calm (")
    with pytest.raises(Said, match=r"atelier has no policy clam \(there are: standard, calm\)"):
        await climbing.desk("adopt", creditor="atelier", policy="clam")


# -- copies that came too late ------------------------------------------------------------------------------------


async def test_why_says_what_became_of_a_copy_that_could_not_follow(found: Found) -> None:
    copied = FIRST.replace("via: [email, letter]", "via: [email], also: [letter]")
    company = await found(policies=ladder(copied, SECOND))
    await company.bills(paper.invoice("F-1", DUE, address=""))
    await company.morning(date(2026, 3, 5))
    assert (
        "  relance-1 of 2026-03-05, copy by letter: no usable address"
        in (await company.desk("why", case="C1"))["lines"]
    )
    company.clock.set(date(2026, 3, 13))
    assert (
        "  relance-1 of 2026-03-05, copy by letter: passed over: it could not leave within 7 days, until 2026-03-12"
        in (await company.desk("why", case="C1"))["lines"]
    )
