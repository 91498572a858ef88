"""The e-mail door against real relays (aiosmtpd, Postfix's smtp-sink) and against scripted ones that misbehave."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr, ValidationError

from relanced.channel import Channel, Form, Refusal, Refused, Scope, Sent, TextDraft, Unavailable, Unfit, Unknown
from relanced_email import EmailChannel, EmailSettings
from relanced_email.opening import Opening
from tests.email.certificates import Certificate, certificate
from tests.email.relay import EXTENSIONS, Drip, Farewell, Hangup, Relay, Silence
from tests.email.things import NOW, SHORT, Go, a_channel, a_draft, a_house, settings
from tests.ports import free_port

PASSWORD = "s3cret-à-garder"
LOGIN: dict[str, Any] = {"user": "compta", "password": PASSWORD}


@dataclass
class Office:
    """A real aiosmtpd relay that keeps what it accepts."""

    port: int = 0
    kept: list[tuple[bool, list[str], bytes]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.kept.append((session.ssl is not None, envelope.rcpt_tos, envelope.content))
        self.senders.append(str(session.host_name))
        return "250 2.0.0 Ok: queued as OFFICE1"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, method: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login == LoginPassword(b"compta", PASSWORD.encode()), handled=False)


@asynccontextmanager
async def office(cert: Certificate | None = None, *, implicit: bool = False) -> AsyncIterator[Office]:
    here, loop = Office(), asyncio.get_running_loop()

    def serve() -> SMTP:
        if cert is None or implicit:
            return SMTP(here, loop=loop, hostname="relay.example")
        return SMTP(
            here,
            loop=loop,
            hostname="relay.example",
            tls_context=cert.server(),
            require_starttls=True,
            auth_required=True,
            authenticator=here.authenticate,
        )

    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=cert.server() if cert and implicit else None)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def channel_to(port: int, **changes: Any) -> AsyncIterator[EmailChannel]:
    channel = a_channel(port, **changes)
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls") / "good")


# -- real relays ----------------------------------------------------------------------------------------------------


async def test_a_message_goes_through_starttls_and_login_and_arrives_as_it_was_sealed(good: Certificate) -> None:
    tls = {"tls": "starttls", "ca_file": good.chain, **LOGIN}
    async with office(good) as relay, channel_to(relay.port, smtp=tls) as channel:
        parcel = channel.compose(a_draft())
        answer = await channel.submit(parcel, Go())
        assert answer == Sent("OFFICE1", "250 2.0.0 Ok: queued as OFFICE1")
        assert relay.kept == [(True, ["achats@client.example"], parcel.wire)]
        assert relay.senders == ["atelier-dubois.example"]


async def test_a_message_goes_through_implicit_tls(good: Certificate) -> None:
    tls = {"tls": "implicit", "ca_file": good.chain, "hello": "here.example"}
    async with office(good, implicit=True) as relay, channel_to(relay.port, smtp=tls) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert relay.senders == ["here.example"]


async def test_a_message_goes_in_clear_to_a_relay_on_this_machine() -> None:
    async with office() as relay, channel_to(relay.port) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert relay.kept[0][0] is False


async def test_the_journal_copy_travels_in_the_envelope(tmp_path: Path) -> None:
    copy = {"to": "journal@atelier-dubois.example", "maildir": tmp_path}
    async with office() as relay, channel_to(relay.port, copy=copy) as channel:
        parcel = channel.compose(a_draft())
        assert isinstance(await channel.submit(parcel, Go()), Sent)
        assert relay.kept[0][1] == ["achats@client.example", "journal@atelier-dubois.example"]
        assert b"journal@" not in relay.kept[0][2]


@contextmanager
def smtp_sink(messages: int) -> Iterator[tuple[int, Popen[bytes]]]:
    """Postfix's sink: it takes so many messages, and leaves without a word behind the last."""
    port = free_port()
    as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = ["/usr/sbin/smtp-sink", *as_user, "-M", str(messages), f"127.0.0.1:{port}", "64"]
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as sink:
        try:
            yield port, sink
        finally:
            sink.kill()


async def test_postfix_counts_what_we_sent_and_the_message_it_swallowed_while_going_down_is_in_doubt() -> None:
    with smtp_sink(400) as (port, sink):
        async with channel_to(port, messages_per_connection=60) as channel:
            await listening(port)
            parcels = iter([channel.compose(a_draft(attempt=f"a{n}")) for n in range(400)])

            answers: list[type] = []

            async def work() -> None:
                for parcel in parcels:
                    answers.append(type(await channel.submit(parcel, Go())))

            await asyncio.gather(*(work() for _ in range(8)))
            assert (answers.count(Sent), answers.count(Unknown), len(answers)) == (399, 1, 400)
        assert await asyncio.to_thread(sink.wait, 5) == 0


