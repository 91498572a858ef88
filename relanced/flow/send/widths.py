"""How many parcels may fly through each door: few at first, more with each that is taken, few again after a no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from relanced.channel import Channel, Sent, Tray
from relanced.store.outcomes import Outcome

MOST = 64  # through any door: what one SIGKILL leaves to a person, where absence cannot be proved and no rate says less
PER_CONNECTION = 16  # through a door that cannot prove absence, while it takes all
AT_FIRST = 2  # per connection, until it has taken as many: a relay that refuses everybody strikes few addresses


class Widths:
    """What this process has seen of its doors. `rooms`: what the store allows those that are tried after a rest."""

    def __init__(self, doors: Mapping[str, Channel]) -> None:
        self._doors = doors
        self._taken: Counter[str] = Counter()
        self.rooms: dict[str, int] = {}

    def of(self, channel: str) -> int:
        """How many at the same time."""
        door = self._doors[channel]
        most = MOST if door.can_prove_absence else min(MOST, PER_CONNECTION * door.connections)
        width = min(most, AT_FIRST * door.connections + self._taken[channel])
        return min(width, self.rooms.get(channel) or width)

    def learn(self, outcome: Outcome) -> None:
        """An answer came back."""
        taken = isinstance(outcome.answer, Sent | Tray)
        self._taken[outcome.channel] = self._taken[outcome.channel] + 1 if taken else 0
