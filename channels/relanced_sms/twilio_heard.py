"""What comes back from Twilio, called or polled: one and the same event has one key, whichever way it came."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from relanced.channel import Heard, Receipt, Reply, Request, Said
from relanced_sms.provider import one_line
from relanced_sms.text import is_stop
from relanced_sms.twilio_codes import is_dead, is_opted_out

_LARGEST = 64 * 1024  # bytes of a call
_SAID = {
    "accepted": Said.TAKEN,
    "scheduled": Said.TAKEN,
    "queued": Said.TAKEN,
    "sending": Said.TAKEN,
    "sent": Said.TAKEN,
    "delivered": Said.DELIVERED,
    "read": Said.READ,
    "undelivered": Said.BOUNCED,
    "failed": Said.BOUNCED,
    "canceled": Said.BOUNCED,
}
_FORM = "application/x-www-form-urlencoded"
# A signature covers names and values without anything between them: only names we know may stand in a call, and what we
# read must look as Twilio writes it.
_KNOWN = re.compile(
    r"AccountSid|ApiVersion|Body|Channel(?:InstallSid|Prefix|ToAddress)|Error(?:Code|Message)|ForwardedFrom"
    r"|(?:From|To)(?:City|Country|State|Zip)?|Media(?:Url|ContentType)[0-9]|Message(?:Sid|Status)|MessagingServiceSid"
    r"|Num(?:Media|Segments)|OptOutType|Price(?:Unit)?|RawDlrDoneDate|Sms(?:MessageSid|Sid|Status)"
)
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_SHAPES = {
    "MessageSid": _SID,
    "MessageStatus": re.compile("[a-z_]{1,30}"),
    "SmsStatus": re.compile("[a-z_]{1,30}"),
    "ErrorCode": re.compile("[0-9]{0,6}"),
    "From": re.compile(r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}"),
    "To": re.compile(r"\+?[0-9]{3,15}"),
}
_ATTEMPT = re.compile(r"attempt=([A-Za-z0-9_-]{1,64})")


# -- a call of theirs -------------------------------------------------------------------------------------------------


def genuine(request: Request, callback_url: str, account: str, token: str) -> bool:
    """Whether Twilio signed exactly this for our callback address. Host and scheme of the request do not count."""
    fields = _fields(request)
    if fields is None or fields.get("AccountSid") != account:
        return False
    query = urlsplit(request.url).query
    url = f"{callback_url}?{query}" if query else callback_url
    headers = {name.lower(): value for name, value in request.headers.items()}
    signature = headers.get(SIGNATURE_HEADER.lower(), "")
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER.lower(), ""))
    return bool(signature) and RequestValidator(token).validate(url, fields, signature, algorithm)


def _fields(request: Request) -> dict[str, str] | None:
    """The parameters of a call; None for what Twilio does not send: strange or double names, other shapes, bulk."""
    content_type = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    if request.method != "POST" or not content_type.lower().startswith(_FORM) or len(request.body) > _LARGEST:
        return None
    try:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        return None
    fields = dict(pairs)
    known = all(_KNOWN.fullmatch(name) for name in fields)
    shaped = all(shape.fullmatch(fields[name]) for name, shape in _SHAPES.items() if name in fields)
    return fields if known and shaped and len(fields) == len(pairs) and "MessageSid" in fields else None


def called(request: Request, now: datetime) -> Heard:
    """A call as it came. Raises ValueError when it is none of Twilio's."""
    fields = _fields(request)
    if fields is None:
        raise ValueError("this is no call of Twilio's")
    attempt = _ATTEMPT.fullmatch(urlsplit(request.url).query)
    about = {"by": "call", "at": now.astimezone(UTC).isoformat(), "attempt": attempt[1] if attempt else ""}
    return Heard(_key(_from_call(fields)), request.body, about)


def _from_call(fields: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a call by the names of a message."""
    status = fields.get("MessageStatus", "")
    return {
        "sid": fields["MessageSid"],
        "status": status or fields.get("SmsStatus", ""),
        "direction": "outbound-api" if status else "inbound",
        "error_code": fields.get("ErrorCode", ""),
        "error_message": fields.get("ErrorMessage", ""),
        "from": fields.get("From", ""),
        "to": fields.get("To", ""),
        "body": fields.get("Body", ""),
        "opt_out": fields.get("OptOutType", ""),
    }


# -- a message we asked for -------------------------------------------------------------------------------------------


def parsed(text: str) -> dict[str, Any]:
    """An answer of the API. Raises ValueError."""
    answer = json.loads(text)
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")
    return answer


def polled(message: Mapping[str, Any], attempt: str) -> Heard:
    """A message as it was listed or fetched."""
    raw = json.dumps(message, sort_keys=True, ensure_ascii=False).encode()
    return Heard(_key(message), raw, {"by": "poll", "attempt": attempt})


def is_outbound(message: Mapping[str, Any]) -> bool:
    """Whether we wrote it."""
    return str(message.get("direction", "")).startswith("outbound")


def moment(message: Mapping[str, Any], *names: str) -> datetime:
    """The first of these dates that is there (RFC 2822). Raises ValueError."""
    said = next((message[name] for name in names if message.get(name)), "")
    at = parsedate_to_datetime(str(said))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _key(message: Mapping[str, Any]) -> str:
    """An incoming message is one thing; of an outgoing one each status is."""
    sid, status = message["sid"], message.get("status") or ""
    return f"{sid}:{status}:{message.get('error_code') or ''}" if is_outbound(message) else f"{sid}:received"


# -- what it means ----------------------------------------------------------------------------------------------------


def read(heard: Heard) -> tuple[Receipt | Reply, ...]:
    """A receipt or a reply. Raises ValueError for what cannot be understood."""
    try:
        if heard.about.get("by") == "call":
            message = _from_call(dict(parse_qsl(heard.raw.decode(), keep_blank_values=True, strict_parsing=True)))
            at = datetime.fromisoformat(heard.about["at"])
        else:
            message = parsed(heard.raw.decode())
            at = moment(message, *(("date_updated",) if is_outbound(message) else ("date_sent", "date_created")))
        return (_receipt(message, at, heard.about.get("attempt", "")) if is_outbound(message) else _reply(message, at),)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not what Twilio says: {error!r}") from error


def _receipt(message: Mapping[str, Any], at: datetime, attempt: str) -> Receipt:
    status, code = str(message["status"]), str(message.get("error_code") or "")
    number = int(code) if code else 0
    words = f"{status} {code} {message.get('error_message') or ''}"
    said = _SAID.get(status, Said.NOTED)
    bounced = said is Said.BOUNCED
    return Receipt(
        said,
        at,
        one_line(words),
        attempt=attempt,
        provider_id=str(message["sid"]),
        code=code,
        address_dead=bounced and is_dead(number),
        opted_out=bounced and is_opted_out(number),
    )


def _reply(message: Mapping[str, Any], at: datetime) -> Reply:
    text = str(message.get("body") or "")
    return Reply(
        at,
        sender=str(message["from"]),
        to=str(message["to"]),
        text=text,
        stop=is_stop(text) or message.get("opt_out") == "STOP",
    )
