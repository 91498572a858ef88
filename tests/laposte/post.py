"""A post office that speaks like La Poste's API « Suivi » 2, and what its postmen do with letters.

After the wire as its clients know it: one number is answered with an object (or a list of one), several with a list and
207; unknown ones with 404, of their own in a list; events newest first, or not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

KEY = "s3cret-okapi-key"
NUMBER = "1A12345678901"


def event(code: str, on: date | str, label: str) -> dict[str, Any]:
    """One event, as the post says it: midnight where nobody noted the hour."""
    if isinstance(on, date):
        on = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo("Europe/Paris")).isoformat()
    return {"code": code, "date": on, "label": label}


def handed_in(on: date | str) -> dict[str, Any]:
    return event("PC1", on, "Votre courrier a été remis à La Poste par l'expéditeur.")


def arrived(on: date | str) -> dict[str, Any]:
    return event("ET1", on, "Votre courrier est arrivé dans le site en vue de sa distribution.")


def waiting(on: date | str) -> dict[str, Any]:
    return event("AG1", on, "Votre courrier est disponible en point de retrait. Il y sera conservé pendant 15 jours.")


def delivered(on: date | str) -> dict[str, Any]:
    return event("DI1", on, "Votre courrier a été distribué à son destinataire contre sa signature.")


def refused(on: date | str) -> dict[str, Any]:
    return event("ND1", on, "Le pli a été refusé par le destinataire.")


def unclaimed(on: date | str) -> dict[str, Any]:
    return event("ND1", on, "Pli avisé et non réclamé.")


def nobody(on: date | str) -> dict[str, Any]:
    return event("ND1", on, "Le destinataire est inconnu à l'adresse.")


def returning(on: date | str) -> dict[str, Any]:
    return event("RE1", on, "Votre courrier est retourné à son expéditeur.")


def back(on: date | str) -> dict[str, Any]:
    return event("DI2", on, "Votre courrier a été distribué à l'expéditeur.")


@dataclass
class LaPoste:
    """Use as `async with post.open() as url`. `fault(numbers)` may answer in its place."""

    letters: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    as_list: bool = False
    newest_first: bool | None = True  # None: as they were told
    asked: list[list[str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    fault: Callable[[list[str]], web.Response | None] = lambda numbers: None
    url: str = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Its base URL."""
        app = web.Application()
        app.add_routes([web.get("/suivi/v2/idships/{numbers}", self._tell)])
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/suivi/v2"
            yield self.url
        finally:
            await runner.cleanup()

    def says(self, *events: dict[str, Any], number: str = NUMBER, final: bool = False) -> None:
        """What happened to a letter so far."""
        self.letters[number] = list(events)
        self.final |= {number} if final else set()

    async def _tell(self, request: web.Request) -> web.Response:
        numbers = request.match_info["numbers"].split(",")
        self.asked.append(numbers)
        self.headers.append(dict(request.headers))
        if said := self.fault(numbers):
            return said
        if request.headers.get("X-Okapi-Key") != KEY:
            words = {"code": "UNAUTHORIZED", "message": "This action requires an authorization"}
            return web.json_response(words, status=401)
        if len(numbers) > 10 or request.query.get("lang") != "fr_FR":
            return web.json_response({"returnCode": 400, "returnMessage": "requête incorrecte"}, status=400)
        told = [self._of(number) for number in numbers]
        if len(told) > 1:
            return web.json_response(told, status=207)
        return web.json_response(told if self.as_list else told[0], status=told[0]["returnCode"])

    def _of(self, number: str) -> dict[str, Any]:
        head = {"lang": "fr_FR", "scope": "open"}
        if number not in self.letters:
            return {**head, "returnCode": 404, "returnMessage": "Numéro inconnu", "idShip": number}
        events = self.letters[number]
        if self.newest_first is not None:
            events = sorted(events, key=lambda e: str(e["date"]), reverse=self.newest_first)
        about = {"idShip": number, "holder": 4, "product": "courrier", "isFinal": number in self.final}
        timeline = [{"id": 1, "shortLabel": "Pris en charge", "status": True, "type": 1}]
        return {**head, "returnCode": 200, "shipment": {**about, "event": events, "timeline": timeline}}
