"""The e-mail door keeps the contract, over a real SMTP server on loopback: without a journal copy, and with one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from msgspec.structs import replace

from relanced.channel import Enclosure, MailDraft, Surroundings
from relanced_email import EmailChannel, EmailSettings
from tests.channels.contract import DEADLINE, ChannelContract, World

COPY = "copies@atelier-dubois.example"
PASSWORD = "correct horse battery"
NOW = datetime.now(UTC)


@dataclass
class Relay:
    """An SMTP relay that asks for a login, keeps what debtors get, and lays copies in a Maildir."""

    maildir: Path
    received: list[bytes] = field(default_factory=list)
    names: count[int] = field(default_factory=count)

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        for recipient in envelope.rcpt_tos:
            if recipient == COPY:
                (self.maildir / "new" / f"{next(self.names)}.copy").write_bytes(envelope.content)
            else:
                self.received.append(envelope.content)
        return "250 2.0.0 Ok: queued"

    def login(self, server: SMTP, session: object, envelope: object, mechanism: str, login: Any) -> AuthResult:
        return AuthResult(success=login.password == PASSWORD.encode())

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port it listens on."""
        for folder in ("new", "cur", "tmp"):
            (self.maildir / folder).mkdir(parents=True)

        def session() -> SMTP:
            return SMTP(self, hostname="relay.example", auth_require_tls=False, authenticator=self.login)

        server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


class TestEmail(ChannelContract):
    secrets = (PASSWORD,)
    journal = verp = False

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        relay = Relay(tmp_path / "copies")
        async with relay.listening() as port:
            smtp = {"host": "127.0.0.1", "port": port, "tls": "none", "user": "compta", "password": PASSWORD}
            wanted: dict[str, object] = {"smtp": smtp, "settle": timedelta(0), "verp": self.verp}
            if self.journal:
                wanted["copy"] = {"to": COPY, "maildir": relay.maildir}
            surroundings = Surroundings("compta", tmp_path / "state", lambda: datetime.now(UTC))
            channel = EmailChannel(EmailSettings.model_validate(wanted), surroundings)
            yield World(channel, lambda: relay.received)
            await channel.close()

    def draft(self, attempt: str) -> MailDraft:
        return MailDraft(
            attempt=attempt,
            reference="R-1",
            deadline=DEADLINE,
            sent_on=NOW,
            sender="Claire Dubois <compta@atelier-dubois.example>",
            to="compta@dupont.example",
            to_name="Dupont Sàrl",
            subject="Facture FA-1 : un oubli ?",
            text=f"Bonjour,\n\n.\n.caché\nla facture {attempt} reste due.\n",
            html=f"<p>Bonjour, la facture {attempt} reste due.</p>",
            message_id=f"<{attempt}@atelier-dubois.example>",
            enclosures=(Enclosure("FA-1.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256)) * 400),),
        )

    def hostile(self) -> MailDraft:
        return replace(self.draft("a1"), to="compta@dupont.example\r\nBcc: evil@example.org")


class TestEmailWithJournalCopy(TestEmail):
    """Here the door can prove that a message never arrived."""

    journal = True


class TestEmailWhoseSenderNamesTheAttempt(TestEmailWithJournalCopy):
    """The envelope differs, the bytes do not."""

    verp = True
