"""A print queue (RFC 8011): what it says of itself and of its jobs, and giving it one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct
from pyipp.enums import IppJobState, IppOperation, IppPrinterState, IppStatus, IppTag
from pyipp.serializer import construct_attribute

from relanced_letter.faults import Closed, InDoubt
from relanced_letter.line import Declined, Line, Silent, plain
from relanced_letter.settings import LetterSettings

_LONGEST_NAME = 255  # bytes, RFC 8011 §5.1.3
_OVER = frozenset({IppJobState.CANCELED, IppJobState.ABORTED, IppJobState.COMPLETED})
_LISTS = ("not-completed", "completed")
_OF_A_JOB = (  # asked for less, CUPS answers from its memory, where jobs that have ended soon lose their names
    *("job-id", "job-name", "job-state", "job-state-reasons", "number-of-documents"),
    *("time-at-processing", "job-media-sheets-completed", "job-printer-state-message"),
)
_PDF = "application/pdf"
_NEEDED = {
    IppOperation.CREATE_JOB: "Create-Job",
    IppOperation.SEND_DOCUMENT: "Send-Document",
    IppOperation.CANCEL_JOB: "Cancel-Job",
    IppOperation.GET_JOBS: "Get-Jobs",
}
_OF_THE_PRINTER = (
    *("printer-state", "printer-state-reasons", "printer-state-message", "printer-is-accepting-jobs"),
    *("sides-supported", "print-color-mode-supported", "media-source-supported"),
)
_ABILITIES = ("operations-supported", "document-format-supported")


class Job(Struct, frozen=True):
    """A job as the printer tells it. `empty`: it provably has no pages, and nothing was printed; `began`: it was being
    printed once, so that paper may have come out."""

    number: int
    name: str
    state: IppJobState
    reasons: tuple[str, ...]
    empty: bool
    began: bool
    sheets: int
    words: str

    @property
    def over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in _OVER

    def of(self, attempt: str) -> bool:
        """Whether it is the job of this attempt. A number alone says nothing: printers give it again."""
        return self.name.partition(" ")[0] == attempt


class Queue:
    """One print queue."""

    def __init__(self, settings: LetterSettings, line: Line) -> None:
        self.uri, self._line = line.uri, line
        self._wanted = dict(_wanted(settings))

    async def ready(self) -> None:
        """Raises Closed, in words that help: away, stopped, taking no jobs, or without what the settings ask for."""
        said = await self._printer()
        if trouble := _trouble(said):
            raise Closed(f"the printer {self.uri} {trouble}")
        for attribute, value in self._wanted.items():
            known = _several(said.get(f"{attribute}-supported"))
            if known and value not in known:
                raise Closed(f"the printer {self.uri} has no {attribute} {value} (it has: {', '.join(known)})")

    async def unable(self) -> list[str]:
        """What it cannot do that we need. Raises Closed."""
        with suppress(Silent):  # an operation of its own that pyipp does not know: then it will know the usual ones
            return [*self._lacking(await self._printer(_ABILITIES))]
        return []

    def _lacking(self, said: Mapping[str, Any]) -> Iterator[str]:
        operations = _several(said.get("operations-supported"))
        missing = [name for operation, name in _NEEDED.items() if operations and str(int(operation)) not in operations]
        formats = _several(said.get("document-format-supported"))
        for name in [*missing, *([_PDF] if formats and _PDF not in formats else [])]:
            yield f"the printer {self.uri} does not know {name}: print through a CUPS queue"

    async def trouble(self) -> str:
        """What keeps the printer from printing; empty when nothing does."""
        return _trouble(await self._printer())

    async def _printer(self, attributes: Sequence[str] = _OF_THE_PRINTER) -> Mapping[str, Any]:
        asked = {"requested-attributes": list(attributes)}
        answer = await self._line.ask(IppOperation.GET_PRINTER_ATTRIBUTES, asked)
        return next(iter(answer["printers"]), {})

    async def named(self, attempt: str) -> Job | None:
        """The job of that attempt, in the queue or in its history; one with pages before one without."""
        found: list[Job] = []
        for which in _LISTS:
            asked = {"which-jobs": which, "requested-attributes": list(_OF_A_JOB)}
            answer = await self._line.ask(IppOperation.GET_JOBS, asked)
            found += [job for job in map(_job, answer["jobs"]) if job.of(attempt)]
        return min(found, key=lambda job: job.empty, default=None)

    async def job(self, number: int) -> Job | None:
        """The job of that number; None when the printer knows none."""
        try:
            answer = await self._line.ask(
                IppOperation.GET_JOB_ATTRIBUTES, {"job-id": number, "requested-attributes": list(_OF_A_JOB)}
            )
        except Declined as declined:
            if declined.code in (IppStatus.ERROR_NOT_FOUND, IppStatus.ERROR_GONE):
                return None
            raise
        return next(map(_job, answer["jobs"]), None)

    async def create(self, attempt: str, reference: str) -> int:
        """A job without pages: nothing is printed. Its number."""
        name = f"{attempt} {reference}".encode()[:_LONGEST_NAME].decode(errors="ignore").strip()
        answer = await self._line.ask(IppOperation.CREATE_JOB, {"job-name": name}, _job_group(self._wanted))
        made = next(map(_job, answer["jobs"]), None)
        if made is None or not made.number:
            raise Closed(f"the printer {self.uri} made a job and gave it no number")
        return made.number

    async def send(self, number: int, pdf: bytes) -> None:
        """Give the job its pages. Raises Declined or Closed: they are not there; InDoubt: they may be."""
        said = {"job-id": number, "document-format": _PDF, "last-document": True}
        try:
            await self._line.ask(IppOperation.SEND_DOCUMENT, said, document=pdf)
        except Silent as silent:
            raise InDoubt(str(silent)) from silent

    async def cancel(self, number: int) -> None:
        """Cancel a job. Raises Closed."""
        await self._line.ask(IppOperation.CANCEL_JOB, {"job-id": number})


def _wanted(settings: LetterSettings) -> Iterator[tuple[str, str]]:
    """The words of IPP for what the operator asks: RFC 8011 §5.2.8, PWG 5100.13 §6.2.3, PWG 5100.7 §6.3."""
    if settings.duplex is not None:
        yield "sides", "two-sided-long-edge" if settings.duplex else "one-sided"
    if settings.colour is not None:
        yield "print-color-mode", "color" if settings.colour else "monochrome"
    if settings.tray is not None:
        yield "media-source", settings.tray


def _job_group(wanted: Mapping[str, str]) -> bytes:
    """The job's attributes as bytes; a tray is a member of the collection ``media-col``, which pyipp does not write."""
    if not wanted:
        return b""
    plain = [construct_attribute(name, said, IppTag.KEYWORD) for name, said in wanted.items() if name != "media-source"]
    if tray := wanted.get("media-source"):
        plain += [
            construct_attribute("media-col", "", IppTag.BEGIN_COLLECTION),
            construct_attribute("", "media-source", IppTag.MEMBER_NAME),
            construct_attribute("", tray, IppTag.KEYWORD),
            construct_attribute("", "", IppTag.END_COLLECTION),
        ]
    return bytes([IppTag.JOB.value]) + b"".join(plain)


