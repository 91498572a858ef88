"""A relay in a bad mood, and a daemon that is killed meanwhile: not now, goodbye, and silence at every moment."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from pathlib import Path

import pytest

from tests.flow import paper
from tests.flow.conftest import Found
from tests.kill.books import laid, mailed
from tests.kill.checker import disagreements
from tests.kill.hurried import START
from tests.kill.lives import Lives
from tests.kill.relay import Relay

MAILS, LETTERS = 160, 40
KILLS = int(os.environ.get("RELANCED_KILLS", "48")) // 4
LADDER = """
  standard:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter]}]
"""
TAKEN = (0.93, True, b"250 2.0.0 queued\r\n")
MOODS = [  # how often, whether the message was taken, what is said; saying nothing, or goodbye, it hangs up
    (0.02, False, b""),
    (0.02, True, b""),
    (0.01, False, b"421 4.3.2 goodbye\r\n"),
    (0.01, True, b"421 4.3.2 goodbye\r\n"),
    (0.01, False, b"451 4.3.0 not now\r\n"),
    TAKEN,
]
HANGS_UP = 0.005
GREYLISTS = 0.01


class Grumpy(Relay):
    """Whatever it says or does not say: what it took is delivered, what it did not take never was."""

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to: list[str] = []
        while line := await reader.readline():
            verb, mood = line[:4].upper(), self.chance.random()
            if verb in (b"MAIL", b"DATA", b"RCPT") and mood < HANGS_UP:
                return
            if verb == b"EHLO":
                writer.write(b"250-relay\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n")
            elif verb == b"RCPT" and not to and mood < GREYLISTS:
                writer.write(b"451 4.7.1 greylisted\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                if not await self._dot(reader, writer, to):
                    return
            else:
                to += [line.partition(b"<")[2].partition(b">")[0].decode()] if verb == b"RCPT" else []
                to *= verb == b"RCPT"
                writer.write(b"250 2.0.0 ok\r\n")

    async def _dot(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: list[str]) -> bool:
        """Taken or not, told or not. False when it hangs up."""
        wire = await reader.readuntil(b"\r\n.\r\n")
        await self._pause()
        ((_, takes, says),) = self.chance.choices(MOODS, [share for share, *_ in MOODS])
        if takes:
            self._take(wire, tuple(to))
        to.clear()
        await self._pause()
        writer.write(says)
        return bool(says) and not says.startswith(b"421")


@pytest.mark.timeout(300)
async def test_faults_28_29_under_kills_nothing_is_lost_or_doubled(
    found: Found, nursery: subprocess.Popen[str], tmp_path: Path
) -> None:
    seed = int(os.environ.get("RELANCED_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}, {KILLS} kills")  # shown when it fails
    chance = random.Random(seed)
    relay = Grumpy(tmp_path / "journal", chance)
    email = paper.journal_copy(tmp_path) + ", settle: 60"
    company = await found(port=await relay.start(), at=START, house=paper.ALWAYS, policies=LADDER, email=email)
    due = START.date().replace(month=2, day=26)
    mails = [paper.invoice(f"F-{n}", due, f"C{n}", address=f"{n} RUE X") for n in range(MAILS)]
    letters = [paper.invoice(f"L-{n}", due, f"L{n}", email="", address=f"{n} RUE Y") for n in range(LETTERS)]
    await company.bills(*mails, *letters)
    await company.bank(START.date())
    await company.house.close()
    lives = Lives(company, nursery, {"sent": MAILS, "in_tray": LETTERS})
    relay.now = lives.clock.now
    for _ in range(KILLS):
        await lives.begin()
        await asyncio.sleep(0.2 + chance.random() * 0.5)
        await lives.kill()
    await lives.begin()
    await lives.end()
    await relay.close()
    books = {"compta": mailed(relay.taken), "office": laid(company.folder / "letters")}
    assert disagreements(company.folder / "relanced.db", books) == []
