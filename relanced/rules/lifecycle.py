"""The two machines: what may become of a message and of a case. One table each; everything else is illegal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from relanced.rules.model import MessageState

# -- a message ----------------------------------------------------------------------------------------------------


class MessageEvent(StrEnum):
    """What happens to a message."""

    PLAN = "plan"  # a reminder or the desk asks for it
    PLAN_FOR_APPROVAL = "plan_for_approval"  # asked for, but a person must approve it first
    DEFER = "defer"  # the gate says: later
    PARK = "park"  # template fault, unfit content, engine error, or a person: it waits for a person
    APPROVE = "approve"  # a person approved exactly this digest
    RELEASE = "release"  # a person let a parked message go on
    WITHDRAW = "withdraw"  # no longer decided: paid, held, moved on
    LAPSE = "lapse"  # its deadline, or the time a person had for it, is over
    SEAL = "seal"  # the bytes are fixed and committed; it may leave at any moment
    TAKEN = "taken"  # the door answered Sent, at once or late
    TRAYED = "trayed"  # the door answered Tray, at once or late: a person or a printer still has to act
    REFUSED = "refused"  # the door refused the address, or the person opted out; at once or late
    UNFIT = "unfit"  # the door refused our content, at once or late: a person looks at it
    UNAVAILABLE = "unavailable"  # the door could not take it then, and says so at once or late; nothing left
    NOT_BEGUN = "not_begun"  # provably not begun: drain, breaker, deadline
    STOPPED = "stopped"  # a stop arrived and the last check saw it in time
    STOP_MISSED = "stop_missed"  # a stop arrived too late: the case is flagged crossed
    SILENCE = "silence"  # nobody answered, or the process died: it may have left
    FOUND = "found"  # the door was asked and has it
    FOUND_IN_TRAY = "found_in_tray"  # the sheet or the task, or that of an earlier try, was found
    NAMED = "named"  # a receipt or a reply names it (or an earlier try of it): it did leave
    ABSENT = "absent"  # the door proved that it never arrived
    SAID_SENT = "said_sent"  # a person says that it left
    SAID_NOT_SENT = "said_not_sent"  # a person says that it did not leave
    POSTED = "posted"  # the letter was posted: number, proof, date; never refused, even if it was withdrawn meanwhile
    CALLED = "called"  # the call was closed with a result
    SPOILED = "spoiled"  # the sheet was spoiled or lost: the next turn replaces it
    DELIVERED = "delivered"  # a machine said that it arrived
    BOUNCED = "bounced"  # a machine said that it did not arrive
    RETURNED = "returned"  # the letter came back
    RESEND = "resend"  # a person asks for it again, with a reason: a new message, turn + 1


_S = MessageState
_E = MessageEvent
_QUIET = (_S.PLANNED, _S.PARKED, _S.IN_TRAY)
ENDS = (_S.SENT, _S.DELIVERED, _S.FAILED, _S.CANCELLED, _S.EXPIRED)

_MESSAGE_ROWS: tuple[tuple[tuple[MessageState | None, ...], MessageEvent, MessageState], ...] = (
    ((None,), _E.PLAN, _S.PLANNED),
    ((None,), _E.PLAN_FOR_APPROVAL, _S.PARKED),
    ((_S.PLANNED,), _E.DEFER, _S.PLANNED),
    ((_S.PLANNED,), _E.PARK, _S.PARKED),
    ((_S.PARKED,), _E.APPROVE, _S.PLANNED),
    ((_S.PARKED,), _E.RELEASE, _S.PLANNED),
    (_QUIET, _E.WITHDRAW, _S.CANCELLED),
    (_QUIET, _E.LAPSE, _S.EXPIRED),
    ((_S.PLANNED,), _E.SEAL, _S.SUBMITTING),
    ((_S.SUBMITTING,), _E.TAKEN, _S.SENT),
    ((_S.SUBMITTING,), _E.TRAYED, _S.IN_TRAY),
    ((_S.SUBMITTING,), _E.REFUSED, _S.FAILED),
    ((_S.SUBMITTING,), _E.UNFIT, _S.PARKED),
    ((_S.SUBMITTING,), _E.UNAVAILABLE, _S.PLANNED),
    ((_S.SUBMITTING,), _E.NOT_BEGUN, _S.PLANNED),
    ((_S.SUBMITTING,), _E.SILENCE, _S.UNCERTAIN),
    ((_S.SUBMITTING,), _E.STOPPED, _S.PLANNED),
    ((_S.SUBMITTING,), _E.STOP_MISSED, _S.SUBMITTING),
    ((_S.UNCERTAIN,), _E.FOUND, _S.SENT),
    ((_S.UNCERTAIN,), _E.FOUND_IN_TRAY, _S.IN_TRAY),
    ((_S.UNCERTAIN,), _E.TAKEN, _S.SENT),
    ((_S.UNCERTAIN,), _E.TRAYED, _S.IN_TRAY),
    ((_S.UNCERTAIN,), _E.REFUSED, _S.FAILED),
    ((_S.UNCERTAIN,), _E.UNFIT, _S.PARKED),
    ((_S.UNCERTAIN,), _E.UNAVAILABLE, _S.PLANNED),
    ((_S.UNCERTAIN,), _E.NAMED, _S.SENT),
    ((_S.UNCERTAIN,), _E.ABSENT, _S.PLANNED),
    ((_S.UNCERTAIN,), _E.SAID_SENT, _S.SENT),
    ((_S.UNCERTAIN,), _E.SAID_NOT_SENT, _S.CANCELLED),
    ((_S.PLANNED,), _E.NAMED, _S.SENT),
    ((_S.PLANNED,), _E.FOUND_IN_TRAY, _S.IN_TRAY),
    ((_S.IN_TRAY, _S.CANCELLED, _S.EXPIRED), _E.POSTED, _S.SENT),
    ((_S.IN_TRAY,), _E.CALLED, _S.SENT),
    ((_S.IN_TRAY,), _E.SPOILED, _S.CANCELLED),
    ((_S.SENT,), _E.DELIVERED, _S.DELIVERED),
    ((_S.SENT, _S.DELIVERED), _E.BOUNCED, _S.FAILED),
    ((_S.SENT, _S.DELIVERED), _E.RETURNED, _S.FAILED),
    *(((end,), _E.RESEND, end) for end in ENDS),
)

MESSAGE: Mapping[tuple[MessageState | None, MessageEvent], MessageState] = MappingProxyType(
    {(before, event): after for befores, event, after in _MESSAGE_ROWS for before in befores}
)

# The columns a message must have filled (neither NULL nor empty) in each state: the CHECK constraints of the store.
REQUIRES: Mapping[MessageState, frozenset[str]] = MappingProxyType(
    {
        _S.PLANNED: frozenset({"due_at"}),
        _S.PARKED: frozenset({"reason"}),
        _S.SUBMITTING: frozenset({"attempt_id"}),
        _S.UNCERTAIN: frozenset({"attempt_id", "settle_at"}),
        _S.IN_TRAY: frozenset({"attempt_id"}),
        _S.SENT: frozenset({"sent_at"}),
        _S.DELIVERED: frozenset({"sent_at"}),
        _S.FAILED: frozenset({"ended_at"}),
        _S.CANCELLED: frozenset({"ended_at"}),
        _S.EXPIRED: frozenset({"ended_at"}),
    }
)


class IllegalTransition(Exception):
    """The machine has no such transition: somebody else was first, or the caller is wrong. Nothing changed."""

    def __init__(self, state: StrEnum | None, event: StrEnum) -> None:
        super().__init__(f"{event} cannot happen to what is {state or 'not there'}")
        self.state, self.event = state, event


def advance(state: MessageState | None, event: MessageEvent) -> MessageState:
    """The state of a message after the event; None is a message that does not exist yet. Raises IllegalTransition."""
    if (state, event) not in MESSAGE:
        raise IllegalTransition(state, event)
    return MESSAGE[state, event]


RECEIPTS = frozenset({_E.DELIVERED, _E.BOUNCED, _E.RETURNED})
_CLIMB = frozenset({_S.SENT, _S.DELIVERED, _S.FAILED})


def climb(state: MessageState, receipt: MessageEvent) -> MessageState:
    """The state of a message that left, after a receipt: sent < delivered < failed, in whatever order they come.

    A receipt that says less than is known changes nothing. Raises IllegalTransition for a message that is elsewhere, or
    an event that is no receipt.
    """
    if state not in _CLIMB or receipt not in RECEIPTS:
        raise IllegalTransition(state, receipt)
    return MESSAGE.get((state, receipt), state)


# -- a case -------------------------------------------------------------------------------------------------------


class CaseState(StrEnum):
    """Where a case stands; all else is a hold or derived."""

    CLEAR = "clear"  # nothing is owed
    OPEN = "open"  # something is owed
    CLOSED = "closed"  # a person ended the terms that were open; not pursued


class CaseEvent(StrEnum):
    """What happens to a case."""

    BEGIN = "begin"  # the debtor is met for the first time
    INVOICE = "invoice"  # an invoice is owed
    REVERSAL = "reversal"  # a payment or a settlement was taken back
    SETTLE = "settle"  # nothing is owed any more
    CLOSE = "close"  # a person ends the terms open now
    REOPEN = "reopen"  # a person takes it up again


CASE: Mapping[tuple[CaseState | None, CaseEvent], CaseState] = MappingProxyType(
    {
        (None, CaseEvent.BEGIN): CaseState.CLEAR,
        (CaseState.CLEAR, CaseEvent.INVOICE): CaseState.OPEN,
        (CaseState.CLEAR, CaseEvent.REVERSAL): CaseState.OPEN,
        (CaseState.OPEN, CaseEvent.INVOICE): CaseState.OPEN,
        (CaseState.OPEN, CaseEvent.REVERSAL): CaseState.OPEN,
        (CaseState.OPEN, CaseEvent.SETTLE): CaseState.CLEAR,
        (CaseState.OPEN, CaseEvent.CLOSE): CaseState.CLOSED,
        (CaseState.CLOSED, CaseEvent.INVOICE): CaseState.OPEN,
        (CaseState.CLOSED, CaseEvent.REVERSAL): CaseState.OPEN,
        (CaseState.CLOSED, CaseEvent.REOPEN): CaseState.OPEN,
    }
)


def advance_case(state: CaseState | None, event: CaseEvent) -> CaseState:
    """The state of a case after the event; None is a case that does not exist yet. Raises IllegalTransition."""
    if (state, event) not in CASE:
        raise IllegalTransition(state, event)
    return CASE[state, event]


# -- the diagrams -------------------------------------------------------------------------------------------------

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


def mermaid(machine: Mapping[tuple[State | None, Event], State]) -> str:
    """A machine (`MESSAGE`, `CASE`) as a mermaid state diagram, one arrow per pair of states."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, event), after in machine.items():
        arrows.setdefault((before or "[*]", after), []).append(event.replace("_", " "))
    left = {before for before, after in arrows if before != after}
    ends = [after for after in dict.fromkeys(machine.values()) if after not in left]
    lines = [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in arrows.items()]
    return "\n".join(["stateDiagram-v2", *lines, *(f"    {end} --> [*]" for end in ends)]) + "\n"
