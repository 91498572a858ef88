"""Replies, from the relay to the mailbox and back: SMTP out, a real Dovecot in, a daemon between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from email import message_from_bytes, policy
from itertools import count
from pathlib import Path

import pytest

from relanced.config import ConfigFault, load_text
from relanced.counter import Asked, Desk
from relanced.daemon import Daemon
from relanced.flow.watch import VERBS
from relanced.store.tables import heard, tasks
from tests.dovecot import PASSWORD, Dovecot, dovecot
from tests.email.cutting import cutting
from tests.flow import answers, paper
from tests.flow.company import Company, Said
from tests.flow.conftest import Found
from tests.flow.relay import Mail
from tests.store.rows import every

_BOXES = count(1)
DUE, DAY, NEXT = date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 12)


@pytest.fixture
def user() -> str:
    """Whose mailbox it is."""
    return f"compta{next(_BOXES)}@atelier-dubois.example"


def _imap(folder: Path, port: int, user: str, more: str = "") -> str:
    secret = folder / "imap"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    login = f'host: 127.0.0.1, port: {port}, tls: none, user: {user}, password: "${{file:{secret}}}"'
    return f"{{{login}, timeout: 3{more}}}"


@pytest.fixture
async def company(found: Found, mailboxes: Dovecot, user: str, tmp_path: Path) -> Company:
    """A company that listens at its mailbox; nobody is named who reads it."""
    made = await found(email=f", imap: {_imap(tmp_path, mailboxes.port, user)}")
    await made.bills(paper.invoice("F-1", DUE))
    return made


@asynccontextmanager
async def at_work(company: Company) -> AsyncIterator[Daemon]:
    """A daemon lives."""
    daemon = Daemon(company.house)
    living = asyncio.create_task(daemon.run())
    try:
        yield daemon
    finally:
        daemon.stop()
        assert await living == 0


async def until(true: Callable[[], Awaitable[object]], seconds: float = 30) -> None:
    """Look again and again."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 (the database tells nobody)
            await asyncio.sleep(0.02)


async def _reminded(company: Company) -> Mail:
    (mail,) = await company.morning(DAY)
    return mail


# -- what people and machines write -------------------------------------------------------------------------------


async def test_the_reply_that_holds_within_seconds(company: Company, mailboxes: Dovecot, user: str) -> None:
    mail = await _reminded(company)
    async with at_work(company):
        await asyncio.to_thread(mailboxes.deliver, user, answers.reply(company, mail, "Nous contestons la ligne 3."))
        await until(company.holds)
    assert await company.holds() == ["reply"]
    assert await company.tasks() == ["reply"]
    assert await company.morning(NEXT) == []
    await company.answered()
    assert len(await company.works()) == 1


async def test_a_person_takes_over_answers_in_the_thread_and_lets_the_machine_go_on(
    company: Company, mailboxes: Dovecot, user: str
) -> None:
    """The debtor writes, the case stops, somebody takes it, answers and lets go; the next message acknowledges it."""
    theirs = f"c1-{user}"
    mail = await _reminded(company)
    mailboxes.deliver(theirs, company.relay.messages[-1])
    said = answers.reply(company, mail, "Bonjour,\nil nous manque le bon de livraison.")
    mailboxes.deliver(theirs, said)
    async with at_work(company):
        await asyncio.to_thread(mailboxes.deliver, user, said)
        await until(company.holds)
        (row,) = (await company.desk("inbox"))["record"]
        assert (row["kind"], row["what"], row["owner"], row["until"]) == ("reply", "h1", "claire", "2026-03-19")
        await company.desk("take", case="C1")
        with pytest.raises(Said, match="claire has case 1 in hand"):
            await company.desk("reply", by="jean", case="C1", files={"a.txt": b"Moi aussi."})
        await company.desk("reply", case="C1", files={"a.txt": "Le voici, signé.".encode()})
        await until(lambda: _left(company, 2))
        assert await company.holds() == ["reply"]
        await company.desk("release", case="C1", seen="h1")
    answer = message_from_bytes(company.relay.messages[-1], policy=policy.default)
    own = message_from_bytes(said, policy=policy.default)["Message-ID"]
    assert (answer["To"], answer["In-Reply-To"]) == ("c1@client.example", own)
    assert answer["Subject"] == f"Re: {' '.join(mail.subject.split())}"
    assert str(answer["References"]).split() == [mail.message_id, own]
    assert "Auto-Submitted" not in answer
    mailboxes.deliver(theirs, company.relay.messages[-1])
    with mailboxes.as_somebody(theirs) as client:
        client.select("INBOX", readonly=True)
        assert client.thread("REFERENCES", "UTF-8", "ALL") == ("OK", [b"(1 2 3)"])
    (*_, reminder) = await company.morning(NEXT)
    assert "Nous faisons suite à notre échange du 5 mars 2026." in " ".join(reminder.text.split())
    assert (await company.told())[-1] == "relance-2 email sent"
    assert (await company.holds(), await company.tasks()) == ([], [])


