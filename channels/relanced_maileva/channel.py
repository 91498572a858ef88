"""The Maileva door: a letter is drafted, filled and submitted once; what becomes of it is asked for until it ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import BaseModel

from relanced.channel import (
    Absent,
    Answer,
    Asks,
    Awaited,
    Channel,
    Draft,
    Form,
    Found,
    Go,
    Heard,
    Hooked,
    Keep,
    PaperDraft,
    Parcel,
    Probes,
    Receipt,
    Refusal,
    Refused,
    Request,
    Scope,
    Sent,
    Surroundings,
    Unavailable,
    Unfit,
    Unknown,
)
from relanced_maileva.answers import answer
from relanced_maileva.hooks import heard_in, is_genuine
from relanced_maileva.letter import parcel_of
from relanced_maileva.line import Closed, Line, Unclear
from relanced_maileva.receipts import receipts_of
from relanced_maileva.rounds import Rounds
from relanced_maileva.sendings import DRAFT, Moved, Refusing, Sending, Sendings
from relanced_maileva.settings import MailevaSettings

UNDER_WAY = "this letter is being handed over at this very moment"
SOON = timedelta(minutes=1)


class MailevaChannel:
    """Letters by Maileva. A sending is found again by its custom id, which is our attempt."""

    form: Form = Form.PAPER
    Settings: type[BaseModel] = MailevaSettings
    can_prove_absence = True
    acknowledge = 201  # what a notification must be answered with, or it comes again (notification_center 2.8)

    def __init__(self, settings: MailevaSettings, surroundings: Surroundings) -> None:
        self.settle: timedelta = settings.settle
        self.connections: int = settings.connections
        self._settings, self._now = settings, surroundings.now
        self._line = Line(settings, surroundings.now)
        self._sendings = Sendings(self._line)
        self._rounds = Rounds(self._sendings, surroundings.now, settings.connections, settings.registered)
        self._under_way: set[str] = set()
        self._notified = False

    # -- out ------------------------------------------------------------------------------------------------------

    def compose(self, draft: Draft) -> Parcel:
        """Fix the PDF and the requests. Raises `Unfit`: not a PDF, too thick, or an address not of NF Z10-011."""
        if not isinstance(draft, PaperDraft):
            raise Unfit("a letter door carries finished PDFs only")
        return parcel_of(draft, self._settings)

    async def submit(self, parcel: Parcel, go: Go) -> Answer:
        """Hand the letter over: everything but the last request can be taken back, and is, unless `go` says yes."""
        if parcel.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        if parcel.envelope.get("product") != self._settings.product:
            return Refused(Refusal.CONTENT, "this letter was composed for another product of Maileva")
        self._under_way.add(parcel.attempt)
        try:
            draft = await self._drafted(parcel)
            return await self._handed_over(draft, go)
        except Refusing as refusing:
            return answer(refusing.reply, self._now())
        except Closed as closed:
            return Unavailable(Scope.CHANNEL, str(closed), closed.not_before)
        except Unclear as unclear:
            return Unavailable(Scope.CHANNEL, f"{unclear}; nothing was submitted")
        finally:
            self._under_way.discard(parcel.attempt)

    async def _drafted(self, parcel: Parcel) -> str:
        """A draft with its document and its recipient, or none at all."""
        draft, whole = await self._sendings.create(parcel.envelope["sending"]), False
        try:
            await self._sendings.fill(draft, parcel)
            whole = True
        finally:
            if not whole:
                await self._discard(draft)
        return draft

    async def _handed_over(self, draft: str, go: Go) -> Answer:
        """Submit. A login that ended is renewed once, and `go` is asked again."""
        for again in (False, True):
            if not await self._may(draft, go, again):
                return Unavailable(Scope.MESSAGE, "stopped before it was submitted")
            try:
                reply = await self._sendings.submit(draft)
            except Closed:
                await self._discard(draft)
                raise
            except Unclear as unclear:
                return Unknown(f"{unclear}; sending {draft} may have been submitted")
            if reply.status != 401:
                break
        if reply.good:
            return _sent(draft, f"{reply.status}: submitted")
        said = answer(reply, self._now(), submitting=True)
        if not isinstance(said, Unknown):
            await self._discard(draft)
        return said

    async def _may(self, draft: str, go: Go, again: bool) -> bool:
        """Log in for what follows, and ask whether it may. Unless it may, nothing is left."""
        may = False
        try:
            await self._line.log_in(again)
            may = await go()
        finally:
            if not may:
                await self._discard(draft)
        return may

    async def _discard(self, draft: str) -> None:
        """Take the draft away, if they let us: a draft that stays is never printed, and costs nothing."""
        with suppress(Closed, Unclear):
            await self._sendings.delete(draft)

    # -- in doubt -------------------------------------------------------------------------------------------------

    async def find(self, parcel: Parcel, since: datetime) -> Found | Absent | Unknown:
        """Look for our custom id among all sendings. A draft is deleted first: only then it can never be submitted."""
        if parcel.attempt in self._under_way:
            return Unknown(UNDER_WAY)
        try:
            drafts = []
            async for sending in self._sendings.all():
                if sending.custom_id == parcel.attempt:
                    if sending.status != DRAFT:
                        return Found(_sent(sending.id, f"found {sending.status}"))
                    drafts.append(sending)
            return await self._absent(drafts)
        except (Closed, Unclear, Refusing, Moved) as trouble:
            return Unknown(f"Maileva cannot tell: {trouble}")

    async def _absent(self, drafts: Sequence[Sending]) -> Absent | Unknown:
        for draft in drafts:
            reply = await self._sendings.delete(draft.id)
            if not reply.good and reply.status != 404:
                return Unknown(f"the draft {draft.id} cannot be deleted: {reply.words}")
        return Absent("Maileva has only a draft of it, deleted now" if drafts else "Maileva has no such sending")

    # -- back -----------------------------------------------------------------------------------------------------

    @property
    def ask_every(self) -> timedelta:
        """As configured; soon, once a notification came."""
        return SOON if self._notified else self._settings.ask_every

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Keep what Maileva says of these letters, and every proof that is ready. Raises OSError."""
        was, self._notified = self._notified, False  # one that comes meanwhile asks for another round
        try:
            await self._rounds.ask(awaited, keep)
        except BaseException:
            self._notified |= was
            raise

    def read(self, heard: Heard) -> tuple[Receipt, ...]:
        """What it means. Pure. Raises ValueError."""
        return receipts_of(heard, registered=self._settings.registered)

    def genuine(self, request: Request) -> bool:
        """Whether it shows the login of our subscriptions."""
        return is_genuine(request, self._settings.notifications)

    def heard(self, request: Request) -> Heard:
        """A notification: a reason to ask soon. Raises ValueError."""
        heard = heard_in(request)
        self._notified = True
        return heard

    async def probe(self) -> list[str]:
        """Log in and look at the list of sendings; nothing is made."""
        try:
            await self._line.log_in(again=True)
            await self._sendings.read("/sendings?count=1")
        except (Closed, Unclear) as trouble:
            return [f"{trouble}: look at host, client_id, client_secret, user and password"]
        except Refusing as refusing:
            return [f"Maileva lets us in but not to {self._settings.product} ({refusing}): ask them to open it"]
        sandbox = self._settings.host == "sandbox"
        return ["this is the sandbox of Maileva: no letter is printed; host: production prints"] if sandbox else []

    async def close(self) -> None:
        """Let go of the connections."""
        await self._line.close()


def _sent(sending: str, words: str) -> Sent:
    return Sent(sending, f"Maileva: sending {sending} {words}")


_: type[Channel] = MailevaChannel
_asks: type[Asks] = MailevaChannel
_hooked: type[Hooked] = MailevaChannel
_probes: type[Probes] = MailevaChannel
