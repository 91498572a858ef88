"""Which road and which address come next."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from relanced.rules.model import LIVE, Address, Consent, Message, MessageState, Road
from relanced.rules.policy import Step, When
from relanced.rules.turns import followed, next_message, open_slots, rests, slots, usable
from tests.rules.build import (
    BUSINESS,
    DESK,
    EMAIL,
    FIRM,
    HOUSE,
    LETTER,
    MAIL,
    MOBILE,
    PHONE,
    REGISTERED,
    SMS,
    case,
    day,
    message,
    performed,
    reminder,
)

S = MessageState
STEP = Step("relance-2", FIRM, When(10), via=(EMAIL, LETTER), also=(SMS, PHONE))
BOSS = Address(5, EMAIL, "direction@durand.example", "Anne Durand", rank=1)
EVERY = (HOUSE, BOSS, MAIL, MOBILE, DESK)


def chosen(
    messages: Iterable[Message] = (), addresses: Iterable[Address] = EVERY, slot: int = 0, asks: Iterable[Road] = (SMS,)
) -> tuple[int, Road, int] | None:
    turn = next_message(STEP, slot, messages, addresses, frozenset(asks))
    return None if turn is None else (turn.turn, turn.road, turn.address.id)


# -- the next turn ------------------------------------------------------------------------------------------------


def test_slot_0_falls_back_along_via_and_every_copy_stands_alone() -> None:
    assert slots(STEP) == ((EMAIL, LETTER), (SMS,), (PHONE,))


def test_the_first_contact_of_the_first_road_is_asked_first() -> None:
    assert chosen() == (0, EMAIL, MAIL.id)


def test_among_equals_the_one_known_longest_is_asked() -> None:
    assert chosen(addresses=[replace(BOSS, rank=0), MAIL]) == (0, EMAIL, MAIL.id)


FAILED = message(S.FAILED)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([FAILED], (1, EMAIL, BOSS.id)),  # a refused address: the next contact
        ([FAILED, message(S.FAILED, turn=1, address=BOSS.id)], (2, LETTER, HOUSE.id)),  # then the next road
        (
            [
                FAILED,
                message(S.FAILED, turn=1, address=BOSS.id),
                message(S.FAILED, turn=2, road=LETTER, address=HOUSE.id),
            ],
            None,
        ),
        ([message(S.CANCELLED)], (1, EMAIL, MAIL.id)),  # a spoiled sheet is made again for the same address
        ([message(S.FAILED, slot=1, road=SMS, address=MOBILE.id)], (0, EMAIL, MAIL.id)),  # another slot: its own turns
        ([replace(FAILED, address_id=None, where=MAIL.where)], (1, EMAIL, BOSS.id)),  # known by what was written on it
    ],
)
def test_only_a_failed_address_moves_on(messages: list[Message], expected: object) -> None:
    assert chosen(messages) == expected


def test_two_postal_addresses_without_text_are_two_addresses() -> None:
    first, second = Address(7, LETTER, ""), Address(8, LETTER, "", rank=1)
    failed = message(S.FAILED, road=LETTER, address=7)
    assert chosen([failed], [first, second]) == (1, LETTER, 8)


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([HOUSE, replace(MAIL, dead_since=day(-3))], (0, LETTER, HOUSE.id)),
        ([HOUSE, replace(MAIL, consent=Consent.WITHDRAWN)], (0, LETTER, HOUSE.id)),
        ([HOUSE], (0, LETTER, HOUSE.id)),
        ([MOBILE, DESK], None),
        ([], None),
    ],
)
def test_a_missing_dead_or_refused_address_moves_on(addresses: list[Address], expected: object) -> None:
    assert chosen(addresses=addresses) == expected


# -- usable -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("road", "address", "asks", "may"),
    [
        (EMAIL, MAIL, [SMS], True),
        (EMAIL, MAIL, [EMAIL], False),  # nobody agreed, and the channel asks
        (SMS, MOBILE, [SMS], True),
        (SMS, replace(MOBILE, consent=Consent.NONE), [SMS], False),
        (SMS, replace(MOBILE, consent=Consent.NONE), [], True),
        (SMS, replace(MOBILE, consent=Consent.WITHDRAWN), [], False),
        (EMAIL, replace(MAIL, dead_since=day(0)), [], False),
        (EMAIL, HOUSE, [], False),
        (LETTER, HOUSE, [], True),
        (REGISTERED, HOUSE, [], True),  # to the same postal address
        (PHONE, DESK, [], True),
        (PHONE, MOBILE, [], False),  # a number given for texts is not one to ring
        (SMS, DESK, [], False),
    ],
)
def test_an_address_serves_its_road_when_alive_and_agreed(
    road: Road, address: Address, asks: list[Road], may: bool
) -> None:
    assert usable(road, address, frozenset(asks)) is may


# -- slots that want a message ------------------------------------------------------------------------------------

ALSO = [1, 2]


@pytest.mark.parametrize(
    ("messages", "performed", "wanted"),
    [
        ([], False, [0]),
        ([], True, ALSO),  # performed by the former tool: only the copies
        ([message(S.PLANNED)], False, []),
        ([message(S.FAILED)], False, [0]),
        ([message(S.CANCELLED)], False, [0]),
        ([message(S.EXPIRED)], False, []),  # the step lapsed: it is passed over
        ([message(S.SENT)], True, ALSO),
        ([message(S.DELIVERED)], True, ALSO),
        ([message(S.FAILED)], True, [0, *ALSO]),  # it bounced after the step counted: the next contact or road
        ([message(S.FAILED), message(S.PLANNED, turn=1)], True, ALSO),
        ([message(S.FAILED), message(S.SENT, turn=1)], True, ALSO),
        ([message(S.CANCELLED)], True, ALSO),
        ([message(S.SENT), message(S.PLANNED, slot=1, road=SMS)], True, [2]),
        ([message(S.SENT), message(S.SENT, slot=1, road=SMS)], True, [2]),
        ([message(S.SENT), message(S.FAILED, slot=1, road=SMS)], True, ALSO),
        ([message(S.SENT), message(S.CANCELLED, slot=1, road=SMS)], True, [2]),  # a copy withdrawn is not made again
        ([message(S.SENT), message(S.EXPIRED, slot=1, road=SMS)], True, [2]),
        ([message(S.FAILED, turn=1), message(S.CANCELLED, turn=0)], True, [0, *ALSO]),  # in any order
    ],
)
def test_slot_0_until_it_is_sent_then_the_copies(messages: list[Message], performed: bool, wanted: list[int]) -> None:
    assert open_slots(STEP, messages, performed) == wanted
    assert open_slots(STEP, messages[::-1], performed) == wanted


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_live_message_is_waited_for(state: MessageState) -> None:
    assert open_slots(STEP, [message(state)], False) == []


def test_a_copy_already_sent_is_not_sent_again_when_a_door_before_it_goes() -> None:
    without_sms = replace(STEP, also=(PHONE,))
    sent = [message(S.SENT), message(S.SENT, slot=2, road=PHONE)]
    assert open_slots(without_sms, sent, True) == []


# -- a failure at an address that still serves --------------------------------------------------------------------

DEAD = replace(MAIL, dead_since=day(3))


@pytest.mark.parametrize(
    ("messages", "addresses", "stays"),
    [
        ([], [MAIL], False),
        ([FAILED], [MAIL], True),  # a full mailbox: the next step will write there again
        ([FAILED], [DEAD], False),
        ([FAILED], [replace(MAIL, consent=Consent.WITHDRAWN)], False),
        ([FAILED], [], False),
        ([message(S.FAILED, road=REGISTERED, address=HOUSE.id)], [HOUSE], True),  # a notice that nobody fetched
        ([message(S.SENT)], [MAIL], False),
        ([FAILED, message(S.FAILED, turn=1, address=BOSS.id)], [DEAD, BOSS], True),
    ],
)
def test_nothing_follows_what_failed_at_an_address_that_still_serves(
    messages: list[Message], addresses: list[Address], stays: bool
) -> None:
    assert rests(0, messages, addresses, frozenset([SMS])) is stays
    assert rests(1, messages, addresses, frozenset([SMS])) is False


# -- how long it is followed up -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "slot", "presented", "round", "until"),
    [
        ("relance-2", 0, None, 0, 37),
        ("relance-2", 1, None, 0, 37),
        ("mise-en-demeure", 0, None, 0, 400),  # a letter may come back after weeks, and no deadline runs
        ("mise-en-demeure", 0, 34, 0, 37),  # presented: it is a notice, whatever becomes of it
        ("mise-en-demeure", 1, None, 0, 37),  # its copy is not worth that
        ("mise-en-demeure", 0, None, 1, 37),  # a person began anew
    ],
)
def test_a_reminder_is_followed_up_for_a_week_but_a_notice_until_it_was_presented(
    step: str, slot: int, presented: int | None, round: int, until: int
) -> None:
    """All of them left on day 30."""
    line = replace(performed(step, 30, presented=presented), reminder_id=1)
    facts, left = case(lines=[line], round=round), reminder(step, 30)
    told = [followed(left, slot, BUSINESS.step(step), facts, day(n)) for n in (30, until, until + 1)]
    assert told == [True, True, until == 400]
