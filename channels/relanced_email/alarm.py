"""The end of a wait. A timer for each of them cost more than most waits last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_NEVER = float("inf")


class Alarm:
    """Calls `late` with its seconds when a wait has lasted too long; one wait at a time.

    When a wait ends well, as nearly all do, the timer stays where it is: it looks when it goes off.
    """

    def __init__(self, late: Callable[[float], None]) -> None:
        self._late, self._loop = late, asyncio.get_running_loop()
        self._seconds, self._end = 0.0, _NEVER
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """A wait begins."""
        self._seconds, self._end = seconds, self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._end:
            self._wind()

    def rest(self) -> None:
        """The wait is over."""
        self._end = _NEVER

    def close(self) -> None:
        """There will be no other wait."""
        if self._timer:
            self._timer.cancel()

    def _wind(self) -> None:
        self.close()
        self._timer = self._loop.call_at(self._end, self._look, self._end)

    def _look(self, now: float) -> None:
        self._timer = None
        if self._end <= now:
            self._late(self._seconds)
        elif self._end < _NEVER:
            self._wind()
