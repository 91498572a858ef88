"""Which road and which address come next for a reminder: the first usable contact, then the next road.

Only a missing, refused or dead address moves on to the next turn; never time, nor a closed channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relanced.rules.model import LIVE, Address, Consent, Message, MessageState, Road
from relanced.rules.policy import Step


@dataclass(frozen=True, slots=True)
class Turn:
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
    failed = {(m.road, m.where) for m in earlier if m.state is MessageState.FAILED}
    for road, address in ways(slots(step)[slot], addresses, consent):
        if (road, address.where) not in failed:
            return Turn(slot, turn, road, address)
    return None


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
    """The slots that want a message now: slot 0 until it is sent, the `also` slots once it has been."""
    wanted = []
    listed = list(messages)
    for slot in range(len(slots(step))):
        mine = [m for m in listed if m.slot == slot]
        if (slot == 0) is performed:
            continue
        if any(m.state in LIVE or m.state in (MessageState.SENT, MessageState.DELIVERED) for m in mine):
            continue
        if mine and mine[-1].state in (MessageState.CANCELLED, MessageState.EXPIRED) and slot > 0:
            continue
        wanted.append(slot)
    return wanted
