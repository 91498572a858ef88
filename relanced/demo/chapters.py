"""What happened to each customer, read back from the database: the journal, the messages, the balances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from relanced.house import House
from relanced.rules.model import HoldKind, MessageState, Road
from relanced.rules.owed import balances
from relanced.store.facts import Loaded

_ROADS = {"email": "e-mail", "sms": "SMS", "letter": "letter", "registered": "registered letter"}
_ENDS = {"delivered": ", delivered", "failed": ", undelivered"}  # a mail's end is not told
_HELD = {
    HoldKind.PAUSE.value: "paused by claire",
    HoldKind.UNREACHABLE.value: "nobody can be reached",
    HoldKind.LAPSED.value: "transmission waited too long for approval: a task",
}


class Chapter(Struct, frozen=True):
    """One customer's three months."""

    case: Loaded
    messages: tuple[Mapping[str, Any], ...]
    journal: tuple[Mapping[str, Any], ...]
    house: House

    @property
    def key(self) -> str:
        """The customer's code."""
        return self.case.facts.debtor.key

    @property
    def owed(self) -> int:
        """What is still owed, in cents."""
        return sum(balances(self.case.facts).values())

    @property
    def events(self) -> list[str]:
        """What happened, in order, each with its day."""
        told = sorted((day, n, words) for n, (day, words) in enumerate(self._told()))
        return [f"{day:%d %b} {words}" for day, _, words in told]

    def _told(self) -> Iterator[tuple[date, str]]:
        for entry in self.journal:
            day = self.house.premises.local(entry["at"]).date()
            body = json.loads(entry["body"] or "{}")
            if entry["event"] in ("payments booked", "credits booked"):
                paid = date.fromisoformat(body["booked_on"])
                what = "paid" if entry["event"].startswith("payments") else "credit note of"
                if paid >= self._began:
                    yield paid, f"{what} {body['cents'] / 100:.2f}"
            elif words := self._words(entry, body):
                yield day, words

    @property
    def _began(self) -> date:
        return min(self.house.premises.local(entry["at"]).date() for entry in self.journal)

    def _words(self, entry: Mapping[str, Any], body: Mapping[str, Any]) -> str:
        message = self._message(body.get("message"))
        match entry["event"]:
            case "message sent":
                what = f"{message['written_by']}'s answer" if message["step"] == "reply" else message["step"]
                return f"{what} by {_ROADS[message['road']]}{_ENDS.get(message['state'], '')}"
            case "letter posted":
                return f"{message['step']} by {_ROADS[message['road']]}, posted"
            case "message failed" if message["road"] == "email":
                return "address refused: no such user"
            case "message parked":
                return f"{message['step']} waits for approval"
            case "message approved":
                return f"approved by {entry['by']}"
            case "letter presented":
                return "letter presented"
            case "reminder withdrawn":
                withdrawn = [self._message(i)["step"] for i in body["messages"][:1]]
                return f"{withdrawn[0]} withdrawn before it left" if withdrawn else ""
            case "hold begun":
                return _HELD.get(body["kind"], "")
            case "holds ended" | "case released":
                return "goes on"
        return _spoken(entry["event"], body, message)

    def _message(self, message_id: int | None) -> Mapping[str, Any]:
        unknown = {"step": "reminder", "road": "email", "state": ""}
        return next((m for m in self.messages if m["id"] == message_id), unknown)

    @property
    def now(self) -> str:
        """How the case stands."""
        if not self.owed:
            return "paid"
        live = self.case.facts.live
        if live and not live.messages:
            return f"{live.step} waits for approval"
        lying = [m for m in live.messages if m.state is MessageState.IN_TRAY] if live else []
        if live and lying:
            return "a call waits" if lying[0].road is Road.PHONE else f"{live.step} in the tray"
        return ", ".join(h.kind.value for h in self.case.facts.holds) or "open"


def _spoken(event: str, body: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """What people said, and what nobody asked them."""
    match event:
        case "reply":
            return "STOP: no more SMS" if body["stop"] else "answers by mail"
        case "call made":
            named = f" for {datetime.fromisoformat(body['named']):%d %b}" if body.get("named") else ""
            return f"phoned: {body['result'].replace('-', ' ')}{named}"
        case "promise kept":
            return "promise kept"
        case "message expired" if message["road"] == "phone":
            return f"nobody phoned: {message['step']} passed over"
    return ""


async def chapters(house: House) -> list[Chapter]:
    """Every customer's, in the order of the cases."""
    today = house.premises.local(house.clock.now()).date()
    ids = sorted(await house.store.views.case_ids(state=None))
    views, told = house.store.views, []
    for case in await house.store.planning.load(ids, today):
        messages = await views.messages_of(case.facts.id)
        told.append(Chapter(case, tuple(messages), tuple(await views.journal_of(case.facts.id)), house))
    return sorted(told, key=lambda c: c.case.facts.id)
