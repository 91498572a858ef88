"""A message to oneself through a real door: as a debtor would see it, marked, journalled, and no case knows of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import BaseModel
from pypdf import PdfReader

from relanced.channel import (
    Answer,
    Awaited,
    Draft,
    Form,
    Go,
    Heard,
    Keep,
    MailDraft,
    Parcel,
    Receipt,
    Said,
    Scope,
    Sent,
    Surroundings,
    TextDraft,
    Unavailable,
    Unknown,
)
from relanced.flow.send import Redirected
from relanced.flow.trial import faults_of_doors
from relanced.flow.trial.specimen import Specimen, drawn_up
from relanced.rules.model import Road
from relanced.rules.policy import Step, Tone, When
from relanced.store.tables import attempts, heard, journal, messages
from tests.email.nameserver import nameserver
from tests.flow.company import Company
from tests.flow.company import Said as Refuses
from tests.flow.conftest import Found
from tests.store.rows import every

SOON: dict[str, Any] = {"wait": 0}
OURS = "essais@atelier-dubois.example"


async def events(company: Company) -> list[str]:
    """What the house's own journal tells."""
    return [row["event"] for row in await every(company.house.store, journal, case_id=0)]


async def test_a_test_goes_to_whoever_asks_and_looks_like_a_reminder(company: Company) -> None:
    said = await company.desk("send-test", channel="compta", **SOON)
    assert "went through compta to claire@atelier-dubois.example: 250 " in said["lines"][0]
    assert said["lines"][1] == "this channel cannot tell what becomes of it: look whether it arrived"
    (mail,) = company.relay.fresh()
    assert mail.to == "claire@atelier-dubois.example"
    assert mail.subject.startswith("[TEST] ")
    assert mail.text.startswith("Ceci est un test de relanced : la facture ci-dessous n’existe pas")
    assert "Atelier Dubois SARL" in mail.text and "Claire Dubois" in mail.text
    assert mail.attempt.startswith("test-")
    assert b"Ceci est un test de relanced" in company.relay.messages[-1].partition(b"text/html")[2]


async def test_no_case_knows_of_it_and_the_journal_does(company: Company) -> None:
    await company.desk("send-test", channel="compta", **SOON)
    assert await every(company.house.store, messages) == []
    assert await every(company.house.store, attempts) == []
    assert (await events(company))[-2:] == ["test sealed", "test answered"]
    rows = await every(company.house.store, journal, case_id=0, event="test answered")
    assert [row["by"] for row in rows] == ["claire"]


async def test_it_may_go_anywhere_in_the_name_of_a_creditor(company: Company) -> None:
    await company.desk("send-test", channel="compta", to="it@other.example", creditor="atelier", by="root", **SOON)
    assert [mail.to for mail in company.relay.fresh()] == ["it@other.example"]


async def test_redirected_it_goes_where_everything_goes(found: Found) -> None:
    company = await found(mode="redirect", house="redirect_to: {email: essais@atelier-dubois.example}")
    said = await company.desk("send-test", channel="compta", to="it@other.example", **SOON)
    assert "to essais@atelier-dubois.example" in said["lines"][0]
    (mail,) = company.relay.fresh()
    assert mail.subject.startswith("[it@other.example] [TEST] ")


async def test_with_a_journal_copy_it_waits_for_the_copy(found: Found) -> None:
    company = await found(copies=True)
    said = await company.desk("send-test", channel="compta", wait=5)
    assert said["lines"][1].startswith("found: journal copy present: ")


async def test_a_letter_is_laid_in_the_tray_and_nobody_will_post_it_by_mistake(company: Company) -> None:
    said = await company.desk("send-test", channel="tray", **SOON)
    assert said["lines"][0].startswith("a test for TEST, NE PAS POSTER, 12 RUE DES FORGES, 35000 RENNES lies in the")
    (sheet,) = company.lying("registered")
    text = PdfReader(BytesIO(sheet.read_bytes())).pages[0].extract_text()
    assert "TEST, NE PAS POSTER" in text and "Nos références\nTEST" in text
    await company.desk("send-test", channel="office", to="8 RUE DU BAC / 75007 PARIS", **SOON)
    (sheet,) = company.lying("letters")
    assert "8 RUE DU BAC" in PdfReader(BytesIO(sheet.read_bytes())).pages[0].extract_text()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"channel": "fax"}, "there is no channel fax in the configuration (there are: compta, office, tray)"),
    ({"channel": "compta", "by": "root"}, "to is missing: root is nobody of people:, so say where the test goes"),
    ({"channel": "compta", "creditor": "other"}, "no creditor other writes through compta: see its roads"),
    ({"channel": "compta", "to": "a@b, c@d"}, "the test cannot be worded: 'a@b, c@d' is not one plain e-mail address"),
    ({"channel": "office", "to": "PARIS"}, 'to: a letter goes to postal lines, like "12 RUE DES FORGES / 35000'),
]


