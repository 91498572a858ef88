"""Which road and which address come next for a reminder: the first usable contact, then the next road.

Only a missing, refused or dead address moves on to the next turn; never time, nor a closed channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from msgspec import Struct

from relanced.rules.model import LIVE, Address, CaseFacts, Consent, Message, MessageState, Reminder, Road
from relanced.rules.policy import Step

FOLLOW_UP = timedelta(days=7)  # how long after its day a reminder is still followed up: copies, and next turns
_LEFT = (MessageState.SENT, MessageState.DELIVERED)


class Turn(Struct, frozen=True):
    """The next message to plan for a slot."""

    slot: int
    turn: int
    road: Road
    address: Address


def slots(step: Step) -> tuple[tuple[Road, ...], ...]:
    """The roads of each slot: slot 0 falls back along `via`, every `also` stands alone."""
    return (step.via, *((road,) for road in step.also))


def next_message(
    step: Step, slot: int, messages: Iterable[Message], addresses: Iterable[Address], consent: frozenset[Road]
) -> Turn | None:
    """The next turn of a slot, or None when no road is left. `consent` are the roads on which it must have been given.

    Call it when the slot has no live message and none that was sent.
    """
    earlier = [m for m in messages if m.slot == slot]
    turn = max((m.turn for m in earlier), default=-1) + 1
    failed = [m for m in earlier if m.state is MessageState.FAILED]
    for road, address in ways(slots(step)[slot], addresses, consent):
        if not any(m.road is road and _went_to(m, address) for m in failed):
            return Turn(slot, turn, road, address)
    return None


def _went_to(message: Message, address: Address) -> bool:
    return message.address_id == address.id or (message.where != "" and message.where == address.where)


def ways(
    roads: Iterable[Road], addresses: Iterable[Address], consent: frozenset[Road]
) -> Iterator[tuple[Road, Address]]:
    """Every usable address in the order in which it is tried: road by road, contact by contact."""
    ranked = sorted(addresses, key=lambda a: (a.rank, a.id))
    for road in roads:
        for address in ranked:
            if usable(road, address, consent):
                yield road, address


def usable(road: Road, address: Address, consent: frozenset[Road]) -> bool:
    """Whether the address leads along the road and may be used. A registered letter goes to the postal address, a call
    to the number kept for calls."""
    wanted = Road.LETTER if road is Road.REGISTERED else road
    if address.road is not wanted or address.dead_since is not None:
        return False
    return address.consent is Consent.GIVEN or (address.consent is Consent.NONE and road not in consent)


def open_slots(step: Step, messages: Iterable[Message], performed: bool) -> list[int]:
    """The slots that want a message now: slot 0 until it is sent, the `also` slots once it has been.

    A message that failed wants the next turn, in slot 0 also after the step counted: a mail may bounce later.
    """
    listed = list(messages)
    return [slot for slot, roads in enumerate(slots(step)) if _wants(slot, _of(listed, slot, roads), performed)]


def _of(messages: list[Message], slot: int, roads: tuple[Road, ...]) -> list[Message]:
    """The messages of a slot. A copy is known by its road too: slots move when a door is taken out of `also`."""
    return [m for m in messages if m.slot == slot or (slot > 0 < m.slot and m.road in roads)]


def _wants(slot: int, mine: list[Message], performed: bool) -> bool:
    if any(m.state in LIVE or m.state in _LEFT for m in mine):
        return False
    newest = max(mine, key=lambda m: m.turn, default=None)
    if newest is None:
        return (slot == 0) is not performed
    if newest.state is MessageState.FAILED:
        return slot == 0 or performed
    return newest.state is MessageState.CANCELLED and slot == 0 and not performed


def followed(reminder: Reminder, slot: int, step: Step, facts: CaseFacts, today: date) -> bool:
    """Whether a slot of a reminder that was performed may still want a message: for some days; but a notice that came
    back before it was ever presented, which may be weeks later, for as long as its clock does not run."""
    if reminder.performed_on is None:
        return False
    notice = slot == 0 and step.deadline is not None and reminder.round == facts.round
    runs = any(line.clock_from for line in facts.lines if line.reminder_id == reminder.id)
    return reminder.performed_on >= today - FOLLOW_UP or (notice and not runs)


def rests(slot: int, messages: Iterable[Message], addresses: Iterable[Address], consent: frozenset[Road]) -> bool:
    """Whether the newest message of a slot failed at an address that still serves (a full mailbox, a letter that nobody
    fetched): nothing follows it."""
    newest = max((m for m in messages if m.slot == slot), key=lambda m: m.turn, default=None)
    if newest is None or newest.state is not MessageState.FAILED:
        return False
    return any(a.id == newest.address_id and usable(newest.road, a, consent) for a in addresses)
