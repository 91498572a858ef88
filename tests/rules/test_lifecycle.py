"""The two machines, held to the table of the design row by row."""

from itertools import permutations, product

import pytest

from relanced.rules.lifecycle import (
    CASE,
    MESSAGE,
    REQUIRES,
    CaseEvent,
    CaseState,
    IllegalTransition,
    MessageEvent,
    advance,
    advance_case,
    climb,
    mermaid,
)
from relanced.rules.model import LIVE, MessageState

START = "–"
TABLE = {
    "–": {"plan": "planned", "plan_for_approval": "parked"},
    "planned": {
        "defer": "planned",
        "park": "parked",
        "withdraw": "cancelled",
        "lapse": "expired",
        "seal": "submitting",
        "named": "sent",
        "found_in_tray": "in_tray",  # the sheet of an earlier try is there after all
    },
    "parked": {"approve": "planned", "release": "planned", "withdraw": "cancelled", "lapse": "expired"},
    "submitting": {
        "taken": "sent",
        "trayed": "in_tray",
        "refused": "failed",
        "unfit": "parked",
        "unavailable": "planned",
        "not_begun": "planned",
        "silence": "uncertain",
        "stopped": "planned",
        "stop_missed": "submitting",
    },
    "uncertain": {
        "found": "sent",
        "found_in_tray": "in_tray",
        "taken": "sent",  # a late answer is what the door would have answered at once
        "trayed": "in_tray",
        "refused": "failed",
        "unfit": "parked",
        "unavailable": "planned",
        "named": "sent",
        "absent": "planned",
        "said_sent": "sent",
        "said_not_sent": "cancelled",
    },
    "in_tray": {
        "withdraw": "cancelled",
        "lapse": "expired",
        "posted": "sent",
        "called": "sent",
        "spoiled": "cancelled",
    },
    "sent": {"delivered": "delivered", "bounced": "failed", "returned": "failed", "resend": "sent"},
    "delivered": {"bounced": "failed", "returned": "failed", "resend": "delivered"},
    "failed": {"resend": "failed"},
    "cancelled": {"resend": "cancelled", "posted": "sent"},  # a sheet withdrawn too late is sent, the case crossed
    "expired": {"resend": "expired", "posted": "sent"},
}
ROWS = [(before, event, after) for before, events in TABLE.items() for event, after in events.items()]


def state(text: str) -> MessageState | None:
    return None if text == START else MessageState(text)


@pytest.mark.parametrize(("before", "event", "after"), ROWS)
def test_a_message_moves_as_the_design_says(before: str, event: str, after: str) -> None:
    assert advance(state(before), MessageEvent(event)) is MessageState(after)


@pytest.mark.parametrize("before", TABLE)
def test_a_message_moves_in_no_other_way(before: str) -> None:
    for event in MessageEvent:
        if event not in TABLE[before]:
            with pytest.raises(IllegalTransition):
                advance(state(before), event)


def test_every_state_is_reached_and_every_event_happens() -> None:
    assert set(MESSAGE.values()) == set(MessageState)
    assert {event for _, event in MESSAGE} == set(MessageEvent)
    assert set(CASE.values()) == set(CaseState)
    assert {event for _, event in CASE} == set(CaseEvent)


def test_nothing_comes_back_to_life_from_an_end() -> None:
    assert all(after not in LIVE for (before, _), after in MESSAGE.items() if before not in LIVE and before is not None)


def test_the_bytes_may_leave_only_after_the_seal() -> None:
    assert [pair for pair, after in MESSAGE.items() if after is MessageState.SUBMITTING and pair[0] != after] == [
        (MessageState.PLANNED, MessageEvent.SEAL)
    ]


def test_an_uncertain_message_is_planned_again_only_when_the_door_says_that_it_never_arrived() -> None:
    back = {e for (before, e), after in MESSAGE.items() if before == "uncertain" and after == "planned"}
    assert back == {MessageEvent.ABSENT, MessageEvent.UNAVAILABLE}


