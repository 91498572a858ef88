"""The modes that keep debtors out of it: in shadow nothing leaves, redirected everything goes to our own addresses."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace
from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Channel,
    Draft,
    Found,
    Go,
    MailDraft,
    Parcel,
    Scope,
    Sent,
    TextDraft,
    Unavailable,
    Unknown,
)


class Shadowed:
    """A door that composes like the real one and lets nothing out."""

    def __init__(self, door: Channel) -> None:
        self.form = door.form
        self.Settings: type[BaseModel] = door.Settings
        self.can_prove_absence = True
        self.connections = door.connections
        self.settle = timedelta(0)
        self._door = door

    def compose(self, draft: Draft) -> Parcel:
        """The bytes that would leave."""
        return self._door.compose(draft)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Nothing leaves; the step counts as performed, so that the ladder can be watched."""
        if not await go():
            return Unavailable(Scope.MESSAGE, "stopped at the last moment")
        return Sent(parcel.attempt, "shadow: nothing left the house")

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Nothing ever arrived."""
        return Absent("shadow: nothing left the house")

    async def close(self) -> None:
        """Close the real door."""
        await self._door.close()


class Redirected:
    """A door that writes to one address of ours instead of the debtor's, and says in the subject whose it was."""

    def __init__(self, door: Channel, to: str) -> None:
        self.form = door.form
        self.Settings: type[BaseModel] = door.Settings
        self._door, self._to = door, to

    @property
    def can_prove_absence(self) -> bool:
        """As the real door."""
        return self._door.can_prove_absence

    @property
    def connections(self) -> int:
        """As the real door."""
        return self._door.connections

    @property
    def settle(self) -> timedelta:
        """As the real door."""
        return self._door.settle

    def compose(self, draft: Draft) -> Parcel:
        """The same message, to us."""
        if isinstance(draft, MailDraft):
            draft = replace(draft, to=self._to, to_name="", subject=f"[{draft.to}] {draft.subject}")
        elif isinstance(draft, TextDraft):
            draft = replace(draft, to=self._to)
        return self._door.compose(draft)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """To us."""
        return await self._door.submit(parcel, go)

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """As the real door."""
        return await self._door.find(parcel, since)

    async def close(self) -> None:
        """Close the real door."""
        await self._door.close()
