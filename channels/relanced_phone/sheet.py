"""From the draft of a call to its parcel. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from relanced.channel import CallDraft, CallSheet, Parcel, Unfit

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164


def parcel_of(draft: CallDraft) -> Parcel:
    """Fix the bytes: what the person who phones will read. Raises `Unfit` with every fault of the draft at once."""
    if faults := "; ".join(_faults(draft)):
        raise Unfit(faults)
    return Parcel(draft.attempt, draft.to, draft.deadline, (CallSheet.of(draft).wire,))


def _faults(draft: CallDraft) -> Iterator[str]:
    """The text never repeats what is wrong: a number may be anything."""
    if not _E164.fullmatch(draft.to):
        yield "the number to call is not written like +33142685300"
    if not draft.script.strip():
        yield "the script is empty"
    if any(map(_unreadable, draft.script.replace("\n", ""))):
        yield "the script holds a control character"
    if any(map(_unreadable, "".join((draft.reference, *draft.sidecar, *draft.sidecar.values())))):
        yield "a fact holds a control character"


def _unreadable(character: str) -> bool:
    """Controls, direction marks, lone surrogates."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}
