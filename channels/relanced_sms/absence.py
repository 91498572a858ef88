"""When a text that is nowhere to be seen is provably nowhere.

A provider's list may lag behind. A text is absent when the list was empty twice, a minute apart, while something that
was handed over later is already visible in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from relanced.channel import Absent, Unknown

_APART = timedelta(seconds=60)
_FORGOTTEN = timedelta(days=2)


class Absences:
    """The texts that were looked for in vain, and when first."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}

    def judge(self, attempt: str, now: datetime, later: bool) -> Absent | Unknown:
        """The list was just empty of an attempt; `later` tells whether it shows something handed over after it."""
        self._since = {name: at for name, at in self._since.items() if now - at < _FORGOTTEN}
        if not later:
            self._since.pop(attempt, None)
            return Unknown("the provider lists no such text, and none that was handed over later either")
        first = self._since.setdefault(attempt, now)
        if now - first < _APART:
            return Unknown("the provider lists no such text; its list may lag, so it is asked once more in a minute")
        return Absent(f"the provider listed no such text twice, first at {first:%H:%M:%S} UTC, but later ones")
