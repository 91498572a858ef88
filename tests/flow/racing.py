"""A company whose wheels turn one at a time, in whatever order chance wills, while the world goes on around them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from relanced.channel import Answer, Go, Parcel, Sent
from relanced.daemon.wheels import Wheel
from relanced.rules.calendar import add_bank_days
from relanced.store.soundness import unsound
from relanced.store.tables import attempts, heard, holds, journal, journal_texts, messages, offers, promises, tasks
from tests.flow import answers, paper
from tests.flow.clock import PARIS
from tests.flow.company import Company, Said
from tests.flow.ledger import Entry, Ledger
from tests.flow.pigeons import Loft, PigeonDoor
from tests.flow.relay import Mail
from tests.flow.witness import Left, Rows, Witness, plain
from tests.store.rows import every

DEBTORS = ("C1", "C2")
MAILS = """
  mails:
    for: {debtor: business}
    min_amount: 0.00
    steps:
      - {name: courtoisie,    tone: courteous, when: 5 days before due, via: [email]}
      - {name: relance-1,     tone: courteous, when: 3 days after due,  via: [email, letter]}
      - {name: relance-2,     tone: firm,      when: 10 days after due, via: [email, letter], also: [sms]}
      - {name: relance-ferme, tone: firm,      when: 21 days after due, via: [email, letter], also: [sms]}
"""
PAPER = """
  paper:
    for: {debtor: business}
    min_amount: 0.00
    steps:
      - {name: relance-1,     tone: courteous, when: 3 days after due,  via: [email], also: [letter]}
      - {name: relance-2,     tone: firm,      when: 10 days after due, via: [letter], also: [email]}
      - {name: appel,         tone: firm,      when: 14 days after due, via: [phone], within: 5 working days}
      - name: relance-ferme
        tone: firm
        when: 21 days after due
        via: [letter]
        also: [email]
        approval: required
      - name: mise-en-demeure
        tone: formal
        when: 30 days after due
        via: [registered]
        also: [email]
        approval: required
        deadline: 15 days after presentation
