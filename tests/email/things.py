"""Drafts, settings and clocks that the tests of this door share."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from relanced.channel import MailDraft, Surroundings
from relanced_email import EmailChannel, EmailSettings

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone(timedelta(hours=1)))
SHORT = {"connect": 2, "greeting": 2, "envelope": 2, "data": 2, "body": 2, "dot": 2, "quit": 0.5}


class Clock:
    """The house's clock: stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


class Go:
    """The house's last word, and how often it was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer, self.asked = answer, 0

    async def __call__(self) -> bool:
        self.asked += 1
        return self.answer


def a_draft(**changes: Any) -> MailDraft:
    usual: dict[str, Any] = {
        "attempt": "01JD-7Q3",
        "reference": "RL-4F7K2",
        "deadline": NOW + timedelta(hours=1),
        "sent_on": NOW,
        "sender": "Claire Dubois <compta@atelier-dubois.example>",
        "to": "achats@client.example",
        "to_name": "Société Lefèvre",
        "subject": "Facture FA-2026-0142 échue : 2 317,25 €",
        "text": "Bonjour,\n\nSauf erreur, la facture FA-2026-0142 n’est pas réglée.\n",
        "html": "<p>Bonjour,</p>\n<p>Sauf erreur, la facture FA-2026-0142 n’est pas réglée.</p>\n",
        "message_id": "<m1.1@atelier-dubois.example>",
    }
    return MailDraft(**{**usual, **changes})


def settings(port: int, **changes: Any) -> EmailSettings:
    """A channel to a relay on this machine, in clear, with short timeouts."""
    changes = {"timeouts": SHORT, **changes}
    smtp = {"host": "127.0.0.1", "port": port, "tls": "none", **changes.pop("smtp", {})}
    return EmailSettings.model_validate({"smtp": smtp, **changes})


def a_house(clock: Clock | None = None) -> Surroundings:
    return Surroundings("compta", Path(), clock or Clock())


def a_channel(port: int, clock: Clock | None = None, **changes: Any) -> EmailChannel:
    return EmailChannel(settings(port, **changes), a_house(clock))
