"""The journal copy: found means accepted; absent is said only while the mailbox is proved alive."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec.structs import replace

from relanced.channel import Absent, Answer, Found, Parcel, Scope, Sent, Unavailable, Unknown
from relanced_email import EmailChannel
from relanced_email.copy import JournalCopy, read_copy
from relanced_email.mime import compose
from relanced_email.settings import CopySettings
from tests.email.relay import Farewell, Relay
from tests.email.things import NOW, Clock, Go, a_draft, a_house, settings

JOURNAL = "journal@atelier-dubois.example"
SETTLE = timedelta(minutes=15)
PARCEL = compose(a_draft(), enclosures_limit=0, copy_to=JOURNAL)


class Mailbox:
    """A Maildir that a relay delivers to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for sub in ("new", "cur", "tmp"):
            (folder / sub).mkdir(parents=True)

    def deliver(self, wire: bytes, at: datetime = NOW, folder: str = "new") -> Path:
        """As a relay writes it: trace headers in front, bare line feeds."""
        trace = b"Return-Path: <compta@atelier-dubois.example>\nReceived: from here by there;\n\tsometime\n"
        file = self.folder / folder / f"{at.timestamp():.0f}.{uuid4().hex}.relay"
        file.write_bytes(trace + wire.replace(b"\r\n", b"\n"))
        os.utime(file, (at.timestamp(), at.timestamp()))
        return file


class Post:
    """What carries canaries: delivers them, or loses them, or is closed."""

    def __init__(self, box: Mailbox, now: Clock) -> None:
        self.box, self.now, self.delivers = box, now, True
        self.answer: Answer | None = None
        self.carried: list[Parcel] = []

    async def __call__(self, parcel: Parcel, go: Callable[[], Awaitable[bool]]) -> Answer:
        assert await go()
        self.carried.append(parcel)
        if self.answer:
            return self.answer
        if self.delivers:
            self.box.deliver(parcel.wire, self.now())
        return Sent(parcel.attempt, "250 ok")


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "journal")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def post(box: Mailbox, clock: Clock) -> Post:
    return Post(box, clock)


@pytest.fixture
def journal(box: Mailbox, clock: Clock, post: Post) -> JournalCopy:
    return JournalCopy(CopySettings(to=JOURNAL, maildir=box.folder), SETTLE, clock, post)


# -- found ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["new", "cur"])
async def test_a_copy_that_is_there_proves_that_the_relay_took_the_message(
    journal: JournalCopy, box: Mailbox, folder: str
) -> None:
    file = box.deliver(PARCEL.wire, folder=folder)
    found = await journal.find(PARCEL, NOW)
    assert found == Found(Sent("<m1.1@atelier-dubois.example>", f"journal copy present: {file.name}"))


async def test_a_copy_is_found_again_after_a_reader_moved_and_flagged_it(journal: JournalCopy, box: Mailbox) -> None:
    file = box.deliver(PARCEL.wire)
    assert isinstance(await journal.find(PARCEL, NOW), Found)
    file.rename(box.folder / "cur" / f"{file.name}:2,S")
    assert isinstance(await journal.find(PARCEL, NOW), Found)


async def test_only_the_header_block_counts(journal: JournalCopy, box: Mailbox) -> None:
    """A bounce and a reply quote our headers."""
    bounce = b"From: <>\nSubject: Undelivered\n\nX-Relanced-Attempt: 01JD-7Q3\n\n" + PARCEL.wire
    box.deliver(bounce)
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)


async def test_the_copy_of_another_attempt_is_not_this_one(journal: JournalCopy, box: Mailbox) -> None:
    box.deliver(PARCEL.wire)
    assert isinstance(await journal.find(replace(PARCEL, attempt="01JD-7Q"), NOW), Unknown)


async def test_an_attempt_without_a_copy_is_never_proved_absent(
    journal: JournalCopy, box: Mailbox, clock: Clock
) -> None:
    """The journal mailbox was configured later, or is another one now."""
    clock.pass_by(SETTLE)
    box.deliver(another("later", NOW + SETTLE), NOW + SETTLE)
    for copy_to in ("", "other@atelier-dubois.example"):
        parcel = compose(a_draft(), enclosures_limit=0, copy_to=copy_to)
        assert isinstance(await journal.find(parcel, NOW), Unknown)
    assert isinstance(await journal.find(PARCEL, NOW), Absent)