def test_what_is_refused_says_so_in_words() -> None:
    with pytest.raises(IllegalTransition, match="seal cannot happen to what is sent"):
        advance(MessageState.SENT, MessageEvent.SEAL)
    with pytest.raises(IllegalTransition, match="seal cannot happen to what is not there"):
        advance(None, MessageEvent.SEAL)


# -- receipts -----------------------------------------------------------------------------------------------------

HEARD = (MessageEvent.DELIVERED, MessageEvent.BOUNCED)


def after_all(receipts: tuple[MessageEvent, ...]) -> MessageState:
    now = MessageState.SENT
    for receipt in receipts:
        now = climb(now, receipt)
    return now


@pytest.mark.parametrize("kinds", [HEARD[:1], HEARD[1:], HEARD, (*HEARD, MessageEvent.RETURNED)])
def test_fault_42_receipts_repeated_in_every_order_give_the_same_end(kinds: tuple[MessageEvent, ...]) -> None:
    ends = {after_all(order) for order in permutations(kinds * 2)}
    assert ends == {MessageState.DELIVERED if kinds == HEARD[:1] else MessageState.FAILED}


def test_a_receipt_never_lowers_a_message() -> None:
    rank = [MessageState.SENT, MessageState.DELIVERED, MessageState.FAILED]
    for before, receipt in product(rank, (*HEARD, MessageEvent.RETURNED)):
        assert rank.index(climb(before, receipt)) >= rank.index(before)


@pytest.mark.parametrize(
    ("before", "event"),
    [(s, MessageEvent.DELIVERED) for s in MessageState if s not in ("sent", "delivered", "failed")]
    + [(MessageState.SENT, MessageEvent.WITHDRAW)],
)
def test_only_a_message_that_left_hears_receipts(before: MessageState, event: MessageEvent) -> None:
    with pytest.raises(IllegalTransition):
        climb(before, event)


# -- columns, case, diagrams --------------------------------------------------------------------------------------


def test_every_state_says_which_columns_it_needs() -> None:
    assert set(REQUIRES) == set(MessageState)
    assert {state for state, columns in REQUIRES.items() if "sent_at" in columns} == {"sent", "delivered"}
    assert {state for state, columns in REQUIRES.items() if "ended_at" in columns} == {"failed", "cancelled", "expired"}


CASES = {
    START: {"begin": "clear"},
    "clear": {"invoice": "open", "reversal": "open"},
    "open": {"invoice": "open", "reversal": "open", "settle": "clear", "close": "closed"},
    "closed": {"invoice": "open", "reversal": "open", "reopen": "open"},
}


@pytest.mark.parametrize("before", CASES)
def test_a_case_moves_as_the_design_says_and_in_no_other_way(before: str) -> None:
    here = None if before == START else CaseState(before)
    for event in CaseEvent:
        if event in CASES[before]:
            assert advance_case(here, event) is CaseState(CASES[before][event])
        else:
            with pytest.raises(IllegalTransition):
                advance_case(here, event)


def test_the_diagram_of_a_case_is_drawn_from_its_table() -> None:
    assert mermaid(CASE).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> clear: begin",
        "    clear --> open: invoice, reversal",
        "    open --> open: invoice, reversal",
        "    open --> clear: settle",
        "    open --> closed: close",
        "    closed --> open: invoice, reversal, reopen",
    ]


def test_the_diagram_of_a_message_shows_every_transition_and_the_ends() -> None:
    drawn = mermaid(MESSAGE)
    arrows = dict(line.strip().split(": ") for line in drawn.splitlines() if ": " in line)
    for (before, event), after in MESSAGE.items():
        assert event.replace("_", " ") in arrows[f"{before or '[*]'} --> {after}"].split(", ")
    assert sum(len(events.split(", ")) for events in arrows.values()) == len(MESSAGE)
    assert [line.split()[0] for line in drawn.splitlines() if line.endswith("--> [*]")] == ["failed"]