@pytest.mark.parametrize(("words", "told"), REFUSED)
async def test_what_cannot_be_tested_is_said_in_one_line(company: Company, words: dict[str, Any], told: str) -> None:
    with pytest.raises(Refuses) as refused:
        await company.desk("send-test", **words)
    assert told in str(refused.value)
    assert "test sealed" not in await events(company)


async def test_where_nothing_leaves_nothing_is_tested_and_it_says_so(found: Found) -> None:
    company = await found(mode="redirect", house=f"redirect_to: {{email: {OURS}}}")
    with pytest.raises(Refuses, match="mode is redirect, and nothing leaves through office: it carries neither mail"):
        await company.desk("send-test", channel="office", **SOON)
    assert company.lying() == []


async def test_a_call_is_made_by_people_and_cannot_be_tested(found: Found) -> None:
    company = await found(roads=", phone: calls", channels="  calls: {kind: phone}")
    with pytest.raises(Refuses, match="calls lists calls for people: nothing leaves through it that could be tested"):
        await company.desk("send-test", channel="calls", to="0612345678", **SOON)


async def test_of_letters_that_are_mailed_only_the_folder_is_tried(found: Found) -> None:
    office = 'out: mail, folder: letters, to: atelier@atelier-dubois.example, by: compta, at: "08:30"'
    company = await found(office=office)
    said = await company.desk("send-test", channel="office", **SOON)
    told = "only its folder was tried: no mail to atelier@atelier-dubois.example will hold this sheet"
    assert said["lines"][1:] == [told]
    assert "no letter to mail" in (await company.desk("letters mail"))["lines"][0]


async def test_in_shadow_nothing_leaves_and_it_says_so(found: Found) -> None:
    company = await found(mode="shadow")
    with pytest.raises(Refuses, match="mode is shadow: nothing leaves the house, a test neither"):
        await company.desk("send-test", channel="compta")
    assert company.relay.messages == []


async def test_a_stop_holds_for_a_test_too(company: Company) -> None:
    await company.desk("stop", reason="fire drill")
    with pytest.raises(Refuses, match="nothing leaves: fire drill"):
        await company.desk("send-test", channel="compta")
    assert company.relay.messages == []


async def test_a_relay_that_refuses_is_bad_news_with_its_words(found: Found) -> None:
    company = await found()
    company.relay.answers("RCPT", "550 5.1.1 no such user")
    with pytest.raises(Refuses, match=r"no test went through compta: 550 5\.1\.1 no such user"):
        await company.desk("send-test", channel="compta")
    assert (await events(company))[-1] == "test answered"


# -- a door that can be asked -----------------------------------------------------------------------------------------


class Telling:
    """Carries mails, and hears of their fate when it is asked."""

    form = Form.MAIL
    Settings: type[BaseModel] = BaseModel
    can_prove_absence, connections, settle, ask_every = False, 1, timedelta(0), timedelta(minutes=5)

    def __init__(self, *says: Receipt, deaf: bool = False) -> None:
        self.says, self.deaf = says, deaf

    def compose(self, draft: Draft) -> Parcel:
        assert isinstance(draft, MailDraft)
        return Parcel(draft.attempt, draft.to, draft.deadline, (draft.text.encode(),))

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        return Sent("theirs-1", "queued") if await go() else Unavailable(Scope.MESSAGE, "stopped")

    async def find(self, parcel: Parcel, since: datetime) -> Unknown:
        return Unknown("nobody can tell")

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        if self.deaf:
            raise TimeoutError("no answer")
        await keep(Heard("1", b"said"))

    def read(self, heard: Heard) -> tuple[Receipt, ...]:
        return self.says

    async def close(self) -> None:
        """Nothing is open."""


def receipt(said: Said, words: str, **about: Any) -> Receipt:
    return Receipt(said, datetime.fromisoformat("2026-03-02T09:00:00+00:00"), words, **about)


MINE = receipt(Said.DELIVERED, "delivered", provider_id="theirs-1")
OTHER = receipt(Said.BOUNCED, "no such user", attempt="a9", provider_id="theirs-9")
SILENT = "nothing was heard of it within 0 seconds: look whether it arrived"
ASKED = [
    (Telling(OTHER, MINE), ["delivered: delivered"]),
    (Telling(OTHER), [SILENT]),
    (Telling(receipt(Said.TAKEN, "for nobody")), [SILENT]),
    (Telling(deaf=True), ["the provider could not be asked: no answer"]),
]


