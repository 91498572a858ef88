"""A raw message in, a verdict out. Pure; it never raises for what is in the bytes."""

from __future__ import annotations

from msgspec.structs import replace

from relanced.reading.absence import absent_until
from relanced.reading.headers import sent_on
from relanced.reading.intents import Suggestion, suggested
from relanced.reading.machines import machine_behind
from relanced.reading.marks import (
    answered,
    attempt_in_address,
    attempt_in_original,
    distinct,
    printed_reference,
    quoted,
    reference_in,
    reference_of,
)
from relanced.reading.message import Part, Unread, parse
from relanced.reading.reports import Report, original_of, report_of
from relanced.reading.sight import Sight, letters_in, sight_of
from relanced.reading.signs import Signs
from relanced.reading.told import told_by
from relanced.reading.verdict import Kind, Verdict

_LONGEST_TEXT = 256 * 1024  # characters of a verdict
_MOST_ENCLOSURES = 50


def read(raw: bytes) -> Verdict:
    """What a raw message means. Run it in a `Child` wherever anybody may have written the bytes."""
    try:
        message = parse(raw)
        return _Reading(message).verdict()
    except Unread as unread:
        return Verdict(Kind.UNREADABLE, reason=str(unread))
    except Exception as error:  # whatever somebody wrote waits for a person
        return Verdict(Kind.UNREADABLE, reason=f"cannot be read: {type(error).__name__}: {str(error)[:200]}")


class _Reading:
    """One message, asked one question after the other."""

    def __init__(self, message: Part) -> None:
        self._message = message
        self._signs = Signs.of(message.headers)

    def verdict(self) -> Verdict:
        sight = sight_of(self._message)
        report = None if self._signs.ours else report_of(self._message)
        if report is None and not self._signs.ours:
            report = told_by(self._message, self._signs, sight.text)
        verdict = _reported(report) if report else self._written(sight)
        return self._marked(verdict, sight)

    def _written(self, sight: Sight) -> Verdict:
        """A machine without a report, else a person."""
        suggestion = suggested(sight.words.said)
        own = sight.words.text or sight.text
        named = bool(reference_in([sight.words.text, self._signs.subject]))
        machine = machine_behind(self._signs, own, suggestion.intent, named=named)
        if machine is None:
            return _person(sight, suggestion)
        if machine.kind is not Kind.AUTO_REPLY:
            return Verdict(machine.kind, reason=machine.reason)
        sent = sent_on(self._message.headers)
        until = absent_until(f"{self._signs.subject}\n{own}", sent.date() if sent else None)
        return Verdict(machine.kind, reason=machine.reason, text=sight.words.text, absent_until=until)

    def _marked(self, verdict: Verdict, sight: Sight) -> Verdict:
        """The verdict with what tells whose message it is, and what it answers."""
        headers, words = self._message.headers, sight.words
        own = [headers.raw("message-id")[:400]] if self._signs.ours else []
        passed_on = [one for letter in letters_in(self._message) for one in answered(letter.headers)]
        about = distinct([*verdict.references, *answered(headers), *passed_on, *quoted(sight.text), *own])
        told = reference_in([words.text, self._signs.subject, sight.text]) or reference_of(about)
        reference = told or printed_reference(original_of(self._message) or headers)
        return replace(
            verdict,
            text=verdict.text[:_LONGEST_TEXT],
            reference=reference,
            references=about,
            attempt=verdict.attempt or attempt_in_address(headers) or attempt_in_original(headers),
            message_id=headers.raw("message-id")[:400],
            sender=self._signs.sender,
            subject=self._signs.subject[:500],
            sent_on=sent_on(headers),
            enclosures=_enclosures(self._message),
        )


def _reported(report: Report) -> Verdict:
    return Verdict(
        report.kind,
        report.recipients,
        reason=report.reason,
        references=report.references,
        attempt=report.attempt,
        receipt=report.receipt,
    )


def _person(sight: Sight, suggestion: Suggestion) -> Verdict:
    words = sight.words
    reason = suggestion.words or ("" if words.text else "no words of their own")
    if words.unsure:
        reason = "; ".join(filter(None, (reason, "their words and quoted ones cannot be told apart")))
    return Verdict(
        Kind.PERSON,
        text=words.text,
        intent=suggestion.intent,
        reason=reason,
        forwarded_from=words.forwarded_from,
    )


def _enclosures(message: Part) -> tuple[str, ...]:
    return tuple(part.name[:200] for part in message.walk() if part.name and not part.parts)[:_MOST_ENCLOSURES]
