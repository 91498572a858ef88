"""Words that cannot be said hold their own message and no other; duplicates go along, or are not promised."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from relanced.channel import Unfit
from relanced.flow.send.allowing import Gatekeeper
from relanced.words.engine import Words
from relanced_email.channel import EmailChannel
from tests.flow import paper
from tests.flow.company import Company, reads
from tests.flow.conftest import Found

DUE = date(2026, 3, 2)
DAY = date(2026, 3, 5)
GOOD = "Objet : Rappel\n\n{{ addressee.salutation }}\n\nNous attendons la facture {{ facts.line.invoice }}.\n"
BROKEN = {
    "an undefined variable": GOOD + '{% if addressee.name == "Client C1" %}{{ facts.nonsense }}{% endif %}\n',
    "an error while filling in": GOOD + '{% if addressee.name == "Client C1" %}{{ addressee.name|euros }}{% endif %}\n',
    "nothing but a subject": '{% if addressee.name == "Client C1" %}Objet : Rappel\n{% else %}' + GOOD + "{% endif %}",
}


async def _with_wording(found: Found, folder: Path, words: str) -> Company:
    said = folder / "words" / "fr" / "relance-1"
    said.mkdir(parents=True)
    (said / "mail.j2").write_text(words, "utf-8")
    company = await found(house=f"templates: {folder}/words")
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2"))
    return company


@pytest.mark.parametrize("fault", list(BROKEN))
async def test_fault_51_a_wording_that_fails_holds_its_message_while_others_go(
    found: Found, tmp_path: Path, fault: str
) -> None:
    company = await _with_wording(found, tmp_path, BROKEN[fault])
    (mail,) = await company.morning(DAY)
    assert mail.to == "c2@client.example"
    held = await company.last("C1")
    assert held["state"] == "parked"
    assert held["reason"].startswith("cannot be worded: relance-1/mail.j2")


@pytest.mark.parametrize(
    ("step", "error", "why"),
    [
        ((Gatekeeper, "told"), RuntimeError("broken"), "cannot be worded: RuntimeError: broken"),
        ((Words, "mail"), RuntimeError("broken"), "cannot be worded: RuntimeError: broken"),
        ((EmailChannel, "compose"), RuntimeError("broken"), "cannot be worded: RuntimeError: broken"),
        ((EmailChannel, "compose"), Unfit("too long"), "cannot be worded: too long"),
    ],
    ids=["may it leave", "what does it say", "which bytes are that", "no bytes say that"],
)
async def test_fault_51_whatever_breaks_on_the_way_holds_its_message_while_others_go(
    found: Found, monkeypatch: pytest.MonkeyPatch, step: tuple[type, str], error: Exception, why: str
) -> None:
    whole = getattr(*step)

    def broken(self: object, *about: object) -> object:
        if any(name in repr(about) for name in ("Client C1", "c1@client.example")):
            raise error
        return whole(self, *about)

    company = await found()
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-2", DUE, "C2"))
    monkeypatch.setattr(*step, broken)
    (mail,) = await company.morning(DAY)
    assert mail.to == "c2@client.example"
    held = await company.last("C1")
    assert (held["state"], held["reason"]) == ("parked", why)


async def test_fault_51_a_wording_that_was_mended_leaves_when_a_person_says_so(found: Found, tmp_path: Path) -> None:
    company = await _with_wording(found, tmp_path, BROKEN["an undefined variable"])
    await company.morning(DAY)
    (tmp_path / "words" / "fr" / "relance-1" / "mail.j2").write_text(GOOD, "utf-8")
    await company.reopen()
    await company.desk("approve", message=(await company.last("C1"))["id"])
    (mail,) = await company.works()
    assert mail.to == "c1@client.example"


async def test_fault_51_a_wording_nobody_mends_is_passed_over(found: Found, tmp_path: Path) -> None:
    company = await _with_wording(found, tmp_path, BROKEN["an undefined variable"])
    await company.morning(DAY)
    await company.morning(date(2026, 3, 19))  # ten working days later
    await company.morning(date(2026, 3, 20))
    assert await company.told("C1") == ["relance-1 email expired", "relance-2 email sent"]


async def test_an_address_no_envelope_can_carry_holds_its_letter_alone(company: Company) -> None:
    long = "LLANFAIRPWLLGWYNGYLLGOGERYCHWYRNDROBWLLLLANTYSILIOGOGOGOCH"
    await company.bills(
        paper.invoice("F-1", DUE, email="", address=long), paper.invoice("F-2", DUE, "C2", email="", address="1 RUE X")
    )
    await company.morning(DAY)
    assert await company.told("C1") == ["relance-1 letter parked"]
    assert await company.told("C2") == ["relance-1 letter in_tray"]


# -- duplicates ---------------------------------------------------------------------------------------------------


def _invoice_pdf(path: Path, pages: int = 1) -> None:
    path.parent.mkdir(exist_ok=True)
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.write(path)


async def _climbed_to_the_letter(found: Found, folder: Path) -> Company:
    company = await found(creditor=f"documents: {{folder: {folder}/pdf}}")
    await company.bills(paper.invoice("F-1", DUE), paper.invoice("F-10", DUE))
    for day in (DAY, date(2026, 3, 12), date(2026, 3, 23)):
        await company.morning(day)
    return company


async def test_the_invoices_named_go_along_as_duplicates(found: Found, tmp_path: Path) -> None:
    _invoice_pdf(tmp_path / "pdf" / "facture F-1.pdf", pages=2)
    _invoice_pdf(tmp_path / "pdf" / "facture F-10.pdf", pages=1)
    company = await _climbed_to_the_letter(found, tmp_path)
    (sheet,) = company.lying()
    assert "duplicata" in reads(sheet).lower()
    assert len(PdfReader(sheet).pages) >= 4
    await company.desk("letters posted", references=(await company.last())["reference"])
    (mail,) = await company.works()
    assert mail.enclosed == ("duplicata-F-1.pdf", "duplicata-F-10.pdf")
    assert "duplicate missing" not in await company.tasks()


async def test_a_missing_duplicate_is_not_promised_and_a_person_is_asked(found: Found, tmp_path: Path) -> None:
    _invoice_pdf(tmp_path / "pdf" / "facture F-1.pdf")
    company = await _climbed_to_the_letter(found, tmp_path)
    (sheet,) = company.lying()
    assert "Nous tenons le duplicata de la facture F-10 à votre disposition" in reads(sheet).replace("\xa0", " ")
    assert await company.tasks() == ["duplicate missing"]
    await company.desk("letters posted", references=(await company.last())["reference"])
    (mail,) = await company.works()
    assert mail.enclosed == ("duplicata-F-1.pdf",)