"""
HOUSES: dict[str, dict[str, str]] = {
    "mails": {"policies": MAILS, "roads": ", sms: pigeons", "channels": "  pigeons: {kind: pigeon, consent: none}"},
    "paper": {"policies": PAPER, "roads": ", phone: calls", "channels": "  calls: {kind: phone, per_day: 9}"},
}
REFUSED = {  # what a relay may say, and how often
    "RCPT": ["550 5.1.1 User unknown", "452 4.2.2 Mailbox full"],
    "DOT": ["451 4.3.0 Later", "554 5.6.0 Not like that"],
}


class Flock(Loft):
    """Pigeons with a number each."""

    def door(self) -> type[PigeonDoor]:
        base = super().door()

        class Numbered(base):  # type: ignore[misc, valid-type]
            async def submit(self, parcel: Parcel, go: Go) -> Answer:
                said: Answer = await super().submit(parcel, go)
                return Sent(parcel.attempt, "flown") if isinstance(said, Sent) else said

        return Numbered


class Race:
    """One seed's story. `log` tells what was done; `wrong` what should not have happened."""

    def __init__(self, company: Company, seed: int, loft: Loft | None, style: str) -> None:
        self.company, self.seed, self.loft, self.style = company, seed, loft, style
        self.chance = random.Random(seed)
        self.ledger = Ledger()
        self.witness = Witness(company, self.ledger)
        self.log: list[str] = []
        self.wrong: list[str] = []
        self.mails: list[Mail] = []
        self._count = 0
        self._flown = self._taken = 0
        house = company.house
        self.clerk = house.clerk()
        self.planner, self.reading = house.planner(), house.reading()
        self.senders = {sender.channel: sender for sender in house.senders(self.clerk)}
        self.others: dict[str, Wheel] = {
            "reconcile": house.reconciler(self.clerk),
            "trays": house.trays(),
            "rounds": house.rounds(),
        }

    # -- the wheels, one turn each ------------------------------------------------------------------------------------

    async def plan(self) -> None:
        await self.planner.turn(self.now)

    async def send(self) -> None:
        """One channel words what is due, and hands it to the clerk."""
        name = self.chance.choice(sorted(self.senders))
        self.log[-1] += f" {name}"
        await self._send(name)

    async def _send(self, name: str) -> None:
        """Nothing is worded while something that came back has not been read."""
        before = [w.seal.message_id for w in self.clerk._worded[name]]
        unread = (await Rows.read(self.company)).unread
        await self.senders[name].turn(self.now)
        fresh = [w.seal.message_id for w in self.clerk._worded[name] if w.seal.message_id not in before]
        if unread and fresh:
            self.wrong.append(f"messages {fresh} were worded before what came back was read")

    async def commit(self) -> None:
        """The clerk commits; what was sealed leaves, while nothing else happens."""
        await self._commit(None)

    async def commit_meanwhile(self) -> None:
        """The clerk commits; while the relay hesitates, something happens."""
        await self._commit(self.chance.choice([m for m in self.moves if m in FACTS]))

    async def _commit(self, meanwhile: str | None) -> None:
        before = await Rows.read(self.company)
        gate = self.company.relay.hold("DATA") if meanwhile else None
        if self.clerk._outcomes or self.clerk._sealable():
            await self.clerk.commit()
        flying = [task for tasks_ in self.clerk._flying.values() for task in tasks_.values()]
        if gate and meanwhile:
            if any(self.clerk._flying["compta"].values()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(gate.reached.wait(), 0.3)
            await self._move(meanwhile)
            gate.opened.set()
            self.company.relay._gates.pop("DATA", None)
        if flying:
            await asyncio.wait(flying)
        await self._look(before)

    async def record(self) -> None:
        """What came back is written down, and nothing is sealed."""
        if self.clerk._outcomes:
            self.clerk.draining = True
            await self.clerk.commit()
            self.clerk.draining = False

    async def read(self) -> None:
        await self.reading.turn(self.now)

    async def another(self) -> None:
        name = self.chance.choice(sorted(self.others))
        self.log[-1] += f" {name}"
        await self.others[name].turn(self.now)

    async def brood(self) -> None:
        """Everything that does not send turns."""
        await self.read()
        for wheel in self.others.values():
            await wheel.turn(self.now)
        await self.plan()

    async def rush(self) -> None:
        """Something happens, and every channel sends before anybody else has looked."""
        facts = [name for name in self.moves if name in FACTS]
        for _ in range(self.chance.choice([0, 1, 1, 1, 2])):
            await self._move(self.chance.choices(facts, [self.moves[name] for name in facts])[0])
        for name in self.senders:
            await self._send(name)
        await self.commit()

    async def everything(self) -> None:
        """Every wheel turns twice, in the order of a quiet day."""
        for _ in range(2):
            await self.read()
            for wheel in self.others.values():
                await wheel.turn(self.now)
            await self.plan()
            for sender in self.senders.values():
                await sender.turn(self.now)
            await self.commit()
            await self.record()

    # -- time ---------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.company.clock.now()

    @property
    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    async def later(self) -> None:
        self.company.clock.later(minutes=self.chance.choice([1, 5, 20, 90, 240, 600]))

    async def next_day(self) -> None:
        """A morning some days on; the bank has usually said what came in until the day before."""
        day = self.today + timedelta(days=self.chance.choice([1, 1, 1, 2, 3, 4, 7]))
        self.company.clock.set(day, self.chance.choice(["09:30", "09:30", "09:30", "14:05", "20:00"]))
        self.log[-1] += f" {day}"
        if self.chance.random() < 0.9:
            await self.bank()

    async def bank(self) -> None:
        await self.company.bank(add_bank_days(self.today, -1))

    # -- money --------------------------------------------------------------------------------------------------------

    async def bill(self, debtor: str = "") -> None:
        debtor, number = debtor or self.chance.choice(DEBTORS), f"F-{len(self.ledger.invoices) + 1}"
        due = self.today + timedelta(days=self.chance.choice([-12, -5, -3, -1, 2, 6]))
        amount = self.chance.choice([30000, 60000, 123450])
        line = paper.invoice(number, due, debtor, _said(amount), issued=due - timedelta(days=30))
        await self.company.bills(line)
        self.ledger.invoices[number] = amount
        self.log[-1] += f" {number} of {debtor}, {amount / 100:.2f} due {due}"

    def _open(self) -> str:
        owing = [n for n in self.ledger.invoices if self.ledger.owed(n) > 0]
        if not owing:
            raise Said("nothing is owed")
        return self.chance.choice(owing)

    async def pay(self) -> None:
        number = self._open()
        owed = self.ledger.owed(number)
        part = [owed, owed, owed // 2, owed * 9 // 10, min(owed, 10000)]
        amounts = [*part, *[c for c in await self._asked_for(number) if 0 < c <= owed] * 2]
        await self._book(
            Entry(number, self.chance.choice(amounts), self.today - timedelta(days=self.chance.choice([0, 1])))
        )

    async def _asked_for(self, number: str) -> list[int]:
        """What promises, parts and offers about this invoice ask."""
        rows = await Rows.read(self.company)
        said = [p["cents"] for p in rows.promises if p["state"] == "open" and number in dict(rows.about(p))]
        asked = [
            self.witness.asks(rows, o) for o in rows.offers if o["state"] == "open" and number in dict(rows.about(o))
        ]
        return said + asked

    async def pay_back(self) -> None:
        """A payment comes back."""
        paid = self.ledger.payments()
        if not paid:
            raise Said("nothing was paid")
        entry = self.chance.choice(paid)
        await self._book(Entry(entry.invoice, -entry.cents, self.today))

    async def _book(self, entry: Entry) -> None:
        self._count += 1
        day = f"{entry.on:%d/%m/%Y}"
        text = f"date;montant;facture;référence bancaire\n{day};{_said(entry.cents)};{entry.invoice};V-{self._count}\n"
        await self.company.imports("payments", text.encode())
        self.ledger.entries.append(entry)
        self.log[-1] += f" {entry.invoice} {entry.cents / 100:.2f}"

    async def credit(self) -> None:
        number = self._open()
        cents = min(self.ledger.owed(number), self.chance.choice([5000, 12345, self.ledger.owed(number)]))
        self._count += 1
        debtor = await self._debtor_of(number)
        head = "client;n° avoir;date avoir;montant;facture\n"
        line = f"{debtor};AV-{self._count};{self.today:%d/%m/%Y};{_said(cents)};{number}\n"
        await self.company.imports("credits", (head + line).encode())
        self.ledger.entries.append(Entry(number, cents, self.today, True))
        self.log[-1] += f" {number} {cents / 100:.2f}"

    async def _debtor_of(self, number: str) -> str:
        rows = await Rows.read(self.company)
        return str(rows.cases[rows.terms[number]["case_id"]]["debtor_key"])

    async def paid(self) -> None:
        number = self._open()
        await self._desk("paid", invoice=number)
        self.ledger.settled.add(number)

    async def undo(self) -> None:
        if not self.ledger.settled:
            raise Said("nothing was called paid")
        number = self.chance.choice(sorted(self.ledger.settled))
        await self._desk("undo", invoice=number)
        self.ledger.settled.discard(number)

    # -- the desk -----------------------------------------------------------------------------------------------------

    async def _desk(self, verb: str, **more: Any) -> dict[str, Any]:
        self.log[-1] += f" {more}"
        mark = len(self.ledger.entries)
        said = await self.company.desk(verb, by=self.chance.choice(["claire", "claire", "claire", "jean"]), **more)
        for word in await every(self.company.house.store, promises):
            self.ledger.given.setdefault(word["id"], mark)
        self.log[-1] += " done"
        return said

    def _case(self) -> str:
        return self.chance.choice(DEBTORS)

    async def _some(self, debtor: str) -> dict[str, str]:
        """One of its invoices, or whatever is meant."""
        rows = await Rows.read(self.company)
        mine = [n for n, t in rows.terms.items() if rows.cases[t["case_id"]]["debtor_key"] == debtor]
        mine = [n for n in mine if self.ledger.owed(n) > 0]
        return {"invoices": self.chance.choice(mine)} if mine and self.chance.random() < 0.5 else {}

    def _soon(self, *days: int) -> str:
        return (self.today + timedelta(days=self.chance.choice(days))).isoformat()

    async def promise(self) -> None:
        debtor = self._case()
        amount = self.chance.choice([{}, {}, {"amount": "150"}])
        await self._desk("promise", case=debtor, date=self._soon(0, 1, 3, 5, 8), **amount, **await self._some(debtor))

    async def instalments(self) -> None:
        debtor = self._case()
        words = {"count": self.chance.choice([2, 3]), "first": self._soon(0, 2, 3, 4, 6, 9)}
        await self._desk("instalments", case=debtor, **words, **await self._some(debtor))

    async def revoke(self) -> None:
        await self._desk("instalments", case=self._case(), revoke=True, reason="rien reçu")

    async def offer(self) -> None:
        debtor, mark = self._case(), len(self.ledger.entries)
        quiet = self.chance.choice([{}, {"hold": True}, {"remind": True}])
        words = {"off": self.chance.choice(["10%", "50,00"]), "until": self._soon(0, 1, 3, 6, 9)}
        await self._desk("offer", case=debtor, **words, **quiet, **await self._some(debtor))
        newest = (await every(self.company.house.store, offers))[-1]
        self.ledger.made[newest["id"]] = mark

    async def withdraw(self) -> None:
        await self._desk("offer", case=self._case(), withdraw=True, reason="erreur")

    async def dispute(self) -> None:
        debtor = self._case()
        some = await self._some(debtor)
        part = {"amount": self.chance.choice(["50", "100,50"])} if some and self.chance.random() < 0.6 else {}
        await self._desk("dispute", case=debtor, reason="une porte manque", **some, **part)

    async def release(self) -> None:
        """One of the things a case waits for is over."""
        rows = await Rows.read(self.company)
        if not rows.holds:
            raise Said("nothing is held")
        hold = self.chance.choice(rows.holds)
        await self._ends(str(rows.cases[hold["case_id"]]["debtor_key"]), hold["kind"])

    async def _ends(self, debtor: str, kind: str) -> None:
        if kind == "instalments":
            await self._desk("instalments", case=debtor, revoke=True, reason="rien reçu")
        elif kind == "offer":
            await self._desk("offer", case=debtor, withdraw=True, reason="erreur")
        elif kind in ("pause", "absent", "unreachable", "lapsed"):
            await self._desk("resume", case=debtor, reason="assez attendu")
        else:
            named = await self._some(debtor) if kind == "dispute" else {}
            version = (await self.company.desk("show", case=debtor))["record"]["version"]
            await self._desk("release", case=debtor, kind=kind, seen=version, **named)

    async def thank(self) -> None:
        debtor = self._case()
        version = (await self.company.desk("show", case=debtor))["record"]["version"]
        await self._desk("release", case=debtor, kind="thanks", seen=version)

    async def reply(self) -> None:
        debtor, files = self._case(), {"r.txt": "Bonjour,\n\nBien noté.\n".encode()}
        version = (await self.company.desk("show", case=debtor))["record"]["version"]
        release = {"release": True, "seen": version} if self.chance.random() < 0.5 else {}
        await self._desk("reply", case=debtor, subject="Votre question", files=files, **release)

    async def pause(self) -> None:
        await self._desk("pause", case=self._case(), until=self._soon(0, 2, 5), reason="ils demandent")

    async def resume(self) -> None:
        await self._desk("resume", case=self._case(), reason="assez attendu")

    async def take(self) -> None:
        await self._desk("take", case=self._case(), anyway=self.chance.random() < 0.7)

    async def give_back(self) -> None:
        await self._desk("release", case=self._case(), unanswered=True)

    async def note(self) -> None:
        await self._desk("note", case=self._case(), words="comptable en congé")

    async def optout(self) -> None:
        await self._desk("optout", case=self._case())

    async def insolvency(self) -> None:
        await self._desk("insolvency", case=self._case(), what="redressement", on=self.today.isoformat())

    async def close(self) -> None:
        await self._desk("close", case=self._case(), reason="un ami")

    async def reopen(self) -> None:
        await self._desk("close", case=self._case(), reopen=True, reason="tout de même")

    async def contact(self) -> None:
        debtor, verb = self._case(), self.chance.choice(["add", "dead", "remove", "edit", "add"])
        where = self.chance.choice(
            [f"{debtor.lower()}@client.example", f"neuve{self.chance.randrange(3)}@client.example"]
        )
        to = {"to": f"autre{self.chance.randrange(3)}@client.example"} if verb == "edit" else {}
        await self._desk(f"contact {verb}", case=debtor, where=where, **to)

    async def call(self) -> None:
        result = self.chance.choice(["reached", "promised", "disputed", "voicemail", "transfer", "in-validation"])
        waiting = [m for m in await every(self.company.house.store, messages, state="in_tray") if m["road"] == "phone"]
        which = str(self.chance.choice(waiting)["reference"]) if waiting else self._case()
        more: dict[str, Any] = {} if waiting else {"incoming": True}
        more |= {"date": self._soon(1, 4)} if result in ("promised", "transfer") else {}
        await self._desk("call", which=which, result=result, note="…", **more)

    async def stop(self) -> None:
        await self._desk("stop", reason="un doute")

    async def start(self) -> None:
        await self._desk("start")

    # -- messages in hand ---------------------------------------------------------------------------------------------

    async def _message(self, *states: str) -> int:
        known = [m for m in await every(self.company.house.store, messages) if m["state"] in states]
        if not known:
            raise Said("no such message")
        return int(self.chance.choice(known[-3:])["id"])

    async def park(self) -> None:
        await self._desk("park", message=await self._message("planned"))

    async def approve(self) -> None:
        await self._desk("approve", message=str(await self._message("parked")))

    async def cancel(self) -> None:
        await self._desk("cancel", message=await self._message("planned", "parked", "in_tray"))

    async def resend(self) -> None:
        number = await self._message("sent", "delivered", "failed")
        said = await self._desk("resend", message=number, reason="ils l'ont perdu")
        self.witness.again.add(said["record"]["message"])

    async def settle(self) -> None:
        number = await self._message("uncertain")
        await self._desk("settle", message=number, sent=self.chance.random() < 0.5, reason="on me l'a dit")

    async def letters(self) -> None:
        """The day's sheets are taken; each must be right at that moment."""
        before = await Rows.read(self.company)
        taken = await self._desk("letters take")
        for one in taken["record"]:
            (message,) = await every(self.company.house.store, messages, reference=one["reference"])
            await self._judge(await self._sheet(message["attempt_id"]), before)
        if taken["record"] and self.chance.random() < 0.8:
            await self._desk("letters posted", references=",".join(one["reference"] for one in taken["record"]))

    async def posted(self) -> None:
        lying = [m for m in await every(self.company.house.store, messages, state="in_tray") if m["road"] != "phone"]
        if lying:
            await self._desk("letters posted", references=self.chance.choice(lying)["reference"])

    async def spoiled(self) -> None:
        lying = [m for m in await every(self.company.house.store, messages, state="in_tray") if m["road"] != "phone"]
        if lying:
            await self._desk("letters spoiled", reference=self.chance.choice(lying)["reference"])

    # -- what comes back ----------------------------------------------------------------------------------------------

    async def wrote(self) -> None:
        """The debtor answers a mail, or writes by himself."""
        said = self.chance.choice(["J'ai payé hier.", "Je conteste cette facture.", "Merci.", "Rappelez-moi."])
        sender = f"{self._case().lower()}@client.example"
        raw = answers.letter(self.company, said, sender)
        if self.mails and self.chance.random() < 0.7:
            raw = answers.reply(self.company, self.chance.choice(self.mails[-3:]), said)
        await self.company.desk("ingest", files={"message": raw})

    async def machine(self) -> None:
        """A machine answers one of the last mails."""
        if not self.mails:
            raise Said("nothing has left")
        mail = self.chance.choice(self.mails[-3:])
        back = self.today + timedelta(days=3)
        raw = self.chance.choice(
            [
                answers.bounce(mail),
                answers.bounce(mail, said="552 5.2.2 Mailbox full"),
                answers.away(self.company, mail, f"Je suis absente jusqu'au {back:%d/%m/%Y}."),
            ]
        )
        await self.company.desk("ingest", files={"message": raw})

    async def relay_refuses(self) -> None:
        """The relay refuses the next mail."""
        verb = self.chance.choice(sorted(REFUSED))
        usual = {"RCPT": "250 2.1.5 Ok", "DOT": "250 2.0.0 Ok: queued as 4F2A1B"}[verb]
        self.company.relay.answers(verb, self.chance.choice(REFUSED[verb]), usual)

    # -- the race -----------------------------------------------------------------------------------------------------

    @property
    def moves(self) -> dict[str, float]:
        return MOVES if self.style == "mails" else {**MOVES, "letters": 4, "posted": 4, "spoiled": 1, "approve": 4}

    async def run(self, steps: int) -> list[str]:
        """So many moves, then peace. Returns what went wrong."""
        for debtor in DEBTORS:
            self.log.append("bill")
            await self.bill(debtor)
            mobile = (
                f"code client;mobile pour sms;téléphone\n{debtor};06 12 34 56 7{debtor[1]};02 99 00 12 3{debtor[1]}\n"
            )
            with suppress(Said):
                await self.company.imports("contacts", mobile.encode())
        await self.bank()
        names, weights = list(self.moves), list(self.moves.values())
        for _ in range(steps):
            await self._move(self.chance.choices(names, weights)[0])
            if self.wrong:
                return self.wrong
        await self._peace()
        return self.wrong

    async def _move(self, name: str) -> None:
        self.log.append(f"{self.now.astimezone(PARIS):%m-%d %H:%M} {name}")
        move: Callable[[], Awaitable[None]] = getattr(self, name)
        try:
            await move()
        except Said as said:
            self.log[-1] += f" -- {said}"
            if " failed: " in str(said):
                self.wrong.append(f"a verb broke: {said}")

    async def _look(self, before: Rows) -> None:
        """Whatever left is looked at."""
        fresh = self.company.relay.messages[self._taken :]
        self._taken += len(fresh)
        for mail in map(Mail.read, fresh):
            self.mails.append(mail)
            await self._judge(Left(mail.attempt, mail.to, plain(f"{mail.subject}\n\n{mail.text}")), before)
        if self.loft:
            for parcel in self.loft.taken[self._flown :]:
                await self._judge(Left(parcel.attempt, parcel.address, plain(parcel.wire.decode())), before)
            self._flown = len(self.loft.taken)

    async def _sheet(self, attempt: str) -> Left:
        from relanced.premises.wires import pages  # slow to import

        parcel = await self.company.house.store.tray.parcel(attempt)
        return Left(attempt, "", plain("\n".join(pages(parcel.wire))))

    async def _judge(self, left: Left, before: Rows) -> None:
        self.log.append(f"    left: {left.text.splitlines()[0] if left.text else ''} to {left.to}")
        self.wrong += await self.witness.wrong(left, before)

    async def _peace(self) -> None:
        """Everything turns; then days go by, and nothing may be stuck."""
        self.log.append("peace")
        with suppress(Said):
            await self.company.desk("start")
        self.company.relay.answers("RCPT", "250 2.1.5 Ok")
        self.company.relay.answers("DOT", "250 2.0.0 Ok: queued as 4F2A1B")
        await self.everything()
        await self._nothing_held()
        for days in (1, 3, 5, 6):
            self.company.clock.set(add_bank_days(self.today, days), "10:00")
            await self.bank()
            await self.everything()
            await self._people_work()
        await self.everything()
        self.wrong += await self._stuck()
        self.wrong += await self.witness.doubled()
        self.wrong += await unsound(self.company.house.store.engine)
        self.wrong += await self._engine_errors()

    async def _people_work(self) -> None:
        """What waits for people is approved, posted, dialled."""
        for m in await every(self.company.house.store, messages):
            verb: tuple[str, dict[str, Any]] = {
                ("email", "parked"): ("approve", {"message": str(m["id"])}),
                ("letter", "parked"): ("approve", {"message": str(m["id"])}),
                ("registered", "parked"): ("approve", {"message": str(m["id"])}),
                ("phone", "in_tray"): ("call", {"which": m["reference"], "result": "voicemail"}),
            }.get((m["road"], m["state"]), ("note", {"case": "C1", "words": "rien"}))
            if m["state"] in ("parked", "in_tray"):
                with suppress(Said):
                    await self.company.desk(verb[0], **verb[1])
        await self.letters()

    async def _nothing_held(self) -> None:
        """People have dealt with everything."""
        for hold in (await Rows.read(self.company)).holds:
            rows = await Rows.read(self.company)
            self.log.append("ends")
            with suppress(Said):
                await self.company.desk("take", case=rows.cases[hold["case_id"]]["debtor_key"], anyway=True)
                await self._ends(str(rows.cases[hold["case_id"]]["debtor_key"]), hold["kind"])
                await self.company.desk("release", case=rows.cases[hold["case_id"]]["debtor_key"], unanswered=True)

    async def _stuck(self) -> list[str]:
        store, found = self.company.house.store, []
        for m in await every(store, messages):
            if m["state"] == "submitting" or (m["state"] == "planned" and m["due_at"] <= self.now):
                found.append(f"message {m['id']} is stuck {m['state']}: {m['reason']} {m['due_at']}")
            if m["state"] == "parked" and "cannot be worded" in m["reason"]:
                found.append(f"message {m['id']}: {m['reason']}")
        await self.company.house.auditor().look(self.now)
        auditor = self.company.house.auditor()
        found += [f.words for f in await auditor.look(self.now) if f.key == "forgotten"]
        found += [f"not read: {h['fault']}" for h in await every(store, heard) if h["fault"] or not h["read_at"]]
        return found

    async def _engine_errors(self) -> list[str]:
        store = self.company.house.store
        bad = [e for e in await every(store, journal) if e["event"] in ("engine error",)]
        texts = {(t["case_id"], t["seq"]): t["body"] for t in await every(store, journal_texts)}
        return [f"case {e['case_id']}: {texts.get((e['case_id'], e['seq']))}" for e in bad]

    async def told(self) -> str:
        """Everything, for who has to understand it."""
        store = self.company.house.store
        told = [f"seed {self.seed} ({self.style})", *self.log, *(f"WRONG {one}" for one in self.wrong)]
        for m in await every(store, messages):
            told.append(
                f"  message {m['id']} case {m['case_id']} r{m['reminder_id']} w{m['word_id']} {m['slot']}.{m['turn']}"
                f" {m['road']} {m['state']} {m['reason']} due {m['due_at']}"
            )
        for h in await every(store, holds):
            told.append(f"  hold {h['kind']} term {h['term_id']} until {h['until']} ended {h['ended_at']} {h['cents']}")
        for word in await every(store, promises):
            told.append(
                f"  promise of {word['cents']} for {word['on_day']} {word['terms']} {word['state']} {word['judged_on']}"
            )
        for said in await every(store, offers):
            told.append(f"  offer of {said['cents']} until {said['until_day']} {said['terms']} {said['state']}")
        told += [f"  task {t['kind']}: {t['words']}" for t in await every(store, tasks, closed_at=None)]
        told += [f"  attempt {a['id'][:6]} of {a['message_id']}: {a['answer']}" for a in await every(store, attempts)]
        return "\n".join(told)


FACTS = frozenset(
    {
        "pay",
        "pay_back",
        "credit",
        "paid",
        "undo",
        "bill",
        "promise",
        "instalments",
        "revoke",
        "offer",
        "withdraw",
        "dispute",
        "release",
        "pause",
        "resume",
        "optout",
        "insolvency",
        "close",
        "reopen",
        "contact",
        "stop",
        "read",
        "letters",
        "wrote",
    }
)
MOVES: dict[str, float] = {
    "plan": 8,
    "send": 10,
    "commit": 10,
    "commit_meanwhile": 5,
    "record": 3,
    "read": 4,
    "another": 5,
    "everything": 6,
    "brood": 10,
    "rush": 14,
    "later": 6,
    "next_day": 14,
    "bank": 2,
    "bill": 3,
    "pay": 8,
    "pay_back": 2,
    "credit": 2,
    "paid": 1,
    "undo": 1,
    "promise": 4,
    "instalments": 3,
    "revoke": 0.5,
    "offer": 4,
    "withdraw": 0.5,
    "dispute": 2,
    "release": 8,
    "thank": 1,
    "reply": 1,
    "pause": 0.5,
    "resume": 1,
    "take": 0.3,
    "give_back": 1,
    "note": 0.5,
    "optout": 0.1,
    "insolvency": 0.15,
    "close": 0.15,
    "reopen": 0.5,
    "contact": 0.7,
    "call": 2,
    "stop": 0.5,
    "start": 3,
    "park": 0.5,
    "approve": 1,
    "cancel": 0.4,
    "resend": 0.7,
    "settle": 1,
    "wrote": 1.5,
    "machine": 1,
    "relay_refuses": 1,
}


def _said(cents: int) -> str:
    return f"{cents / 100:.2f}".replace(".", ",")
