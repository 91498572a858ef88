"""How many parcels fly through a door at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from msgspec import Struct

from relanced.channel import Answer, Refusal, Refused, Sent
from relanced.flow.send.widths import AT_FIRST, MOST, PER_CONNECTION, Widths
from relanced.store.outcomes import Outcome


class _Door(Struct):
    connections: int
    can_prove_absence: bool


def _widths(connections: int, can_prove_absence: bool) -> Widths:
    return Widths({"compta": cast(Any, _Door(connections, can_prove_absence))})


def _learn(widths: Widths, answer: Answer, times: int = 1) -> int:
    """How many may fly after so many answers."""
    settle_at = datetime.now(UTC) + timedelta(hours=1)
    for n in range(times):
        widths.learn(Outcome(n, n, "a", "compta", answer, settle_at))
    return widths.of("compta")


@pytest.mark.parametrize(
    ("connections", "can_prove_absence", "most"),
    [(1, False, PER_CONNECTION), (4, False, 4 * PER_CONNECTION), (64, False, MOST), (1, True, MOST), (64, True, MOST)],
)
def test_few_at_first_more_with_each_that_is_taken_and_never_more_than_a_person_could_look_for(
    connections: int, can_prove_absence: bool, most: int
) -> None:
    widths = _widths(connections, can_prove_absence)
    assert widths.of("compta") == min(most, AT_FIRST * connections)
    assert _learn(widths, Sent("id", "250 ok"), 3) == min(most, AT_FIRST * connections + 3)
    assert _learn(widths, Sent("id", "250 ok"), 1000) == most


def test_few_again_after_a_no() -> None:
    widths = _widths(4, False)
    assert _learn(widths, Sent("id", "250 ok"), 1000) == 64
    assert _learn(widths, Refused(Refusal.ADDRESS, "550 no such user")) == AT_FIRST * 4


def test_a_door_that_is_tried_again_is_given_the_room_the_store_allows() -> None:
    widths = _widths(4, True)
    widths.rooms["compta"] = 1
    assert _learn(widths, Sent("id", "250 ok"), 1000) == 1