class Silent(Telling):
    """The door at work, which is asked by nobody else than the house."""

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        raise AssertionError("a test asks a door of its own")


class Opens:
    """A kind of which every door that is opened is the same."""

    form = Form.MAIL

    def __init__(self, door: Telling) -> None:
        self.door = door

    def __call__(self, settings: BaseModel, surroundings: Surroundings) -> Telling:
        return self.door


def hangs(company: Company, door: Telling) -> None:
    """The e-mail channel is of that kind from now on."""
    premises, at_work = company.house.premises, Silent()
    mine = replace(premises.config.channels["compta"], channel=Opens(door))
    premises.config = replace(premises.config, channels={**premises.config.channels, "compta": mine})
    as_before = company.house.doors["compta"]
    company.house.doors["compta"] = Redirected(at_work, OURS) if isinstance(as_before, Redirected) else at_work


@pytest.mark.parametrize(("door", "told"), ASKED)
async def test_a_door_that_can_be_asked_tells_what_became_of_it(
    company: Company, door: Telling, told: list[str]
) -> None:
    hangs(company, door)
    said = await company.desk("send-test", channel="compta", **SOON)
    assert said["lines"][1:] == told


async def test_redirected_a_door_that_can_be_asked_tells_as_well(found: Found) -> None:
    company = await found(mode="redirect", house=f"redirect_to: {{email: {OURS}}}")
    hangs(company, Telling(MINE))
    said = await company.desk("send-test", channel="compta", **SOON)
    assert said["lines"][1:] == ["delivered: delivered"]


async def test_all_that_is_heard_is_kept_for_the_house(company: Company) -> None:
    hangs(company, Telling(OTHER))
    await company.desk("send-test", channel="compta", **SOON)
    (row,) = await every(company.house.store, heard)
    assert (row["channel"], row["raw"], row["read_at"]) == ("compta", b"said", None)


# -- the other roads --------------------------------------------------------------------------------------------------


def drawn(company: Company, road: Road, words: str, form: Form) -> Draft:
    premises = company.house.premises
    step = Step(words, Tone.FIRM, When(10), via=(road,))
    specimen = Specimen(premises.config.creditors["atelier"], road, step, "+33612345678")
    return drawn_up(specimen, premises, form, premises.local(company.clock.now()))


async def test_a_short_text_is_marked_too(company: Company) -> None:
    text = drawn(company, Road.SMS, "relance-2", Form.TEXT)
    assert isinstance(text, TextDraft)
    assert text.text.startswith("[TEST] ") and "Atelier Dubois" in text.text


async def test_the_days_of_a_test_are_those_of_today(company: Company) -> None:
    mail = drawn(company, Road.EMAIL, "relance-2", Form.MAIL)
    assert isinstance(mail, MailDraft)
    assert "TEST" in mail.text and "2026" in mail.text
    assert "20/02/2026" in mail.text or "20 février 2026" in mail.text


# -- trying every door ------------------------------------------------------------------------------------------------


async def test_a_probe_tells_what_is_wrong_with_each_door_by_its_place(found: Found) -> None:
    async with nameserver({"MX atelier-dubois.example": []}) as dns:
        company = await found(email=f', dns: "{dns}", dkim_selectors: [s1]')
        shutil.rmtree(company.folder / "registered")
        (company.folder / "registered").write_text("in the way")
        with pytest.raises(Refuses) as told:
            await company.desk("probe")
    lines = str(told.value).split("; ")
    assert lines[0].startswith("channels.compta: atelier-dubois.example: the DNS does not tell MX of atelier-dubois.")
    assert lines[-1] == f"channels.tray: the letters folder {company.folder}/registered is not a folder"
    assert "channels.office" not in str(told.value)


async def test_a_probe_touches_neither_the_doors_at_work_nor_the_trays(found: Found) -> None:
    async with nameserver({}) as dns:
        company = await found(email=f', dns: "{dns}"')
        doors = dict(company.house.doors)
        with pytest.raises(Refuses):
            await company.desk("probe")
    assert company.house.doors == doors
    assert not company.lying() and not company.lying("registered") and not company.relay.messages
    await company.desk("send-test", channel="compta", **SOON)


async def test_a_door_that_breaks_when_it_is_tried_is_one_line(company: Company) -> None:
    broken = replace(company.house.config.channels["office"], channel=Breaking)
    config = replace(company.house.config, channels={"office": broken})
    told = await faults_of_doors(config, company.clock.now, ["office"])
    assert told == ["channels.office: it cannot be tried: LookupError: what now"]


class Breaking(Telling):
    """A door of somebody else's."""

    def __init__(self, settings: BaseModel, surroundings: Surroundings) -> None:
        raise LookupError("what now")
