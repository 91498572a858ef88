"""The configured doors: which kinds are installed, what the house says of each, and the settings of the kind itself.

relanced imports no channel package: kinds come from the entry-point group ``relanced.channels``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Literal

from msgspec import Struct, field
from pydantic import BaseModel, ConfigDict, Field

from relanced.channel import Channel, Daily, Form, Hook, Inbox
from relanced.config.fields import Domains, RateWord, Text, one_or_more
from relanced.config.section import Keyed
from relanced.rules.limits import Rate, Rates
from relanced.rules.model import Road

GROUP = "relanced.channels"

Kinds = Mapping[str, type[Channel]]

FORMS = {
    Road.EMAIL: Form.MAIL,
    Road.SMS: Form.TEXT,
    Road.LETTER: Form.PAPER,
    Road.REGISTERED: Form.PAPER,
    Road.PHONE: Form.CALL,
}
"""What a road asks of its door."""


class InstalledKinds(Mapping[str, type[Channel]]):
    """The kinds that packages on this machine registered; each is imported when first asked for."""

    def __init__(self) -> None:
        self._points: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=GROUP)}

    def __getitem__(self, kind: str) -> type[Channel]:
        loaded: type[Channel] = self._points[kind].load()
        return loaded

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._points))

    def __len__(self) -> int:
        return len(self._points)


class DoorWords(Keyed):
    """What the house itself says of a channel; every other key belongs to the kind."""

    model_config = ConfigDict(extra="ignore")

    kind: Text = Field(description="what carries the messages")
    rate: Annotated[tuple[RateWord, ...], one_or_more(RateWord)] = Field((), description="how many messages may leave")
    per_domain: Mapping[Domains, Annotated[tuple[RateWord, ...], one_or_more(RateWord)]] = Field(
        {},
        description="the domain of an address, several of one provider, or default: how many messages it may be sent",
        examples=[{"gmail.com": "20/min", "orange.fr wanadoo.fr": "10/min", "default": "60/min"}],
    )
    per_sender: Annotated[tuple[RateWord, ...], one_or_more(RateWord)] = Field(
        (), description="how many messages of one creditor may leave"
    )
    consent: Literal["none", "required"] | None = Field(None, description="default required for text messages")


HOUSE_KEYS = frozenset(DoorWords.model_fields)


class Door(Struct, frozen=True):
    """A configured channel, not yet opened: `channel(settings, surroundings)` opens it."""

    name: str
    kind: str
    channel: type[Channel]
    settings: BaseModel
    rate: tuple[Rate, ...] = ()
    consent_required: bool = False
    per_domain: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    per_sender: tuple[Rate, ...] = ()

    @property
    def rates(self) -> Rates:
        """All that bounds how many may leave."""
        return Rates(self.rate, self.per_domain, self.per_sender)

    @property
    def form(self) -> Form:
        """What it carries."""
        return self.channel.form

    @property
    def registered(self) -> bool:
        """Whether its letters are registered."""
        return bool(getattr(self.settings, "registered", False))

    @property
    def daily(self) -> Daily | None:
        """Who is mailed its new letters once a day, if anybody."""
        said = getattr(self.settings, "daily", None)
        return said if isinstance(said, Daily) else None

    @property
    def hook(self) -> Hook | None:
        """How its provider is told to call us, if at all."""
        said = getattr(self.settings, "hook", None)
        return said if isinstance(said, Hook) else None

    @property
    def inboxes(self) -> tuple[Inbox, ...]:
        """The mailboxes it listens at."""
        said = getattr(self.settings, "inboxes", ())
        return tuple(inbox for inbox in said if isinstance(inbox, Inbox)) if isinstance(said, tuple) else ()

    def serves(self, road: Road) -> bool:
        """Whether messages of this road may leave through this door."""
        return self.form is FORMS[road] and self.registered is (road is Road.REGISTERED)
