"""From a letter draft to its parcel, and from a parcel to the two files that lie in the folder. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC

from msgspec import Struct

from relanced.channel import Blob, PaperDraft, Parcel, Unfit

ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LINES_IN_FRANCE = 6  # NF Z10-011; a seventh line names the country
LINE_LENGTH = 38
_FACT = "fact."


class Sheet(Struct, frozen=True):
    """One letter as it lies in the folder: the PDF and the JSON note beside it, both named after the attempt."""

    attempt: str
    pdf: bytes
    note: bytes
    reference: str


def parcel_of(draft: PaperDraft, *, registered: bool) -> Parcel:
    """Fix the bytes of a letter. Raises `Unfit` with every fault of the draft at once."""
    if faults := "; ".join(_faults(draft)):
        raise Unfit(faults)
    envelope = {
        "reference": draft.reference,
        "title": draft.title,
        "pages": str(draft.pages),
        "registered": "yes" if registered else "no",
    }
    envelope |= {_FACT + name: value for name, value in draft.sidecar.items()}
    return Parcel(draft.attempt, "\n".join(draft.to), draft.deadline, (Blob.of(draft.pdf),), envelope)


def _faults(draft: PaperDraft) -> Iterator[str]:
    if not ATTEMPT.fullmatch(draft.attempt):
        yield _BAD_ATTEMPT
    if not draft.pdf.startswith(b"%PDF-"):
        yield "the letter is not a PDF: it does not start with %PDF-"
    if draft.pages < 1:
        yield f"the letter says it has {draft.pages} pages"
    for name, text in (("title", draft.title), ("reference", draft.reference)):
        if _has_control(text):
            yield f"the {name} holds a control character"
    if any("Cs" in map(unicodedata.category, name + value) for name, value in draft.sidecar.items()):
        yield "a fact of the sidecar cannot be written in UTF-8"
    yield from _address_faults(draft.to)


_BAD_ATTEMPT = "the attempt id may hold only ASCII letters, digits, - and _, and starts with a letter or digit"


def _address_faults(lines: tuple[str, ...]) -> Iterator[str]:
    """The rules of NF Z10-011. The text names the line by its number and never repeats what is written there."""
    if not lines:
        yield "the letter has no address"
        return
    most = LINES_IN_FRANCE if re.match(r"\d{5} ", lines[-1]) else LINES_IN_FRANCE + 1
    if len(lines) > most:
        yield f"the address has {len(lines)} lines, {LINES_IN_FRANCE} at most ({LINES_IN_FRANCE + 1} abroad)"
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            yield f"line {number} of the address is empty"
        if len(line) > LINE_LENGTH:
            yield f"line {number} of the address has {len(line)} characters, {LINE_LENGTH} at most"
        if _has_control(line):
            yield f"line {number} of the address holds a control character"


def _has_control(text: str) -> bool:
    """Controls, direction marks, lone surrogates, line and paragraph separators."""
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in text)


def sheet_of(parcel: Parcel) -> Sheet:
    """The two files of a parcel. Raises `Unfit` when its attempt id cannot be a file name."""
    if not ATTEMPT.fullmatch(parcel.attempt):
        raise Unfit(_BAD_ATTEMPT)
    return Sheet(parcel.attempt, parcel.wire, _note(parcel), parcel.envelope["reference"])


def _note(parcel: Parcel) -> bytes:
    """The JSON note, from stored fields alone: the same bytes before and after a crash."""
    stored = parcel.envelope
    note = {
        "attempt": parcel.attempt,
        "reference": stored["reference"],
        "to": parcel.address.split("\n"),
        "title": stored["title"],
        "pages": int(stored["pages"]),
        "registered": stored["registered"] == "yes",
        "sha256": parcel.sha256,
        "deadline": parcel.deadline.astimezone(UTC).isoformat(timespec="seconds"),
        "facts": {name.removeprefix(_FACT): value for name, value in stored.items() if name.startswith(_FACT)},
    }
    return json.dumps(note, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"