async def _left(company: Company, number: int) -> bool:
    return len(company.relay.messages) >= number


async def test_the_bounce_that_becomes_a_letter(company: Company, mailboxes: Dovecot, user: str) -> None:
    mail = await _reminded(company)
    mailboxes.deliver(user, answers.bounce(mail))
    await company.works()
    assert await company.told() == ["relance-1 email failed", "relance-1 letter in_tray"]
    assert len(company.lying()) == 1


async def test_out_of_office(company: Company, mailboxes: Dovecot, user: str) -> None:
    mail = await _reminded(company)
    mailboxes.deliver(user, answers.away(company, mail, "Je suis absente, de retour le 16 mars 2026."))
    await company.works()
    assert await company.holds() == ["absent"]
    assert await company.tasks() == []


async def test_a_reply_without_a_reference_is_known_by_its_sender(
    company: Company, mailboxes: Dovecot, user: str
) -> None:
    await _reminded(company)
    mailboxes.deliver(user, answers.letter(company, "Bonjour, le virement part demain.", "Client <C1@client.example>"))
    await company.works()
    assert await company.holds() == ["reply"]


async def test_what_came_while_nobody_was_at_work_is_read_before_anything_leaves(
    company: Company, mailboxes: Dovecot, user: str
) -> None:
    mail = await _reminded(company)
    mailboxes.deliver(user, answers.reply(company, mail, "C'est payé depuis lundi."))
    assert await company.morning(NEXT) == []
    assert await company.holds() == ["reply"]


async def test_a_reply_in_the_junk_holds_and_junk_itself_asks_nobody(
    company: Company, mailboxes: Dovecot, user: str
) -> None:
    mail = await _reminded(company)
    mailboxes.deliver(user, answers.letter(company, "Gagnez !", "spam@x.example"), folder="Junk")
    mailboxes.deliver(user, answers.reply(company, mail, "Nous contestons."), folder="Junk")
    await company.works()
    assert await company.holds() == ["reply"]
    assert await company.tasks() == ["reply"]
    assert sorted(row["waits"] for row in await every(company.house.store, heard)) == ["", "reply"]


# -- ears that are shut -------------------------------------------------------------------------------------------


