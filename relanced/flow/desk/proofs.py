"""Verbs about papers: what proves that a letter was posted, and what became of it."""

from __future__ import annotations

import mimetypes
from datetime import date
from pathlib import PurePath
from typing import Any

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment
from relanced.store.hands import Hands
from relanced.store.proofs import Paper, PaperKind, Proof, ProofKind
from relanced.store.views import NotFound

LARGEST_PAPER = 20 * 1024 * 1024  # bytes
_READABLE = ("application/pdf", "image/png", "image/jpeg", "image/tiff")


def paper(asked: Asked, kind: ProofKind, on: date) -> Proof:
    """The one file that came along, as a proof. Raises Misasked."""
    return Proof(kind, *scanned(asked, on, on))


def scanned(asked: Asked, on: date, today: date) -> tuple[str, str, bytes, date]:
    """The one file that came along: its name, its media type, its bytes, the day it speaks of. Raises Misasked."""
    if on > today:
        raise Misasked(f"on: {on} has not come yet")
    if len(asked.files) != 1:
        raise Misasked("one file, please: a scan as PDF, PNG, JPEG or TIFF")
    ((name, content),) = asked.files.items()
    media_type = mimetypes.guess_type(name)[0] or ""
    if media_type not in _READABLE:
        raise Misasked(f"{name} is no scan: PDF, PNG, JPEG or TIFF")
    if not content or len(content) > LARGEST_PAPER:
        raise Misasked(f"{name} has {len(content)} bytes: more than none, at most {LARGEST_PAPER}")
    return PurePath(name).name, media_type, content, on


async def attach(desk: Desk, asked: Asked) -> Told:
    """A scan is kept with the case, the invoice or the letter it speaks of."""
    named = asked.text("reference")
    try:
        case_id = await desk.store.views.find_case(named, asked.maybe("creditor"))
    except NotFound:
        return await _with_letter(desk, asked)
    said, now = asked.text("as"), desk.now
    if said not in list(PaperKind):
        raise Misasked(f"as: {said!r} is none of {', '.join(PaperKind)}, for a case or an invoice")
    scan = scanned(asked, asked.day("on", now.date()), now.date())
    kept = Paper(PaperKind(said), *scan, named)
    fresh = await desk.store.proofs.keep_paper(Hands(case_id, asked.by), kept, now)
    told = f"{kept.name} {'is kept' if fresh else 'was kept before'} with case {case_id} as {said}"
    return Told((told,), record={"case": case_id, "as": said})


async def _with_letter(desk: Desk, asked: Asked) -> Told:
    reference, said, now = asked.text("reference").upper(), asked.text("as"), desk.now
    if said not in list(ProofKind):
        raise Misasked(f"as: {said!r} is none of {', '.join(ProofKind)}, for a letter")
    proof = Proof(ProofKind(said), *scanned(asked, asked.day("on", now.date()), now.date()))
    fresh = await desk.store.tray.attach(reference, proof, asked.by, now)
    kept = "is kept" if fresh else "was kept before"
    return Told(
        (f"{proof.name} {kept} with letter {reference} as {said}",), record={"reference": reference, "as": said}
    )


def proof_line(desk: Desk, proof: dict[str, Any]) -> str:
    """A paper in one line."""
    kept = f"{proof['name']} ({proof['media_type']}), kept {moment(proof['at'], desk)} by {proof['by']}"
    return f"{proof['kind']} of {proof['reference']}, {proof['on_day']}: {kept}"


def paper_line(desk: Desk, kept: dict[str, Any]) -> str:
    """A paper of the case in one line."""
    about = f" of {kept['invoice']}" if kept["invoice"] else ""
    return f"{kept['kind']}{about}, {kept['on_day']}: {kept['name']}, kept {moment(kept['at'], desk)} by {kept['by']}"


VERBS: dict[str, Verb] = {"attach": attach}
