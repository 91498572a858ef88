"""Lines that are cut anywhere, mailboxes made anew, processes killed while they listen: each mail is heard once."""

from __future__ import annotations

import asyncio
import signal
from datetime import date
from itertools import count
from pathlib import Path

import pytest

from relanced.store.tables import heard
from tests.dovecot import Dovecot, dovecot
from tests.email.cutting import Cutting, cutting
from tests.flow import answers, paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.mailbox import imap
from tests.flow.program import Program, rows, until
from tests.flow.relay import Mail
from tests.store.rows import every

DUE, DAY = date(2026, 3, 2), date(2026, 3, 5)
CUTS = 60
_BOXES = count(1)


@pytest.fixture
def user() -> str:
    """Whose mailbox it is."""
    return f"cut{next(_BOXES)}@atelier-dubois.example"


async def _reminded(company: Company) -> Mail:
    await company.bills(paper.invoice("F-1", DUE))
    (mail,) = await company.morning(DAY)
    return mail


async def _listens(company: Company) -> None:
    """An ear opens, hears what it can, and is shut."""
    (watching,) = company.house.watchings()
    await watching.turn(company.clock.now())
    await watching.close()


async def _whole_visit(company: Company, line: Cutting) -> int:
    """The bytes a mailbox says when it is asked for one new mail."""
    before = line.passed
    await _listens(company)
    return line.passed - before


async def test_fault_44_cut_after_any_byte_nothing_is_lost_and_nothing_comes_twice(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """Fault 44. Before each of these visits somebody writes; the line is cut ever later in it."""
    async with cutting(mailboxes.port) as line:
        company = await found(email=imap(tmp_path, line.port, user))
        mail = await _reminded(company)
        mailboxes.deliver(user, answers.reply(company, mail, "Bonjour, c'est encore moi."))
        whole = await _whole_visit(company, line)
        for cut in range(CUTS):
            mailboxes.deliver(user, answers.reply(company, mail, f"Encore, n° {cut}."))
            line.budget = 1 + cut * whole // CUTS
            await _listens(company)
            line.budget = None
        await _listens(company)
        await company.works()
    kept = await every(company.house.store, heard)
    assert len(kept) == len({row["raw"] for row in kept}) == CUTS + 1
    assert (await company.events()).count("reply") == CUTS + 1
    assert (await company.holds(), len(await company.tasks())) == (["reply"], CUTS + 1)
    assert all("relanced" in flags for flags in mailboxes.flags(user))


async def test_fault_45_a_mailbox_that_was_made_anew_says_nothing_twice(
    found: Found, user: str, tmp_path: Path
) -> None:
    """Fault 45. Also after a restart of ours, and with its marks gone."""
    with dovecot() as server:
        company = await found(email=imap(tmp_path, server.port, user, ", after: nothing"))
        mail = await _reminded(company)
        said = [answers.reply(company, mail, f"Bonjour {n}") for n in range(3)]
        server.deliver(user, *said)
        await company.works()
        server.stop()
        for file in (server.folder / "mail" / user).glob("dovecot*"):
            file.unlink()
        await asyncio.sleep(1.1)  # its numbers are named after the second
        server.start()
        server.deliver(user, answers.reply(company, mail, "Bonjour 3"))
        await company.reopen()
        for _ in range(2):
            company.clock.later(minutes=10)
            await company.works()
    assert len(await every(company.house.store, heard)) == 4
    assert (await company.events()).count("reply") == 4
    assert await company.holds() == ["reply"]


async def test_killed_again_and_again_while_it_listens_each_mail_is_heard_once(
    found: Found, mailboxes: Dovecot, user: str, tmp_path: Path
) -> None:
    """Fault 44. The process ends without a word; the next one begins where the database says."""
    company = await found(email=imap(tmp_path, mailboxes.port, user))
    mail = await _reminded(company)
    mails = [answers.reply(company, mail, f"Bonjour {n} {'x' * 3000}") for n in range(150)]
    mailboxes.deliver(user, *mails)
    await company.close()
    seen = []
    for enough in (10, 60):
        async with Program(company.folder) as program:
            await until(lambda n=enough: _heard(company) >= n, 20)
            program.send(signal.SIGKILL)
            await program.ends()
        seen.append(_heard(company))
    assert seen[0] < len(mails)
    await company.open()
    await company.works()
    assert _heard(company) == len(mails)
    assert (await company.events()).count("reply") == len(mails)
    assert all("relanced" in flags for flags in mailboxes.flags(user))


def _heard(company: Company) -> int:
    ((kept,),) = rows(company.folder, "SELECT count(*) FROM heard")
    return int(kept)
