"""The Maileva door keeps the contract, for registered letters and for plain ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relanced.channel import PaperDraft
from tests.channels.contract import ChannelContract, World
from tests.maileva.letters import channel, letter
from tests.maileva.mail_house import PASSWORD, SECRET, MailHouse


class TestRegistered(ChannelContract):
    secrets = (PASSWORD, SECRET, "jeton-")
    product, registered = "registered_mail/v4", True

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        house = MailHouse(self.product)
        async with house.open() as url:
            door = channel(url, registered=self.registered)
            yield World(door, house.printed)
            await door.close()

    def draft(self, attempt: str) -> PaperDraft:
        return letter(attempt)

    def hostile(self) -> PaperDraft:
        return letter(to=("DUPONT SARL", "12 RUE DES FORGES\r\nBCC: EVIL", "35000 RENNES"))


class TestPlain(TestRegistered):
    product, registered = "mail/v2", False
