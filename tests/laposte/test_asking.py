"""Rounds of questions to La Poste: ten at a time, never a storm, nothing lost while it does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from relanced.channel import Asks, Heard, PaperDraft, Receipt, Said, Surroundings
from relanced_letter import FolderDoor, LetterChannel, LetterSettings
from relanced_letter.faults import Closed
from relanced_letter.printer import PrinterDoor
from tests.channels.contract import ChannelContract, World
from tests.channels.letters import letter
from tests.laposte.desk import POSTED, Desk, awaited, desk
from tests.laposte.post import KEY, NUMBER, arrived, delivered, handed_in, waiting

LATER = timedelta(minutes=2)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path) as made:
        yield made


class TestFollowed(ChannelContract):
    """A tray that asks the post keeps every promise of one that does not."""

    secrets = (KEY,)

    @pytest.fixture
    async def world(self, tmp_path: Path) -> AsyncIterator[World]:
        async with desk(tmp_path) as made:
            tray = tmp_path / "tray"
            yield World(made.door, lambda: [path.read_bytes() for path in tray.glob("*.pdf")])

    def draft(self, attempt: str) -> PaperDraft:
        return letter(attempt)

    def hostile(self) -> PaperDraft:
        return letter(to=("DUPONT SARL", "12 RUE DES FORGES\r\nBCC: EVIL", "35000 RENNES"))


# -- what is asked ------------------------------------------------------------------------------------------------


async def test_a_letter_is_asked_about_by_its_number_with_the_key(here: Desk) -> None:
    here.post.says(handed_in("2026-04-02T16:00:00+02:00"))
    await here.ask()
    assert here.post.asked == [[NUMBER]]
    assert here.post.headers[0]["X-Okapi-Key"] == KEY
    assert here.post.headers[0]["Accept"] == "application/json"


async def test_letters_without_a_number_and_numbers_that_are_none_are_not_asked_about(here: Desk) -> None:
    """Attack 24: nothing but letters and digits goes into a path."""
    await here.ask(awaited(""), awaited("1A 1", "a2"), awaited("../../admin", "a3"), awaited("1A1234567890?x=1", "a4"))
    assert here.post.asked == []


async def test_at_most_ten_are_asked_about_at_once_and_each_is_told_of(here: Desk) -> None:
    numbers = [f"1A100000000{n:02}" for n in range(23)]
    for number in numbers:
        here.post.says(handed_in("2026-04-02"), number=number)
    said = await here.ask(*[awaited(number, f"a{n}") for n, number in enumerate(numbers)])
    assert [len(asked) for asked in here.post.asked] == [10, 10, 3]
    assert {(r.attempt, r.number) for r in said} == {(f"a{n}", number) for n, number in enumerate(numbers)}


@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("newest_first", [False, True])
async def test_an_answer_is_an_object_or_a_list_in_either_order(here: Desk, as_list: bool, newest_first: bool) -> None:
    here.post.as_list, here.post.newest_first = as_list, newest_first
    here.post.says(handed_in("2026-04-02"), arrived("2026-04-03"), waiting("2026-04-04"), delivered("2026-04-09"))
    said = await here.ask()
    assert [r.said for r in said] == [Said.POSTED, Said.NOTED, Said.PRESENTED, Said.DELIVERED]
    assert [str(r.on) for r in said] == ["2026-04-02", "2026-04-03", "2026-04-04", "2026-04-09"]


async def test_only_what_is_new_is_kept_and_after_a_restart_only_once(here: Desk) -> None:
    here.post.says(handed_in("2026-04-02"))
    await here.ask()
    here.post.says(handed_in("2026-04-02"), arrived("2026-04-03"))
    await here.ask()
    await here.ask()
    assert here.kept.calls == 2
    here.reopen()
    await here.ask()
    assert (here.kept.calls, len(here.kept.rows)) == (4, 2)


async def test_what_is_kept_of_a_letter_tells_of_no_other_letter(here: Desk) -> None:
    """The very bytes of La Poste: they go into the file of one debtor."""
    other = "1A98765432109"
    here.post.says(delivered("2026-04-03"), final=True)
    here.post.says(delivered("2026-04-04"), number=other, final=True)
    said = await here.ask(awaited(), awaited(other, "a2"))
    (paper,) = next(r for r in said if r.attempt == "a2").proofs
    assert (paper.name, paper.media_type) == (f"suivi-la-poste-{other}.json", "application/json")
    assert json.loads(paper.content)["shipment"]["idShip"] == other
    assert NUMBER.encode() not in paper.content


async def test_a_letter_is_asked_about_once_in_a_round(here: Desk) -> None:
    here.post.says(handed_in("2026-04-02"))
    for _ in range(10):
        await here.ask(later=LATER)
    assert len(here.post.asked) == 1
    await here.ask(later=timedelta(hours=3))
    assert len(here.post.asked) == 2


# -- what the post does not know ----------------------------------------------------------------------------------


async def test_a_number_that_the_post_never_saw_is_told_after_some_days_and_once(here: Desk) -> None:
    for _ in range(3):
        assert await here.ask(later=timedelta(days=1)) == []
    (told,) = await here.ask(later=timedelta(days=3))
    assert (told.said, told.attempt, told.number) == (Said.UNKNOWN, "a1", NUMBER)
    assert await here.ask(later=timedelta(days=1)) == [told]
    here.post.says(handed_in("2026-04-08"))
    assert [r.said for r in await here.ask(later=timedelta(days=1))] == [Said.UNKNOWN, Said.POSTED]


async def test_one_unknown_number_keeps_nothing_from_the_others(here: Desk) -> None:
    here.post.says(handed_in("2026-04-02"), number="1A98765432109")
    said = await here.ask(awaited(), awaited("1A98765432109", "a2"))
    assert [(r.said, r.attempt) for r in said] == [(Said.POSTED, "a2")]
    assert len(here.post.asked) == 1


@pytest.mark.parametrize("status", [400, 404])
async def test_what_is_refused_together_is_asked_one_by_one(here: Desk, status: int) -> None:
    here.post.fault = lambda numbers: web.Response(status=status, text="{}") if len(numbers) > 1 else None
    here.post.says(handed_in("2026-04-02"), number="1A98765432109")
    said = await here.ask(awaited(), awaited("1A98765432109", "a2"))
    assert [(r.said, r.attempt) for r in said] == [(Said.POSTED, "a2")]
    assert [len(asked) for asked in here.post.asked] == [2, 1, 1]


# -- a post that does not answer well -----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 504, 302])
async def test_while_the_post_is_shut_it_is_left_alone_and_nothing_is_lost(here: Desk, status: int) -> None:
    """Faults 37 and 40: too often, a key that ended, a service that is down. Attack 23: the key follows no redirect."""
    here.post.says(handed_in("2026-04-02"), waiting("2026-04-04"))
    here.post.fault = lambda numbers: web.Response(status=status, headers={"Location": "/elsewhere"})
    many = [awaited(f"1A100000000{n:02}", f"b{n}") for n in range(30)]
    for _ in range(20):
        with pytest.raises(Closed) as closed:
            await here.ask(awaited(), *many, later=LATER)
        assert KEY not in str(closed.value)
    assert len(here.post.asked) == 1
    here.post.fault = lambda numbers: None
    said = await here.ask()
    assert [r.said for r in said] == [Said.POSTED, Said.PRESENTED]


async def test_retry_after_is_obeyed(here: Desk) -> None:
    here.post.fault = lambda numbers: web.Response(status=429, headers={"Retry-After": "36000"})
    for _ in range(3):
        with pytest.raises(Closed):
            await here.ask(later=timedelta(hours=3))
    assert len(here.post.asked) == 1
    with pytest.raises(Closed):
        await here.ask(later=timedelta(hours=4))
    assert len(here.post.asked) == 2


async def test_a_post_that_is_not_there_or_never_answers_is_told_in_one_line(here: Desk) -> None:
    """Fault 33."""
    here.more |= {"timeout": 0.2}
    here.reopen()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    async with server:
        here.more |= {"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/suivi/v2"}
        here.reopen()
        with pytest.raises(Closed, match="La Poste: no answer"):
            await here.ask()
    here.reopen()
    with pytest.raises(Closed, match="La Poste: no answer"):
        await here.ask()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[", b'{"returnCode": 500}', b"\xff\xfe", b"[" * 100_000, b"null", b'"x"', b"[1, [], null]"],
)
async def test_an_answer_that_is_none_is_told_and_asked_for_again(here: Desk, body: bytes) -> None:
    """What a server that is not well says breaks nothing."""
    here.post.fault = lambda numbers: web.Response(body=body, content_type="application/json")
    with pytest.raises(Closed, match=f"nothing that can be understood about {NUMBER}"):
        await here.ask()
    here.post.fault = lambda numbers: None
    here.post.says(delivered("2026-04-03"))
    assert [r.said for r in await here.ask()] == [Said.DELIVERED]


async def test_an_answer_without_an_end_and_one_with_too_many_events_are_no_answers(here: Desk) -> None:
    here.post.says(*[arrived(f"2026-04-02T10:00:{n % 60:02}+02:00") for n in range(101)])
    with pytest.raises(Closed, match="nothing that can be understood"):
        await here.ask()
    here.post.fault = lambda numbers: web.Response(body=b" " * 5_000_000, content_type="application/json")
    with pytest.raises(Closed, match="without an end"):
        await here.ask()
    assert here.kept.rows == {}


async def test_one_that_is_unclear_keeps_nothing_from_the_others(here: Desk) -> None:
    odd = "1A98765432109"
    here.post.fault = lambda numbers: web.Response(status=207, text="[1]") if odd in numbers else None
    here.post.says(handed_in("2026-04-02"))
    with pytest.raises(Closed, match=odd):
        await here.ask(awaited(odd, "a2"), awaited())
    assert [r.said for r in here.said()] == [Said.POSTED]


async def test_another_letter_than_the_one_asked_about_is_not_taken_for_it(here: Desk) -> None:
    here.post.fault = lambda numbers: web.json_response(here.post._of("1A98765432109"))
    here.post.says(delivered("2026-04-03"), number="1A98765432109")
    with pytest.raises(Closed):
        await here.ask()
    assert here.kept.rows == {}


async def test_what_could_not_be_kept_is_kept_the_next_time(here: Desk) -> None:
    here.post.says(handed_in("2026-04-02"), waiting("2026-04-04"))

    async def full(heard: Heard) -> None:
        raise LookupError("no database")

    with pytest.raises(LookupError):
        await here.door.ask([awaited()], here.at, full)
    assert [r.said for r in await here.ask(later=LATER)] == [Said.POSTED, Said.PRESENTED]


# -- the door around it -------------------------------------------------------------------------------------------


async def test_a_probe_shows_the_key(here: Desk) -> None:
    assert await here.door.probe() == []
    here.more |= {"key": "another"}
    here.reopen()
    (line,) = await here.door.probe()
    assert line.startswith("La Poste: refuses the key")
    assert "tracking.key" in line


def test_only_a_door_with_tracking_asks(tmp_path: Path) -> None:
    plain = LetterSettings.model_validate({"out": "folder", "folder": tmp_path, "registered": True})
    assert not isinstance(FolderDoor(plain, _surroundings(tmp_path)), Asks)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (FolderDoor, {"out": "mail", "folder": "/x", "to": "a@b.fr", "by": "compta", "at": "08:30"}),
        (PrinterDoor, {"out": "printer", "uri": "ipp://localhost:631/printers/office"}),
    ],
)
def test_every_way_out_may_be_followed(way: type, said: dict[str, object], tmp_path: Path) -> None:
    whole = LetterSettings.model_validate({**said, "registered": True, "tracking": {"key": KEY}})
    door = LetterChannel(whole, _surroundings(tmp_path))
    assert isinstance(door, way)
    assert isinstance(door, Asks)
    assert KEY not in repr(whole)


async def test_a_printer_that_is_away_keeps_nothing_of_the_post_from_being_heard(here: Desk, tmp_path: Path) -> None:
    tracking = {"key": KEY, "url": here.post.url}
    said = {"out": "printer", "uri": "ipp://127.0.0.1:9/printers/x", "registered": True, "tracking": tracking}
    door = LetterChannel(LetterSettings.model_validate(said), _surroundings(tmp_path))
    here.post.says(handed_in("2026-04-02"))
    assert isinstance(door, Asks)
    with pytest.raises(Closed, match="the printer"):
        await door.ask([awaited()], POSTED, here.kept)
    (heard,) = here.kept.rows.values()
    assert [one.said for one in door.read(heard) if isinstance(one, Receipt)] == [Said.POSTED]


def _surroundings(folder: Path) -> Surroundings:
    return Surroundings("tray", folder / "state", lambda: POSTED)
