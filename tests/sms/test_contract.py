"""The door keeps the contract over both providers, each spoken to on a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from relanced.channel import TextDraft
from relanced.demo.twilio import Text, Twilio
from tests.channels.contract import ChannelContract, World
from tests.sms.doors import ACCOUNT, NOW, OTHER, TOKEN, Watch, draft, ovh_door, twilio_door
from tests.sms.ovh_server import CONSUMER, SECRET, Ovh

MINUTE = timedelta(seconds=61)  # between two looks at the clock


class TestTwilio(ChannelContract):
    secrets = (TOKEN,)

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        twilio = Twilio(ACCOUNT, TOKEN, lambda: NOW)
        twilio.texts.append(Text("SM" + "f" * 32, OTHER, "DUBOIS", "Autre chose", NOW))
        door = twilio_door(await twilio.open(), Watch(step=MINUTE), settle=timedelta(0))
        yield World(door, lambda: [t.body.encode() for t in twilio.sent if t.to != OTHER])
        await door.close()
        await twilio.close()

    def draft(self, attempt: str) -> TextDraft:
        return draft(attempt)

    def hostile(self) -> TextDraft:
        return replace(draft(), to="+33612345678\r\nX-Evil: 1")


class TestOvh(ChannelContract):
    secrets = (SECRET, CONSUMER)

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        ovh = Ovh(lambda: NOW)
        other: dict[str, Any] = {
            "id": 1,
            "creationDatetime": NOW.isoformat(),
            "receiver": OTHER,
            "tag": "",
            "message": "x",
        }
        ovh.sent[1] = other
        door = ovh_door(await ovh.open(), Watch(step=MINUTE), settle=timedelta(0))
        yield World(door, lambda: [job["message"].encode() for job in ovh.jobs.values()])
        await door.close()
        await ovh.close()

    def draft(self, attempt: str) -> TextDraft:
        return draft(attempt)

    def hostile(self) -> TextDraft:
        return replace(draft(), to="+33612345678\r\nX-Evil: 1")
