"""What comes back from OVHcloud: receipts of sent texts, and answers to the short number they were sent from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from relanced.channel import Heard, Receipt, Reply, Said
from relanced_sms.ovh_codes import is_dead, is_opted_out
from relanced_sms.provider import one_line
from relanced_sms.text import e164, is_stop

NOTHING_YET = 0
# The states of a delivery receipt are those of Kannel.
_SAID = {1: Said.DELIVERED, 2: Said.BOUNCED, 4: Said.DELAYED, 8: Said.TAKEN, 16: Said.BOUNCED}
_WORDS = {1: "delivered", 2: "not delivered", 4: "waits at the operator", 8: "taken by the operator", 16: "rejected"}


def parsed(text: str) -> dict[str, Any]:
    """An answer of the API. Raises ValueError."""
    answer = json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")
    return answer


def is_failure(text: Mapping[str, Any]) -> bool:
    """Whether the text did not arrive."""
    return _SAID.get(text.get("deliveryReceipt") or NOTHING_YET) is Said.BOUNCED


def receipt(text: Mapping[str, Any], attempt: str, meaning: Mapping[str, Any] | None = None) -> Heard | None:
    """A sent text as it stands, once there is a receipt; `meaning` is what its code stands for."""
    state = text.get("deliveryReceipt") or NOTHING_YET
    if state == NOTHING_YET:
        return None
    raw = json.dumps({"outgoing": text, "ptt": meaning}, sort_keys=True, ensure_ascii=False).encode()
    return Heard(f"out:{text['id']}:{state}:{text.get('ptt') or ''}", raw, {"attempt": attempt})


def reply(answer: Mapping[str, Any]) -> Heard:
    """An answer as it came."""
    raw = json.dumps({"incoming": answer}, sort_keys=True, ensure_ascii=False).encode()
    return Heard(f"in:{answer['id']}", raw)


def read(heard: Heard) -> tuple[Receipt | Reply, ...]:
    """A receipt or a reply. Raises ValueError for what cannot be understood."""
    said = parsed(heard.raw.decode())
    try:
        if "incoming" in said:
            return (_reply(said["incoming"]),)
        return (_receipt(said["outgoing"], said.get("ptt") or {}, heard.about.get("attempt", "")),)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not what OVHcloud says: {error!r}") from error


def _receipt(text: Mapping[str, Any], meaning: Mapping[str, Any], attempt: str) -> Receipt:
    state = int(text["deliveryReceipt"])
    why = one_line(f"{meaning.get('description') or ''} {meaning.get('comment') or ''}")
    said = _SAID.get(state, Said.NOTED)
    bounced = said is Said.BOUNCED
    return Receipt(
        said,
        _moment(text, "deliveredAt", "sentAt", "creationDatetime"),
        one_line(f"{_WORDS.get(state, f'state {state}')} {text.get('ptt') or ''} {why}"),
        attempt=attempt,
        provider_id=str(text["id"]),
        code=str(text.get("ptt") or ""),
        address_dead=bounced and is_dead(str(meaning.get("duration") or ""), why),
        opted_out=bounced and is_opted_out(why),
    )


def _reply(answer: Mapping[str, Any]) -> Reply:
    text, sender = str(answer["message"]), str(answer["sender"])
    return Reply(_moment(answer, "creationDatetime"), e164(sender) or sender, "", text, stop=is_stop(text))


def _moment(said: Mapping[str, Any], *names: str) -> datetime:
    """The first of these moments that is there. Raises ValueError."""
    written = next((said[name] for name in names if said.get(name)), "")
    at = datetime.fromisoformat(str(written))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