async def listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


# -- sessions -------------------------------------------------------------------------------------------------------


async def test_sessions_are_used_again_up_to_their_number_of_messages() -> None:
    async with Relay() as relay, channel_to(relay.port, messages_per_connection=5) as channel:
        for _ in range(10):
            assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert (relay.connections, len(relay.messages)) == (2, 10)


async def test_no_more_sessions_are_open_than_allowed() -> None:
    async with Relay({"DOT": Drip("250 ok", 0.005)}) as relay, channel_to(relay.port, connections=2) as channel:
        await asyncio.gather(*(channel.submit(channel.compose(a_draft()), Go()) for _ in range(8)))
        assert (relay.connections, len(relay.messages), channel.connections) == (2, 8, 2)


async def test_an_idle_session_is_closed_politely() -> None:
    async with Relay() as relay, channel_to(relay.port, idle=0.05) as channel:
        await channel.submit(channel.compose(a_draft()), Go())
        await asyncio.sleep(0.15)
        assert relay.verbs[-1] == "QUIT"
        await channel.submit(channel.compose(a_draft()), Go())
        assert relay.connections == 2


async def test_closing_the_channel_says_quit_even_to_a_session_in_use() -> None:
    async with Relay({"DOT": Drip("250 ok", 0.01)}) as relay:
        async with channel_to(relay.port) as channel:
            running = asyncio.create_task(channel.submit(channel.compose(a_draft()), Go()))
            await asyncio.sleep(0.03)
            await channel.close()
            assert isinstance(await running, Sent)
        await asyncio.sleep(0.02)
        assert relay.verbs[-1] == "QUIT"


@pytest.mark.parametrize("farewell", [b"", b"421 4.4.2 idle too long\r\n"])
async def test_a_relay_that_closed_an_idle_session_costs_no_try_and_no_doubt(farewell: bytes) -> None:
    async with Relay() as relay, channel_to(relay.port) as channel:
        await channel.submit(channel.compose(a_draft()), Go())
        await relay.hang_up_on_all(farewell)
        go = Go()
        assert isinstance(await channel.submit(channel.compose(a_draft()), go), Sent)
        assert (relay.connections, len(relay.messages), go.asked) == (2, 2, 1)


@pytest.mark.parametrize("said", [Hangup(), Farewell("421 4.4.2 too many messages"), Farewell("421 bye")])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_fault_29_a_used_session_that_breaks_before_the_body_is_replaced_once(verb: str, said: Any) -> None:
    """Fault 29, mid-session."""
    usual = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go"}[verb]
    async with Relay({verb: [usual, said, usual]}) as relay, channel_to(relay.port) as channel:
        for _ in range(2):
            go = Go()
            assert isinstance(await channel.submit(channel.compose(a_draft()), go), Sent)
            assert go.asked == 1
        assert (relay.connections, len(relay.messages)) == (2, 2)


async def test_fault_29_a_goodbye_instead_of_an_answer_to_the_dot_is_doubt_and_not_sent_again() -> None:
    """Fault 29, at the dot."""
    script: Any = {"DOT": ["250 ok", Farewell("421 4.3.2 going down"), "250 ok"]}
    async with Relay(script) as relay, channel_to(relay.port) as channel:
        parcel = channel.compose(a_draft())
        assert isinstance(await channel.submit(parcel, Go()), Sent)
        assert await channel.submit(parcel, Go()) == Unknown("421 4.3.2 going down")
        assert len(relay.messages) == 2
        assert isinstance(await channel.submit(parcel, Go()), Sent)


async def test_a_stop_before_the_dot_is_told_as_nothing_left() -> None:
    async with Relay() as relay, channel_to(relay.port) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go(answer=False))
        assert answer == Unavailable(Scope.MESSAGE, "stopped before the final dot: nothing left")
        assert await relay.cut() == b""
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert len(relay.messages) == 1


# -- refusals -------------------------------------------------------------------------------------------------------


