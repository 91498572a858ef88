"""The printer door keeps the contract of every door, on a real print queue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from relanced.channel import PaperDraft
from tests.channels.contract import ChannelContract, World
from tests.channels.letters import letter
from tests.printing.desk import Office


class TestPrinter(ChannelContract):
    secrets = ("correct horse battery",)

    @pytest.fixture
    async def world(self, office: Office) -> AsyncIterator[World]:
        before = set(office.cups.documents())

        def received() -> list[bytes]:
            return [document.read_bytes() for document in office.cups.documents() if document not in before]

        yield World(office.door(user="relanced", password="correct horse battery"), received)

    def draft(self, attempt: str) -> PaperDraft:
        return letter(attempt)

    def hostile(self) -> PaperDraft:
        return letter(to=("DUPONT SARL", "12 RUE DES FORGES\r\nBCC: EVIL", "35000 RENNES"))
