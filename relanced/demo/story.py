"""What happens in three months: the bank, the post, the telephone, and Claire at her desk, each on its day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, time, timedelta
from functools import partial

from msgspec import Struct

from relanced.counter import amount
from relanced.demo import books
from relanced.demo.answers import ANSWER, ANSWERING, REPLY, answered
from relanced.demo.claire import Claire
from relanced.demo.clock import DemoClock
from relanced.demo.company import (
    CREDIT_NOTE,
    CREDITOR,
    CUSTOMERS,
    FIRST_DAY,
    LAST_DAY,
    NAMES,
    NO_BANK_FILES,
    SHORT_NUMBER,
    STOPPING_MOBILE,
    TRANSFERS,
)
from relanced.demo.folder import Folder
from relanced.demo.narrator import Narrator
from relanced.demo.post import customers_mail, opened, text
from relanced.demo.twilio import Twilio
from relanced.demo.window import Window
from relanced.house import House
from relanced.rules.calendar import add_bank_days, is_bank_day

NOTICE = "mise-en-demeure"
REFUSED_INVOICE = "FA-2026-002"  # paid on its due day, in the week without bank files
MORNING, POST, CURTAIN = time(8, 30), time(8, 45), time(15)


class Scene(Struct, frozen=True):
    """Something that happens at a local moment. Without words it is told only by what it does."""

    at: datetime
    words: str
    act: Callable[[], Awaitable[object]]


class Story:
    """Three months of Atelier Dubois. `reasons` keeps what `why` answered."""

    def __init__(
        self,
        house: House,
        clock: DemoClock,
        claire: Claire,
        window: Window,
        folder: Folder,
        narrator: Narrator,
        twilio: Twilio,
    ) -> None:
        self._house, self._clock, self._claire, self._window = house, clock, claire, window
        self._folder, self._narrator, self._twilio = folder, narrator, twilio
        self.reasons: list[str] = []

    async def tell(self) -> None:
        """Play every scene at its moment, up to the curtain of the last day."""
        for scene in sorted(self._scenes(), key=lambda s: s.at):
            await self._clock.advance(scene.at)
            if scene.words:
                self._narrator.headline(scene.words)
            await scene.act()
        await self._clock.advance(self._at(LAST_DAY, CURTAIN))

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, tzinfo=self._house.config.timezone)

    def _scenes(self) -> Iterator[Scene]:
        yield Scene(self._at(FIRST_DAY, time(8)), "Atelier Dubois starts with its books of 2025", self._start)
        for day in _bank_days():
            yield from self._bank(day)
            yield Scene(self._at(day, POST), "", partial(self._claire_comes_in, day))
        yield from self._desk()
        yield from self._telephone()
        yield from self._answer()

    async def _start(self) -> None:
        await self._claire.imports("clients.csv", "contacts.csv", "factures-2025.csv")
        await self._claire.imports("reglements-2025.csv", covers=date(2025, 12, 31))
        await self._claire.opens(CREDITOR)

    async def _claire_comes_in(self, day: date) -> None:
        """Her mail of the morning is written at this moment; then she takes what lies in the trays to the post."""
        self._house.ring()
        await self._claire.goes_to_the_post(day)

    def _bank(self, day: date) -> Iterator[Scene]:
        """Each morning the statement of the bank day before, or of all that were missed."""
        first, last = NO_BANK_FILES
        if first <= day <= last or day == FIRST_DAY:
            return
        covers = add_bank_days(day, -1)
        since = add_bank_days(first, -1) if add_bank_days(last, 1) == day else covers
        paid = [t for t in TRANSFERS if since <= t.booked_on <= covers]
        name = f"banque/banque-{covers}.csv"
        (self._folder.books / name).write_text(books.bank(paid), encoding="utf-8", newline="")
        told = ", ".join(f"{NAMES[t.customer]} has paid {amount(t.cents)}" for t in paid)
        arrives = partial(self._claire.imports, name, covers=covers, quietly=TRANSFERS[0] not in paid)
        yield Scene(self._at(day, MORNING), f"The bank tells: {told}" if paid else "", arrives)

    def _desk(self) -> Iterator[Scene]:
        """What people do beside the daily round."""
        claire, scene = self._claire, self._scene
        credit = f"{NAMES[CREDIT_NOTE.customer]} gets a credit note of {amount(CREDIT_NOTE.cents)}"
        approves = partial(claire.approves, NOTICE)
        pauses = partial(claire.pauses, "C13", date(2026, 2, 27), "pays when the season begins")
        bad = NAMES["C12"]
        yield scene("2026-01-15 10:00", "Claire looks at what the machine asks of her", claire.reads_tasks)
        yield scene("2026-01-27 10:00", credit, partial(claire.imports, "avoirs-2026.csv"))
        yield scene("2026-01-30 08:45", "January's invoices", partial(claire.imports, "factures-2026.csv"))
        yield scene("2026-02-05 09:30", f"{bad}: Claire reads the notice that waits for her, and approves it", approves)
        yield scene("2026-02-05 15:00", f"{NAMES['C13']} calls: short of cash until the season begins", pauses)
        yield scene("2026-02-12 10:00", "The post returns the slip: presented on 10 February", self._presented)
        yield scene("2026-02-19 10:00", "No bank files this week. Why does nothing leave?", self._why)
        yield scene(
            "2026-02-27 10:00", f"{bad}: the notice's deadline is over. A lawyer? Not today", claire.reads_queue
        )

    def _telephone(self) -> Iterator[Scene]:
        """Texts, answers, calls, and the mail of a morning that tells of them."""
        claire, scene = self._claire, self._scene
        shy, dead, dentist, haulier = NAMES["C17"], NAMES["C16"], NAMES["C18"], NAMES["C15"]
        wrong = partial(claire.called, "C12", "wrong-number", "a private person, tired of it")
        machine = partial(claire.called, "C18", "voicemail", "no word about money on a machine")
        promised = partial(claire.called, "C18", "promised", "the insurer has paid her", date(2026, 1, 30))
        goes_on = partial(claire.releases, "C17", "no texts, mails go on")
        yield scene("2026-01-16 12:30", f"{shy} answers the text that followed the second reminder: STOP", self._stop)
        yield scene("2026-01-19 08:50", "Claire opens the mail of the morning", claire.opens_her_mail)
        yield scene("2026-01-19 10:00", "STOP is obeyed already; what is left is for a person", claire.reads_tasks)
        yield scene("2026-01-19 10:01", "", goes_on)
        yield scene("2026-01-19 10:30", "Claire phones, the largest amount first", claire.reads_calls)
        yield scene("2026-01-19 10:35", "", wrong)
        yield scene("2026-01-19 10:40", "", machine)
        yield scene("2026-01-20 10:30", f"{dentist}, the second try: Mme Lemoine pays on the 30th", promised)
        yield scene("2026-01-20 15:45", f"The text to {NAMES['C04']} has arrived: Twilio was asked", self._text("C04"))
        yield scene("2026-01-22 15:45", f"{dead}: nobody at this number. The next one gets the text", self._text("C16"))
        yield scene("2026-03-02 09:30", f"Nobody has time to phone this week: {haulier} waits", claire.reads_calls)

    def _answer(self) -> Iterator[Scene]:
        """A customer answers a reminder by mail; Claire takes over, and lets the machine go on."""
        claire, scene, garage = self._claire, self._scene, NAMES[ANSWERING]
        yield scene("2026-03-16 11:20", f"{garage} answers the reminder by mail", self._writes_back)
        yield scene("2026-03-17 09:30", "The case stands still since. Claire sees it in her inbox", claire.reads_inbox)
        yield scene("2026-03-17 09:31", "", partial(claire.looks_at, ANSWERING))
        yield scene("2026-03-17 09:35", "", partial(claire.takes, ANSWERING))
        yield scene("2026-03-17 09:50", "", partial(claire.answers, ANSWERING, REPLY))
        acknowledges = f"{garage}: the next reminder begins with what was said between people"
        yield scene("2026-03-20 15:45", acknowledges, self._reads_the_last)

    async def _writes_back(self) -> None:
        """The mail server of Atelier Dubois hands the answer in, as `relanced ingest` does."""
        address = next(c.email for c in CUSTOMERS if c.code == ANSWERING)
        path = answered(self._folder, address, self._house.premises.local(self._clock.now()))
        self._narrator.opened(str(path.relative_to(self._folder.root)), [line for line in ANSWER.splitlines() if line])
        await self._window.ask("ingest", {}, {"message": path.read_bytes()})

    async def _reads_the_last(self) -> None:
        """Somebody opens the last mail that the customer who answered got."""
        address = next(c.email for c in CUSTOMERS if c.code == ANSWERING)
        path = [path for path in customers_mail(self._folder) if path.name.endswith(f"-{address}.eml")][-1]
        self._narrator.opened(str(path.relative_to(self._folder.root)), text(opened(path))[:4])

    async def _stop(self) -> None:
        self._twilio.receive(STOPPING_MOBILE, SHORT_NUMBER, "STOP")

    def _text(self, customer: str) -> Callable[[], Awaitable[None]]:
        """Somebody opens the file of the first text to a customer."""
        number = next(c.mobile for c in CUSTOMERS if c.code == customer).partition(" /")[0].replace(" ", "")

        async def look() -> None:
            path = next(self._folder.texts.glob(f"*+33{number[1:]}.txt"))
            lines = path.read_text(encoding="utf-8").splitlines()
            self._narrator.opened(str(path.relative_to(self._folder.root)), lines)

        return look

    def _scene(self, at: str, words: str, act: Callable[[], Awaitable[object]]) -> Scene:
        return Scene(datetime.fromisoformat(at).replace(tzinfo=self._house.config.timezone), words, act)

    async def _presented(self) -> None:
        case = await self._house.store.views.find_case("C12")
        letters = await self._house.store.views.messages_of(case)
        (reference,) = [m["reference"] for m in letters if m["road"] == "registered" and m["state"] == "sent"]
        await self._claire.notes_presentation(reference, date(2026, 2, 10))

    async def _why(self) -> None:
        self.reasons += await self._claire.asks_why(REFUSED_INVOICE)


def _bank_days() -> Iterator[date]:
    days = (FIRST_DAY + timedelta(days=i) for i in range((LAST_DAY - FIRST_DAY).days + 1))
    return (day for day in days if is_bank_day(day))
