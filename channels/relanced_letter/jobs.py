"""What a printer says of a job, as the house keeps it and as it reads it again. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Self

from msgspec import Struct
from msgspec.structs import asdict
from pyipp.enums import IppJobState

from relanced.channel import Heard, Receipt, Said
from relanced_letter.queue import Job

FORGOTTEN = "forgotten"
_ENDS = {
    "completed": Said.NOTED,
    FORGOTTEN: Said.NOTED,
    "canceled": Said.LOST,
    "aborted": Said.LOST,
}
_WAITING = (IppJobState.HELD, IppJobState.STOPPED)
_USUAL = frozenset({"none", "job-printing", "processing-to-stop-point", "job-completed-successfully"})


class Standing(Struct, frozen=True):
    """How one job stands at one moment; `trouble` is what keeps it from being printed, or what went wrong."""

    attempt: str
    number: int
    state: str
    trouble: str
    sheets: int
    at: str

    @classmethod
    def of(cls, attempt: str, job: Job | None, printer: str, at: datetime) -> Self:
        """`printer`: what keeps the printer from printing. No job: the printer has forgotten it."""
        moment = at.isoformat(timespec="seconds")
        if job is None:
            return cls(attempt, 0, FORGOTTEN, "", 0, moment)
        odd = [reason for reason in job.reasons if reason not in _USUAL]
        own = job.words or ", ".join(odd)
        waits = job.state in _WAITING or "printer-stopped" in job.reasons
        trouble = own if job.over else printer or (own or job.state.name.lower() if waits else "")
        return cls(attempt, job.number, job.state.name.lower(), trouble, job.sheets, moment)

    @property
    def over(self) -> bool:
        """Whether nothing more will be said of it."""
        return self.state in _ENDS

    def heard(self) -> Heard | None:
        """What the house should keep: the end, or what it waits for; None while all goes well."""
        if not self.over and not self.trouble:
            return None
        key = f"{self.attempt}:{self.state}" if self.over else f"{self.attempt}:{self.state}:{self.trouble}"
        return Heard(key, json.dumps(asdict(self), ensure_ascii=False).encode())


def read(heard: Heard) -> tuple[Receipt, ...]:
    """The receipt in what was kept. Raises ValueError."""
    try:
        standing = Standing(**json.loads(heard.raw))
        at = datetime.fromisoformat(standing.at)
    except TypeError as error:
        raise ValueError(f"this is not what a printer says of a job: {error}") from None
    said = _ENDS.get(standing.state, Said.DELAYED)
    return (Receipt(said, at, _words(standing), standing.attempt, code=standing.state),)


def _words(standing: Standing) -> str:
    if standing.state == FORGOTTEN:
        return "the printer does not know the job any more: look whether the sheet came out"
    if standing.state == "completed":
        told = f"printed, {standing.sheets} sheets" if standing.sheets > 1 else "printed"
    elif standing.over:
        told = f"{standing.state} by the printer{f' after {standing.sheets} sheets' if standing.sheets else ''}"
    else:
        told = f"not printed yet: {standing.trouble}"
    reason = f": {standing.trouble}" if standing.over and standing.trouble else ""
    return f"job {standing.number} {told}{reason}"
