"""From a letter draft to its parcel: the PDF, and the very requests that will be made of Maileva. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping

from relanced.channel import Blob, PaperDraft, Parcel, Unfit
from relanced_maileva.settings import LINE_LENGTH, MailevaSettings

ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")  # a custom_id
MOST_LINES = 6
MOST_SHEETS = 44  # what a C4 envelope takes behind its address sheet (registered_mail 4.9)
MOST_BYTES = 20_000_000
_TOWN = re.compile(r"(\d{5}) \S.*")

# Which of the six lines the lines between name and town are: addressee, building, street, place (NF Z10-011).
_PLACES: Mapping[int, tuple[int, ...]] = {0: (), 1: (4,), 2: (2, 4), 3: (2, 3, 4), 4: (2, 3, 4, 5)}

# Beginnings of postcodes outside of metropolitan France, and their ISO 3166 country codes; the longest counts.
_OVERSEAS = {
    "971": "GP",
    "97133": "BL",
    "97150": "MF",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "975": "PM",
    "976": "YT",
    "980": "MC",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


def parcel_of(draft: PaperDraft, settings: MailevaSettings) -> Parcel:
    """Fix the bytes of a letter and of the requests about it. Raises `Unfit` with every fault at once."""
    if faults := "; ".join(_faults(draft, settings)):
        raise Unfit(faults)
    envelope = {
        "product": settings.product,
        "sending": _json(_sending(draft, settings)),
        "recipient": _json(_recipient(draft)),
        "document": _json({"priority": 1, "name": f"{draft.reference}.pdf"}),
    }
    return Parcel(draft.attempt, "\n".join(draft.to), draft.deadline, (Blob.of(draft.pdf),), envelope)


def _faults(draft: PaperDraft, settings: MailevaSettings) -> Iterator[str]:
    if not ATTEMPT.fullmatch(draft.attempt):
        yield "the attempt id may hold only 32 ASCII letters, digits, - and _, and starts with a letter or digit"
    if not draft.pdf.startswith(b"%PDF-"):
        yield "the letter is not a PDF: it does not start with %PDF-"
    if len(draft.pdf) > MOST_BYTES:
        yield f"the letter has {len(draft.pdf)} bytes, {MOST_BYTES} at most"
    if draft.pages < 1:
        yield f"the letter says it has {draft.pages} pages"
    sheets = -(-draft.pages // 2) if settings.duplex else draft.pages
    if sheets > MOST_SHEETS:
        yield f"the letter has {sheets} sheets, {MOST_SHEETS} at most"
    for name, text in (("title", draft.title), ("reference", draft.reference)):
        if not text or _has_control(text):
            yield f"the {name} is empty or holds a control character"
    yield from _address_faults(draft.to)


def _address_faults(lines: tuple[str, ...]) -> Iterator[str]:
    """The text names the line by its number and never repeats what is written there."""
    if not 2 <= len(lines) <= MOST_LINES:
        yield f"the address has {len(lines)} lines, 2 to {MOST_LINES} are expected"
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip() or _has_control(line):
            yield f"line {number} of the address is empty or holds a control character"
        if len(line) > LINE_LENGTH:
            yield f"line {number} of the address has {len(line)} characters, {LINE_LENGTH} at most"
    if not _TOWN.fullmatch(lines[-1]):
        yield "the address does not end with a French postcode and town; Maileva posts within France"


def _has_control(text: str) -> bool:
    """Controls, direction marks, lone surrogates, line and paragraph separators."""
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)


def _sending(draft: PaperDraft, settings: MailevaSettings) -> dict[str, object]:
    """The options of the sending. Its custom id is our attempt: by it a lost one is found again."""
    asked: dict[str, object] = {
        "name": draft.title[:256],
        "custom_id": draft.attempt,
        "custom_data": draft.reference[:255],
        "color_printing": settings.color,
        "duplex_printing": settings.duplex,
        "optional_address_sheet": settings.address_sheet,
        "postage_type": settings.postage.upper(),
        "print_sender_address": bool(settings.sender),
    }
    if settings.mail:
        asked["notification_email"] = settings.mail
    if settings.sender:
        asked |= {f"sender_{name}": line for name, line in address_lines(settings.sender).items()}
    return asked | (_registered(settings) if settings.registered else _plain(settings))


def _registered(settings: MailevaSettings) -> dict[str, object]:
    return {
        "acknowledgement_of_receipt": True,
        "returned_mail_scanning": settings.scan_returned,
        "archiving_duration": settings.archive_years or 3,
    }


def _plain(settings: MailevaSettings) -> dict[str, object]:
    return {
        "envelope_windows_type": "DOUBLE" if settings.sender else "SIMPLE",
        "treat_undelivered_mail": settings.scan_returned,
        "archiving_duration": settings.archive_years or 0,
    }


def _recipient(draft: PaperDraft) -> dict[str, str]:
    return {"custom_id": draft.attempt, **address_lines(draft.to)}


def address_lines(lines: tuple[str, ...]) -> dict[str, str]:
    """Two to six lines of NF Z10-011 as Maileva's address lines and country code; their order never changes."""
    first, *middle, town = lines
    placed = {1: first, **dict(zip(_PLACES[len(middle)], middle, strict=True)), 6: town}
    return {**{f"address_line_{n}": line for n, line in placed.items()}, "country_code": country(town)}


def country(town: str) -> str:
    """The ISO 3166 code for a line of postcode and town."""
    known = [prefix for prefix in _OVERSEAS if town.startswith(prefix)]
    return _OVERSEAS[max(known, key=len)] if known else "FR"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