async def test_fault_28_a_greylisted_message_comes_back_with_the_same_id() -> None:
    """Fault 28."""
    grey = "450 4.2.0 Recipient address rejected: Greylisted"
    script: Any = {"RCPT": [grey, "250 ok"], "DATA": ["554 5.5.1 none", "354 go"]}
    async with Relay(script) as relay, channel_to(relay.port) as channel:
        parcel = channel.compose(a_draft())
        assert await channel.submit(parcel, Go()) == Unavailable(Scope.MESSAGE, grey, NOW + timedelta(minutes=5))
        again = channel.compose(a_draft(attempt="second"))
        assert isinstance(await channel.submit(again, Go()), Sent)
        assert again.envelope["message_id"] == parcel.envelope["message_id"]
        assert len(relay.messages) == 1


async def test_fault_30_a_dead_address_is_refused_for_good_in_the_words_of_the_relay() -> None:
    """Fault 30."""
    said = "550 5.1.1 <achats@client.example>: User unknown"
    async with Relay({"RCPT": said, "DATA": "503 5.5.1 no"}) as relay, channel_to(relay.port) as channel:
        assert await channel.submit(channel.compose(a_draft()), Go()) == Refused(Refusal.ADDRESS, said)


@pytest.mark.parametrize(
    "script",
    [
        {"GREETING": "554 5.7.1 your address is listed"},
        {"GREETING": "421 4.7.0 too many connections"},
        {"EHLO": "550 5.7.1 no", "HELO": "550 5.7.1 no"},
        {"MAIL": "530 5.7.0 authenticate first"},
        {"RCPT": "550 5.7.1 our policy forbids you", "DATA": "503 no"},
    ],
)
async def test_fault_31_a_refusal_that_means_us_closes_the_channel_not_the_debtor(script: dict[str, Any]) -> None:
    """Fault 31."""
    async with Relay(script) as relay, channel_to(relay.port) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL
        assert next(iter(script.values())) in answer.words


@pytest.mark.parametrize(
    "echo", [PASSWORD, b64encode(PASSWORD.encode()).decode(), b64encode(f"\0compta\0{PASSWORD}".encode()).decode()]
)
async def test_fault_31_a_wrong_password_closes_the_channel_and_is_never_repeated(echo: str) -> None:
    """Fault 31, and no secret in an answer though the relay echoes it."""
    script = {"AUTH": f"535 5.7.8 Error: authentication failed: {echo}"}
    relay = Relay(script, (*EXTENSIONS, "AUTH PLAIN LOGIN"))
    async with relay, channel_to(relay.port, smtp={"tls": "none", **LOGIN}) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert answer == Unavailable(Scope.CHANNEL, "535 5.7.8 Error: authentication failed: …")
        assert "MAIL" not in relay.verbs


async def test_fault_31_a_real_relay_refuses_a_wrong_password(good: Certificate) -> None:
    """Fault 31."""
    tls = {"tls": "starttls", "ca_file": good.chain, "user": "compta", "password": "wrong"}
    async with office(good) as relay, channel_to(relay.port, smtp=tls) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert (answer.scope, answer.words[:3], relay.kept) == (Scope.CHANNEL, "535", [])


async def test_a_refused_journal_copy_closes_the_channel(tmp_path: Path) -> None:
    """A message that cannot be proved is not sent."""
    script: Any = {"RCPT journal@a.example": "550 5.1.1 who?", "DATA": "503 5.5.1 no"}
    copy = {"to": "journal@a.example", "maildir": tmp_path}
    async with Relay(script) as relay, channel_to(relay.port, copy=copy) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert answer == Unavailable(Scope.CHANNEL, "journal copy: 550 5.1.1 who?")
        assert (relay.messages, relay.verbs[-1]) == ([], "RSET")


# -- the line -------------------------------------------------------------------------------------------------------


async def test_fault_32_a_stripped_starttls_is_not_answered_in_clear() -> None:
    """Fault 32."""
    relay = Relay(extensions=(*EXTENSIONS, "AUTH PLAIN"))
    async with relay, channel_to(relay.port, smtp={"tls": "starttls", **LOGIN}) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL
        assert "STARTTLS" in answer.words
        assert set(relay.verbs) <= {"EHLO", "QUIT"}


