"""The door of short texts as the house sees it: one account with one provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Asks,
    Awaited,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    Heard,
    Hooked,
    Keep,
    Parcel,
    Probes,
    Receipt,
    Reply,
    Request,
    Surroundings,
    TextDraft,
    Unfit,
    Unknown,
)
from relanced_sms.absence import Absences
from relanced_sms.provider import Account
from relanced_sms.settings import Provider, SmsSettings
from relanced_sms.text import parcel_of


class SmsChannel:
    """Short texts through Twilio or OVHcloud. What became of a text is asked for; Twilio may also call."""

    form: Form = Form.TEXT
    Settings: type[BaseModel] = SmsSettings
    can_prove_absence = True  # where something later is listed: see `absence`

    def __init__(self, settings: SmsSettings, surroundings: Surroundings) -> None:
        self._settings, self._now = settings, surroundings.now
        self._account = _account(settings, surroundings.now)
        self._absences = Absences()
        self._lines = asyncio.Semaphore(settings.connections)

    @property
    def connections(self) -> int:
        """Texts handed over at the same time, at most."""
        return self._settings.connections

    @property
    def settle(self) -> timedelta:
        """The time the provider has to list what it took."""
        return self._settings.settle

    @property
    def ask_every(self) -> timedelta:
        """How long between two rounds of questions."""
        return self._settings.ask_every

    def compose(self, draft: Draft) -> Parcel:
        """Fix the text. Raises `Unfit`."""
        if not isinstance(draft, TextDraft):
            raise Unfit("this channel carries short texts only")
        return parcel_of(draft, self._settings.sender, self._settings.segments)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the text over; `go` is awaited when the connection stands, before the first byte of the request."""
        async with self._lines:
            return await self._account.send(parcel, go)

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Look for the text in what the provider lists."""
        try:
            seen = await self._account.look(parcel, since, after=since + self._settings.settle)
        except OSError as error:
            return Unknown(f"the provider could not be asked: {error}")
        if seen.sent is not None:
            return Found(seen.sent)
        return self._absences.judge(parcel.attempt, self._now(), seen.later)

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Keep what became of these texts, and what people wrote back since then. Raises OSError."""
        await self._account.ask(awaited, since, keep)

    async def probe(self) -> list[str]:
        """Look at the account, which costs nothing."""
        try:
            return await self._account.probe()
        except OSError as error:
            return [f"the provider cannot be asked: {error}"]

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        """What it means. Raises ValueError."""
        return self._account.read(heard)

    def genuine(self, request: Request) -> bool:
        """Whether the provider signed this request, for `callback_url`."""
        return self._account.genuine(request)

    def heard(self, request: Request) -> Heard:
        """What a genuine request brings. Raises ValueError."""
        return self._account.heard(request)

    async def close(self) -> None:
        """Let go of the session."""
        await self._account.close()


def _account(settings: SmsSettings, now: Callable[[], datetime]) -> Account:
    """What belongs to one provider alone is loaded for it alone."""
    if settings.provider is Provider.OVH:
        from relanced_sms.ovh import Ovh

        return Ovh(settings, now)
    from relanced_sms.twilio import Twilio

    return Twilio(settings, now)


_channel: type[Channel] = SmsChannel
_asks: type[Asks] = SmsChannel
_hooked: type[Hooked] = SmsChannel
_probes: type[Probes] = SmsChannel
