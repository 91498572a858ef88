"""The ear at a mailbox: a real Dovecot tells it what comes, hangs up on it, forgets its numbers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from relanced.channel import LARGEST_MAIL, Heard, Inbox
from relanced_email.ear import Ear
from relanced_email.settings import EmailSettings, ImapSettings
from relanced_email.signin import SignInSettings, provider
from relanced_email.tokens import Token, Tokens, write
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.email.authority import authority
from tests.email.certificates import certificate
from tests.email.cutting import cutting

_USERS = count(1)
HOUR = timedelta(hours=1)


def _now() -> datetime:
    return datetime.now(UTC)


def _mail(n: int | str, head: str = "", body: str = "Bonjour") -> bytes:
    named = f"From: client@dupont.example\r\nTo: compta@atelier.example\r\nMessage-ID: <m{n}@dupont.example>\r\n"
    return f"{named}{head}\r\n{body} {n}\r\n".encode()


@dataclass
class Listener:
    """What an ear has kept, and how often it has heard all there was."""

    kept: list[Heard] = field(default_factory=list)
    heard: int = 0
    fails: Exception | None = None

    async def keep(self, heard: Heard) -> None:
        """As the house keeps it: the same thing once, unless the database is away."""
        if self.fails:
            raise self.fails
        if heard.key not in {one.key for one in self.kept}:
            self.kept.append(heard)

    def hears(self) -> None:
        """There was no more."""
        self.heard += 1

    @property
    def mails(self) -> list[str]:
        """Their Message-IDs, in the order they were kept."""
        return [heard.key.split("@")[0].lstrip("<") for heard in self.kept]

    async def until(self, mails: int, seconds: float = 30) -> None:
        """Wait until so many are kept and the ear has heard that there are no more."""
        before = self.heard
        async with asyncio.timeout(seconds):
            while len(self.kept) < mails or self.heard == before:  # noqa: ASYNC110 (the ear tells nobody)
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def at(self, ear: Ear, since: datetime | None = None) -> AsyncIterator[None]:
        """The ear is open."""
        listening = asyncio.create_task(ear.listen(since or _now(), self.keep, self.hears))
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await listening

    async def cut(self, ear: Ear, since: datetime | None = None) -> str:
        """Listen until the ear is cut: what it says then."""
        with pytest.raises(OSError) as told:
            async with asyncio.timeout(60):
                await ear.listen(since or _now(), self.keep, self.hears)
        return str(told.value)


@pytest.fixture
def user() -> str:
    """Somebody whose mailbox is empty."""
    return f"box{next(_USERS)}@atelier.example"


@pytest.fixture
def listener() -> Listener:
    """Who listens."""
    return Listener()


def _settings(user: str, port: int, **said: Any) -> ImapSettings:
    usual = {"host": "127.0.0.1", "tls": "none", "password": PASSWORD, "timeout": 5, "poll": 30}
    return ImapSettings.model_validate({**usual, "port": port, "user": user, **said})


def _ear(user: str, port: int, folder: Path, **said: Any) -> Ear:
    return Ear(_settings(user, port, **said), None, folder, _now)


# -- what it hears ------------------------------------------------------------------------------------------------


async def test_what_lies_there_is_kept_byte_for_byte_and_what_comes_is_kept_at_once(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    mailboxes.deliver(user, _mail(1), _mail(2))
    async with listener.at(_ear(user, mailboxes.port, tmp_path)):
        await listener.until(2)
        await asyncio.to_thread(mailboxes.deliver, user, _mail(3))
        await listener.until(3)
    assert [heard.raw for heard in listener.kept] == [_mail(1), _mail(2), _mail(3)]
    about = listener.kept[0].about
    assert (about["how"], about["inbox"], about["folder"]) == ("imap", user, "INBOX")


async def test_what_comes_between_the_look_and_the_wait_is_not_left_for_minutes(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    """The server tells of it along with its answer to IDLE."""
    comes = iter([_mail("race")])
    plain = listener.hears

    def hears() -> None:
        plain()
        for mail in comes:
            mailboxes.deliver(user, mail)

    listener.hears = hears  # type: ignore[method-assign]
    async with listener.at(_ear(user, mailboxes.port, tmp_path, poll=600)):
        await listener.until(1)
    assert listener.mails == ["mrace"]


async def test_an_answer_that_a_filter_took_for_junk_is_heard_and_left_where_it_is(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    mailboxes.deliver(user, _mail(1, body="x" * 100_000), folder="Junk")
    async with listener.at(_ear(user, mailboxes.port, tmp_path)):
        await listener.until(1)
    about = listener.kept[0].about
    assert (about["folder"], about["junk"], len(listener.kept[0].raw)) == ("Junk", "yes", 64 * 1024)
    assert int(about["size"]) > 100_000
    assert mailboxes.flags(user, "Junk") == [""]


async def test_no_junk_is_looked_at_where_nobody_wants_it(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    mailboxes.deliver(user, _mail(1), folder="Junk")
    async with listener.at(_ear(user, mailboxes.port, tmp_path, junk=False)):
        await listener.until(0)
    assert listener.kept == []


async def test_of_a_mail_that_is_too_large_the_beginning_is_kept_and_its_size_told(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    large = _mail(1) + b"x" * 76 * 1000 + (b"y" * 76 + b"\r\n") * (LARGEST_MAIL // 78)
    mailboxes.deliver(user, large, _mail(2))
    async with listener.at(_ear(user, mailboxes.port, tmp_path)):
        await listener.until(2)
    assert listener.kept[0].raw == large[: 1024 * 1024]
    assert listener.kept[0].about["size"] == str(len(large))
    assert listener.mails == ["m1", "m2"]


async def test_the_same_mail_in_two_folders_is_one(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    """Servers write other lines above it on each way."""
    with mailboxes.as_somebody(user) as client:
        client.create("Archive")
    mailboxes.deliver(user, _mail(1))
    mailboxes.deliver(user, b"Received: from mx2\r\n" + _mail(1), folder="Archive")
    async with listener.at(_ear(user, mailboxes.port, tmp_path, folders=("INBOX", "Archive"))):
        await listener.until(1)
    assert listener.mails == ["m1"]


async def test_mail_of_another_day_is_none_of_its_business_when_it_is_opened_first(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    with mailboxes.as_somebody(user) as client:
        client.append("INBOX", "", '"02-Mar-2020 10:00:00 +0100"', _mail("old"))
    mailboxes.deliver(user, _mail("new"))
    async with listener.at(_ear(user, mailboxes.port, tmp_path)):
        await listener.until(1)
    assert listener.mails == ["mnew"]


# -- what becomes of it afterwards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "marks"), [("flag", "relanced"), ("seen", "\\Seen"), ("nothing", "")], ids=["flag", "seen", "nothing"]
)
async def test_a_kept_mail_is_marked_as_the_settings_say(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener, after: str, marks: str
) -> None:
    mailboxes.deliver(user, _mail(1))
    async with listener.at(_ear(user, mailboxes.port, tmp_path, after=after)):
        await listener.until(1)
    assert mailboxes.flags(user) == [marks]


async def test_a_kept_mail_is_moved_into_a_folder_that_is_made_for_it_and_no_other_mail_goes(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    with mailboxes.as_somebody(user) as client:
        client.append("INBOX", "(\\Deleted)", '"02-Mar-2020 10:00:00 +0100"', _mail("deleted"))
    mailboxes.deliver(user, _mail(1))
    async with listener.at(_ear(user, mailboxes.port, tmp_path, after="move Relances/Traités")):
        await listener.until(1)
    assert mailboxes.holds(user) == 1
    assert mailboxes.holds(user, "Relances.Trait&AOk-s") == 1


async def test_a_server_that_cannot_move_copies_and_takes_only_that_mail_away(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    with dovecot(more="imap_capability = IMAP4rev1 UIDPLUS") as plain:
        with plain.as_somebody(user) as client:
            client.append("INBOX", "(\\Deleted)", '"02-Mar-2020 10:00:00 +0100"', _mail("deleted"))
        plain.deliver(user, _mail(1))
        async with listener.at(_ear(user, plain.port, tmp_path, after="move Done", poll=0.2)):
            await listener.until(1)
            await asyncio.to_thread(plain.deliver, user, _mail(2))
            await listener.until(2)
        assert (plain.holds(user), plain.holds(user, "Done")) == (1, 2)


async def test_a_mark_that_the_server_does_not_take_is_told_once_and_costs_no_mail(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    mailboxes.deliver(user, _mail(1), _mail(2))
    async with listener.at(_ear(user, mailboxes.port, tmp_path, after="move a..b")):
        await listener.until(2)
    assert len(caplog.records) == 1
    assert "kept, but not marked" in caplog.text


async def test_nothing_is_marked_before_it_is_kept(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    mailboxes.deliver(user, _mail(1))
    ear = _ear(user, mailboxes.port, tmp_path, after="seen")
    listener.fails = ConnectionError("the database is away")
    assert await listener.cut(ear) == "the database is away"
    assert "\\Seen" not in mailboxes.flags(user)[0]
    listener.fails = None
    async with listener.at(ear):
        await listener.until(1)
    assert "\\Seen" in mailboxes.flags(user)[0]


# -- lines that break ---------------------------------------------------------------------------------------------


async def test_fault_44_cut_at_any_byte_it_resumes_and_loses_nothing(
    mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """Fault 44. What was kept before the cut may come again: for the house it is the same thing."""
    mails = [_mail(1), _mail(2)]
    mailboxes.deliver(user, *mails)
    async with cutting(mailboxes.port) as line:
        whole = Listener()
        async with whole.at(_ear(user, line.port, tmp_path, after="nothing")):
            await whole.until(2)
        for at in range(1, line.passed, 97):
            listener, ear = Listener(), _ear(user, line.port, tmp_path / "none", after="nothing")
            line.budget = at
            assert "127.0.0.1" in await listener.cut(ear)
            line.budget = None
            async with listener.at(ear):
                await listener.until(2)
            assert [heard.raw for heard in listener.kept] == mails


async def test_fault_44_a_line_that_died_in_silence_is_found_out_at_the_next_look(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    """Fault 44."""
    async with cutting(mailboxes.port) as line:
        ear = _ear(user, line.port, tmp_path, poll=0.3, timeout=0.5)

        def hears() -> None:
            line.speaks.clear()

        listener.hears = hears  # type: ignore[method-assign]
        assert await listener.cut(ear) == "127.0.0.1 does not answer"


async def test_fault_44_a_server_that_is_gone_is_told_and_back_it_is_heard_again(
    user: str, tmp_path: Path, listener: Listener
) -> None:
    """Fault 44. Also: a mail that came meanwhile."""
    with dovecot() as server:
        ear = _ear(user, server.port, tmp_path)
        async with listener.at(ear):
            await listener.until(0)
        server.stop()
        assert "Connection refused" in await listener.cut(ear)
        server.start()
        server.deliver(user, _mail(1))
        async with listener.at(ear):
            await listener.until(1)


async def test_fault_45_numbers_that_were_given_anew_make_nothing_come_twice(user: str, tmp_path: Path) -> None:
    """Fault 45. The mailbox was made anew: every number means something else."""
    listener = Listener()
    with dovecot() as server:
        server.deliver(user, _mail(1), _mail(2), _mail(3))
        ear = _ear(user, server.port, tmp_path)
        async with listener.at(ear):
            await listener.until(3)
        server.stop()
        for file in (server.folder / "mail" / user).glob("dovecot*"):
            file.unlink()
        (server.folder / "mail" / user / "dovecot-uidlist").unlink(missing_ok=True)
        await asyncio.sleep(1.1)  # its numbers are named after the second
        server.start()
        server.deliver(user, _mail(4))
        async with listener.at(ear):
            await listener.until(4)
    assert sorted(listener.mails) == ["m1", "m2", "m3", "m4"]


async def test_after_a_restart_only_what_may_have_been_missed_is_fetched_again(
    mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """The last days before the house says that it heard all: a database from a backup has lost them."""
    first, later, restored = Listener(), Listener(), Listener()
    with mailboxes.as_somebody(user) as client:
        week = (_now() - timedelta(days=7)).strftime('"%d-%b-%Y %H:%M:%S +0000"')
        client.append("INBOX", "", week, _mail("week"))
    async with first.at(_ear(user, mailboxes.port, tmp_path), _now() - timedelta(days=8)):
        await first.until(1)
    mailboxes.deliver(user, _mail("today"))
    async with later.at(_ear(user, mailboxes.port, tmp_path), _now() - HOUR):
        await later.until(1)
    assert (first.mails, later.mails) == (["mweek"], ["mtoday"])
    async with restored.at(_ear(user, mailboxes.port, tmp_path), _now() - timedelta(days=8)):
        await restored.until(2)
    assert restored.mails == ["mweek", "mtoday"]


# -- the way in ---------------------------------------------------------------------------------------------------


async def test_a_wrong_password_is_told_in_the_words_of_the_server_and_never_shown(
    mailboxes: Dovecot, user: str, tmp_path: Path, listener: Listener
) -> None:
    said = await listener.cut(_ear(user, mailboxes.port, tmp_path, password="not-this-one"))
    assert said.startswith(f"127.0.0.1 does not let {user} in: [AUTHENTICATIONFAILED]")
    assert "not-this-one" not in said


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_it_listens_over_tls_and_trusts_nobody_else(
    user: str, tmp_path: Path, listener: Listener, tls: str
) -> None:
    papers = certificate(tmp_path / "tls")
    files = f"ssl_cert = <{papers.chain}\nssl_key = <{papers.key}"
    with dovecot(ssl="yes", more=files) as server:
        server.deliver(user, _mail(1))
        port = server.imaps if tls == "implicit" else server.port
        assert "certificate verify failed" in await listener.cut(_ear(user, port, tmp_path, tls=tls))
        async with listener.at(_ear(user, port, tmp_path, tls=tls, ca_file=papers.chain)):
            await listener.until(1)


@pytest.mark.parametrize("mechanism", ["xoauth2", "oauthbearer"])
async def test_a_token_lets_it_in_and_one_that_was_revoked_is_replaced(
    user: str, tmp_path: Path, listener: Listener, mechanism: str
) -> None:
    with dovecot(mechanisms=mechanism, password="access-1") as server:
        async with authority() as given:
            sign_in = SignInSettings(client_id="app", authority=given.url)
            said = _settings(user, server.port, auth="microsoft", password=None)
            write(tmp_path / "token.json", Token("revoked", _now().timestamp() + 3600, "first-refresh", "app"))
            tokens = Tokens("compta", provider(said.auth, sign_in, reads=True), sign_in, tmp_path, _now)
            async with listener.at(Ear(said, tokens, tmp_path, _now)):
                await listener.until(0)
    assert given.given == ["access-1"]
    assert "IMAP.AccessAsUser.All" in given.asked[0]["scope"]


async def test_a_probe_tells_what_stands_in_the_way(mailboxes: Dovecot, user: str, tmp_path: Path) -> None:
    assert await _ear(user, mailboxes.port, tmp_path).probe() == ""
    missing = await _ear(user, mailboxes.port, tmp_path, folders=("Nowhere",)).probe()
    assert "Nowhere" in missing


# -- its settings -------------------------------------------------------------------------------------------------

SMTP = {"host": "smtp.example"}


def _imap(**said: object) -> dict[str, object]:
    return {"host": "imap.example", "user": "compta@atelier.example", "password": "x", **said}


def test_one_inbox_or_several_are_named_by_their_user() -> None:
    one = EmailSettings.model_validate({"smtp": SMTP, "imap": _imap()})
    assert one.inboxes == (Inbox("compta@atelier.example"),)
    assert one.imap[0].port == 993
    two = [_imap(), _imap(user="relances", reads=["relances@atelier.example"], tls="starttls")]
    several = EmailSettings.model_validate({"smtp": SMTP, "imap": two})
    assert several.inboxes[1] == Inbox("relances", ("relances@atelier.example",))
    assert several.imap[1].port == 143


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([_imap(), _imap()], "compta@atelier.example is named twice"),
        (_imap(tls="none"), "a login never crosses a network in clear"),
        (_imap(password=None), "needs a password"),
        (_imap(auth="google"), "has no password"),
        (_imap(auth="google", password=None), "sign_in and auth"),
        (_imap(after="burn"), "String should match pattern"),
        (_imap(poll=3600), "less than or equal to 1500"),
        (_imap(reads=["no address"]), "imap"),
        (_imap(folders=[]), "at least 1 item"),
    ],
)
def test_settings_that_cannot_work_are_told(said: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        EmailSettings.model_validate({"smtp": SMTP, "imap": said})
