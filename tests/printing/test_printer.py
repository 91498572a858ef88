"""What a letter lives through at a printer: once, followed to its end, and never printed twice."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from msgspec.structs import replace
from pyipp.enums import IppOperation

from relanced.channel import (
    Absent,
    Asks,
    Found,
    Heard,
    Probes,
    Reads,
    Said,
    Scope,
    Tray,
    Unavailable,
    Unfit,
    Unknown,
    Withdraws,
)
from tests.channels.letters import letter, never, yes
from tests.email.certificates import certificate
from tests.printing.cups import Cups, running
from tests.printing.desk import NOW, Office, until

BEFORE = NOW


# -- printed ------------------------------------------------------------------------------------------------------


async def test_a_letter_comes_out_of_the_printer_byte_for_byte_and_its_job_bears_its_name(office: Office) -> None:
    parcel, answer = await office.gives()
    assert await office.printed() == [parcel.wire]
    (job,) = await office.rests()
    assert answer == Tray(f"printer job {job['job-id']}", office.cups.uri(office.name))
    assert job["job-name"] == "a1 R-1"


async def test_its_end_is_noted_once(office: Office) -> None:
    await office.gives()
    (receipt,) = await office.hears()
    assert (receipt.said, receipt.attempt, receipt.at, receipt.code) == (Said.NOTED, "a1", NOW, "completed")
    assert receipt.words.startswith("job ")
    assert receipt.words.endswith(" printed")
    office.heard.clear()
    assert await office.asks() == []


def test_the_door_says_what_it_can(office: Office) -> None:
    door = office.door()
    assert isinstance(door, Asks)
    assert isinstance(door, Reads)
    assert isinstance(door, Withdraws)
    assert door.prints
    assert (door.ask_every.total_seconds(), door.settle.total_seconds()) == (30, 60)


def test_what_no_printer_says_is_not_understood(office: Office) -> None:
    for raw in (b"", b"\xff", b"[]", b"{}", b'{"attempt": "a1"}'):
        with pytest.raises(ValueError):
            office.door().read(Heard("k", raw))


WISHES: list[tuple[dict[str, Any], str, Any]] = [
    ({"duplex": True}, "sides", "two-sided-long-edge"),
    ({"duplex": False}, "sides", "one-sided"),
    ({"colour": True}, "print-color-mode", "color"),
    ({"colour": False}, "print-color-mode", "monochrome"),
    ({"tray": "tray-2"}, "media-col", {"media-source": "tray-2"}),
]


@pytest.mark.parametrize(("wish", "attribute", "value"), WISHES)
async def test_sides_colours_and_tray_are_asked_of_the_printer(
    office: Office, wish: dict[str, Any], attribute: str, value: Any
) -> None:
    door = office.door(**wish)
    await door.submit(door.compose(letter()), yes)
    (job,) = await office.rests()
    told = await office.tells(IppOperation.GET_JOB_ATTRIBUTES, job_id=job["job-id"])
    assert told["jobs"][0][attribute] == value


async def test_attack_25_what_stands_in_a_name_is_never_a_command(office: Office) -> None:
    """IPP carries bytes: no shell sees them. Control characters are refused before."""
    door, hostile = office.door(), "R-1; touch /tmp/x `id` $(id) | lp"
    await door.submit(door.compose(replace(letter(), reference=hostile)), yes)
    (job,) = await office.rests()
    assert job["job-name"] == f"a1 {hostile}"
    with pytest.raises(Unfit, match="control character"):
        door.compose(replace(letter(), reference="R-1\x1b%-12345X@PJL"))


async def test_the_printer_can_be_tried_without_a_sheet(office: Office) -> None:
    door = office.door()
    assert isinstance(door, Probes)
    assert await door.probe() == []
    await office.tells(IppOperation.CUPS_REJECT_JOBS)
    (told,) = await door.probe()
    assert "accepts no jobs" in told
    assert await office.jobs() == []


# -- fault 53: a printer that does not print ----------------------------------------------------------------------


async def test_fault_53_a_printer_that_is_stopped_or_takes_no_jobs_closes_the_channel(office: Office) -> None:
    for hinder, undo, told in (
        (IppOperation.PAUSE_PRINTER, IppOperation.RESUME_PRINTER, "is stopped (Paused)"),
        (IppOperation.CUPS_REJECT_JOBS, IppOperation.CUPS_ACCEPT_JOBS, "accepts no jobs"),
    ):
        await office.tells(hinder)
        _, answer = await office.gives()
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL
        assert answer.words.startswith(f"the printer {office.cups.uri(office.name)} {told}")
        await office.tells(undo)
    assert await office.jobs() == []
    assert isinstance((await office.gives())[1], Tray)


async def test_fault_53_a_print_server_that_is_away_closes_the_channel_and_proves_nothing(tmp_path: Path) -> None:
    office = Office(Cups(tmp_path, port=9), "p", tmp_path / "state")
    parcel, answer = await office.gives()
    uri = "ipp://127.0.0.1:9/printers/p"
    assert answer == Unavailable(Scope.CHANNEL, f"the printer {uri} cannot be reached: Connection refused")
    door = office.door()
    assert isinstance(await door.find(parcel, BEFORE), Unknown)
    with pytest.raises(OSError, match="cannot be reached"):
        await door.withdraw(parcel)
    with pytest.raises(OSError, match="cannot be reached"):
        await office.asks()


async def test_fault_53_a_queue_that_does_not_exist_is_told(office: Office) -> None:
    door = Office(office.cups, "nobody", office.state).door()
    answer = await door.submit(door.compose(letter()), never)
    assert isinstance(answer, Unavailable)
    assert "not found" in answer.words


async def test_fault_53_a_printer_without_paper_is_told_once_and_then_prints(office: Office) -> None:
    office.cups.mood(office.name, "empty")
    parcel, _ = await office.gives()
    (receipt,) = await office.hears()
    assert (receipt.said, receipt.words.partition(": ")[2]) == (Said.DELAYED, "needs a hand: media-empty-error")
    assert await office.asks() == []
    _, answer = await office.gives("a2")
    assert isinstance(answer, Unavailable)
    office.cups.mood(office.name, "fine")
    assert (await office.hears())[0].code == "completed"
    assert await office.printed() == [parcel.wire]


async def test_fault_53_a_printer_that_fails_keeps_the_job_and_nothing_is_submitted_again(office: Office) -> None:
    office.cups.mood(office.name, "1")
    parcel, answer = await office.gives()
    (receipt,) = await office.hears()
    assert receipt.said is Said.DELAYED
    assert await office.door().submit(parcel, never) == answer
    office.cups.mood(office.name, "fine")
    await office.tells(IppOperation.RESUME_PRINTER)
    assert await office.printed() == [parcel.wire]


async def test_fault_53_a_job_that_the_printer_gives_up_is_lost_and_not_printed_again(tmp_path: Path) -> None:
    with running(tmp_path / "cups", ("p", "abort-job")) as cups:
        office = Office(cups, "p", tmp_path / "state")
        cups.mood("p", "1")
        parcel, answer = await office.gives()
        (receipt,) = await office.hears()
        assert (receipt.said, receipt.code) == (Said.LOST, "aborted")
        cups.mood("p", "fine")
        assert await office.door().submit(parcel, never) == answer
        assert cups.sheets("p") == []


async def test_a_job_that_somebody_holds_waits_and_one_that_somebody_cancels_is_lost(office: Office) -> None:
    busy, number = await _waiting(office)
    await office.tells(IppOperation.HOLD_JOB, job_id=number)
    (receipt,) = await office.hears("a2")
    assert (receipt.said, receipt.code) == (Said.DELAYED, "held")
    await office.tells(IppOperation.CANCEL_JOB, job_id=number)
    (receipt,) = await office.hears("a2")
    assert (receipt.said, receipt.code) == (Said.LOST, "canceled")
    office.cups.mood(office.name, "fine")
    assert await office.printed() == [busy]


async def test_a_job_whose_pages_never_left_is_no_letter_until_the_doubt_is_settled(office: Office) -> None:
    """Fault 3: a kill between the two requests leaves a job without pages. It is not in the tray, nor was it lost."""
    await office.tells(IppOperation.CREATE_JOB, job_name="a1 R-1")
    assert await office.asks("a1") == []
    assert isinstance(await office.door().find(office.door().compose(letter("a1")), BEFORE), Absent)
    assert await office.asks("a1") == []
    assert office.cups.sheets(office.name) == []


async def _waiting(office: Office) -> tuple[bytes, int]:
    """A letter a2 waits behind a1, which is being printed: the bytes of a1, the number of a2."""
    office.cups.mood(office.name, "slow")
    first, _ = await office.gives("a1")
    await office.is_at_work()
    _, answer = await office.gives("a2")
    assert isinstance(answer, Tray)
    return first.wire, int(answer.job.rpartition(" ")[2])


# -- pulled back --------------------------------------------------------------------------------------------------


async def test_a_letter_that_waits_for_the_printer_is_pulled_back(office: Office) -> None:
    busy, _ = await _waiting(office)
    door = office.door()
    parcel = door.compose(letter("a2"))
    assert [await door.withdraw(parcel), await office.door().withdraw(parcel)] == [True, True]
    assert isinstance(await office.door().find(parcel, BEFORE), Absent)
    assert await office.door().submit(parcel, never) == Unavailable(Scope.MESSAGE, "this letter was withdrawn")
    office.cups.mood(office.name, "fine")
    assert await office.printed() == [busy]
    await until(lambda: office.cups.sheets(office.name) == [busy])


async def test_a_letter_that_is_being_printed_is_stopped_and_still_in_doubt(office: Office) -> None:
    office.cups.mood(office.name, "slow")
    parcel, _ = await office.gives()
    await office.is_at_work()
    assert await office.door().withdraw(parcel) is False
    assert (await office.hears())[0].code == "canceled"


async def test_a_letter_that_was_printed_or_never_given_is_not_pulled_back(office: Office) -> None:
    parcel, _ = await office.gives()
    await office.hears()
    assert await office.door().withdraw(parcel) is False
    assert await office.door().withdraw(office.door().compose(letter("a2"))) is False


# -- fault 54, and answers that are lost --------------------------------------------------------------------------


async def test_fault_54_a_print_server_killed_after_its_answer_leaves_a_doubt_for_a_person(tmp_path: Path) -> None:
    """It forgets the job and gives its number to another: neither is taken for absence, nothing is printed again."""
    with running(tmp_path / "cups", ("p", "stop-printer")) as cups:
        office = Office(cups, "p", tmp_path / "state")
        parcel, answer = await office.gives()
        await office.printed()
        cups.kill()
        for forgotten in [*cups.documents(), *(cups.home / "cache").glob("job.cache*"), *_control_files(cups)]:
            forgotten.unlink()
        cups.start()
        _, other = await office.gives("a2")
        assert other == answer, "the number was given again"
        found = await office.door().find(parcel, BEFORE)
        assert isinstance(found, Unknown)
        assert "does not know the job any more" in found.words
        assert await office.door().submit(parcel, never) == found
        (receipt,) = await office.hears("a1")
        assert (receipt.said, receipt.code) == (Said.NOTED, "forgotten")
        assert len(await office.printed(2)) == 2


def _control_files(cups: Cups) -> list[Path]:
    return [*(cups.home / "spool").glob("c?????"), *(cups.home / "cache").glob("*.N")]


async def test_fault_54_a_server_that_keeps_no_documents_is_not_taken_for_one_that_never_had_them(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "cups", ("p", "stop-printer"), files="No") as cups:
        office = Office(cups, "p", tmp_path / "state")
        parcel, answer = await office.gives()
        await office.hears()
        assert (await office.rests())[0]["number-of-documents"] == 0
        assert await office.door().find(parcel, BEFORE) == Found(answer)  # type: ignore[arg-type]
        assert await office.door().submit(parcel, never) == answer


@asynccontextmanager
async def _proxy(
    office: Office, cut: Callable[[bytes], bool], tls: ssl.SSLContext | None = None
) -> AsyncIterator[Office]:
    """The same printer over a line that hangs up after the questions that `cut` names: the printer heard them."""

    async def pass_on(request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        headers = {"Content-Type": "application/ipp"}
        asked = body.replace(f"127.0.0.1:{port}".encode(), f"127.0.0.1:{office.cups.port}".encode())
        async with (
            ClientSession() as session,
            session.post(f"http://127.0.0.1:{office.cups.port}{request.path}", data=asked, headers=headers) as response,
        ):
            answer = await response.read()
        if cut(body):
            assert request.transport is not None
            request.transport.close()
        return web.Response(body=answer, content_type="application/ipp")

    runner = web.ServerRunner(web.Server(pass_on))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    scheme = "ipps" if tls else "ipp"
    yield Office(Cups(office.cups.home, port=port, scheme=scheme), office.name, office.state)
    await runner.cleanup()


def _asks(operation: IppOperation) -> Callable[[bytes], bool]:
    return lambda body: int.from_bytes(body[2:4]) == operation


async def test_faults_4_5_and_53_a_lost_answer_is_a_doubt_that_the_job_itself_settles(office: Office) -> None:
    async with _proxy(office, _asks(IppOperation.SEND_DOCUMENT)) as distant:
        parcel, answer = await distant.gives()
        assert isinstance(answer, Unknown)
    found = await office.door().find(parcel, BEFORE)
    assert isinstance(found, Found)
    assert isinstance(found.answer, Tray)
    assert await office.door().submit(parcel, never) == found.answer
    assert await office.printed() == [parcel.wire]


async def test_a_lost_answer_before_the_pages_leaves_no_doubt(office: Office) -> None:
    async with _proxy(office, _asks(IppOperation.CREATE_JOB)) as distant:
        parcel, answer = await distant.gives()
        assert isinstance(answer, Unavailable)
        assert answer.scope is Scope.CHANNEL
    assert isinstance(await office.door().find(parcel, BEFORE), Absent)
    assert isinstance(await office.door().submit(parcel, yes), Tray)
    assert await office.printed() == [parcel.wire]


async def test_fault_32_a_certificate_is_checked_and_a_house_may_bring_its_own(office: Office, tmp_path: Path) -> None:
    house = certificate(tmp_path / "ca")
    async with _proxy(office, lambda _: False, house.server()) as safe:
        for said, told in (({}, "cannot be reached"), ({"ca_file": tmp_path / "gone.pem"}, "No such file")):
            door = safe.door(**said)
            answer = await door.submit(door.compose(letter()), never)
            assert isinstance(answer, Unavailable)
            assert told in answer.words
        door = safe.door(ca_file=house.chain, user="relanced", password="secret")
        assert isinstance(await door.submit(door.compose(letter()), yes), Tray)
    assert len(await office.printed()) == 1


async def test_what_is_no_ipp_closes_the_channel(office: Office, tmp_path: Path) -> None:
    async def speak(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="<html>a router says hello</html>")

    runner = web.ServerRunner(web.Server(speak))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stranger = Office(Cups(tmp_path, port=runner.addresses[0][1]), "p", tmp_path / "state")
    _, answer = await stranger.gives()
    await runner.cleanup()
    assert isinstance(answer, Unavailable)
    assert answer.words.endswith("answered what is no IPP")


# -- crashes ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deaths(cups: Cups, tmp_path_factory: pytest.TempPathFactory) -> list[Office]:
    """One office per moment of a submission, as a SIGKILL at that moment left it; the last try lived."""
    names, root = [cups.names.pop() for _ in range(20)], tmp_path_factory.mktemp("deaths")
    here = Path(__file__).parents[2]
    paths = os.pathsep.join([str(here), str(here / "channels")])
    command = [sys.executable, "-m", "tests.printing.dying", str(root), *map(cups.uri, names)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True)
    return [Office(cups, name, root / str(n)) for n, name in enumerate(names[: int(done.stdout)], 1)]


async def test_faults_1_to_6_killed_before_or_after_any_question_the_letter_is_printed_once(
    deaths: list[Office],
) -> None:
    """Whatever moment the kill chose, `find` tells the truth; what was absent is printed, and nothing twice."""
    truths = []
    for office in deaths:
        parcel = office.door().compose(letter())
        found = await office.door().find(parcel, BEFORE)
        truths.append(isinstance(found, Found))
        assert isinstance(found, Found | Absent)
        assert isinstance(await office.door().submit(parcel, yes), Tray)
        assert await office.printed() == [parcel.wire]
        assert len([job for job in await office.rests() if job["number-of-documents"]]) == 1
        assert office.cups.sheets(office.name) == [parcel.wire]
    assert truths == sorted(truths)
    assert truths.count(False) >= 8
    assert truths.count(True) >= 2
