"""Mails to our own people: straight through a door, without ladder, gate or queue. Nobody else gets any this way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from msgspec import Struct

from relanced.channel import Channel, Enclosure, MailDraft, Sent, Unavailable, Unknown
from relanced.clock import Clock
from relanced.premises import Premises, new_attempt, new_mail_id, new_reference

LONGEST = 120.0  # seconds of real time that one mail may take

log = structlog.get_logger("relanced.watch")


class OwnMail(Struct, frozen=True):
    """One mail to one person of ours."""

    to: str
    to_name: str
    subject: str
    text: str
    html: str = ""
    enclosures: tuple[Enclosure, ...] = ()


class OwnPost:
    """The way to our own people: a door that is not redirected, and in whose name it writes."""

    def __init__(self, channel: str, door: Channel, sender: str, premises: Premises, clock: Clock) -> None:
        self.channel = channel
        self._door, self._sender, self._premises, self._clock = door, sender, premises, clock

    async def send(self, mail: OwnMail) -> bool:
        """Hand a mail over. False when it did not leave, and the log says why; what may have left counts as sent."""
        about, answer = {"channel": self.channel, "to": mail.to}, await self._handed_over(mail)
        if isinstance(answer, Sent):
            log.info("our own mail sent", **about, subject=mail.subject)
        elif isinstance(answer, Unknown):
            log.warning("our own mail may have left", **about, subject=mail.subject, error=answer.words)
        else:
            log.critical("our own mail failed", **about, error=answer)
        return isinstance(answer, Sent | Unknown)

    async def _handed_over(self, mail: OwnMail) -> Sent | Unknown | str:
        """Sent, perhaps sent, or why it was not. Once the door has asked whether it may, whatever breaks is a doubt."""
        asked = False

        async def go() -> bool:
            """No stop and no hold concerns what we write to ourselves."""
            nonlocal asked
            asked = True
            return True

        try:
            async with asyncio.timeout(LONGEST):
                answer = await self._door.submit(self._door.compose(self._draft(mail)), go)
        except Exception as error:
            broken = f"{type(error).__name__}: {error}"
            return Unknown(broken) if asked else broken
        if isinstance(answer, Sent | Unknown):
            return answer
        return answer.words if isinstance(answer, Unavailable) else str(answer)

    def _draft(self, mail: OwnMail) -> MailDraft:
        now, reference = self._premises.local(self._clock.now()), new_reference()
        return MailDraft(
            attempt=new_attempt(),
            reference=reference,
            deadline=now + timedelta(seconds=LONGEST),
            sent_on=now,
            sender=self._sender,
            to=mail.to,
            to_name=mail.to_name,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            message_id=new_mail_id(reference, self._sender),
            enclosures=mail.enclosures,
        )

    async def send_all(self, mails: Sequence[OwnMail]) -> bool:
        """Hand some over, each on its own. Whether any of them left."""
        return any([await self.send(mail) for mail in mails])
