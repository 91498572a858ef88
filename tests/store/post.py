"""The way of one message through the store, step by step: planned, sealed, answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from relanced.channel import Absent, Answer, Blob, Parcel, Sent, Tray, Unknown
from relanced.rules.decide import Named
from relanced.rules.limits import Rate
from relanced.rules.model import LineKind, Road, Segment
from relanced.rules.policy import Policy, Step, Tone, When
from relanced.store.facts import Loaded
from relanced.store.opening import Store
from relanced.store.outcomes import NotBegun, Outcome
from relanced.store.planning import NewMessage, NewReminder, Pace, Plan
from relanced.store.sealing import Permit, Seal, Sealed
from relanced.store.views import Row
from tests.store.books import CREDITOR, Books

SETTLE = timedelta(minutes=15)
MAIL_ROADS = (Road.EMAIL, Road.LETTER)
POLICY = Policy(
    "standard",
    frozenset(Segment),
    (
        Step("relance-1", Tone.COURTEOUS, When(3), via=MAIL_ROADS, also=(Road.SMS,)),
        Step("relance-2", Tone.FIRM, When(10), via=MAIL_ROADS),
        Step("mise-en-demeure", Tone.FORMAL, When(30), via=(Road.REGISTERED,), deadline=15),
        Step("transmission", Tone.FORMAL, When(deadline_of="mise-en-demeure"), hand_over=True),
    ),
)
DOORS = {Road.EMAIL: "compta", Road.LETTER: "office", Road.REGISTERED: "tray", Road.SMS: "twilio", Road.PHONE: "calls"}

_NUMBERS = count(1)


@dataclass
class Post:
    """Plans, seals and answers messages of the cases in the books, as the wheels of the daemon would."""

    books: Books
    owner: str = "one"
    rates: Mapping[str, Sequence[Rate]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store the books are in."""
        return self.books.store

    @property
    def now(self) -> datetime:
        """The moment of the books."""
        return self.books.now

    # -- planned --------------------------------------------------------------------------------------------------

    async def plan(self, debtor: str = "garage", step: str = "relance-1", road: Road = Road.EMAIL, **said: Any) -> int:
        """Begin a reminder of every term of the case, with one message. Returns the message."""
        loaded = await self.books.facts(debtor)
        new = NewReminder(step, named(loaded, step), (self.message(loaded, road, **said),), "due")
        assert await self.apply(draft(loaded, begin=new)) == [loaded.facts.id]
        return await self.newest(debtor)

    async def plan_many(self, debtors: Sequence[str], step: str = "relance-1", road: Road = Road.EMAIL) -> list[int]:
        """Begin a reminder for each of these, in one transaction. Returns the messages."""
        ids = [self.books.cases[d] for d in debtors]
        loaded = await self.store.planning.load(ids, self.books.today)
        news = [(x, NewReminder(step, named(x, step), (self.message(x, road),), "due")) for x in loaded]
        assert len(await self.apply(*(draft(x, begin=new) for x, new in news))) == len(ids)
        facts = {x.facts.id: x.facts for x in await self.store.planning.load(ids, self.books.today)}
        return [facts[i].reminders[-1].messages[-1].id for i in ids]

    async def seals_of(self, messages: Sequence[int], **said: Any) -> list[Seal]:
        """Requests to seal them."""
        return [await self.seal_of(message, **said) for message in messages]

    async def plan_case(self, debtor: str = "garage", **said: Any) -> list[int]:
        """Apply a plan for the case as it is now. Returns the cases it was written for."""
        return await self.apply(draft(await self.books.facts(debtor), **said))

    async def apply(self, *plans: Plan, pace: Pace | None = None) -> list[int]:
        """Apply plans. Returns the cases they were written for."""
        return [plan.case_id for plan in await self.store.planning.apply(plans, self.now, self.books.today, pace)]

    def message(self, loaded: Loaded, road: Road = Road.EMAIL, **said: Any) -> NewMessage:
        """A new message to the debtor's address on that road."""
        wanted = Road.LETTER if road is Road.REGISTERED else road
        way = next((a for a in loaded.facts.addresses if a.road is wanted), None)
        about: dict[str, Any] = {"slot": 0, "turn": 0, "channel": DOORS[road], "contact": "", "due_at": self.now}
        about |= {"address_id": way.id if way else None, "place": way.where if way else "nowhere"}
        reference = f"R{next(_NUMBERS):04}"
        about |= {"reference": reference, "mail_id": f"<{reference}@dubois.example>" if road is Road.EMAIL else ""}
        return NewMessage(road=road, **{**about, **said})

    async def newest(self, debtor: str = "garage") -> int:
        """The message planned last for the case."""
        return int((await self.store.views.messages_of(self.books.cases[debtor]))[-1]["id"])

    async def row(self, message: int) -> Row:
        """The message as it is."""
        return await self.store.views.message(message)

    async def state(self, message: int) -> str:
        """Where the message stands."""
        return str((await self.row(message))["state"])

    # -- sealed ---------------------------------------------------------------------------------------------------

    async def permit(self, case_id: int) -> Permit:
        """What a gate that allows would have seen just now."""
        (loaded,) = await self.store.planning.load([case_id], self.books.today)
        epoch = (await self.store.clerk.stance()).epoch
        return Permit(loaded.facts.version, loaded.creditor.version, epoch, self.now + timedelta(hours=1))

    async def seal_of(self, message: int, permit: Permit | None = None, **said: Any) -> Seal:
        """A request to seal the message."""
        row = await self.row(message)
        about = {"touches": (), "parcel": parcel(f"a{next(_NUMBERS)}"), **said}
        permit = permit or await self.permit(row["case_id"])
        return Seal(message, row["case_id"], row["reminder_id"], CREDITOR, row["channel"], permit=permit, **about)

    async def commit(self, seals: Sequence[Seal] = (), outcomes: Sequence[Outcome] = ()) -> Sealed:
        """One commit of the clerk."""
        sealed, _ = await self.store.clerk.commit(outcomes, seals, self.rates, self.now, self.books.today, self.owner)
        return sealed

    async def seal(self, message: int, **said: Any) -> str:
        """Seal the message; it must be taken. Returns the attempt."""
        wanted = await self.seal_of(message, **said)
        sealed = await self.commit([wanted])
        assert sealed.taken == [message], sealed.dropped
        return wanted.parcel.attempt

    # -- answered -------------------------------------------------------------------------------------------------

    async def outcome(
        self, message: int, answer: Answer | Absent | NotBegun, attempt: str = "", **said: Any
    ) -> Outcome:
        """What became of an attempt, by default of the newest."""
        row = await self.row(message)
        about = {"settle_at": self.now + SETTLE, **said}
        return Outcome(message, row["case_id"], attempt or row["attempt_id"], row["channel"], answer, **about)

    async def answer(self, message: int, answer: Answer | Absent | NotBegun, attempt: str = "", **said: Any) -> Row:
        """Record an answer. Returns the message as it is then."""
        await self.commit(outcomes=[await self.outcome(message, answer, attempt, **said)])
        return await self.row(message)

    async def sent(self, message: int) -> str:
        """Seal the message and have it taken. Returns the attempt."""
        attempt = await self.seal(message)
        assert (await self.answer(message, Sent("250", "2.0.0 queued")))["state"] == "sent"
        return attempt

    async def uncertain(self, message: int) -> str:
        """Seal the message and hear nothing more of it. Returns the attempt."""
        attempt = await self.seal(message)
        assert (await self.answer(message, Unknown("no answer")))["state"] == "uncertain"
        return attempt

    async def in_tray(self, message: int) -> str:
        """Seal the message and have it laid in the tray. Returns the attempt."""
        attempt = await self.seal(message)
        assert (await self.answer(message, Tray("sheet-1")))["state"] == "in_tray"
        return attempt


def parcel(attempt: str, content: bytes = b"Bonjour", shared: bytes = b"") -> Parcel:
    """A small parcel, with one shared piece if asked."""
    pieces: tuple[bytes | Blob, ...] = (b"head:", content)
    pieces += (Blob.of(shared), b":tail") if shared else ()
    deadline = Books.now + timedelta(hours=1)
    return Parcel(attempt, "compta@garage.example", deadline, pieces, {"from": "compta@dubois.example"})


def named(loaded: Loaded, step: str = "relance-1") -> tuple[Named, ...]:
    """Every term of the case, on that step."""
    return tuple(Named(t.id, step, LineKind.MAIN, t.cents) for t in loaded.facts.terms)


def draft(loaded: Loaded, **said: Any) -> Plan:
    """A plan for the case as it was read."""
    facts = loaded.facts
    newest = max((m.id for r in facts.reminders for m in r.messages), default=0)
    seen = {"seen_live": facts.live.id if facts.live else None, "seen_message": newest, "seen_look": loaded.look_at}
    kept = {"policy_digest": POLICY.digest, "policy_body": POLICY.to_json()}
    return Plan(facts.id, facts.version, **{"look_at": None, **seen, **kept, **said})
