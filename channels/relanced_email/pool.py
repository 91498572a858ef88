"""Keeps sessions open between parcels, and parts with them when idle, worn out, or broken."""

from __future__ import annotations

import asyncio

from relanced_email.envelope import Envelope


class Pool:
    """Sessions for reuse. A taken session belongs to one caller until it is given back.

    A session is kept `idle` seconds at most after its last parcel, and carries `messages` parcels at most.
    """

    def __init__(self, *, idle: float, messages: int) -> None:
        self._idle, self._messages = idle, messages
        self._kept: list[tuple[float, Envelope]] = []  # since when, oldest first
        self._alarm: asyncio.TimerHandle | None = None
        self._parting: set[asyncio.Task[None]] = set()
        self._closed = False

    def take(self) -> Envelope | None:
        """The session that served last, if one is open. The relay may close it at any moment."""
        while self._kept:
            _, session = self._kept.pop()
            if session.usable:
                return session
            self._part(session)
        return None

    def give_back(self, session: Envelope) -> None:
        """The caller is done: keep the session for the next one, or part with it."""
        if self._closed or not session.usable or session.carried >= self._messages:
            self._part(session)
            return
        loop = asyncio.get_running_loop()
        self._kept.append((loop.time(), session))
        if self._alarm is None:
            self._alarm = loop.call_later(self._idle, self._sweep)

    def _sweep(self) -> None:
        """Part with the sessions that were idle for too long; look again when the next one may be."""
        loop = asyncio.get_running_loop()
        while self._kept and self._kept[0][0] + self._idle <= loop.time() + 0.001:
            self._part(self._kept.pop(0)[1])
        self._alarm = loop.call_at(self._kept[0][0] + self._idle, self._sweep) if self._kept else None

    def _part(self, session: Envelope) -> None:
        task = asyncio.get_running_loop().create_task(session.part())
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)

    async def close(self) -> None:
        """Part with every idle session; one in use goes when it is given back."""
        self._closed = True
        if self._alarm:
            self._alarm.cancel()
        while self._kept:
            self._part(self._kept.pop()[1])
        if self._parting:
            await asyncio.wait(self._parting)