def _job(said: Mapping[str, Any]) -> Job:
    reasons = _several(said.get("job-state-reasons"))
    state, began = IppJobState(said.get("job-state") or IppJobState.PENDING), bool(said.get("time-at-processing"))
    return Job(
        number=int(said.get("job-id") or 0),
        name=str(said.get("job-name") or ""),
        state=state,
        reasons=reasons,
        empty=_pageless(said, reasons) and not began and state is not IppJobState.COMPLETED,
        began=began,
        sheets=int(said.get("job-media-sheets-completed") or 0),
        words=plain(said.get("job-printer-state-message")),
    )


def _pageless(said: Mapping[str, Any], reasons: Sequence[str]) -> bool:
    """CUPS counts the documents it still keeps: a job that was printed yesterday has none either."""
    documents = said.get("number-of-documents")
    return documents == 0 if isinstance(documents, int) else "job-incoming" in reasons


def _trouble(said: Mapping[str, Any]) -> str:
    """RFC 8011 §5.4.12: a reason without a severity is an error; printers report being offline as a mere report."""
    reasons = [r for r in _several(said.get("printer-state-reasons")) if _serious(r)]
    told = plain(said.get("printer-state-message")) or ", ".join(reasons)
    if said.get("printer-is-accepting-jobs") is False:
        return f"accepts no jobs{f' ({told})' if told else ''}"
    if said.get("printer-state") is IppPrinterState.STOPPED:
        return f"is stopped{f' ({told})' if told else ''}"
    return f"needs a hand: {', '.join(reasons)}" if reasons else ""


def _serious(reason: str) -> bool:
    return reason.startswith("offline") or not (reason == "none" or reason.endswith(("-report", "-warning")))


def _several(said: Any) -> tuple[str, ...]:
    """One value or many."""
    if said in (None, ""):
        return ()
    return tuple(map(plain, said)) if isinstance(said, list) else (plain(said),)
