"""The pulse: when each wheel last came round, in real time. What health, alerts and the watchdog go by."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

CALM = 60.0  # seconds


class Turning(Protocol):
    """A wheel that counts its rounds."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def turned(self) -> int:
        """How many rounds it has come to the end of."""


class Hand:
    """The clerk among the wheels. It has no rounds, and is called when there is work: it has come round as long as it
    has not failed for a minute."""

    name = "clerk"

    def __init__(self) -> None:
        self._rounds, self._failed_at = 0, float("-inf")

    def failed(self) -> None:
        """It will try again in a moment."""
        self._failed_at = time.monotonic()

    @property
    def turned(self) -> int:
        """One more whenever all is well."""
        self._rounds += time.monotonic() - self._failed_at >= CALM
        return self._rounds


class Pulse:
    """Looks at the wheels whenever it is asked; a round that fails does not count.

    It has to be asked often enough: a wheel counts as having come round when that is first seen.
    """

    def __init__(
        self,
        wheels: Sequence[Turning],
        clerk_lives: Callable[[], bool],
        real: Callable[[], float] = time.monotonic,
        clerk: Turning | None = None,
    ) -> None:
        self._wheels, self._clerk_lives, self._real, self._clerk = wheels, clerk_lives, real, clerk
        self._seen: dict[str, tuple[int, float]] = {}

    def wheels(self) -> Mapping[str, timedelta]:
        """How long ago each wheel last came round."""
        self.feel()
        now = self._real()
        return {name: timedelta(seconds=now - since) for name, (_, since) in self._seen.items()}

    def clerk_lives(self) -> bool:
        """Whether the clerk is at work."""
        return self._clerk_lives()

    def feel(self) -> None:
        """Look which wheels have come round since the last time."""
        for wheel in (*self._wheels, *([self._clerk] if self._clerk else [])):
            if wheel.turned != self._seen.get(wheel.name, (-1, 0))[0]:
                self._seen[wheel.name] = (wheel.turned, self._real())