async def test_fault_44_an_ear_that_is_cut_is_opened_again_and_misses_nothing(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """Fault 44."""
    async with cutting(mailboxes.port) as line:
        company = await found(email=f", imap: {_imap(tmp_path, line.port, user)}")
        await company.bills(paper.invoice("F-1", DUE))
        mail = await _reminded(company)
        line.budget = 3000
        async with at_work(company):
            for text in ("Bonjour,", "encore moi,", "et encore."):
                await asyncio.to_thread(mailboxes.deliver, user, answers.reply(company, mail, f"{text} {'x' * 900}"))
            line.budget = None
            for _ in range(6):
                company.clock.later(seconds=10)
                await asyncio.sleep(0.1)
            await until(lambda: _count(company, 3))
    assert line.passed > 3000


async def _count(company: Company, number: int) -> bool:
    return len(await every(company.house.store, heard)) >= number


async def test_an_hour_of_deafness_stops_everything_and_its_end_lets_it_go(
    found: Found, user: str, tmp_path: Path
) -> None:
    with dovecot() as server:
        company = await found(email=f", imap: {_imap(tmp_path, server.port, user)}")
        await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", date(2026, 3, 3), "C2"))
        await _reminded(company)
        server.stop()
        company.clock.later(minutes=59)
        await company.bills(paper.invoice("F-3", DUE, "C3"))
        assert [m.to for m in await company.works()] == ["c3@client.example"]
        company.clock.later(minutes=2)
        await company.bills(paper.invoice("F-4", DUE, "C4"))
        assert await company.works() == []
        assert await company.told("C4") == ["relance-1 email planned"]
        why = await company.desk("why", case="C4")
        assert any(f"compta ({user}) is deaf since 2026-03-05" in line for line in why["lines"])
        company.clock.later(minutes=2)
        assert any(f"compta ({user}): nothing was heard" in line for line in (await _audited(company)))
        server.start()
        company.clock.later(minutes=1)  # not only when the next question is due
        assert [m.to for m in await company.works()] == ["c4@client.example"]
        assert await _audited(company) == []


async def _audited(company: Company) -> list[str]:
    """As `relanced check --online` asks it."""
    desk = Desk(company.house.store, company.house.premises, company.house.doors, company.clock)
    told = await VERBS["audit"](desk, Asked({}, "claire"))
    return [line for line in told.lines if "heard" in line]


async def test_a_mailbox_that_was_never_heard_lets_nothing_leave(found: Found, user: str, tmp_path: Path) -> None:
    with dovecot() as server:
        server.stop()
        company = await found(email=f", imap: {_imap(tmp_path, server.port, user)}")
        await company.bills(paper.invoice("F-1", DUE))
        assert await company.morning(DAY) == []
        assert [r for r in (await company.desk("forecast"))["rows"] if r] != []
        server.start()
        company.clock.later(minutes=1)
        assert len(await company.works()) == 1


async def test_of_two_inboxes_both_are_heard_and_one_that_is_deaf_stops_only_its_own(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """One is read for the company, the other for somebody else."""
    mine = _imap(tmp_path, mailboxes.port, user, ", reads: [compta@atelier-dubois.example]")
    with dovecot() as gone:
        gone.stop()
        other = _imap(tmp_path, gone.port, "autre@x.example", ", reads: [autre@x.example]")
        company = await found(email=f", imap: [{mine}, {other}]")
        await company.bills(paper.invoice("F-1", DUE))
        mail = await _reminded(company)
        mailboxes.deliver(user, answers.reply(company, mail, "Nous contestons."))
        company.clock.later(hours=3)
        await company.works()
        assert await company.holds() == ["reply"]


async def test_nobody_needs_to_be_named_where_an_ear_reads(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    words = f", imap: {_imap(tmp_path, mailboxes.port, user)}"
    company = await found(email=words)
    path = company.folder / "config.yaml"
    text = path.read_text().replace("    read_by: claire\n", "")
    config = load_text(text.encode(), path, {})
    assert [(door.name, inbox.name) for door, inbox in config.inboxes_of("atelier")] == [("compta", user)]
    with pytest.raises(ConfigFault, match="read_by: is missing: who reads the answers to compta@atelier-dubois"):
        load_text(text.replace(words, "").encode(), path, {})


async def test_in_shadow_no_mailbox_is_opened_and_what_would_leave_is_shown(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    mailboxes.deliver(user, b"From: a@b.fr\nMessage-ID: <1@b.fr>\n\nBonjour\n")
    company = await found(mode="shadow", email=f", imap: {_imap(tmp_path, mailboxes.port, user)}")
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    assert await every(company.house.store, heard) == []
    assert await company.told() == ["relance-1 email sent"]
    assert await every(company.house.store, tasks) == []
