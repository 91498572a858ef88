"""The customers' telephones: what arrives on them and what they answer, each text as a file one can open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from relanced.channel import text_length
from relanced.demo.company import ACCOUNT, DEAD_MOBILE, TOKEN
from relanced.demo.twilio import Text, Twilio

_UNKNOWN = 30005  # Twilio's word for a number at which nobody lives


def twilio_of(folder: Path, now: Callable[[], datetime]) -> Twilio:
    """The account of the demonstration, its books in a folder. `now` is local."""
    return Twilio(ACCOUNT, TOKEN, now, fates={DEAD_MOBILE: ("undelivered", _UNKNOWN)}, seen=Shelf(folder).keep)


class Shelf:
    """Where the texts lie, numbered as they came; one that meets its fate is written anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, Path] = {}

    def keep(self, text: Text) -> None:
        """Write a text down as it is now."""
        whose = f"from-{text.sender}" if text.direction == "inbound" else text.to
        name = f"{len(self._places) + 1:03d}-{text.created:%Y-%m-%d}-{whose}.txt"
        place = self._places.setdefault(text.sid, self._folder / name)
        place.write_text("\n".join([*_head(text), "", text.body, ""]), encoding="utf-8")


def _head(text: Text) -> list[str]:
    length = text_length(text.body)
    status = f"{text.status}, error {text.error}" if text.error else text.status
    return [
        f"From: {text.sender}",
        f"To: {text.to}",
        f"Date: {text.created:%Y-%m-%d %H:%M}",
        f"Segments: {length.segments} ({length.alphabet})",
        f"Status: {status}",
    ]
