"""The e-mail door as the house sees it: compose the bytes, submit them once, tell what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    MailDraft,
    Parcel,
    Scope,
    Surroundings,
    Unavailable,
    Unfit,
    Unknown,
)
from relanced_email import mime
from relanced_email.answers import answer
from relanced_email.copy import JournalCopy
from relanced_email.envelope import Envelope, Refusing
from relanced_email.line import Broken
from relanced_email.opening import Closed, Opening, Resolve
from relanced_email.pool import Pool
from relanced_email.settings import EmailSettings


class EmailChannel:
    """Mail through one SMTP relay. `resolve` replaces the system's resolver."""

    form: Form = Form.MAIL
    Settings: type[BaseModel] = EmailSettings

    def __init__(self, settings: EmailSettings, surroundings: Surroundings, resolve: Resolve | None = None) -> None:
        self._settings, self._now = settings, surroundings.now
        self._lines = asyncio.Semaphore(settings.connections)
        self._open = Opening(settings, resolve)
        self._pool = Pool(idle=settings.idle, messages=settings.messages_per_connection)
        self._journal = (
            JournalCopy(settings.journal, settings.settle, surroundings.now, self.submit) if settings.journal else None
        )

    @property
    def can_prove_absence(self) -> bool:
        """Only a journal copy tells that a message never arrived."""
        return self._journal is not None

    @property
    def connections(self) -> int:
        """Sessions open at the same time, at most."""
        return self._settings.connections

    @property
    def settle(self) -> timedelta:
        """The time the relay has to pass on what it took."""
        return self._settings.settle

    def compose(self, draft: Draft) -> Parcel:
        """Fix the bytes of a `MailDraft`. Raises `Unfit`."""
        if not isinstance(draft, MailDraft):
            raise Unfit("this channel carries e-mail only")
        copy_to = self._settings.journal.to if self._settings.journal else ""
        return mime.compose(draft, enclosures_limit=self._settings.enclosures, copy_to=copy_to)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the parcel to the relay; `go` is awaited right before the final dot."""
        async with self._lines:
            return await self._carry(parcel, go)

    async def _carry(self, parcel: Parcel, go: Go) -> Answer:
        """On a session that is open anyway, else on a fresh one: a relay may have closed an idle session."""
        if session := self._pool.take():
            try:
                return await self._through(session, parcel, go)
            except Broken as broken:
                if not broken.stale:
                    return Unavailable(broken.scope, broken.words)
        try:
            session = await self._open(_domain(parcel.envelope))
            return await self._through(session, parcel, go)
        except Closed as closed:
            return Unavailable(Scope.CHANNEL, str(closed))
        except Broken as broken:
            return Unavailable(broken.scope, broken.words)

    async def _through(self, session: Envelope, parcel: Parcel, go: Go) -> Answer:
        try:
            outcome = await session.submit(parcel, go)
        finally:
            self._pool.give_back(session)
        return answer(outcome.phase, outcome.reply, self._now()) if isinstance(outcome, Refusing) else outcome

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """What became of a parcel submitted at or after `since`: only the journal copy can tell."""
        if self._journal is None:
            return Unknown("nobody can tell: no journal copy is configured on this channel")
        return await self._journal.find(parcel, since)

    async def close(self) -> None:
        """Say QUIT on idle sessions."""
        await self._pool.close()


def _domain(envelope: Mapping[str, str]) -> str:
    return envelope["from"].rpartition("@")[2]


_: type[Channel] = EmailChannel
