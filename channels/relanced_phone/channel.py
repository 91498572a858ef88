"""The phone door: a parcel in, a call that waits for a person out, and the truth about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    CallDraft,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    Parcel,
    Scope,
    Surroundings,
    Tray,
    Unavailable,
    Unfit,
)
from relanced_phone.settings import PhoneSettings
from relanced_phone.sheet import parcel_of


class PhoneChannel:
    """Asks a person to phone.

    The house's own database is the tray: people see a call once the answer `Tray` is recorded there. A call that this
    door did not answer for was therefore shown to nobody, and what a crash cut short is provably absent.
    """

    form: Form = Form.CALL
    Settings: type[BaseModel] = PhoneSettings
    can_prove_absence = True
    connections = 8
    settle = timedelta(0)

    def __init__(self, settings: PhoneSettings, surroundings: Surroundings) -> None:
        self._asked: set[str] = set()

    def compose(self, draft: Draft) -> Parcel:
        """Fix the bytes. Raises `Unfit`: no number that can be dialled, or nothing to say."""
        if not isinstance(draft, CallDraft):
            raise Unfit("a phone door carries calls only")
        return parcel_of(draft)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Ask for the call, unless the house says stop: then nobody is asked."""
        if not await go():
            return Unavailable(Scope.MESSAGE, "stopped before anybody was asked to phone")
        self._asked.add(parcel.attempt)
        return Tray(parcel.attempt, _ASKED)

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent:
        """Tell whether this door answered for the call since it was opened."""
        if parcel.attempt in self._asked:
            return Found(Tray(parcel.attempt, _ASKED))
        return Absent("nobody was asked to phone")

    async def close(self) -> None:
        """Nothing is kept open."""


_ASKED = "a person is asked to phone"

_: type[Channel] = PhoneChannel
