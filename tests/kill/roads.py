"""A company with every road, and whoever stands at its end: none of them is touched when the daemon is killed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.flow import paper
from tests.flow.company import Company
from tests.flow.conftest import Found
from tests.flow.program import rows, states
from tests.kill.books import called, laid, mailed, posted, printed, texted
from tests.kill.checker import Had
from tests.kill.hurried import START
from tests.kill.moods import MoodyMailHouse, MoodyTwilio
from tests.kill.relay import Relay
from tests.maileva.letters import distributed, event, proved
from tests.maileva.mail_house import CLIENT, PASSWORD, SECRET, USER
from tests.printing.desk import Office

DUE = START.date().replace(month=2, day=26)
WAVE = {"mails": 5, "letters": 3, "calls": 3, "notices": 3, "sheets": 3}  # every mail has a text beside it
STATES = {"sent": ("mails",), "delivered": ("mails", "notices"), "in_tray": ("letters", "calls", "sheets")}
ACCOUNT, TOKEN = "AC" + "7e" * 16, "an auth token of Twilio"
LADDERS = """
  business:
    for: {debtor: business}
    steps: [{name: relance-1, tone: courteous, when: 3 days after due, via: [email, letter], also: [sms]}]
  consumer:
    for: {debtor: consumer}
    steps: [{name: appel, tone: firm, when: 3 days after due, via: [phone]}]
  public:
    for: {debtor: public}
    steps: [{name: mise-en-demeure, tone: formal, when: 3 days after due, via: [registered],
             deadline: 15 days after presentation}]
"""
PRESS = """
  presse:
    name: Presses Dubois SARL
    siren: "732829320"
    address: [14 RUE DES FORGES, 35000 RENNES]
    iban: FR76 3000 6000 0112 3456 7890 189
    send_as: Claire Dubois <presse@atelier-dubois.example>
    roads: {letter: printer}
    read_by: claire
    policies: business
"""
CHANNELS = """
  texts: {{kind: sms, account: {account}, token: {token}, from: 38123, api: "{twilio}", ask_every: 30, settle: 120}}
  printer: {{kind: letter, out: printer, uri: "{queue}", ask_every: 20}}
  notices: {{kind: maileva, registered: true, host: "{mail_house}", client_id: {client}, user: {user},
             client_secret: {secret}, password: {password}, settle: 120, ask_every: 60,
             sender: [ATELIER DUBOIS SARL, 35000 RENNES]}}
  calls: {{kind: phone}}
"""


@dataclass
class Outside:
    """The mail relay, the account for short texts, the mail house and the printer."""

    relay: Relay
    twilio: MoodyTwilio
    mail_house: MoodyMailHouse
    office: Office

    def distributes(self) -> None:
        """The post delivers what was submitted so far: presented and fetched today, and its proof can be had."""
        at = self.mail_house.now().isoformat(timespec="milliseconds")
        for order in self.mail_house.submitted():
            if order.status == "PENDING":
                first = event("LP09", at, "Première présentation", "FIRST_PRESENTATION")
                distributed(
                    order, event("LP01", at, "Pris en charge"), first, event("LP15", at, "Distribué", "DELIVERED")
                )
                order.told["processed_date"] = at
                proved(self.mail_house, order, "deposit_proof", at)

    async def books(self, company: Company) -> Mapping[str, list[Had]]:
        """What each of them has, by the channel that gave it; calls are shown by the open company itself."""
        return {
            "compta": mailed(self.relay.taken),
            "texts": texted(self.twilio.sent),
            "office": laid(company.folder / "letters"),
            "printer": await printed(self.office),
            "notices": posted(self.mail_house.submitted()),
            "calls": called((await company.desk("calls"))["record"]),
        }


async def founded(found: Found, outside: Outside, folder: Path) -> Company:
    """The company before its first invoice, closed."""
    company = await found(
        at=START,
        house=paper.ALWAYS,
        policies=LADDERS,
        port=await outside.relay.start(),
        email=paper.journal_copy(folder) + ", settle: 60",
        registered="notices",
        roads=", sms: texts, phone: calls",
        channels=_channels(outside, folder, await outside.twilio.open()),
        creditor=PRESS,
    )
    await company.desk("open", creditor="presse")
    for creditor in ("atelier", "presse"):
        await company.imports("payments", paper.NO_PAYMENTS, START.date(), creditor)
    await company.close()
    return company


def _channels(outside: Outside, folder: Path, twilio: str) -> str:
    queue, house = outside.office.cups.uri(outside.office.name), outside.mail_house.url
    secrets = {"token": TOKEN, "secret": SECRET, "password": PASSWORD}
    named = {name: paper.secret(folder, name, said) for name, said in secrets.items()}
    return CHANNELS.format(
        account=ACCOUNT, twilio=twilio, queue=queue, mail_house=house, client=CLIENT, user=USER, **named
    )


async def wave(company: Company, n: int) -> None:
    """More late invoices, for every road; `n` names the wave."""
    notices = _bills("N", n, WAVE["notices"], email="", segment="public")
    calls = _bills("C", n, WAVE["calls"], email="", segment="particulier")
    await company.bills(*_bills("M", n, WAVE["mails"]), *_bills("L", n, WAVE["letters"], email=""), *calls, *notices)
    await company.imports("invoices", paper.invoices(*_bills("S", n, WAVE["sheets"], email="")), creditor="presse")
    texts = [f"M{n}-{i};06 12 {n:02} {i:02} 00;" for i in range(WAVE["mails"])]
    phones = [f"C{n}-{i};;02 99 {n:02} {i:02} 00" for i in range(WAVE["calls"])]
    await company.imports("contacts", "\n".join(("client;mobile pour sms;téléphone", *texts, *phones, "")).encode())


def _bills(kind: str, n: int, count: int, email: str | None = None, segment: str = "entreprise") -> list[str]:
    names = {f"{kind}{n}-{i}": f"{i + 1} RUE DU BAC" for i in range(count)}
    return [paper.invoice(f"F-{d}", DUE, d, email=email, address=at, segment=segment) for d, at in names.items()]


ASKED = "SELECT kind, words FROM tasks WHERE closed_at IS NULL AND kind <> 'ladder ended'"
LEDGER = {
    "reminders": "SELECT count(*) FROM reminders",
    "performed": "SELECT count(*) FROM lines WHERE state = 'performed'",
    "presented": "SELECT count(*) FROM lines WHERE clock_from IS NOT NULL",
    "proofs": "SELECT count(*) FROM proofs",
    "printed": "SELECT count(*) FROM heard WHERE channel = 'printer' AND key LIKE '%:completed'",
    "unread": "SELECT count(*) FROM heard WHERE read_at IS NULL OR waits <> ''",
    "asked": f"SELECT count(*) FROM ({ASKED})",
}


def ledger(folder: Path) -> dict[str, int]:
    """What the database counts: messages by state, and what followed from them."""
    return states(folder) | {name: int(rows(folder, query)[0][0]) for name, query in LEDGER.items()}


def settled(waves: int) -> dict[str, int]:
    """The ledger once everything of so many waves is done, and nobody is asked about anything."""
    left = {state: waves * sum(WAVE[kind] for kind in kinds) for state, kinds in STATES.items()}
    notices, sheets = waves * WAVE["notices"], waves * WAVE["sheets"]
    return left | {
        "reminders": waves * sum(WAVE.values()),
        "performed": notices + waves * WAVE["mails"],
        "presented": notices,
        "proofs": notices,
        "printed": sheets,
        "unread": 0,
        "asked": 0,
    }
