"""What two answers of Maileva tell: the sending and its recipient in, the single facts out, each with its key. Pure.

Each fact is heard once, with the whole answer it stood in: told again next hour, in whatever company, it has the same
key. What it means is read later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from relanced.channel import Heard
from relanced_maileva.codes import meaning
from relanced_maileva.sendings import DRAFT, is_id

PARIS = ZoneInfo("Europe/Paris")

DOCUMENTS = (b"%PDF-", b"PK\x03\x04")  # version 4 sends a PDF, earlier ones an archive

FILES: Mapping[str, str] = {
    "deposit_proof": "preuve-de-depot",
    "content_proof": "preuve-de-contenu",
    "acknowledgement_of_receipt": "avis-de-reception",
    "undelivered_mail": "pli-non-distribuable",
}
"""What can be downloaded about a recipient (``download_…``), once its ``…_url`` is there; and our name for the file."""


class Proof(Struct, frozen=True):
    """A proof that is ready: where it is downloaded, and how it is kept."""

    key: str
    path: str
    about: Mapping[str, str]

    def fits(self, content: bytes) -> bool:
        """Whether it is a document: their pages of excuse are not."""
        return content.startswith(DOCUMENTS)


class Letter(Struct, frozen=True):
    """One of our sendings with its recipients, as Maileva told of them."""

    sending: Mapping[str, Any]
    recipients: tuple[Mapping[str, Any], ...]
    raw: tuple[bytes, bytes]

    @classmethod
    def of(cls, sending: bytes, recipients: bytes) -> Letter:
        """From the two bodies. Raises ValueError for what is no sending with recipients."""
        one, listed = json.loads(sending), json.loads(recipients)
        those = listed.get("recipients") if isinstance(listed, dict) else None
        if not isinstance(one, dict) or not is_id(one.get("id")) or not isinstance(those, list):
            raise ValueError("this is no sending of Maileva")
        return cls(one, tuple(r for r in those if isinstance(r, dict) and is_id(r.get("id"))), (sending, recipients))

    @property
    def id(self) -> str:
        """Maileva's name of the sending."""
        return str(self.sending["id"])

    @property
    def attempt(self) -> str:
        """Our name of it."""
        return text(self.sending, "custom_id")

    @property
    def is_produced(self) -> bool:
        """Whether it was printed and put into its envelope."""
        return text(self.sending, "status").startswith("PROCESSED")

    def facts(self) -> Iterator[Heard]:
        """Every single thing that happened, with the whole answer it stands in."""
        status = text(self.sending, "status")
        if status in ("", DRAFT):
            return
        yield self._heard(f"sending/{status}", {"what": "sending", "code": status})
        for recipient in self.recipients:
            status = text(recipient, "status")
            about = {"what": "recipient", "code": status, "recipient": recipient["id"]}
            yield self._heard(f"{recipient['id']}/{status}", about)
            yield from self._events(recipient)

    def _events(self, recipient: Mapping[str, Any]) -> Iterator[Heard]:
        """Main statuses of distribution, then those of the way that say something else."""
        main = [event for event in events(recipient, "main_delivery_statuses") if text(event, "category")]
        told = {(text(event, "code"), text(event, "date")) for event in main}
        way = [e for e in events(recipient, "delivery_statuses") if (text(e, "code"), text(e, "date")) not in told]
        for event in (*main, *way, *_scanned(recipient)):
            code, category, date = (text(event, name) for name in ("code", "category", "date"))
            about = {"what": "event", "code": code, "category": category, "date": date, "label": text(event, "label")}
            yield self._heard(f"{recipient['id']}/{category or code}/{date}", about | {"recipient": recipient["id"]})

    def _heard(self, key: str, about: Mapping[str, str]) -> Heard:
        sending, recipients = self.raw
        raw = b'{"sending": ' + sending + b', "recipients": ' + recipients + b"}"
        return Heard(f"{self.id}/{key}", raw, about)

    def proofs(self) -> Iterator[Proof]:
        """What can be downloaded now."""
        for recipient in self.recipients:
            for name in FILES:
                if text(recipient, f"{name}_url"):
                    about = {"what": "proof", "code": name, "date": text(recipient, f"{name}_date")}
                    about |= {"sending": self.id, "attempt": self.attempt, "recipient": recipient["id"]}
                    about |= {"number": text(recipient, "registered_number"), "why": returned_for(recipient)}
                    path = f"/sendings/{self.id}/recipients/{recipient['id']}/download_{name}"
                    yield Proof(f"{self.id}/{recipient['id']}/{name}", path, about)


def events(recipient: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of statuses of distribution; empty where there is none."""
    listed = recipient.get(name)
    return [event for event in listed if isinstance(event, dict)] if isinstance(listed, list) else []


def _scanned(recipient: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A letter that came back and was scanned: a plain one has no other event of distribution (mail 2.9)."""
    date = text(recipient, "undelivered_mail_date")
    return [{"category": "UNDELIVERED", "code": returned_for(recipient), "date": date}] if date else []


def returned_for(recipient: Mapping[str, Any]) -> str:
    """The code of why a letter came back, as far as they know."""
    return text(recipient, "undelivered_mail_reason") or text(recipient, "last_delivery_status")


def first_presented(recipient: Mapping[str, Any]) -> datetime | None:
    """When the letter was first held out to somebody, by all that is known of it."""
    listed = [*events(recipient, "main_delivery_statuses"), *events(recipient, "delivery_statuses")]
    shown = [e for e in listed if meaning(text(e, "code"), text(e, "category")).presented]
    return min(filter(None, (moment(text(e, "date")) for e in shown)), default=None)


def text(said: Mapping[str, Any], name: str) -> str:
    """A text of theirs, on one line; empty where there is none."""
    value = said.get(name)
    return "".join(c if c.isprintable() else " " for c in value)[:300] if isinstance(value, str) else ""


def moment(said: str) -> datetime | None:
    """An ISO 8601 moment; without a zone it is one of Paris."""
    try:
        when = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=PARIS)).astimezone(UTC)
