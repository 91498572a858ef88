"""What a relay says, where it says it, and what the door makes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relanced.channel import Refusal, Refused, Scope, Unavailable, Unknown
from relanced_email.answers import Phase, Reply, Verdict, answer, judge
from tests.email.things import NOW

ADDRESS, CONTENT, DOOR = Verdict.ADDRESS, Verdict.CONTENT, Verdict.DOOR
GREY, LATER, FULL, DOUBT = Verdict.GREY, Verdict.LATER, Verdict.FULL, Verdict.DOUBT

CASES = [
    # Fault 30: nobody lives there.
    ("rcpt", "550 5.1.1 <x@y.example>: Recipient address rejected: User unknown", ADDRESS),
    ("rcpt", "550 5.1.2 Bad destination system address", ADDRESS),
    ("rcpt", "553 5.1.3 Bad recipient address syntax", ADDRESS),
    ("rcpt", "551 5.1.6 Mailbox has moved", ADDRESS),
    ("rcpt", "556 5.1.10 Recipient address has null MX", ADDRESS),
    ("rcpt", "550 5.1.0 Address rejected", ADDRESS),
    ("rcpt", "550 5.2.1 The account is disabled", ADDRESS),
    ("rcpt", "550 5.4.1 Recipient address rejected: Access denied", ADDRESS),
    ("rcpt", "550 5.4.310 DNS domain client.example does not exist", ADDRESS),
    ("rcpt", "550 5.7.17 Mailbox owner has changed", ADDRESS),
    ("rcpt", "550 No such user here", ADDRESS),
    ("rcpt", "550-5.1.1 The email account that you tried to reach\n550 5.1.1 does not exist", ADDRESS),
    ("dot", "550 5.1.1 User unknown", ADDRESS),
    # A full mailbox is no dead address.
    ("rcpt", "552 5.2.2 Over quota", FULL),
    ("rcpt", "552 Requested mail action aborted: exceeded storage allocation", FULL),
    ("rcpt", "452 4.2.2 The recipient's inbox is out of storage", FULL),
    ("dot", "552 5.2.2 Quota exceeded", FULL),
    # Fault 28: come back.
    ("rcpt", "450 4.2.0 <x@y.example>: Recipient address rejected: Greylisted", GREY),
    ("rcpt", "451 4.7.1 Greylisting in action, please come back later", GREY),
    ("rcpt", "450 please try again later", GREY),
    ("dot", "451 4.3.0 graylisted", GREY),
    ("rcpt", "450 4.1.1 unverified recipient", LATER),
    ("rcpt", "452 4.3.1 Insufficient system storage", LATER),
    ("data", "451 4.3.0 Temporary failure", LATER),
    ("dot", "451 4.3.0 Error: queue file write error", LATER),
    ("mail", "452 4.3.1 Insufficient system storage", LATER),
    # Our message.
    ("mail", "552 5.3.4 Message size exceeds fixed limit", CONTENT),
    ("dot", "552 5.3.4 Message too big", CONTENT),
    ("dot", "554 5.3.4 Message too big", CONTENT),
    ("dot", "552 Message size exceeds maximum", CONTENT),
    ("data", "552 Message size exceeds maximum", CONTENT),
    ("dot", "554 5.6.0 Malformed", CONTENT),
    ("dot", "550 5.2.3 Message length exceeds the limit of the mailbox", CONTENT),
    ("dot", "554 Transaction failed", CONTENT),
    ("dot", "554 5.7.1 Message rejected as spam", CONTENT),
    ("dot", "550 5.7.0 Virus found", CONTENT),
    # Fault 31: our address, our login, our sender, our relay.
    ("opening", "535 5.7.8 Authentication credentials invalid", DOOR),
    ("opening", "554 5.7.1 Service unavailable; client host blocked", DOOR),
    ("opening", "554 No SMTP service here", DOOR),
    ("opening", "421 4.7.0 Too many connections", DOOR),
    ("mail", "530 5.7.0 Must issue a STARTTLS command first", DOOR),
    ("mail", "550 5.7.1 Sender rejected", DOOR),
    ("mail", "553 5.1.8 Sender domain not found", DOOR),
    ("mail", "550 5.1.7 Bad sender address", DOOR),
    ("mail", "554 refused", DOOR),
    ("mail", "450 4.7.1 Too much mail from you", DOOR),
    ("rcpt", "554 5.7.1 Relay access denied", DOOR),
    ("rcpt", "550 5.7.1 Blocked by policy", DOOR),
    ("rcpt", "530 Authentication required", DOOR),
    ("rcpt", "550 relay not permitted", DOOR),
    ("rcpt", "554 your IP is listed by zen.spamhaus.example", DOOR),
    ("rcpt", "550 5.1.8 Sender domain not found", DOOR),
    ("rcpt", "555 5.5.4 Unsupported option: NOTIFY", DOOR),
    ("rcpt", "503 5.5.1 Bad sequence of commands", DOOR),
    ("rcpt", "550 5.4.5 Daily sending limit exceeded", DOOR),
    ("rcpt", "421 4.3.2 Service shutting down", DOOR),
    ("data", "554 5.5.1 No valid recipients", DOOR),
    ("data", "354 out of turn", DOOR),
    ("dot", "550 5.7.26 This message does not pass authentication checks", DOOR),
    ("copy", "550 5.1.1 User unknown", DOOR),
    ("copy", "450 4.2.0 Greylisted", DOOR),
    # Fault 29: goodbye after the dot.
    ("dot", "421 4.4.2 Timeout exceeded", DOUBT),
    ("dot", "354 what?", DOUBT),
]


@pytest.mark.parametrize(("phase", "said", "verdict"), CASES, ids=[f"{phase} {said[:40]}" for phase, said, _ in CASES])
def test_faults_28_to_31_every_reply_has_one_meaning(phase: str, said: str, verdict: Verdict) -> None:
    """Faults 28, 29, 30, 31."""
    assert judge(Phase(phase), Reply(int(said[:3]), said)) is verdict


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("250 2.1.5 Ok", "2.1.5"),
        ("550-5.1.10 null MX\n550 5.1.10 really", "5.1.10"),
        ("550 user unknown 5.1.1", ""),
        ("550 5.1", ""),
        ("550", ""),
    ],
)
def test_an_enhanced_status_stands_right_behind_the_code(said: str, status: str) -> None:
    assert Reply(int(said[:3]), said).status == status


def test_answers_keep_the_words_of_the_relay_and_say_when_to_come_back() -> None:
    def at(phase: Phase, said: str) -> object:
        return answer(phase, Reply(int(said[:3]), said), NOW)

    unknown, full, grey = "550 5.1.1 Who?", "552 5.2.2 Full", "450 4.2.0 Greylisted"
    assert at(Phase.RCPT, unknown) == Refused(Refusal.ADDRESS, unknown)
    assert at(Phase.DOT, "554 5.6.0 No") == Refused(Refusal.CONTENT, "554 5.6.0 No")
    assert at(Phase.RCPT, full) == Unavailable(Scope.MESSAGE, full, NOW + timedelta(hours=6))
    assert at(Phase.RCPT, grey) == Unavailable(Scope.MESSAGE, grey, NOW + timedelta(minutes=5))
    assert at(Phase.COPY, unknown) == Unavailable(Scope.CHANNEL, f"journal copy: {unknown}")
    assert at(Phase.DOT, "421 bye") == Unknown("421 bye")
