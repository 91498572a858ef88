"""The phone door keeps the contract: what is asked for is asked for once, and nothing leaves the house."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from relanced.channel import Absent, Answer, CallDraft, CallSheet, Go, Parcel, Surroundings, TextDraft, Tray, Unfit
from relanced_phone import PhoneChannel, PhoneSettings
from tests.channels.contract import BEFORE, DEADLINE, ChannelContract, World
from tests.channels.letters import yes


def door(home: Path) -> PhoneChannel:
    """A phone door as the house opens it."""
    return PhoneChannel(PhoneSettings(), Surroundings("calls", home / "state", lambda: datetime.now(UTC)))


def call(
    attempt: str = "a1", to: str = "+33142685300", script: str = "Bonjour,\n\nla facture FA-1 reste due."
) -> CallDraft:
    """A good call."""
    return CallDraft(attempt, f"R-{attempt}", DEADLINE, to, script, {"contact": "Mme Cœuret", "owed": "1234.50 EUR"})


class House(PhoneChannel):
    """The door, and the tray of the house behind it: what it was told to ask a person for."""

    def __init__(self, home: Path) -> None:
        super().__init__(PhoneSettings(), Surroundings("calls", home / "state", lambda: datetime.now(UTC)))
        self.tray: list[bytes] = []

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        answer = await super().submit(parcel, go)
        self.tray += [parcel.wire] if isinstance(answer, Tray) else []
        return answer


class TestPhone(ChannelContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        house = House(tmp_path)
        yield World(house, lambda: house.tray)
        assert not list(tmp_path.iterdir())

    def draft(self, attempt: str) -> CallDraft:
        return call(attempt)

    def hostile(self) -> CallDraft:
        return call(to="+33142685300\r\nFrom: evil@example.org")


def test_the_sheet_of_a_call_is_json_that_people_can_read(tmp_path: Path) -> None:
    parcel = door(tmp_path).compose(call())
    assert parcel.address == "+33142685300"
    assert json.loads(parcel.wire) == {
        "reference": "R-a1",
        "to": "+33142685300",
        "script": "Bonjour,\n\nla facture FA-1 reste due.",
        "facts": {"contact": "Mme Cœuret", "owed": "1234.50 EUR"},
    }
    assert "Cœuret" in parcel.wire.decode()
    assert CallSheet.read(parcel.wire) == CallSheet.of(call())


@pytest.mark.parametrize("wire", [b"", b"[]", b'"x"', b'{"script": "Bonjour"}', b'{"facts": []}', b"\xff"])
def test_other_bytes_are_no_sheet_of_a_call(wire: bytes) -> None:
    with pytest.raises(ValueError):
        CallSheet.read(wire)


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (call(to="01 42 68 53 00"), "the number to call is not written like +33142685300"),
        (call(to="+0142685300"), "the number to call is not written like +33142685300"),
        (call(to=""), "the number to call is not written like +33142685300"),
        (call(script=" \n"), "the script is empty"),
        (call(script="Bonjour\x1b[2J"), "the script holds a control character"),
        (call(script="Bonjour \u202eeht"), "the script holds a control character"),
        (replace(call(), sidecar={"contact": "\ud800"}), "a fact holds a control character"),
        (replace(call(to=""), script=""), "the number to call is not written like +33142685300; the script is empty"),
        (TextDraft("a1", "R-1", DEADLINE, "+33612345678", "Bonjour"), "a phone door carries calls only"),
    ],
)
def test_what_nobody_could_say_or_dial_is_unfit(tmp_path: Path, draft: CallDraft | TextDraft, why: str) -> None:
    with pytest.raises(Unfit) as unfit:
        door(tmp_path).compose(draft)
    assert str(unfit.value) == why


async def test_a_call_asked_for_in_an_earlier_life_was_shown_to_nobody(tmp_path: Path) -> None:
    """Faults 2 to 5: people see a call only once its answer is recorded; find is asked only when it was not."""
    before = door(tmp_path)
    parcel = before.compose(call())
    assert await before.submit(parcel, yes) == Tray("a1", "a person is asked to phone")
    assert isinstance(await door(tmp_path).find(parcel, BEFORE), Absent)


@pytest.mark.parametrize("per_day", [0, -1, 201, "many"])
def test_a_person_makes_a_sensible_number_of_calls(per_day: object) -> None:
    with pytest.raises(ValidationError):
        PhoneSettings.model_validate({"per_day": per_day})
    assert PhoneSettings().per_day == 12
