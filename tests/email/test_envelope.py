"""One SMTP transaction, phase by phase: what the wire sees, and what is known when it breaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from relanced.channel import Parcel, Refusal, Refused, Scope, Sent, Unavailable, Unknown
from relanced_email.answers import Phase, Reply
from relanced_email.envelope import Envelope, Misfit, Refusing, stuffed
from relanced_email.line import Broken
from relanced_email.mime import compose
from relanced_email.opening import Opening
from tests.email.relay import EXTENSIONS, Deaf, Drip, Farewell, Hangup, Relay, Says, Silence
from tests.email.things import SHORT, Go, a_draft, settings

PARCEL = compose(a_draft(), enclosures_limit=0)
COPIED = compose(a_draft(), enclosures_limit=0, copy_to="journal@atelier-dubois.example")
LARGE = replace(PARCEL, pieces=(PARCEL.wire, b"x" * 76 + b"\r\n", b"0123456789\r\n" * 20_000))
STEP_BY_STEP = tuple(e for e in EXTENSIONS if e != "PIPELINING")
QUICK = {**dict.fromkeys(SHORT, 0.2), "connect": 2, "greeting": 2}


@asynccontextmanager
async def session_with(relay: Relay, **timeouts: float) -> AsyncIterator[Envelope]:
    session = await Opening(settings(relay.port, timeouts={**SHORT, **timeouts}))("atelier-dubois.example")
    try:
        yield session
    finally:
        await session.part()


# -- what the wire sees ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extensions", [EXTENSIONS, STEP_BY_STEP], ids=["pipelining", "step by step"])
async def test_a_parcel_reaches_the_relay_byte_for_byte(extensions: Sequence[str]) -> None:
    async with Relay(extensions=extensions) as relay, session_with(relay) as session:
        answer = await session.submit(PARCEL, Go())
        assert answer == Sent("<m1.1@atelier-dubois.example>", "250 2.0.0 Ok: queued as 4F2A1B")
        assert relay.messages == [PARCEL.wire]
        assert relay.commands == [
            "EHLO atelier-dubois.example",
            f"MAIL FROM:<compta@atelier-dubois.example> SIZE={len(PARCEL.wire)} RET=HDRS ENVID=01JD-7Q3",
            "RCPT TO:<achats@client.example> NOTIFY=SUCCESS,FAILURE,DELAY",
            "DATA",
        ]
        assert session.usable


async def test_the_journal_copy_is_a_second_recipient_of_the_envelope_only() -> None:
    async with Relay() as relay, session_with(relay) as session:
        assert isinstance(await session.submit(COPIED, Go()), Sent)
        assert "RCPT TO:<journal@atelier-dubois.example> NOTIFY=NEVER" in relay.commands
        assert b"journal@" not in relay.messages[0]


async def test_nothing_is_asked_that_the_relay_does_not_offer() -> None:
    async with Relay({"EHLO": "500 what?", "HELO": "250 relay"}) as relay, session_with(relay) as session:
        assert isinstance(await session.submit(PARCEL, Go()), Sent)
        assert relay.commands[-3:] == [
            "MAIL FROM:<compta@atelier-dubois.example>",
            "RCPT TO:<achats@client.example>",
            "DATA",
        ]


async def test_step_by_step_a_refusal_ends_the_questions() -> None:
    async with Relay({"MAIL": "550 5.7.1 no"}, STEP_BY_STEP) as relay, session_with(relay) as session:
        assert await session.submit(PARCEL, Go()) == Refusing(Phase.MAIL, Reply(550, "550 5.7.1 no"))
        assert relay.verbs == ["EHLO", "MAIL", "RSET"]


async def test_a_session_carries_one_parcel_after_the_other() -> None:
    async with Relay() as relay, session_with(relay) as session:
        for _ in range(5):
            assert isinstance(await session.submit(PARCEL, Go()), Sent)
        assert (session.carried, len(relay.messages), relay.connections) == (5, 5, 1)


async def test_every_line_of_a_reply_is_kept_as_it_was_said() -> None:
    said = "550-5.1.1 The address you wrote to\r\n550-5.1.1 \tdoes not\x07 exist.\r\n550 5.1.1 See our page"
    async with Relay({"RCPT": said, "DATA": "554 5.5.1 none"}) as relay, session_with(relay) as session:
        answer = await session.submit(PARCEL, Go())
    kept = "550-5.1.1 The address you wrote to\n550-5.1.1  does not  exist.\n550 5.1.1 See our page"
    assert answer == Refusing(Phase.RCPT, Reply(550, kept))


# -- attack 4 -------------------------------------------------------------------------------------------------------


async def test_attack_4_dots_are_stuffed_and_arrive_as_they_were() -> None:
    """Attack 4."""
    wire = b".\r\nSubject: x\r\n\r\n.\r\n..\r\n.dot\r\na.b\r\n"
    async with Relay() as relay, session_with(relay) as session:
        assert isinstance(await session.submit(replace(PARCEL, pieces=(wire,)), Go()), Sent)
        assert relay.messages[0].replace(b"\r\n..", b"\r\n.").removeprefix(b".") == wire


@pytest.mark.parametrize(
    "wire",
    [
        b"a\r\n\n.\nMAIL FROM:<evil@x.example>\r\n",
        b"a\n.\r\nMAIL FROM:<evil@x.example>\r\n",
        b"a\r.\rMAIL FROM:<evil@x.example>\r\n",
        b"a\r\r\n.\r\r\nb\r\n",
        b"a\n\r",
        b"no end",
        b"",
        b"nul \0\r\n",
        "é\r\n".encode(),
    ],
)
async def test_attack_4_a_bare_line_end_never_reaches_the_wire(wire: bytes) -> None:
    """Attack 4 (SMTP smuggling)."""
    with pytest.raises(Misfit):
        stuffed(wire)
    async with Relay() as relay, session_with(relay) as session:
        answer = await session.submit(replace(PARCEL, pieces=(wire,)), Go())
        assert isinstance(answer, Refused)
        assert answer.why is Refusal.CONTENT
        assert relay.verbs == ["EHLO"]
        assert session.usable


@pytest.mark.parametrize("key", ["from", "to", "copy"])
async def test_attack_4_an_envelope_cannot_carry_a_command(key: str) -> None:
    """Attack 4."""
    for bad in ("a@b.example>\r\nRCPT TO:<evil@x.example", "a@b.example> SIZE=1", "é@b.example", ""):
        if key == "copy" and not bad:
            continue
        async with Relay() as relay, session_with(relay) as session:
            answer = await session.submit(replace(PARCEL, envelope={**COPIED.envelope, key: bad}), Go())
            assert isinstance(answer, Refused)
            assert relay.verbs == ["EHLO"]


# -- the house's last word ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("parcel", "seen"), [(PARCEL, 0), (LARGE, len(LARGE.wire))], ids=["small", "large"])
async def test_fault_55_a_stop_before_the_dot_leaves_nothing_behind(parcel: Parcel, seen: int) -> None:
    """Fault 55: the payment arrives while we are sending."""
    async with Relay() as relay, session_with(relay) as session:
        answer = await session.submit(parcel, Go(answer=False))
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.MESSAGE
        assert not session.committed
        assert not session.usable
        assert len(await relay.cut()) <= seen
        assert not relay.messages


async def test_the_last_word_comes_after_every_answer_and_before_the_dot() -> None:
    async with Relay() as relay, session_with(relay) as session:

        async def go() -> bool:
            assert relay.verbs[-1] == "DATA"
            assert not session.committed
            await asyncio.sleep(0.05)
            assert not relay.messages
            return True

        assert isinstance(await session.submit(LARGE, go), Sent)
        assert session.committed
        assert relay.messages == [LARGE.wire]


async def test_a_last_word_that_fails_leaves_nothing_behind() -> None:
    async def go() -> bool:
        raise OSError("the store is gone")

    async with Relay() as relay, session_with(relay) as session:
        with pytest.raises(OSError, match="store"):
            await session.submit(PARCEL, go)
        await relay.cut()
        assert (relay.messages, session.usable) == ([], False)


async def test_a_cancelled_submission_leaves_nothing_behind() -> None:
    asked = asyncio.Event()

    async def go() -> bool:
        asked.set()
        await asyncio.sleep(3600)
        return True

    async with Relay() as relay, session_with(relay) as session:
        task = asyncio.create_task(session.submit(PARCEL, go))
        await asked.wait()
        task.cancel()
        await asyncio.wait([task])
        await relay.cut()
        assert (task.cancelled(), relay.messages, session.usable) == (True, [], False)


async def test_the_relay_leaves_while_the_house_thinks() -> None:
    async with Relay() as relay, session_with(relay) as session:

        async def go() -> bool:
            for task in relay.serving:
                task.cancel()
            await asyncio.sleep(0.05)
            return True

        with pytest.raises(Broken) as broken:
            await session.submit(PARCEL, go)
        assert (broken.value.stale, broken.value.scope, session.committed) == (False, Scope.MESSAGE, False)


# -- refused recipients ---------------------------------------------------------------------------------------------


async def test_fault_30_a_refused_recipient_costs_a_reset_and_no_connection() -> None:
    """Fault 30."""
    script = {"RCPT dead@client.example": "550 5.1.1 who?", "DATA": ["554 5.5.1 no valid recipients", "354 go"]}
    async with Relay(script) as relay, session_with(relay) as session:
        dead = replace(PARCEL, envelope={**PARCEL.envelope, "to": "dead@client.example"})
        assert await session.submit(dead, Go()) == Refusing(Phase.RCPT, Reply(550, "550 5.1.1 who?"))
        assert isinstance(await session.submit(PARCEL, Go()), Sent)
        assert relay.verbs == ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("refused", ["RCPT achats@client.example", "RCPT journal@atelier-dubois.example"])
async def test_a_refused_recipient_and_a_relay_that_waits_for_a_body_all_the_same(refused: str) -> None:
    """Faults 30 and 31: neither the debtor nor the journal may get a message alone."""
    go = Go()
    async with Relay({refused: "550 5.1.1 who?"}) as relay, session_with(relay) as session:
        answer = await session.submit(COPIED, go)
        assert isinstance(answer, Refusing)
        assert answer.phase is (Phase.RCPT if "client" in refused else Phase.COPY)
        await relay.cut()
        assert (relay.torn, relay.messages, go.asked, session.usable) == ([b""], [], 0, False)


async def test_a_refusal_counts_though_the_relay_hangs_up_behind_it() -> None:
    async with Relay({"RCPT": Farewell("550 5.1.1 who?")}) as relay, session_with(relay) as session:
        assert await session.submit(PARCEL, Go()) == Refusing(Phase.RCPT, Reply(550, "550 5.1.1 who?"))
        assert not session.usable


# -- before the dot nothing left, after it nobody knows -------------------------------------------------------------

BREAKS: list[Says] = [Hangup(), Silence(), Farewell("421 4.3.2 going down"), Drip("250 ok", 0.1), "tralala", "2xx ok"]


@pytest.mark.parametrize("extensions", [EXTENSIONS, STEP_BY_STEP], ids=["pipelining", "step by step"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("said", BREAKS, ids=repr)
async def test_faults_29_33_34_before_the_dot_nothing_left(said: Says, verb: str, extensions: Sequence[str]) -> None:
    """Faults 29, 33, 34."""
    go, began = Go(), time.monotonic()
    async with Relay({verb: said}, extensions) as relay, session_with(relay, **QUICK) as session:
        with pytest.raises(Broken) as broken:
            await session.submit(PARCEL, go)
        assert time.monotonic() - began < 1
        assert (go.asked, relay.messages, session.committed, session.usable) == (0, [], False, False)
        channel = verb == "MAIL" or isinstance(said, Farewell)
        assert broken.value.scope is (Scope.CHANNEL if channel else Scope.MESSAGE)
        assert broken.value.stale is not isinstance(said, Silence | Drip)


@pytest.mark.parametrize("said", BREAKS, ids=repr)
async def test_faults_29_33_34_after_the_dot_nobody_knows(said: Says) -> None:
    """Faults 29, 33, 34."""
    async with Relay({"DOT": said}) as relay, session_with(relay, dot=0.2) as session:
        answer = await session.submit(PARCEL, Go())
        doubtful = isinstance(answer, Unknown) or answer == Refusing(Phase.DOT, Reply(421, "421 4.3.2 going down"))
        assert doubtful
        assert (session.committed, session.usable, relay.messages) == (True, False, [PARCEL.wire])


@pytest.mark.parametrize("said", ["451 4.3.0 try later", "554 5.6.0 no", "550 5.1.1 who?"])
async def test_a_clear_refusal_after_the_dot_is_clear(said: str) -> None:
    async with Relay({"DOT": [said, "250 ok"]}) as relay, session_with(relay) as session:
        assert await session.submit(PARCEL, Go()) == Refusing(Phase.DOT, Reply(int(said[:3]), said))
        assert isinstance(await session.submit(PARCEL, Go()), Sent)


async def test_an_acceptance_counts_though_the_relay_hangs_up_behind_it() -> None:
    async with Relay({"DOT": Farewell("250 2.0.0 queued")}) as relay, session_with(relay) as session:
        assert isinstance(await session.submit(PARCEL, Go()), Sent)


async def test_a_reply_out_of_turn_is_never_taken_for_the_answer_to_the_dot() -> None:
    go = Go()
    async with Relay({"DATA": "354 go\r\n250 2.0.0 queued"}) as relay, session_with(relay) as session:
        with pytest.raises(Broken):
            await session.submit(PARCEL, go)
        assert (go.asked, relay.messages, session.usable) == (0, [], False)


async def test_behind_nonsense_no_reply_is_taken_for_another() -> None:
    go = Go()
    async with Relay({"MAIL": "250 ok\r\nnonsense\r\n250 ok\r\n354 go"}) as relay, session_with(relay) as session:
        with pytest.raises(Broken, match="not an SMTP reply: nonsense"):
            await session.submit(PARCEL, go)
        assert (go.asked, relay.messages) == (0, [])


async def test_a_relay_that_talks_without_end_is_left() -> None:
    async with Relay({"MAIL": "250-" + "x" * 200_000}) as relay, session_with(relay) as session:
        with pytest.raises(Broken, match="without end"):
            await session.submit(PARCEL, Go())


async def test_a_body_refused_halfway_is_refused() -> None:
    go = Go()
    async with Relay({"DATA": "354 go\r\n552 5.3.4 too big"}) as relay, session_with(relay) as session:
        answer = await session.submit(LARGE, go)
        assert answer == Refusing(Phase.DATA, Reply(552, "552 5.3.4 too big"))
        assert (go.asked, session.usable) == (0, False)


async def test_fault_33_a_body_that_the_network_does_not_take_is_given_up_before_the_dot() -> None:
    """Fault 33."""
    go, heavy = Go(), replace(PARCEL, pieces=(b"x" * 76 + b"\r\n",) * 150_000)
    async with Relay({"DATA": Deaf("354 go")}) as relay, session_with(relay, body=0.2) as session:
        with pytest.raises(Broken, match="longer than"):
            await session.submit(heavy, go)
        assert (go.asked, session.committed) == (0, False)


async def test_words_said_while_idle_make_a_session_unusable() -> None:
    async with Relay({"DOT": "250 ok\r\n250 again"}) as relay, session_with(relay) as session:
        assert isinstance(await session.submit(PARCEL, Go()), Sent)
        await asyncio.sleep(0.02)
        assert not session.usable
