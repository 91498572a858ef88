"""Policies: their words, and the snapshot a case keeps."""

import pytest
from msgspec.structs import replace

from relanced.rules.model import Road
from relanced.rules.policy import Only, Policy, Step, Tone, When
from tests.rules.build import BUSINESS, CONSUMER, COURTEOUS, EMAIL, FIRM, FORMAL, LETTER, PHONE, PUBLIC, SMS, policy

EVERY_LADDER = pytest.mark.parametrize("ladder", [BUSINESS, CONSUMER, PUBLIC], ids=lambda p: p.name)


def test_the_higher_tone_is_the_greater() -> None:
    assert COURTEOUS < FIRM < FORMAL


@EVERY_LADDER
def test_a_step_is_found_by_its_name_and_by_its_place(ladder: Policy) -> None:
    for i, step in enumerate(ladder.steps):
        assert ladder.step(step.name) is step
        assert ladder.index(step.name) == i


@pytest.mark.parametrize("find", [BUSINESS.step, BUSINESS.index])
def test_a_step_nobody_wrote_is_not_found(find: object) -> None:
    with pytest.raises(KeyError, match="relance-9"):
        find("relance-9")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("step", "absorbs"),
    [
        ("courtoisie", False),  # before the due date
        ("relance-1", True),
        ("relance-2", True),
        ("appel", False),
        ("relance-ferme", True),
        ("mise-en-demeure", False),
        ("transmission", False),
    ],
)
def test_a_notice_a_call_and_a_hand_over_absorb_nothing(step: str, absorbs: bool) -> None:
    assert BUSINESS.step(step).absorbs is absorbs


@pytest.mark.parametrize(
    ("when", "before"),
    [(When(-5), True), (When(0), False), (When(3), False), (When(deadline_of="mise-en-demeure"), False)],
)
def test_only_days_counted_backwards_lie_before_the_due_date(when: When, before: bool) -> None:
    assert Step("s", COURTEOUS, when).before_due is before


def test_the_wording_is_in_the_folder_of_the_step_unless_another_is_named() -> None:
    assert Step("relance-2", FIRM, When(10)).words == "relance-2"
    assert Step("relance-2", FIRM, When(10), wording="relance-douce").words == "relance-douce"


# -- doors --------------------------------------------------------------------------------------------------------


def test_a_road_without_a_door_drops_out_of_via_and_also() -> None:
    mailed = BUSINESS.with_doors(frozenset({EMAIL}))
    assert mailed.step("relance-2").via == (EMAIL,)
    assert mailed.step("relance-2").also == ()
    assert mailed.step("relance-ferme").via == ()
    assert mailed.step("relance-ferme").also == (EMAIL,)


def test_with_every_door_nothing_changes() -> None:
    assert BUSINESS.with_doors(frozenset(Road)) == BUSINESS


def test_a_step_left_with_the_phone_alone_is_a_call() -> None:
    step = Step("relance", FIRM, When(10), (EMAIL, PHONE))
    assert step.absorbs
    assert not policy(step).with_doors(frozenset({PHONE})).step("relance").absorbs


# -- snapshots ----------------------------------------------------------------------------------------------------


@EVERY_LADDER
def test_a_snapshot_comes_back_whole(ladder: Policy) -> None:
    again = Policy.from_json(ladder.to_json())
    assert again == ladder
    assert again.digest == ladder.digest
    assert again.to_json() == ladder.to_json()


def test_the_order_in_which_a_set_was_written_does_not_matter() -> None:
    words = [Only.LARGE, Only.NEW, Only.USUALLY_LATE]
    texts = {
        policy(Step("s", COURTEOUS, When(3), (EMAIL,), only=frozenset(said))).to_json()
        for said in (words, words[::-1], [*words[1:], words[0]])
    }
    assert len(texts) == 1


def test_the_order_of_roads_is_a_difference() -> None:
    one, other = (policy(Step("s", FIRM, When(3), roads)) for roads in [(EMAIL, LETTER), (LETTER, EMAIL)])
    assert one.digest != other.digest


@pytest.mark.parametrize(
    "changed",
    [
        replace(BUSINESS, min_amount=1),
        replace(BUSINESS, gather=6),
        replace(BUSINESS, tags=frozenset({"export"})),
        replace(BUSINESS, steps=BUSINESS.steps[1:]),
        replace(BUSINESS, steps=(*BUSINESS.steps[:-1], replace(BUSINESS.steps[-1], approval=False))),
        replace(BUSINESS, steps=tuple(replace(s, also=(*s.also, SMS)) for s in BUSINESS.steps)),
        replace(BUSINESS, steps=tuple(replace(s, tone=Tone.FORMAL) for s in BUSINESS.steps)),
    ],
)
def test_every_difference_shows_in_the_digest(changed: Policy) -> None:
    assert changed.digest != BUSINESS.digest