# -- absent ---------------------------------------------------------------------------------------------------------


async def test_nothing_is_absent_before_the_relay_had_its_time(journal: JournalCopy, post: Post, clock: Clock) -> None:
    clock.pass_by(SETTLE - timedelta(seconds=1))
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    assert post.carried == []


async def test_a_silent_mailbox_proves_nothing_until_a_canary_sings(
    journal: JournalCopy, post: Post, clock: Clock
) -> None:
    clock.pass_by(SETTLE)
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    assert len(post.carried) == 1
    assert isinstance(await journal.find(PARCEL, NOW), Absent)
    assert len(post.carried) == 1


async def test_a_lost_canary_is_sent_again_after_a_while_and_proves_nothing(
    journal: JournalCopy, post: Post, clock: Clock
) -> None:
    post.delivers = False
    clock.pass_by(SETTLE)
    for _ in range(3):
        assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    assert len(post.carried) == 1
    clock.pass_by(SETTLE)
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    assert len(post.carried) == 2


async def test_a_canary_that_cannot_leave_proves_nothing(journal: JournalCopy, post: Post, clock: Clock) -> None:
    post.answer = Unavailable(Scope.CHANNEL, "connection refused")
    clock.pass_by(SETTLE)
    for _ in range(2):
        answer = await journal.find(PARCEL, NOW)
        assert isinstance(answer, Unknown)
        assert "connection refused" in answer.words


async def test_a_later_message_is_as_good_as_a_canary_an_earlier_one_is_not(
    journal: JournalCopy, box: Mailbox, post: Post, clock: Clock
) -> None:
    clock.pass_by(SETTLE)
    post.delivers = False
    box.deliver(another("earlier", NOW - timedelta(minutes=1)), NOW + timedelta(minutes=1))
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    box.deliver(another("later", NOW + SETTLE), NOW + SETTLE)
    absent = await journal.find(PARCEL, NOW)
    assert isinstance(absent, Absent)
    assert "later" in absent.words


async def test_a_message_that_overtook_ours_in_the_relay_s_queue_proves_nothing(
    journal: JournalCopy, box: Mailbox, post: Post, clock: Clock
) -> None:
    """Ours is deferred, one written a minute later is not: ours may still come."""
    post.delivers = False
    clock.pass_by(SETTLE)
    box.deliver(another("overtaker", NOW + timedelta(minutes=1)), NOW + timedelta(minutes=1))
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    box.deliver(PARCEL.wire, NOW + SETTLE)
    assert isinstance(await journal.find(PARCEL, NOW), Found)


async def test_a_canary_sung_for_an_earlier_doubt_tells_nothing_of_a_later_one(
    journal: JournalCopy, post: Post, clock: Clock
) -> None:
    post.delivers = False
    clock.pass_by(SETTLE)
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)
    clock.pass_by(SETTLE - timedelta(seconds=2))
    post.delivers = True
    assert isinstance(await journal.find(PARCEL, NOW + SETTLE - timedelta(minutes=1)), Unknown)
    assert len(post.carried) == 2


async def test_a_stranger_s_mail_is_no_sign_of_life(journal: JournalCopy, box: Mailbox, clock: Clock) -> None:
    clock.pass_by(SETTLE)
    spam = f"Date: {format_datetime(NOW + timedelta(minutes=5))}\r\nSubject: hello\r\n\r\nbuy".encode()
    box.deliver(spam, NOW + timedelta(minutes=5))
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)


async def test_a_copy_overlooked_at_first_sight_is_seen_at_the_second(
    box: Mailbox, clock: Clock, post: Post, journal: JournalCopy
) -> None:
    """A file renamed while a folder is listed can be missing from the listing."""
    clock.pass_by(SETTLE)
    box.deliver(another("later", NOW + SETTLE), NOW + SETTLE)

    class Overlooking(JournalCopy):
        async def _look(self, since: datetime) -> Mapping[str, object]:  # type: ignore[override]
            copies = await super()._look(since)
            box.deliver(PARCEL.wire)
            return copies

    hasty = Overlooking(CopySettings(to=JOURNAL, maildir=box.folder), SETTLE, clock, post)
    assert isinstance(await hasty.find(PARCEL, NOW), Unknown)
    assert isinstance(await hasty.find(PARCEL, NOW), Found)


