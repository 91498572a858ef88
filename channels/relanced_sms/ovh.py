"""OVHcloud SMS: jobs are posted, sent texts and answers are listed. Every request is signed; nothing is called back.

The tag of a job is the attempt's, so a text is found again by name; an answer to a short number carries it too.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from relanced.channel import (
    Answer,
    Awaited,
    Go,
    Heard,
    Keep,
    Parcel,
    Receipt,
    Refusal,
    Refused,
    Reply,
    Request,
    Scope,
    Sent,
    Unavailable,
    Unknown,
)
from relanced_sms import ovh_heard as heard_
from relanced_sms.ovh_codes import refused
from relanced_sms.provider import SKEW, STOPPED, Sighting, one_line, throttled, unanswered
from relanced_sms.settings import SmsSettings
from relanced_sms.text import e164
from relanced_sms.wire import Answered, Stopped, Trouble, Wire

_TAG = 20  # characters of the attempt's name, 80 bits of it
_LONGEST_VALIDITY = 2880  # minutes
_MOST_PENDING = 200
_CLOCK_GOOD_FOR = 3600.0  # seconds


class Ovh:
    """One SMS service of an OVHcloud account."""

    def __init__(self, settings: SmsSettings, now: Callable[[], datetime]) -> None:
        self._settings, self._now = settings, now
        self._service = f"/sms/{quote(settings.account, safe='')}"
        self._ahead, self._ahead_until = 0, 0.0
        self._brought: dict[str, None] = {}
        self._wire = Wire(settings.timeout)

    async def close(self) -> None:
        """Let go of sessions."""
        await self._wire.close()

    # -- a text leaves --------------------------------------------------------------------------------------------

    async def send(self, parcel: Parcel, go: Go) -> Answer:
        """Post one job for one number, dropped by them when it could only leave too late."""
        minutes = int((parcel.deadline - self._now()).total_seconds() // 60)
        if minutes < 1:
            return Unavailable(Scope.MESSAGE, "too late: it would not leave in its time")
        try:
            said = await self._signed("POST", f"{self._service}/jobs", self._job(parcel, minutes), go)
        except Stopped:
            return STOPPED
        except Trouble as trouble:
            return unanswered(trouble)
        except OSError as error:
            return Unavailable(Scope.CHANNEL, one_line(f"the keys cannot be read: {error}"))
        return self._answer(said)

    def _job(self, parcel: Parcel, minutes: int) -> dict[str, Any]:
        """`noStopClause` says that this is no advertising: it leaves at once, without « STOP 36xxx » below.

        What is beyond the GSM alphabet says so (`coding`): today OVHcloud deduces it, formerly it was 7bit unless told.
        """
        job: dict[str, Any] = {
            "message": parcel.wire.decode(),
            "receivers": [parcel.address],
            "noStopClause": True,
            "priority": "high",
            "charset": "UTF-8",
            "validityPeriod": min(minutes, _LONGEST_VALIDITY),
            "tag": parcel.attempt[:_TAG],
        }
        job |= {"coding": "8bit"} if parcel.envelope["alphabet"] == "UCS-2" else {}
        sender = parcel.envelope["from"]
        return job | ({"sender": sender} if sender else {"senderForResponse": True})

    def _answer(self, said: Answered) -> Answer:
        if said.status == HTTPStatus.TOO_MANY_REQUESTS:
            return throttled(said.headers, self._now())
        if said.status >= HTTPStatus.MULTIPLE_CHOICES:
            return refused(said.status, said.text)
        try:
            report = heard_.parsed(said.text)
            ids, invalid = list(report.get("ids") or ()), list(report.get("invalidReceivers") or ())
        except (ValueError, TypeError):
            return Unknown("the answer of OVHcloud cannot be read")
        if ids:
            return Sent(str(ids[0]), f"OVHcloud: taken, {report.get('totalCreditsRemoved')} credits")
        if invalid:
            return Refused(Refusal.ADDRESS, "OVHcloud: invalid receiver")
        return Unknown("OVHcloud names no text, and no refusal")

    # -- what became of it ----------------------------------------------------------------------------------------

    async def look(self, parcel: Parcel, since: datetime, after: datetime) -> Sighting:
        """Look among the pending jobs, then among what was sent: the way a text moves."""
        if (job := await self._pending(parcel)) is not None:
            return Sighting(Sent(str(job), "OVHcloud: pending"))
        known = {"tag": parcel.attempt[:_TAG], "creationDatetime.from": _iso(since - SKEW)}
        if ids := await self._ids("outgoing", known):
            return Sighting(Sent(str(ids[0]), "OVHcloud: sent"))
        return Sighting(None, later=bool(await self._ids("outgoing", {"creationDatetime.from": _iso(after)})))

    async def _pending(self, parcel: Parcel) -> int | None:
        ids = await self._ids("jobs")
        if len(ids) > _MOST_PENDING:
            raise Trouble(f"OVHcloud has {len(ids)} pending jobs: too many to look through")
        for number in ids:
            job = await self._get(f"jobs/{number}")
            same = job and e164(str(job.get("receiver", ""))) == parcel.address
            if job and same and job.get("message") == parcel.wire.decode():
                return number
        return None

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Fetch the texts whose receipt has changed; and the answers, where there is a number to answer."""
        mine = {one.provider_id: one for one in awaited if one.provider_id}
        if mine:
            oldest = min(one.since for one in mine.values()) - SKEW
            wanted = {"creationDatetime.from": _iso(oldest), "deliveryReceipt": str(heard_.NOTHING_YET)}
            silent = set(map(str, await self._ids("outgoing", wanted)))
            for number, one in mine.items():
                if number not in silent:
                    await self._receipt(number, one.attempt, keep)
        if self._settings.answerable:
            for number in map(str, await self._ids("incoming", {"creationDatetime.from": _iso(since - SKEW)})):
                await self._bring(number, keep)

    async def _receipt(self, number: str, attempt: str, keep: Keep) -> None:
        """A failed text is kept together with what OVHcloud says its code means."""
        text = await self._get(f"outgoing/{quote(number, safe='')}")
        if text is None:
            return  # still pending
        heard = heard_.receipt(text, attempt)
        if heard is not None and heard_.is_failure(text) and text.get("ptt") is not None:
            meaning = await self._get(f"/sms/ptts?{urlencode({'ptt': text['ptt']})}")
            heard = heard_.receipt(text, attempt, meaning)
        if heard is not None:
            await keep(heard)

    async def _bring(self, number: str, keep: Keep) -> None:
        """An answer, fetched once in the life of this door: the list names it again and again."""
        if number in self._brought:
            return
        answer = await self._get(f"incoming/{number}")
        if answer is not None:
            await keep(heard_.reply(answer))
        self._brought[number] = None
        for oldest in list(self._brought)[:-1000]:
            del self._brought[oldest]

    async def probe(self) -> list[str]:
        """Whether the service is in working order and has credits, and the sender is one of its own."""
        service = await self._get(self._service)
        if service is None:
            return [f"OVHcloud knows no SMS service {self._settings.account}: see its control panel"]
        told = [] if service.get("status") == "enable" else [f"the SMS service is {service.get('status')}"]
        if float(service.get("creditsLeft") or 0) < 1:
            told.append("the SMS service has no credits left: buy some, or let it do so by itself")
        return told + await self._unfit_sender()

    async def _unfit_sender(self) -> list[str]:
        name = self._settings.sender
        if not name:
            return []
        sender = await self._get(f"senders/{quote(name, safe='')}")
        if sender is None:
            return [f"OVHcloud knows no sender {name}: declare it in its control panel, and have it validated"]
        return [] if sender.get("status") == "enable" else [f"the sender {name} is {sender.get('status')}"]

    # -- what comes by itself: nothing is signed, so nothing is believed --------------------------------------------

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        """A receipt or a reply."""
        return heard_.read(heard)

    def genuine(self, request: Request) -> bool:
        """Never: OVHcloud signs nothing."""
        return False

    def heard(self, request: Request) -> Heard:
        """Raises ValueError."""
        raise ValueError("OVHcloud signs nothing: its calls are not heard")

    # -- requests -------------------------------------------------------------------------------------------------

    async def _ids(self, what: str, wanted: Mapping[str, str] | None = None) -> list[int]:
        listed = await self._asked(f"{self._service}/{what}" + (f"?{urlencode(wanted)}" if wanted else ""))
        if not isinstance(listed, list):
            raise Trouble("OVHcloud answered something else than a list")
        return listed

    async def _get(self, path: str) -> dict[str, Any] | None:
        """One object; None when there is none of that name."""
        found = await self._asked(path if path.startswith("/") else f"{self._service}/{path}")
        return found if isinstance(found, dict) else None

    async def _asked(self, path: str) -> object:
        said = await self._signed("GET", path)
        if said.status == HTTPStatus.NOT_FOUND:
            return None
        if said.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Trouble(one_line(f"OVHcloud could not be asked: {said.status} {said.text}"))
        try:
            answer: object = json.loads(said.text)
        except ValueError:
            raise Trouble("the answer of OVHcloud cannot be read") from None
        return answer

    async def _signed(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, go: Go | None = None
    ) -> Answered:
        """A request signed for its very address and body, by their clock."""
        url = self._settings.base + path
        body = json.dumps(content, ensure_ascii=False) if content is not None else ""
        stamp = str(int(time.time()) + await self._difference())
        settings = self._settings
        secret = settings.application_secret.get_secret_value() if settings.application_secret else ""
        consumer = settings.consumer_key.get_secret_value() if settings.consumer_key else ""
        signed = "+".join((secret, consumer, method, url, body, stamp)).encode()
        headers = {
            "X-Ovh-Application": settings.application_key,
            "X-Ovh-Consumer": consumer,
            "X-Ovh-Timestamp": stamp,
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed).hexdigest(),
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        said = await self._wire.ask(method, url, headers, body.encode() if body else None, go)
        if said.status == HTTPStatus.BAD_REQUEST and "time" in said.text.lower():
            self._ahead_until = 0.0  # one of the two clocks was set: the next request asks again
        return said

    async def _difference(self) -> int:
        """By how many seconds their clock is ahead of ours, looked at every hour."""
        if time.monotonic() >= self._ahead_until:
            said = await self._wire.ask("GET", f"{self._settings.base}/auth/time", {"Accept": "application/json"})
            if said.status != HTTPStatus.OK or not said.text.strip().isdecimal():
                raise Trouble("OVHcloud does not tell the time")
            self._ahead = int(said.text) - int(time.time())
            self._ahead_until = time.monotonic() + _CLOCK_GOOD_FOR
        return self._ahead


def _iso(moment: datetime) -> str:
    """As their API reads a moment, never later than it."""
    return moment.replace(microsecond=0).isoformat()