async def test_fault_32_a_refused_starttls_is_not_answered_in_clear() -> None:
    """Fault 32."""
    script = {"STARTTLS": "454 4.7.0 TLS not available"}
    relay = Relay(script, (*EXTENSIONS, "STARTTLS"))
    async with relay, channel_to(relay.port, smtp={"tls": "starttls", **LOGIN}) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert answer == Unavailable(Scope.CHANNEL, "454 4.7.0 TLS not available")
        assert set(relay.verbs) <= {"EHLO", "STARTTLS", "QUIT"}


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
@pytest.mark.parametrize("wrong", ["expired", "another name", "unknown authority"])
async def test_fault_32_a_certificate_that_does_not_hold_closes_the_channel(
    tmp_path: Path, good: Certificate, wrong: str, implicit: bool
) -> None:
    """Fault 32."""
    match wrong:
        case "expired":
            shown = certificate(tmp_path / "c", end="20210101")
        case "another name":
            shown = certificate(tmp_path / "c", names="DNS:other.example")
        case _:
            shown = certificate(tmp_path / "c")
    trusted = good.chain if wrong == "unknown authority" else shown.chain
    smtp = {"tls": "implicit" if implicit else "starttls", "ca_file": trusted}
    async with office(shown, implicit=implicit) as relay, channel_to(relay.port, smtp=smtp) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL
        assert "CERTIFICATE_VERIFY_FAILED" in answer.words
        assert relay.kept == []


async def test_fault_32_a_relay_that_speaks_no_tls_is_not_answered_in_clear() -> None:
    """Fault 32."""
    async with Relay() as relay, channel_to(relay.port, smtp={"tls": "implicit"}) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert (answer.scope, relay.messages) == (Scope.CHANNEL, [])


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"GREETING": Silence()}, Unavailable),
        ({"EHLO": Silence()}, Unavailable),
        ({"MAIL": Silence()}, Unavailable),
        ({"DATA": Silence()}, Unavailable),
        ({"DOT": Silence()}, Unknown),
    ],
)
async def test_fault_33_a_black_hole_is_left_after_the_time_of_its_phase(script: Any, kind: type) -> None:
    """Fault 33."""
    began = time.monotonic()
    async with Relay(script) as relay, channel_to(relay.port, timeouts=dict.fromkeys(SHORT, 0.15)) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), kind)
        assert 0.1 < time.monotonic() - began < 2


async def test_fault_33_a_silent_session_is_waited_for_once() -> None:
    """Fault 33."""
    relay = Relay({"MAIL": ["250 ok", Silence(), "250 ok"]})
    async with relay, channel_to(relay.port, timeouts={**SHORT, "envelope": 0.15}) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Unavailable)
        assert relay.connections == 1


async def test_fault_34_a_dripping_relay_holds_up_nobody_else() -> None:
    """Fault 34."""
    script: Any = {"MAIL": [Drip("250 ok", 0.1), "250 ok"]}
    async with Relay(script) as relay, channel_to(relay.port, timeouts={**SHORT, "envelope": 0.3}) as channel:
        slow = asyncio.create_task(channel.submit(channel.compose(a_draft()), Go()))
        await asyncio.sleep(0.05)
        for _ in range(20):
            assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        assert not slow.done()
        answer = await slow
        assert isinstance(answer, Unavailable)
        assert (answer.scope, len(relay.messages)) == (Scope.CHANNEL, 20)


async def test_fault_34_a_dripping_greeting_is_given_up() -> None:
    """Fault 34."""
    relay = Relay({"GREETING": Drip("220 relay.example", 0.1)})
    async with relay, channel_to(relay.port, timeouts={**SHORT, "greeting": 0.2}) as channel:
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL


async def test_fault_35_a_name_that_does_not_resolve_closes_the_channel() -> None:
    """Fault 35."""
    for code in (socket.EAI_NONAME, socket.EAI_AGAIN, socket.EAI_FAIL):

        async def servfail(host: str, port: int, code: int = code) -> list[tuple[Any, ...]]:
            raise socket.gaierror(code, "the name server has a bad day")

        channel = EmailChannel(settings(1, smtp={"host": "relay.example"}), a_house(), servfail)
        answer = await channel.submit(channel.compose(a_draft()), Go())
        assert isinstance(answer, Unavailable)
        assert (answer.scope, "bad day" in answer.words) == (Scope.CHANNEL, True)


async def test_fault_35_a_resolver_that_never_answers_blocks_nobody() -> None:
    """Fault 35."""

    async def silent(host: str, port: int) -> list[tuple[Any, ...]]:
        await asyncio.sleep(3600)
        return []

    short = {**SHORT, "connect": 0.1}
    channel = EmailChannel(settings(1, smtp={"host": "relay.example"}, timeouts=short), a_house(), silent)
    answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Unavailable(Scope.CHANNEL, "no connection within the time allowed")


