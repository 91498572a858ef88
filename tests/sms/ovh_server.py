"""An OVHcloud on the loopback: the part of its API that carries short texts. Every request has to be signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from aiohttp import web

SERVICE = "sms-ab12345-1"
APPLICATION, SECRET, CONSUMER = (
    "7kbG7Bk7S9Nt7ZSV",
    "EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF",
    "MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1",
)
TOLERANCE = 30  # seconds by which a stamp may be wrong
PTTS = {
    1001: {"duration": "permanent", "description": "Unknown subscriber", "comment": "The number does not exist"},
    1012: {"duration": "permanent", "description": "Blacklisted", "comment": "The receiver answered STOP"},
    1022: {"duration": "temporary", "description": "Absent subscriber", "comment": "The phone is switched off"},
    1033: {"duration": "permanent", "description": "Rejected", "comment": "Filtered by the operator"},
}


@dataclass
class Ovh:
    """One SMS service. `invalid` numbers are refused, `fates` say how a text ends: a receipt and a ptt code.

    What was posted waits among the jobs until `moves`; then it is among what was sent.
    """

    now: Callable[[], datetime]
    ahead: int = 0  # seconds by which its clock, which is the world's, is ahead of ours
    invalid: frozenset[str] = frozenset()
    fates: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    trouble: tuple[int, str] | None = None  # what it answers to a job
    status: str = "enable"
    credits: float = 100.0
    senders: Mapping[str, str] = field(default_factory=dict)
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    sent: dict[int, dict[str, Any]] = field(default_factory=dict)
    incoming: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = count(201_000_001)
        self._runner: web.AppRunner | None = None

    async def open(self) -> str:
        """Listen, and say under which address."""
        app = web.Application(middlewares=[self._signed])
        root = f"/1.0/sms/{SERVICE}"
        app.router.add_get(root, self._itself)
        app.router.add_get(f"{root}/senders/{{name}}", self._sender)
        app.router.add_get("/1.0/auth/time", self._time)
        app.router.add_get("/1.0/sms/ptts", self._ptt)
        app.router.add_post(f"{root}/jobs", self._post)
        for name, held in (("jobs", self.jobs), ("outgoing", self.sent), ("incoming", self.incoming)):
            app.router.add_get(f"{root}/{name}", self._lists(held))
            app.router.add_get(f"{root}/{name}/{{id}}", self._shows(held))
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._base = f"http://{host}:{port}"
        return f"{self._base}/1.0"

    async def close(self) -> None:
        """Answer no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    def moves(self) -> None:
        """What waited is sent."""
        for number, job in self.jobs.items():
            receipt, ptt = self.fates.get(job["receiver"], (1, 4))
            self.sent[number] = job | {"deliveryReceipt": receipt, "ptt": ptt, "deliveredAt": self._moment()}
        self.jobs.clear()

    def receives(self, sender: str, message: str, tag: str = "") -> int:
        """A debtor answers to the short number."""
        number = next(self._numbers)
        known = {"id": number, "sender": sender, "message": message, "tag": tag, "credits": 0}
        self.incoming[number] = known | {"creationDatetime": self._moment()}
        return number

    def _moment(self) -> str:
        return self.now().isoformat(timespec="seconds")

    @web.middleware
    async def _signed(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.path_qs.removeprefix('/1.0')}")
        if request.path != "/1.0/auth/time" and (fault := self._unsigned(request, (await request.read()).decode())):
            return _error(*fault)
        answer: web.StreamResponse = await handler(request)
        return answer

    def _unsigned(self, request: web.Request, body: str) -> tuple[int, str] | None:
        stamp = request.headers.get("X-Ovh-Timestamp", "0")
        if request.headers.get("X-Ovh-Application") != APPLICATION or request.headers.get("X-Ovh-Consumer") != CONSUMER:
            return 403, "This credential is not valid"
        if abs(int(stamp) - int(time.time()) - self.ahead) > TOLERANCE:
            return 400, "Query out of time"
        url = self._base + request.raw_path
        signed = "+".join((SECRET, CONSUMER, request.method, url, body, stamp))
        wanted = "$1$" + hashlib.sha1(signed.encode()).hexdigest()
        good = hmac.compare_digest(request.headers.get("X-Ovh-Signature", ""), wanted)
        return None if good else (400, "Invalid signature")

    async def _time(self, request: web.Request) -> web.Response:
        return web.json_response(int(time.time()) + self.ahead)

    async def _itself(self, request: web.Request) -> web.Response:
        return web.json_response({"name": SERVICE, "status": self.status, "creditsLeft": self.credits})

    async def _sender(self, request: web.Request) -> web.Response:
        state = self.senders.get(request.match_info["name"])
        known = {"sender": request.match_info["name"], "status": state}
        return web.json_response(known) if state else _error(404, "The requested object does not exist")

    async def _ptt(self, request: web.Request) -> web.Response:
        return web.json_response(PTTS[int(request.query["ptt"])])

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if self.trouble is not None:
            return _error(*self.trouble)
        job = await request.json()
        report: dict[str, Any] = {"totalCreditsRemoved": 0, "invalidReceivers": [], "ids": [], "validReceivers": []}
        for receiver in job["receivers"]:
            if receiver in self.invalid:
                report["invalidReceivers"].append(receiver)
            else:
                report["ids"].append(self._add(job, receiver))
                report["validReceivers"].append(receiver)
        report["totalCreditsRemoved"] = float(len(report["ids"]))
        return web.json_response(report)

    def _add(self, job: dict[str, Any], receiver: str) -> int:
        number = next(self._numbers)
        known = {"id": number, "receiver": receiver, "message": job["message"], "tag": job["tag"], "asked": job}
        self.jobs[number] = known | {"creationDatetime": self._moment(), "deliveryReceipt": 0, "ptt": 0}
        return number

    def _lists(self, held: dict[int, dict[str, Any]]) -> Callable[[web.Request], Any]:
        async def ids(request: web.Request) -> web.Response:
            since = request.query.get("creationDatetime.from", "")
            exact = {k: v for k, v in request.query.items() if k != "creationDatetime.from"}
            found = [
                number
                for number, one in held.items()
                if (not since or datetime.fromisoformat(one["creationDatetime"]) >= datetime.fromisoformat(since))
                and all(str(one.get(name)) == value for name, value in exact.items())
            ]
            return web.json_response(found)

        return ids

    def _shows(self, held: dict[int, dict[str, Any]]) -> Callable[[web.Request], Any]:
        async def one(request: web.Request) -> web.Response:
            found = held.get(int(request.match_info["id"]))
            if found is None:
                return _error(404, "This service does not exist")
            return web.json_response({k: v for k, v in found.items() if k != "asked"})

        return one


def _error(status: int, message: str) -> web.Response:
    told = {"class": "Client::Whatever", "message": message, "httpCode": str(status)}
    return web.Response(status=status, text=json.dumps(told), content_type="application/json")
