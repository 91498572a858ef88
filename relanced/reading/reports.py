"""Reports in a standard form: of delivery (RFC 3464), of reading (RFC 3798, 8098), of abuse (RFC 5965)."""

from __future__ import annotations

import re

from msgspec import Struct
from msgspec.structs import replace

from relanced.reading.causes import cause_of, telling_status
from relanced.reading.headers import Headers, bare_address
from relanced.reading.marks import answered, attempt_in_envelope, attempt_in_original, distinct
from relanced.reading.message import Part
from relanced.reading.verdict import Kind, Recipient

_MOST_RECIPIENTS = 50
_LONGEST_SAID = 500
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_KIND_OF_CODE = re.compile(r"^[A-Za-z0-9-]{1,40}\s*;\s*")  # "smtp; 550 …" (RFC 3464 §2.3.6)
_DELIVERY = ("message/delivery-status", "message/global-delivery-status")
_READING = ("message/disposition-notification", "message/global-disposition-notification")
_ORIGINAL = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_KINDS = {"failed": Kind.BOUNCE, "delayed": Kind.DELAYED, "delivered": Kind.DELIVERED}
_RELAYED = "passed on to a system that sends no word of its own: nobody knows whether it arrived"
_NO_COMPLAINT = ("auth-failure", "not-spam", "dmarc")


class Report(Struct, frozen=True):
    """What a machine says of a message of ours."""

    kind: Kind
    reason: str
    recipients: tuple[Recipient, ...] = ()
    attempt: str = ""
    references: tuple[str, ...] = ()
    receipt: str = ""


def report_of(message: Part) -> Report | None:
    """The report a message is, if it is one. A report that somebody attached to a letter is none."""
    named = message.headers.parameter("content-type", "report-type").lower()
    for part in message.walk():
        if part.type in _DELIVERY and (found := _delivery(message, part.blocks())):
            return found
        if part.type in _READING:
            return _reading(message, part.blocks())
        if part.type == "message/feedback-report":
            return _complaint(message, part.blocks())
    return Report(Kind.READ_RECEIPT, "a read receipt without its fields") if "disposition" in named else None


def _delivery(message: Part, blocks: list[Headers]) -> Report | None:
    spoken = [b for b in blocks if b.has("final-recipient", "original-recipient", "action")][:_MOST_RECIPIENTS]
    if not spoken:
        return None
    actions = [_action(block) for block in spoken]
    attempt = next(filter(None, (attempt_in_envelope(b.raw("original-envelope-id")) for b in blocks)), "")
    for action, kind in _KINDS.items():
        if action in actions:
            told = [
                _recipient(b, failed=action == "failed") for b, a in zip(spoken, actions, strict=True) if a == action
            ]
            reason = f"{told[0][1]}: {told[0][0].said}".rstrip(": ")
            return _about(message, Report(kind, reason, tuple(r for r, _ in told), attempt))
    told = [_recipient(block, failed=False) for block in spoken]
    return _about(message, Report(Kind.AUTOMATIC, f"{actions[0]}: {_RELAYED}", tuple(r for r, _ in told), attempt))


def _action(block: Headers) -> str:
    """What became of it. Where the field is missing, its status says it."""
    said = block.raw("action").strip().lower().split(" ")[0].strip(";,.")
    if said in ("failed", "failure", "delayed", "delivered", "relayed", "expanded"):
        return "failed" if said == "failure" else said
    return {"2": "delivered", "4": "delayed"}.get(block.raw("status").strip()[:1], "failed")


def _recipient(block: Headers, *, failed: bool) -> tuple[Recipient, str]:
    """The recipient, and why in a few words. What an alias of theirs leads to says nothing of the alias."""
    code = block.text("diagnostic-code")
    said = _KIND_OF_CODE.sub("", code)[:_LONGEST_SAID]
    final, original = _addressed(block.raw("final-recipient")), _addressed(block.raw("original-recipient"))
    if not failed:
        status = telling_status(block.raw("status"), said)
        return Recipient(original or final, status, said=said), block.raw("action").strip().lower()[:40]
    cause = cause_of(block.raw("status"), said)
    one = Recipient(original or final, cause.status, cause.permanent, cause.address_dead, said)
    if cause.address_dead and original and final and original != final:
        return replace(one, address_dead=False), f"{cause.words} where {original} leads to ({final})"
    return one, cause.words


def _addressed(field: str) -> str:
    """The address of a field such as `rfc822; jean+2Bcompta@exemple.fr` (RFC 3461 §4.2: xtext)."""
    _, _, value = field.partition(";")
    return bare_address(_XTEXT.sub(lambda found: chr(int(found[1], 16)), value[:1000]))


def _reading(message: Part, blocks: list[Headers]) -> Report:
    fields = next((block for block in blocks if block.has("disposition")), Headers(b""))
    receipt = fields.raw("disposition").rpartition(";")[2].partition("/")[0].strip().lower()[:40]
    who = _addressed(fields.raw("original-recipient")) or _addressed(fields.raw("final-recipient"))
    about = distinct([*_ids(fields), *answered(message.headers)])
    recipients = (Recipient(who),) if who else ()
    reason = f"disposition: {receipt or 'not told'}"
    return _about(message, Report(Kind.READ_RECEIPT, reason, recipients, references=about, receipt=receipt))


def _ids(fields: Headers) -> list[str]:
    return [one for one in [fields.raw("original-message-id").strip()[:400]] if one.startswith("<")]


def _complaint(message: Part, blocks: list[Headers]) -> Report:
    fields = next((block for block in blocks if block.has("feedback-type")), Headers(b""))
    sort = fields.raw("feedback-type").strip().lower()[:40]
    if sort in _NO_COMPLAINT:
        return Report(Kind.AUTOMATIC, f"a report of {sort}, nobody's complaint")
    addresses = [bare_address(value[:1000]) for value in fields.all("original-rcpt-to")[:_MOST_RECIPIENTS]]
    recipients = tuple(Recipient(address) for address in dict.fromkeys(filter(None, addresses)))
    attempt = attempt_in_envelope(fields.raw("original-envelope-id"))
    return _about(message, Report(Kind.COMPLAINT, f"feedback-type: {sort or 'not told'}", recipients, attempt))


def _about(message: Part, report: Report) -> Report:
    """The report with what the returned message tells: its Message-ID, its attempt."""
    original = original_of(message)
    attempt = report.attempt or (attempt_in_original(original) if original else "")
    ids = [one.strip() for one in original.all("message-id")[:3]] if original else []
    thread = answered(original) if original else ()
    about = distinct([*ids, *report.references, *answered(message.headers), *thread])
    return replace(report, attempt=attempt, references=about)


def original_of(message: Part) -> Headers | None:
    """The headers of the message that came back, if they did."""
    for part in message.walk():
        if part.type in _ORIGINAL:
            if part.parts:
                return part.parts[0].headers
            return next(iter(part.blocks()), None)
    return None
