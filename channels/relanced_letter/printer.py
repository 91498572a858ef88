"""Letters that come out of a printer: given to its queue once, followed to their end, never printed twice.

A job is made without pages first; only the document that follows can be printed, and a durable mark is set before it
leaves. Without the mark nothing was printed; with it, the job of that name tells, as long as the printer remembers it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar

from pyipp.enums import IppJobState, IppStatus

from relanced.channel import (
    Absent,
    Answer,
    Awaited,
    Go,
    Heard,
    Keep,
    Parcel,
    Receipt,
    Refusal,
    Refused,
    Scope,
    Surroundings,
    Tray,
    Unavailable,
    Unknown,
)
from relanced_letter.channel import LetterChannel
from relanced_letter.disk import whole
from relanced_letter.faults import Closed
from relanced_letter.followed import Followed
from relanced_letter.jobs import Standing, read
from relanced_letter.line import Declined, Line
from relanced_letter.marks import Mark, Marks
from relanced_letter.queue import Job, Queue
from relanced_letter.receipts import receipts_of
from relanced_letter.settings import LetterSettings
from relanced_letter.sheet import Sheet, sheet_of
from relanced_letter.shipments import WHAT

P = ParamSpec("P")
T = TypeVar("T")

_UNPRINTABLE = frozenset(
    {
        IppStatus.ERROR_DOCUMENT_FORMAT_NOT_SUPPORTED,
        IppStatus.ERROR_DOCUMENT_FORMAT_ERROR,
        IppStatus.ERROR_DOCUMENT_UNPRINTABLE,
    }
)
_FORGOTTEN = "was given its pages and does not know the job any more: look whether the sheet came out"


class PrinterDoor(LetterChannel, out=("printer",)):
    """Gives finished letters to a print queue; what comes out of it still has to be posted by a person."""

    prints = True
    first_look = timedelta(minutes=1)

    def __init__(self, settings: LetterSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self.ask_every: timedelta = settings.ask_every
        self._queue = Queue(settings, Line(settings))
        self._marks, self._now = Marks(surroundings.state), surroundings.now
        self._swept = False

    # -- out ------------------------------------------------------------------------------------------------------

    async def _bring(self, sheet: Sheet, go: Go) -> Answer:
        """The document's first byte is the one that cannot be taken back."""
        await self._sweep_once()
        known = await self._look(sheet)
        if not isinstance(known, Absent):
            return known
        if await self._mark(sheet.attempt, Mark.BACK) is not None:
            return Unavailable(Scope.MESSAGE, "this letter was withdrawn")
        await self._queue.ready()
        number = await self._queue.create(sheet.attempt, sheet.reference)
        if not await self._may(sheet.attempt, number, go):
            return Unavailable(Scope.MESSAGE, "stopped before its pages left for the printer")
        return await self._given(sheet, number)

    async def _sweep_once(self) -> None:
        if not self._swept:
            self._swept = True
            await self._whole(self._marks.sweep)

    async def _may(self, attempt: str, number: int, go: Go) -> bool:
        """Set the mark, and ask whether the pages may leave. Unless they may, nothing is left."""
        may = False
        try:
            await self._whole(self._marks.set, attempt, Mark.GIVEN, str(number))
            may = await go()
        finally:
            if not may:
                await self._drop(attempt, number)
        return may

    async def _given(self, sheet: Sheet, number: int) -> Answer:
        try:
            await self._queue.send(number, sheet.pdf)
        except Declined as declined:
            await self._drop(sheet.attempt, number)
            if declined.code in _UNPRINTABLE:
                return Refused(Refusal.CONTENT, str(declined))
            raise
        except Closed:
            await self._drop(sheet.attempt, number)
            raise
        return self._tray(number)

    async def _drop(self, attempt: str, number: int) -> None:
        """A job without pages is cancelled; one that cannot be reached now is given up by the printer itself."""
        with suppress(Closed):
            await self._queue.cancel(number)
        await self._whole(self._marks.lift, attempt, Mark.GIVEN)

    async def probe(self) -> list[str]:
        """What keeps letters from being printed; nothing is."""
        try:
            await self._queue.ready()
            return await self._queue.unable()
        except Closed as closed:
            return [str(closed)]

    # -- what became of it ----------------------------------------------------------------------------------------

    async def _look(self, sheet: Sheet) -> Tray | Absent | Unknown:
        if await self._mark(sheet.attempt, Mark.BACK) is not None:
            return Absent("it was pulled back before it was printed")
        given = await self._mark(sheet.attempt, Mark.GIVEN)
        job = await self._job(sheet.attempt, given)
        if job is not None and not job.empty:
            return self._tray(job.number)
        if job is not None and not job.over:
            await self._queue.cancel(job.number)
        if given is not None and job is None:
            return Unknown(f"the printer {self._queue.uri} {_FORGOTTEN}")
        await self._whole(self._marks.lift, sheet.attempt, Mark.GIVEN)
        return Absent(f"the printer {self._queue.uri} was never given its pages")

    async def _job(self, attempt: str, number: str | None) -> Job | None:
        """By the number that was noted, if the name agrees, else by name."""
        if number is not None and number.isdigit():
            job = await self._queue.job(int(number))
            if job is not None and job.of(attempt):
                return job
        return await self._queue.named(attempt)

    async def withdraw(self, parcel: Parcel) -> bool:
        """Cancel the job. True: it never began to be printed; False: paper may have come out.

        Raises OSError when the printer cannot be reached.
        """
        attempt = sheet_of(parcel).attempt
        if await self._mark(attempt, Mark.BACK) is not None:
            return True
        job = await self._job(attempt, await self._mark(attempt, Mark.GIVEN))
        if job is not None and not job.over:
            with suppress(Declined):  # it has just ended
                await self._queue.cancel(job.number)
            job = await self._queue.job(job.number)
        back = job is not None and job.state is IppJobState.CANCELED and not job.began
        if back:
            await self._whole(self._marks.set, attempt, Mark.BACK)
        return back

    # -- what the printer says ------------------------------------------------------------------------------------

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Follow each job to its end. Raises OSError when the printer does not answer."""
        trouble: str | None = None
        for one in awaited:
            given = await self._mark(one.attempt, Mark.GIVEN)
            if await self._mark(one.attempt, Mark.TOLD) is not None:
                continue
            job = await self._job(one.attempt, given)
            if job is None and given is None:
                continue  # another machine gave it
            if job is not None and job.empty and not one.provider_id:
                continue  # it has no pages, and `find` is still to say so
            if trouble is None:
                trouble = await self._queue.trouble()
            standing = Standing.of(one.attempt, job, trouble, self._now())
            if heard := standing.heard():
                await keep(heard)
            if standing.over:
                await self._whole(self._marks.set, one.attempt, Mark.TOLD)

    def read(self, heard: Heard) -> tuple[Receipt, ...]:
        """What a printer said of one job."""
        return read(heard)

    # -- the words of this door -----------------------------------------------------------------------------------

    async def _mark(self, attempt: str, mark: Mark) -> str | None:
        return await self._whole(self._marks.read, attempt, mark)

    async def _whole(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """File work, to its end. Raises Closed."""
        try:
            return await whole(work, *args, **kwargs)
        except OSError as error:
            raise Closed(f"the state folder {self._marks.state} answered: {error.strerror}") from error

    def _tray(self, number: int) -> Tray:
        return Tray(f"printer job {number}", self._queue.uri)


class FollowedPrinterDoor(Followed, PrinterDoor, out=("printer",), followed=True):
    """A printer whose registered letters La Poste tells of, when they were posted."""

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Follow the jobs of the printer and the letters of the post; neither waits for the other. Raises OSError."""
        trouble: OSError | None = None
        try:
            await super().ask(awaited, since, keep)
        except OSError as error:
            trouble = error
        await self._post.ask(awaited, keep)
        if trouble is not None:
            raise trouble

    def read(self, heard: Heard) -> tuple[Receipt, ...]:
        """What the printer or La Poste said."""
        return receipts_of(heard) if heard.about.get("what") == WHAT else super().read(heard)

    async def probe(self) -> list[str]:
        """What keeps letters from being printed, or La Poste from being asked."""
        return [*await super().probe(), *await self._post.probe()]
