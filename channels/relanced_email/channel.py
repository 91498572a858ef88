"""The e-mail door as the house sees it: compose the bytes, submit them once, tell what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    Keep,
    LogsIn,
    MailDraft,
    NoEntry,
    Parcel,
    Probes,
    Say,
    Scope,
    Sent,
    Surroundings,
    Typed,
    Unavailable,
    Unfit,
    Unknown,
    Watches,
)
from relanced_email import mime
from relanced_email.answers import answer
from relanced_email.copy import JournalCopy
from relanced_email.envelope import Envelope, Refusing
from relanced_email.given import given, rewrites_ids
from relanced_email.line import Broken
from relanced_email.opening import Closed, Opening, Resolve
from relanced_email.pool import Pool
from relanced_email.settings import EmailSettings, ImapSettings, SmtpSettings
from relanced_email.signin import Auth, provider
from relanced_email.tokens import NoToken, Tokens
from relanced_email.verp import forbidden, without_token

if TYPE_CHECKING:
    from relanced_email.ear import Ear


class EmailChannel:
    """Mail through one SMTP relay. `resolve` replaces the system's resolver."""

    form: Form = Form.MAIL
    Settings: type[BaseModel] = EmailSettings

    def __init__(self, settings: EmailSettings, surroundings: Surroundings, resolve: Resolve | None = None) -> None:
        self._settings, self._now = settings, surroundings.now
        self._name, self._senders = surroundings.name, surroundings.senders
        self._lines = asyncio.Semaphore(settings.connections)
        self._tokens = _tokens(settings, surroundings)
        self._open = Opening(settings, resolve, self._tokens if settings.smtp.auth is not Auth.PASSWORD else None)
        self._state = surroundings.state
        self._verp = settings.verp
        self._ears: dict[str, Ear] = {}
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
        rewritten = self._settings.rewrites_ids
        return mime.compose(
            draft,
            enclosures_limit=self._settings.enclosures,
            copy_to=copy_to,
            verp=self._settings.verp,
            anchored=rewrites_ids(self._settings.smtp.host) if rewritten is None else rewritten,
        )

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the parcel to the relay; `go` is awaited right before the final dot."""
        async with self._lines:
            outcome = await self._carry(parcel if self._verp else without_token(parcel), go)
            if isinstance(outcome, Refusing) and forbidden(outcome.phase, outcome.reply, parcel.envelope):
                self._verp = False  # nothing left; as long as we live we do not try again
                outcome = await self._carry(without_token(parcel), go)
        return answer(outcome.phase, outcome.reply, self._now()) if isinstance(outcome, Refusing) else outcome

    async def _carry(self, parcel: Parcel, go: Go) -> Answer | Refusing:
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

    async def _through(self, session: Envelope, parcel: Parcel, go: Go) -> Answer | Refusing:
        try:
            outcome = await session.submit(parcel, go)
        finally:
            self._pool.give_back(session)
        if isinstance(outcome, Sent):
            return Sent(given(outcome.words, self._settings.smtp.host, outcome.id), outcome.words)
        return outcome

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """What became of a parcel submitted at or after `since`: only the journal copy can tell."""
        if self._journal is None:
            return Unknown("nobody can tell: no journal copy is configured on this channel")
        return await self._journal.find(parcel, since)

    async def watch(self, inbox: str, since: datetime, keep: Keep, hears: Callable[[], None]) -> None:
        """Listen at one inbox until cancelled. Raises OSError or TimeoutError when the ear is cut."""
        await self._ear(inbox).listen(since, keep, hears)

    def _ear(self, inbox: str) -> Ear:
        """The same one each time: it remembers what it has heard."""
        from relanced_email.ear import Ear  # not every channel listens

        if inbox not in self._ears:
            said = next(one for one in self._settings.imap if one.user == inbox)
            self._ears[inbox] = Ear(said, self._tokens, self._state, self._now)
        return self._ears[inbox]

    async def probe(self) -> list[str]:
        """Open a session as far as the login, look into the inboxes and at the DNS of every domain that writes. Nothing
        leaves."""
        from relanced_email.probing import faults_of_door  # DNS is asked by nobody else

        faults = await faults_of_door(self._settings, self._open, self._senders)
        return [*faults, *filter(None, [await self._ear(inbox.name).probe() for inbox in self._settings.inboxes])]

    async def login(self, say: Say, typed: Typed) -> str:
        """Let us into the mailbox that no password opens. Raises NoEntry."""
        from relanced_email.login import login

        if self._tokens is None:
            raise NoEntry(f"{self._name} logs in with a password: there is nothing to sign in to")
        try:
            await login(self._tokens, self._mailbox, say, typed)
        except NoToken as error:
            raise NoEntry(str(error)) from None
        return f"{self._name} may use the mailbox {self._mailbox} at {self._tokens.provider.name}"

    @property
    def _mailbox(self) -> str:
        """The mailbox we are let into with a token."""
        said: tuple[SmtpSettings | ImapSettings, ...] = (self._settings.smtp, *self._settings.imap)
        return next(one.user for one in said if one.auth is not Auth.PASSWORD)

    async def close(self) -> None:
        """Say QUIT on idle sessions."""
        await self._pool.close()


def _tokens(settings: EmailSettings, surroundings: Surroundings) -> Tokens | None:
    """What the servers are logged in to with, if not with a password."""
    if settings.sign_in is None:
        return None
    reads = any(one.auth is not Auth.PASSWORD for one in settings.imap)
    where = provider(settings.auth, settings.sign_in, reads=reads)
    return Tokens(surroundings.name, where, settings.sign_in, surroundings.state, surroundings.now)


def _domain(envelope: Mapping[str, str]) -> str:
    return envelope["from"].rpartition("@")[2]


_: type[Channel] = EmailChannel
__: tuple[type[Probes], type[LogsIn], type[Watches]] = (EmailChannel, EmailChannel, EmailChannel)