async def test_a_relay_that_cannot_be_reached_is_named() -> None:
    async def nowhere(host: str, port: int) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    channel = EmailChannel(settings(1, smtp={"host": "relay.example"}), a_house(), nowhere)
    answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Unavailable(Scope.CHANNEL, "relay.example: Name or service not known")
    channel = a_channel(1)
    answer = await channel.submit(channel.compose(a_draft()), Go())
    assert answer == Unavailable(Scope.CHANNEL, "127.0.0.1:1: Connection refused")


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with Relay() as relay:

        async def two(host: str, port: int) -> list[tuple[Any, ...]]:
            dead, alive = ("127.0.0.1", 1), ("127.0.0.1", relay.port)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in (dead, alive)]

        channel = EmailChannel(settings(relay.port), a_house(), two)
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)
        await channel.close()


async def test_a_closed_port_closes_the_channel_and_a_relay_that_hangs_up_is_tried_again() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        async with channel_to(probe.getsockname()[1]) as channel:
            answer = await channel.submit(channel.compose(a_draft()), Go())
            assert isinstance(answer, Unavailable)
            assert answer.scope is Scope.CHANNEL
    async with Relay({"GREETING": [Hangup(), "220 relay"]}) as relay, channel_to(relay.port) as channel:
        assert isinstance(await channel.submit(channel.compose(a_draft()), Go()), Sent)


async def test_fault_36_a_relay_without_smtputf8_and_8bitmime_gets_everything() -> None:
    """Fault 36."""
    async with Relay(extensions=("PIPELINING",)) as relay, channel_to(relay.port) as channel:
        parcel = channel.compose(a_draft(to="compta@société.example", subject="Échue : 2 317,25 €"))
        assert isinstance(await channel.submit(parcel, Go()), Sent)
        assert "RCPT TO:<compta@xn--socit-esab.example>" in relay.commands
        assert relay.messages[0].isascii()
        with pytest.raises(Unfit):
            channel.compose(a_draft(to="comptabilité@client.example"))


# -- the contract ---------------------------------------------------------------------------------------------------


async def test_the_door_is_a_channel_for_mail() -> None:
    channel = a_channel(25)
    assert isinstance(channel, Channel)
    assert (channel.form, channel.connections, channel.settle) == (Form.MAIL, 4, timedelta(minutes=15))
    assert not channel.can_prove_absence
    with pytest.raises(Unfit):
        channel.compose(TextDraft("a", "r", NOW, "+33639981234", "Bonjour"))
    assert isinstance(await channel.find(channel.compose(a_draft()), NOW), Unknown)
    await channel.close()


def test_settings_are_strict_and_keep_the_password_to_themselves() -> None:
    read = EmailSettings.model_validate({"smtp": {"host": "smtp.example.net", "user": "u", "password": PASSWORD}})
    assert (read.smtp.port, read.smtp.tls, read.connections) == (587, "starttls", 4)
    assert PASSWORD not in f"{read!r} {read} {read.model_dump()} {read.model_dump_json()}"
    lazy = Lazy("")
    handed = EmailSettings.model_validate({"smtp": {"host": "h", "user": "u", "password": lazy}})
    assert handed.smtp.password is lazy
    implicit = EmailSettings.model_validate({"smtp": {"host": "h", "tls": "implicit"}, "enclosures": "5MB"})
    assert (implicit.smtp.port, implicit.enclosures) == (465, 5_000_000)


class Lazy(SecretStr):
    """A secret that is read when the door opens it."""

    def get_secret_value(self) -> str:
        return PASSWORD


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp": {"host": "h"}, "colour": "red"},
        {"smtp": {"host": "h", "pasword": "x"}},
        {"smtp": {"host": "h", "user": "u"}},
        {"smtp": {"host": "h", "password": "p"}},
        {"smtp": {"host": "relay.example", "tls": "none", **LOGIN}},
        {"smtp": {"host": "h", "tls": "maybe"}},
        {"smtp": {"host": "h\r\nx"}},
        {"smtp": {"host": "h", "hello": "a b"}},
        {"smtp": {"host": "h"}, "copy": {"to": "a@b, c@d", "maildir": "/m"}},
        {"smtp": {"host": "h"}, "connections": 0},
        {"smtp": {"host": "h"}, "timeouts": {"dot": 0}},
        {},
    ],
)
def test_wrong_settings_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EmailSettings.model_validate(wrong)


def test_the_context_never_falls_below_tls_1_2(good: Certificate) -> None:
    context = Opening(settings(1, smtp={"tls": "starttls", "ca_file": good.chain}))._context
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
