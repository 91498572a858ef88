"""The letter door keeps the contract, and what it lays in the folder is fit to be posted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from relanced.channel import (
    CallDraft,
    PaperDraft,
    Parcel,
    Refusal,
    Refused,
    Surroundings,
    Tray,
    Unfit,
    Unknown,
)
from relanced_letter import FolderDoor, LetterChannel, LetterSettings
from relanced_letter.printer import PrinterDoor
from relanced_letter.sheet import sheet_of
from tests.channels.contract import BEFORE, ChannelContract, World, rebuilt
from tests.channels.letters import DEADLINE, door, letter, lying, yes


class TestLetter(ChannelContract):
    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        tray = tmp_path / "tray"
        yield World(door(tmp_path), lambda: [path.read_bytes() for path in tray.glob("*.pdf")])
        assert not [name for name in lying(tray) if name.startswith(".")]

    def draft(self, attempt: str) -> PaperDraft:
        return letter(attempt)

    def hostile(self) -> PaperDraft:
        return letter(to=("DUPONT SARL", "12 RUE DES FORGES\r\nBCC: EVIL", "35000 RENNES"))


# -- what lies in the folder --------------------------------------------------------------------------------------


async def test_a_letter_lies_in_the_folder_with_a_note_that_people_can_read(office: FolderDoor, tray: Path) -> None:
    parcel = office.compose(letter())
    answer = await office.submit(parcel, yes)
    assert answer == Tray("a1", f"{tray}/a1.pdf")
    assert lying(tray) == ["a1.json", "a1.pdf"]
    assert (tray / "a1.pdf").read_bytes() == letter().pdf == parcel.wire
    assert (tray / "a1.json").read_text() == (
        "{\n"
        '  "attempt": "a1",\n'
        '  "deadline": "2027-03-01T18:00:00+00:00",\n'
        '  "facts": {\n    "amount": "1 200,00 €",\n    "step": "relance-1"\n  },\n'
        '  "pages": 1,\n'
        '  "reference": "R-1",\n'
        '  "registered": false,\n'
        f'  "sha256": "{hashlib.sha256(parcel.wire).hexdigest()}",\n'
        '  "title": "Relance de la facture FA-1",\n'
        '  "to": [\n    "DUPONT SARL",\n    "MADAME CLAIRE DUPONT",\n'
        '    "12 RUE DES FORGES",\n    "35000 RENNES"\n  ]\n'
        "}\n"
    )


async def test_a_registered_door_says_so_in_the_note(home: Path, tray: Path) -> None:
    channel = door(home, registered=True)
    await channel.submit(channel.compose(letter()), yes)
    assert json.loads((tray / "a1.json").read_text())["registered"] is True


def test_the_note_is_the_same_before_and_after_a_crash(office: FolderDoor) -> None:
    summer = letter().deadline.astimezone(ZoneInfo("Europe/Paris"))
    parcel = office.compose(replace(letter(), deadline=summer))
    assert sheet_of(rebuilt(parcel)) == sheet_of(parcel)


def test_a_fact_never_overwrites_what_the_door_says(office: FolderDoor) -> None:
    parcel = office.compose(replace(letter(), sidecar={"title": "another", "sha256": "0"}))
    note = json.loads(sheet_of(parcel).note)
    assert (note["title"], note["sha256"]) == ("Relance de la facture FA-1", parcel.sha256)
    assert note["facts"] == {"title": "another", "sha256": "0"}


async def test_the_group_of_the_folder_may_read_and_nobody_else(office: FolderDoor, tray: Path) -> None:
    before = os.umask(0o077)
    try:
        await office.submit(office.compose(letter()), yes)
    finally:
        os.umask(before)
    assert [oct(path.stat().st_mode & 0o777) for path in sorted(tray.iterdir())] == ["0o640", "0o640"]


async def test_a_reader_never_sees_a_pdf_without_its_note(office: FolderDoor, tray: Path) -> None:
    parcels = [office.compose(letter(f"a{n}", body="x" * 200_000)) for n in range(20)]
    done = asyncio.Event()

    def look() -> int:
        looks = 0
        while not done.is_set():
            for path in tray.glob("*.pdf"):
                assert path.read_bytes().endswith(b"%%EOF\n")
                assert json.loads(path.with_suffix(".json").read_text())["attempt"] == path.stem
            looks += 1
        return looks

    reader = asyncio.create_task(asyncio.to_thread(look))
    await asyncio.gather(*(office.submit(parcel, yes) for parcel in parcels))
    done.set()
    assert await reader > 0
    assert len(lying(tray)) == 40


# -- what a letter must be ----------------------------------------------------------------------------------------

LONG = "RESIDENCE DES TILLEULS BATIMENT C PORTE 12"
SEVEN = ("A", "B", "C", "D", "E", "F", "35000 RENNES")
UNFIT: list[tuple[str, PaperDraft, str]] = [
    ("not a PDF", replace(letter(), pdf=b"<html>"), "the letter is not a PDF: it does not start with %PDF-"),
    ("no page", replace(letter(), pages=0), "the letter says it has 0 pages"),
    ("no address", letter(to=()), "the letter has no address"),
    ("seven lines", letter(to=SEVEN), "the address has 7 lines, 6 at most (7 abroad)"),
    ("eight lines abroad", letter(to=(*SEVEN, "BELGIQUE")), "the address has 8 lines, 6 at most (7 abroad)"),
    ("a long line", letter(to=("A", LONG, "75001 PARIS")), "line 2 of the address has 42 characters, 38 at most"),
    ("an empty line", letter(to=("A", " ", "75001 PARIS")), "line 2 of the address is empty"),
    ("NUL", letter(to=("A\0", "75001 PARIS")), "line 1 of the address holds a control character"),
    ("line separator", letter(to=("A", "B\u2028C")), "line 2 of the address holds a control character"),
    ("right to left", letter(to=("A\u202eB", "75001 PARIS")), "line 1 of the address holds a control character"),
    ("lone surrogate", letter(to=("A\udc80", "75001 PARIS")), "line 1 of the address holds a control character"),
    ("title", replace(letter(), title="a\nb"), "the title holds a control character"),
    ("reference", replace(letter(), reference="a\x1b[2J"), "the reference holds a control character"),
    ("fact", replace(letter(), sidecar={"a": "\udc80"}), "a fact of the sidecar cannot be written in UTF-8"),
]


@pytest.mark.parametrize(("draft", "reason"), [row[1:] for row in UNFIT], ids=[row[0] for row in UNFIT])
def test_attack_2_an_unfit_letter_is_told_by_line_and_not_repeated(
    office: FolderDoor, draft: PaperDraft, reason: str
) -> None:
    with pytest.raises(Unfit) as unfit:
        office.compose(draft)
    assert str(unfit.value) == reason


def test_every_fault_is_told_at_once(office: FolderDoor) -> None:
    with pytest.raises(Unfit, match=r"not a PDF.*; the letter has no address$"):
        office.compose(replace(letter(to=()), pdf=b""))


@pytest.mark.parametrize(
    "to", [("A", "75001 PARIS"), SEVEN[1:], (*SEVEN[:5], "1000 BRUXELLES", "BELGIQUE"), ("É" * 38, "75001 PARIS CEDEX")]
)
def test_a_fit_address_passes(office: FolderDoor, to: tuple[str, ...]) -> None:
    assert office.compose(letter(to=to)).address.split("\n") == list(to)


def test_a_call_is_no_letter(office: FolderDoor) -> None:
    with pytest.raises(Unfit, match="finished PDFs only"):
        office.compose(CallDraft("a1", "R-1", DEADLINE, "+33612345678", "Bonjour"))


ESCAPES = ["", "..", "../a1", "/etc/passwd", "a/b", "a\\b", "a\0", ".a1", "-rf", "a.b", "é1", "a1\n", "a" * 65]


@pytest.mark.parametrize("attempt", ESCAPES)
async def test_attack_24_no_attempt_id_leads_out_of_the_folder(home: Path, office: FolderDoor, attempt: str) -> None:
    with pytest.raises(Unfit, match="attempt id"):
        office.compose(letter(attempt))
    forged = Parcel(attempt, "A\n75001 PARIS", DEADLINE, (b"%PDF-1.7",), office.compose(letter()).envelope)
    refused = await office.submit(forged, yes)
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.CONTENT
    assert isinstance(await office.find(forged, BEFORE), Unknown)
    with pytest.raises(Unfit):
        await office.withdraw(forged)
    assert [path for path in home.rglob("*") if path.is_file()] == []


# -- settings -----------------------------------------------------------------------------------------------------


FOLDER: dict[str, object] = {"out": "folder", "folder": "/srv/letters"}
MAIL: dict[str, object] = {"out": "mail", "folder": "/srv/x", "to": "a@b.fr", "by": "compta", "at": "08:30"}
PRINTER: dict[str, object] = {"out": "printer", "uri": "ipp://localhost:631/printers/office"}
POSTED: dict[str, object] = {**FOLDER, "registered": True}
TRACKED = "tracking is for registered letters: write registered: true, or leave it out"
SAFE = "expected a URL that starts with https://"
WRONG: list[tuple[dict[str, object], dict[str, str]]] = [
    ({"out": "fax"}, {"out": "Input should be 'folder', 'printer' or 'mail'"}),
    (
        {"out": "folder", "registered": 7},
        {"registered": "Input should be a valid boolean, unable to interpret input", "folder": "Field required"},
    ),
    ({**FOLDER, "fodler": "x"}, {"fodler": "Extra inputs are not permitted"}),
    ({**FOLDER, "connections": 0}, {"connections": "Input should be greater than or equal to 1"}),
    ({**FOLDER, "settle": timedelta(seconds=-1)}, {"settle": "Input should be greater than or equal to 0 seconds"}),
    ({**FOLDER, "uri": "ipp://x/y"}, {"uri": "does not belong to out: folder"}),
    ({"out": "printer", "folder": "/x"}, {"folder": "does not belong to out: printer", "uri": "Field required"}),
    ({**PRINTER, "uri": "http://x/y"}, {"uri": "expected a print queue like ipp://HOST:631/printers/NAME"}),
    ({**PRINTER, "uri": "ipp://u:p@x/y"}, {"uri": "expected a print queue like ipp://HOST:631/printers/NAME"}),
    ({**PRINTER, "uri": "ipp://x/y\r\nz"}, {"uri": "expected a print queue like ipp://HOST:631/printers/NAME"}),
    ({**PRINTER, "tray": "2; rm -rf /"}, {"tray": "String should match pattern '^[a-z0-9][a-z0-9._-]{0,62}$'"}),
    ({**PRINTER, "user": "x"}, {"": "user and password go together"}),
    (
        {**PRINTER, "uri": "ipp://print.example/printers/x", "user": "x", "password": "y"},
        {"": "a password never crosses a network in clear: write ipps:// in uri"},
    ),
    ({**FOLDER, "tracking": {"key": "k"}}, {"": TRACKED}),
    ({**POSTED, "tracking": {}}, {"tracking.key": "Field required"}),
    ({**POSTED, "tracking": {"key": "k", "url": "http://api.laposte.fr"}}, {"tracking.url": SAFE}),
    (
        {**POSTED, "tracking": {"key": "k", "ask_every": timedelta(minutes=1)}},
        {"tracking.ask_every": "Input should be greater than or equal to 5 minutes"},
    ),
    ({"out": "mail", "folder": "/x"}, {"to": "Field required", "by": "Field required", "at": "Field required"}),
    ({**MAIL, "to": "a@b.fr, c@d.fr"}, {"to": "expected one mail address, such as atelier@dubois.example"}),
    ({**MAIL, "at": "8h30"}, {"at": 'expected a time such as "08:30"'}),
    ({**MAIL, "at": "08:30Z"}, {"at": 'expected a time such as "08:30"'}),
]


@pytest.mark.parametrize(("said", "told"), WRONG)
def test_every_wrong_setting_is_told_at_once(said: dict[str, object], told: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as wrong:
        LetterSettings.model_validate(said)
    errors = [(".".join(map(str, e["loc"])), e["msg"]) for e in wrong.value.errors()]
    faults = {loc.removesuffix(".[key]"): text.removeprefix("Value error, ") for loc, text in errors}
    assert faults == told


@pytest.mark.parametrize("said", [FOLDER, PRINTER, MAIL, {**PRINTER, "user": "x", "password": "y", "duplex": True}])
def test_a_right_setting_is_taken(said: dict[str, object]) -> None:
    assert LetterSettings.model_validate(said).out == said["out"]


@pytest.mark.parametrize(("said", "way"), [(FOLDER, FolderDoor), (MAIL, FolderDoor), (PRINTER, PrinterDoor)])
def test_the_settings_choose_the_way_out(said: dict[str, object], way: type, tmp_path: Path) -> None:
    settings = LetterSettings.model_validate(said)
    assert type(LetterChannel(settings, Surroundings("office", tmp_path, lambda: datetime.now(UTC)))) is way


def test_settings_reach_the_door(tmp_path: Path) -> None:
    settings = LetterSettings(out="folder", folder=tmp_path, settle=timedelta(minutes=1), connections=2)
    channel = LetterChannel(settings, Surroundings("office", tmp_path, lambda: datetime.now(UTC)))
    assert (channel.settle, channel.connections) == (timedelta(minutes=1), 2)
    with pytest.raises(ValidationError):
        settings.registered = True  # type: ignore[misc]
