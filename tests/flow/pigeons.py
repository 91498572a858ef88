"""A provider of short texts that is asked what became of them, and the door to it: a kind nobody knew before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from relanced.channel import (
    Absent,
    Answer,
    Awaited,
    Channel,
    Draft,
    Enclosure,
    Form,
    Go,
    Heard,
    Keep,
    Parcel,
    Receipt,
    Reply,
    Said,
    Scope,
    Sent,
    Surroundings,
    TextDraft,
    Unavailable,
    Unfit,
    Unknown,
)
from relanced.config.channels import InstalledKinds

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
ROADS = ", sms: pigeons"
CHANNELS = "  pigeons: {kind: pigeon, consent: none}"
POLICIES = """
  texts:
    for: {debtor: business}
    steps:
      - {name: relance-1, tone: courteous, when: 3 days after due, via: [sms, letter]}
      - {name: relance-2, tone: firm, when: 10 days after due, via: [sms, letter]}
"""


@dataclass
class Loft:
    """The provider, as a test leads it: what it answers, what it will say, what it was asked."""

    answer: Answer = field(default_factory=lambda: Sent("P1", "flown"))
    fails: Exception | None = None
    every: timedelta = timedelta(minutes=10)
    taken: list[Parcel] = field(default_factory=list)
    asked: list[tuple[tuple[Awaited, ...], datetime]] = field(default_factory=list)
    news: dict[str, bytes] = field(default_factory=dict)

    def says(self, *told: tuple[str, Said] | Said, **more: Any) -> None:
        """It will say that of the attempt, by default of the newest one."""
        for one in told:
            attempt, said = one if isinstance(one, tuple) else (self.taken[-1].attempt, one)
            self.news[f"{attempt}:{said}:{len(self.news)}"] = word(said, attempt, **more)

    def door(self) -> type[Channel]:
        """The kind of channel that leads here."""
        loft = self

        class Pigeon(PigeonDoor):
            def __init__(self, settings: BaseModel, surroundings: Surroundings) -> None:
                self.loft, self.now = loft, surroundings.now

        return Pigeon

    @property
    def kinds(self) -> dict[str, type[Channel]]:
        """All installed kinds, and this one."""
        return {**InstalledKinds(), "pigeon": self.door()}


def word(said: Said | str, attempt: str = "", at: datetime = AT, **more: Any) -> bytes:
    """What it says, as it says it: `said` is a receipt's, or "wrote" for a person."""
    return json.dumps({"said": said, "attempt": attempt, "at": at.isoformat(), **more}).encode()


def understood(raw: bytes) -> tuple[Receipt | Reply, ...]:
    """What a word means. Raises ValueError."""
    told: dict[str, Any] = json.loads(raw)
    at, said = datetime.fromisoformat(told.pop("at")), told.pop("said")
    if said == "wrote":
        del told["attempt"]
        return (Reply(at=at, to="+33600000000", **told),)
    told |= {"on": date.fromisoformat(told["on"])} if "on" in told else {}
    told |= (
        {"proofs": (Enclosure(told["proof"], "application/pdf", b"%PDF " + told.pop("proof").encode()),)}
        if "proof" in told
        else {}
    )
    return (Receipt(Said(said), at, told.pop("words", str(said)), **told),)


class Settings(BaseModel):
    """Nothing is to be said of a pigeon."""

    model_config = ConfigDict(extra="forbid")


class PigeonDoor:
    """The door: it carries texts, is asked every ten minutes, and understands what is said."""

    form = Form.TEXT
    Settings: type[BaseModel] = Settings
    can_prove_absence, connections, settle = False, 2, timedelta(minutes=2)
    loft: Loft

    @property
    def ask_every(self) -> timedelta:
        return self.loft.every

    def compose(self, draft: Draft) -> Parcel:
        if not isinstance(draft, TextDraft):
            raise Unfit("texts only")
        return Parcel(draft.attempt, draft.to, draft.deadline, (draft.text.encode(),))

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        if not await go():
            return Unavailable(Scope.MESSAGE, "stopped")
        self.loft.taken.append(parcel)
        return self.loft.answer

    async def find(self, parcel: Parcel, since: datetime) -> Absent | Unknown:
        return Unknown("pigeons do not tell")

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        self.loft.asked.append((tuple(awaited), since))
        if self.loft.fails:
            raise self.loft.fails
        for key, raw in list(self.loft.news.items()):
            await keep(Heard(key, raw))

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        return understood(heard.raw)

    async def close(self) -> None:
        """Nothing is open."""


class Hearing:
    """A door as it is, that besides is told what became of its letters."""

    def __init__(self, door: Channel, loft: Loft) -> None:
        self._door, self._loft = door, loft

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    ask_every = PigeonDoor.ask_every
    ask, read = PigeonDoor.ask, PigeonDoor.read

    @property
    def loft(self) -> Loft:
        """Who is asked."""
        return self._loft
