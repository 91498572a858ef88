"""The books of everybody outside, as they keep them themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from relanced.channel import CallSheet
from relanced.demo.twilio import Text
from tests.kill.checker import Had
from tests.kill.relay import Taken
from tests.maileva.mail_house import Order
from tests.printing.desk import Office


def mailed(taken: Iterable[Taken]) -> list[Had]:
    """What the relay took, canaries left out."""
    return [Had(t.attempt, t.sha256, t.at) for t in taken if t.attempt and not t.attempt.startswith("canary")]


def laid(spool: Path) -> list[Had]:
    """The sheets that lie in a folder with their note."""
    lying = [sheet for sheet in spool.glob("*.pdf") if sheet.with_suffix(".json").exists()]
    return [Had.of(sheet.stem, sheet.read_bytes()) for sheet in lying]


def texted(texts: Iterable[Text]) -> list[Had]:
    """The texts that an account wrote: each holds the reference of its message."""
    return [Had.of(re.findall(r"réf\. (\S+?)\)", t.body)[0], t.body.encode(), t.created) for t in texts]


async def printed(office: Office) -> list[Had]:
    """The sheets that came out of a printer, by the names of their jobs; its queue is empty."""
    named = {job["job-id"]: job["job-name"].partition(" ")[0] for job in await office.rests()}
    sheets = office.cups.tray(office.name).glob("*.pdf")
    return [Had.of(named[int(sheet.stem.rpartition("-")[2])], sheet.read_bytes()) for sheet in sheets]


def posted(orders: Iterable[Order]) -> list[Had]:
    """What a mail house prints and posts: whatever was submitted."""
    return [
        Had.of(
            order.asked["custom_id"],
            b"".join(order.documents),
            datetime.fromisoformat(order.told["submission_date"]),
        )
        for order in orders
    ]


def called(records: Sequence[dict[str, Any]]) -> list[Had]:
    """The calls that people are asked to make: each is shown to them with the very words that were sealed."""
    return [
        Had.of(r["reference"], CallSheet(r["reference"], r["number"], r["script"], r["facts"]).wire) for r in records
    ]
