"""What was heard of Maileva, and what it means: receipts. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from relanced.channel import Enclosure, Heard, Receipt, Said
from relanced_maileva.codes import PROOFS, RECIPIENTS, SENDINGS, Meaning, meaning
from relanced_maileva.facts import DOCUMENTS, FILES, PARIS, Letter, first_presented, moment, text
from relanced_maileva.hooks import notification

_ADDRESS = re.compile(r"address|adresse|destinataire", re.IGNORECASE)


def receipts_of(heard: Heard, *, registered: bool) -> tuple[Receipt, ...]:
    """Every receipt in what was heard. Raises ValueError for what cannot be understood."""
    match heard.about.get("what"):
        case "proof":
            return (_proof(heard),)
        case "notification":
            return (_notified(heard),)
    letter = _letter(heard.raw)
    told = {"sending": _of_sending, "recipient": _of_recipient, "event": _of_event}
    if heard.about.get("what") not in told:
        raise ValueError("this was not heard of Maileva")
    return tuple(told[heard.about["what"]](heard.about, letter, registered))


def _letter(raw: bytes) -> Letter:
    said = json.loads(raw)
    if not isinstance(said, dict):
        raise ValueError("this is no sending of Maileva")
    return Letter.of(*(json.dumps(said.get(name)).encode() for name in ("sending", "recipients")))


def _of_sending(about: Mapping[str, str], letter: Letter, registered: bool) -> Iterator[Receipt]:
    """A plain letter is posted when it was produced: nothing more is ever said of it."""
    known = SENDINGS.get(about["code"], Meaning(Said.NOTED))
    yield _receipt(letter, known, about["code"], text(letter.sending, "status_detail"), _when(letter))
    if about["code"] == "PROCESSED" and not registered:
        yield _receipt(letter, Meaning(Said.POSTED), about["code"], "", _when(letter))


def _of_recipient(about: Mapping[str, str], letter: Letter, registered: bool) -> Iterator[Receipt]:
    recipient, code = _recipient(about, letter), about["code"]
    known, detail = RECIPIENTS.get(code, Meaning(Said.NOTED)), text(recipient, "status_detail")
    ours_alone = text(letter.sending, "status") != "REJECTED" or _ADDRESS.search(detail)
    yield _receipt(
        letter, replace(known, address_dead=known.address_dead and bool(ours_alone)), code, detail, _when(letter)
    )


def _of_event(about: Mapping[str, str], letter: Letter, registered: bool) -> Iterator[Receipt]:
    """What the post says. Whatever shows that a registered letter was held out tells when that was first."""
    recipient, known = _recipient(about, letter), meaning(about["code"], about["category"])
    at, first = moment(about["date"]), first_presented(recipient)
    if at is None:
        raise ValueError(f"Maileva gives {about['code']} no date")
    said = _receipt(letter, known, about["code"], about["label"], at, text(recipient, "registered_number"))
    if not registered or not known.presented or first is None:
        yield said
        return
    yield replace(said, said=Said.PRESENTED, at=first, on=first.astimezone(PARIS).date(), address_dead=False)
    if known.said is not Said.PRESENTED:
        yield said


def _proof(heard: Heard) -> Receipt:
    """A paper says what it proves: that the letter was posted, that it was handed over, that it came back and why."""
    about, code = heard.about, heard.about["code"]
    at = moment(about["date"]) or moment(about["fetched"])
    if at is None or not heard.raw.startswith(DOCUMENTS):
        raise ValueError(f"the {code} is neither a PDF nor an archive, or has no date")
    known = PROOFS[code] if code != "undelivered_mail" else meaning(about["why"], "UNDELIVERED")
    kind, suffix = ("application/pdf", "pdf") if heard.raw.startswith(b"%PDF-") else ("application/zip", "zip")
    return Receipt(
        known.said,
        at,
        FILES[code].replace("-", " "),
        about["attempt"],
        about["sending"],
        code,
        address_dead=known.address_dead,
        number=about["number"],
        proofs=(Enclosure(f"{FILES[code]}.{suffix}", kind, heard.raw),),
    )


def _notified(heard: Heard) -> Receipt:
    """A notification has no effect of its own: it is a reason to ask."""
    said = notification(heard.raw)
    at = moment(said["event_date"])
    if at is None:
        raise ValueError("the notification has no date")
    sending = said["resource_id"] if said["resource_type"].endswith("/sendings") else ""
    words = f"{said['event_type']} of {said['resource_type']}"
    return Receipt(Said.NOTED, at, words, said["resource_custom_id"], sending, said["event_type"])


def _receipt(letter: Letter, known: Meaning, code: str, words: str, at: datetime, number: str = "") -> Receipt:
    told = " ".join(part for part in (code, words) if part)
    return Receipt(
        known.said, at, told, letter.attempt, letter.id, code, address_dead=known.address_dead, number=number
    )


def _recipient(about: Mapping[str, str], letter: Letter) -> Mapping[str, Any]:
    found = next((r for r in letter.recipients if r["id"] == about["recipient"]), None)
    if found is None:
        raise ValueError("this recipient is not in the sending")
    return found


def _when(letter: Letter) -> datetime:
    """The moment of a status: of its list where there is one, else of production or submission."""
    listed = letter.sending.get("statuses")
    status = text(letter.sending, "status")
    own = (
        [text(s, "date") for s in listed if isinstance(s, dict) and s.get("code") == status]
        if isinstance(listed, list)
        else []
    )
    names = ("processed_date", "submission_date", "creation_date")
    when = next(filter(None, map(moment, (*own, *(text(letter.sending, n) for n in names)))), None)
    if when is None:
        raise ValueError("Maileva gives this sending no date")
    return when