@pytest.mark.parametrize("gone", ["new", "cur", ""])
async def test_a_mailbox_that_cannot_be_read_proves_nothing(
    journal: JournalCopy, box: Mailbox, clock: Clock, gone: str
) -> None:
    clock.pass_by(SETTLE)
    (box.folder / gone).rename(box.folder.parent / "elsewhere")
    answer = await journal.find(PARCEL, NOW)
    assert isinstance(answer, Unknown)
    assert "cannot be read" in answer.words


# -- a mailbox of years ---------------------------------------------------------------------------------------------


async def test_old_messages_are_not_read_and_new_ones_once(journal: JournalCopy, box: Mailbox) -> None:
    for n in range(1000):
        box.deliver(another(f"old{n}", NOW), NOW - timedelta(days=1, seconds=n + 1), "cur")
        box.deliver(another(f"new{n}", NOW), NOW - timedelta(hours=23))
    assert isinstance(await journal.find(replace(PARCEL, attempt="old0"), NOW), Unknown)
    assert isinstance(await journal.find(replace(PARCEL, attempt="new999"), NOW), Found)
    for file in (box.folder / "new").iterdir():
        file.write_bytes(b"Subject: nobody reads me twice\n\n")
    assert isinstance(await journal.find(replace(PARCEL, attempt="new0"), NOW), Found)
    assert isinstance(await journal.find(replace(PARCEL, attempt="old0"), NOW - timedelta(days=1)), Found)


async def test_a_purged_copy_is_forgotten(journal: JournalCopy, box: Mailbox) -> None:
    file = box.deliver(PARCEL.wire)
    assert isinstance(await journal.find(PARCEL, NOW), Found)
    file.unlink()
    assert isinstance(await journal.find(PARCEL, NOW), Unknown)


@pytest.mark.parametrize(
    ("date", "written"),
    [
        ("Mon, 23 Nov 2026 10:00:00 +0100", NOW),
        ("Mon, 23 Nov 2026 10:00:00 -0000", None),
        ("one fine day", None),
        ("", None),
    ],
)
def test_the_date_of_a_copy_is_read_or_not(date: str, written: datetime | None) -> None:
    copy = read_copy("x", f"Date: {date}\nx-relanced-attempt:  a1 \nMessage-Id: <m@x>\n\n".encode())
    assert copy
    assert (copy.attempt, copy.message_id, copy.written) == ("a1", "<m@x>", written)
    assert read_copy("x", b"Subject: not ours\n\nX-Relanced-Attempt: a1\n") is None


# -- through the channel --------------------------------------------------------------------------------------------


async def test_a_message_in_doubt_is_found_or_proved_absent_through_the_same_relay(box: Mailbox, clock: Clock) -> None:
    """Faults 29 and 33: the answer to the dot was lost; the mailbox knows better."""
    async with Relay({"DOT": [Farewell("421 going down"), Farewell("421 going down"), "250 ok"]}) as relay:
        copy = {"to": JOURNAL, "maildir": box.folder}
        channel = EmailChannel(settings(relay.port, copy=copy), a_house(clock))
        assert channel.can_prove_absence
        taken, lost = (channel.compose(a_draft(attempt=attempt)) for attempt in ("taken", "lost"))
        for parcel in (taken, lost):
            assert isinstance(await channel.submit(parcel, Go()), Unknown)
        box.deliver(relay.messages[0])
        assert isinstance(await channel.find(taken, NOW), Found)
        assert isinstance(await channel.find(lost, NOW), Unknown)
        clock.pass_by(SETTLE)
        assert isinstance(await channel.find(lost, NOW), Unknown)
        assert relay.commands[-2] == f"RCPT TO:<{JOURNAL}> NOTIFY=NEVER"
        box.deliver(relay.messages[2], clock())
        assert isinstance(await channel.find(lost, NOW), Absent)
        assert isinstance(await channel.find(taken, NOW), Found)
        await channel.close()


def another(attempt: str, written: datetime) -> bytes:
    return compose(a_draft(attempt=attempt, sent_on=written), enclosures_limit=0).wire
