"""Doors over the two providers, and what is handed to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relanced.channel import Heard, Surroundings, TextDraft
from relanced_sms import SmsChannel, SmsSettings
from tests.sms.ovh_server import APPLICATION, CONSUMER, SECRET, SERVICE

ACCOUNT, TOKEN = "AC" + "0f" * 16, "c0ffee00c0ffee00c0ffee00c0ffee00"
NOW = datetime.now(UTC).replace(microsecond=0)
MOBILE, OTHER = "+33612345678", "+33698765432"
LATER = timedelta(hours=4)


@dataclass
class Watch:
    """A clock that is set by hand."""

    at: datetime = NOW
    step: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at

    def ahead(self, **how: float) -> None:
        """Let time pass."""
        self.at += timedelta(**how)


def twilio_door(url: str, now: Callable[[], datetime], **more: Any) -> SmsChannel:
    """A door on a Twilio account."""
    wanted = {"account": ACCOUNT, "token": TOKEN, "from": "DUBOIS", "api": url, "timeout": 5.0, **more}
    return SmsChannel(SmsSettings.model_validate(wanted), Surroundings("texts", Path("unused"), now))


def ovh_door(url: str, now: Callable[[], datetime], **more: Any) -> SmsChannel:
    """A door on an OVHcloud service."""
    wanted: dict[str, Any] = {"provider": "ovh", "account": SERVICE, "api": url, "timeout": 5.0, **more}
    keys = {"application_key": APPLICATION, "application_secret": SECRET, "consumer_key": CONSUMER}
    return SmsChannel(SmsSettings.model_validate(keys | wanted), Surroundings("texts", Path("unused"), now))


def draft(attempt: str = "a1", text: str = "", to: str = MOBILE, deadline: datetime = NOW + LATER) -> TextDraft:
    """A short text in good French."""
    said = text or f"Atelier Dubois : 1 234,50 € restent à régler (réf. R-{attempt}). Réglé\u00a0? Merci."
    return TextDraft(attempt, f"R-{attempt}", deadline, to, said)


async def yes() -> bool:
    """Nothing speaks against it."""
    return True


@dataclass
class Kept:
    """The table of what was heard: one row for each key."""

    rows: dict[str, Heard] = field(default_factory=dict)
    told: int = 0

    async def __call__(self, heard: Heard) -> None:
        self.told += 1
        self.rows.setdefault(heard.key, heard)

    def means(self, door: SmsChannel) -> list[Any]:
        """What all of it means, in the order of its coming."""
        return [one for heard in self.rows.values() for one in door.read(heard)]
