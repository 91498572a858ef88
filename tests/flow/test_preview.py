"""A person reads a message before letting it go, and reads the very bytes of one that has left."""

from __future__ import annotations

import base64
from datetime import date
from hashlib import sha256

import pytest

from tests.flow import paper
from tests.flow.company import Row, Said
from tests.flow.conftest import Found
from tests.flow.test_approval import COURTEOUS, DAY, DUE, FORMAL


def file_of(said: Row, name: str) -> bytes:
    return base64.b64decode(said["files"][name])


async def test_a_mail_that_waits_for_approval_can_be_read_and_then_leaves_as_read(found: Found) -> None:
    company = await found(policies=COURTEOUS)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    number = (await company.last())["id"]
    read = await company.desk("preview", message=number)
    assert "has not left" in read["lines"][0]
    assert any(line.startswith("Objet : ") for line in read["lines"])
    assert "F-1" in "\n".join(read["lines"])
    assert [await company.told(), len(company.relay.mails)] == [["relance-1 email parked"], 0]
    await company.desk("approve", message=number)
    await company.works()
    left = await company.desk("preview", message=number)
    assert left["record"]["text"] == read["record"]["text"]
    assert (await company.messages())[-1]["sha256"] == sha256(file_of(left, f"message-{number}.eml")).hexdigest()


async def test_a_notice_that_waits_for_approval_is_a_pdf_and_once_laid_the_same_bytes(found: Found) -> None:
    company = await found(policies=FORMAL)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(DAY)
    number = (await company.last())["id"]
    read = await company.desk("preview", message=number)
    assert file_of(read, f"message-{number}.pdf").startswith(b"%PDF-")
    assert "mise en demeure" in "\n".join(read["lines"]).lower()
    await company.desk("approve", message=number)
    await company.works()
    left = await company.desk("preview", message=number)
    (lying,) = company.lying("registered")
    assert file_of(left, f"message-{number}.pdf") == lying.read_bytes()


async def test_what_is_nobodys_message_or_was_never_worded_is_said(found: Found) -> None:
    company = await found(policies=COURTEOUS)
    await company.bills(paper.invoice("F-1", DUE))
    await company.morning(date(2026, 3, 5))
    number = (await company.last())["id"]
    await company.desk("cancel", message=number)
    with pytest.raises(Said, match="is cancelled and was never worded"):
        await company.desk("preview", message=number)
    with pytest.raises(Said, match="there is no message 4711"):
        await company.desk("preview", message=4711)
