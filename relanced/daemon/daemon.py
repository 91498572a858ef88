"""The daemon's life: open, announce, turn the wheels, serve the desk, drain, close."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from typing import Any

import structlog

from relanced.daemon.pulse import Hand, Pulse
from relanced.daemon.steady import ByTheClock, Steady
from relanced.daemon.systemd import notify, reloading, watchdog_seconds
from relanced.daemon.wheels import Spindle, Wheel
from relanced.flow.send import Clerk
from relanced.house import House, started
from relanced.store.ears import listen
from relanced.store.engine import CommitUnknown, StoreError, StoreFull

DRAIN_SECONDS = 30.0
REST = 2.0  # seconds the clerk waits for a store that does not answer
BREATH = 0.25  # seconds between two rounds of a wheel that does not send, while messages are on their way
LONG_BREATH = 1.0  # the same for `run --once`, which turns every wheel each time

log = structlog.get_logger("relanced.daemon")
Served = Callable[["Daemon"], AbstractAsyncContextManager[Any]]


class Daemon:
    """Turns the wheels of one house until it is asked to stop."""

    def __init__(self, house: House, serve: Served | None = None, drain_seconds: float = DRAIN_SECONDS) -> None:
        self.house = house
        self.clerk: Clerk = house.clerk()
        self._reading, self._watchings = house.reading(), house.watchings()
        self._sendings = house.senders(self.clerk)
        steady = Steady(house.store, house.clock)
        self.senders = [Spindle(f"send {s.channel}", ByTheClock(s, steady), house.clock) for s in self._sendings]
        acting: dict[str, Wheel] = {
            "plan": house.planner(),
            "reconcile": house.reconciler(self.clerk),
            "trays": house.trays(),
            "rounds": house.rounds(),
        }
        if mailing := house.mailing():
            acting["letters"] = mailing
        self.spindles = [
            *(Spindle(name, ByTheClock(w, steady), house.clock, self._breathe) for name, w in acting.items()),
            *self.senders,
            Spindle("read", self._reading, house.clock, self._breathe),
            *(Spindle(f"ask {a.channel}", a, house.clock) for a in house.askings()),
            *(Spindle(f"hear {w.name}", w, house.clock) for w in self._watchings),
        ]
        self._clerk_at_work: asyncio.Task[None] | None = None
        self._hand = Hand()
        self.pulse = Pulse(self.spindles, self._clerk_lives, clerk=self._hand)
        self.health = house.health(self.pulse)
        self.auditor = house.auditor(self.pulse)
        watching = {"audit": self.auditor, **house.heralds(self.health)}
        self.spindles += [Spindle(name, wheel, house.clock, self._breathe) for name, wheel in watching.items()]
        self.since: datetime = house.clock.now()
        self._serve = serve
        self._drain_seconds = drain_seconds
        self._stop = asyncio.Event()
        self.reloading = False
        house.on_ring(self.ring)

    def ring(self) -> None:
        """Something has changed: every wheel looks."""
        for spindle in self.spindles:
            spindle.ring()

    def stop(self) -> None:
        """Finish what is in flight, then end: for good, even if a reload was under way."""
        self.reloading = False
        self._stop.set()

    def reload(self) -> None:
        """End as for a stop, but another house opens at once in the same process: the service manager is told so."""
        if not self._stop.is_set():
            self.reloading = True
            self._stop.set()

    async def run(self) -> int:
        """Live until stopped. Returns the exit status: 0, or 1 when the store was lost."""
        try:
            held = await started(self.house)
        except StoreFull as error:
            log.critical("no room on the disk: not started", error=str(error))
            return 1
        if held:
            log.warning("on hold", why=held, todo="relanced resume --accept")
        async with self._serve(self) if self._serve else nullcontext():
            await self.listen_first()
            tasks = [self._task(s.spin(), s.name) for s in self.spindles]
            self._clerk_at_work = self._task(self._clerk(), "clerk")
            tasks += [self._clerk_at_work, self._task(self._watchdog(), "watchdog")]
            tasks += [self._task(listen(self.house.store.engine, self.ring), "ears")]
            notify("READY=1", "STATUS=turning")
            log.info("ready", mode=self.house.config.mode.value, store=str(self.house.config.store))
            lost = await self._until_stopped(tasks)
            notify(*(reloading() if self.reloading and not lost else ["STOPPING=1"]))
            await self._wind_down(tasks, lost)
        log.info("stopped", lost=lost)
        return 1 if lost else 0

    async def listen_first(self) -> None:
        """What came while we were away is heard and read before anything leaves. An ear that is cut holds up nothing
        else: it is the gate that remembers it."""
        try:
            await asyncio.gather(*(w.turn(self.house.clock.now()) for w in self._watchings))
            while self._watchings and await self._reading.turn(self.house.clock.now()):
                pass
        except StoreError as error:
            log.error("the database does not answer: what was heard is read later", error=str(error))

    async def let_go(self, tasks: list[asyncio.Task[None]]) -> None:
        """Stop the wheels, ask nothing more of the scribe, and shut the ears."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(s.close() for s in self._sendings), *(w.close() for w in self._watchings))

    def _clerk_lives(self) -> bool:
        return self._clerk_at_work is not None and not self._clerk_at_work.done()

    async def _breathe(self) -> None:
        await self.clerk.calm(BREATH)

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)

    async def _clerk(self) -> None:
        """A store that is full or away makes the clerk wait; what came back is kept until it is recorded."""
        while True:
            try:
                await self.clerk.run()
            except CommitUnknown:
                raise
            except StoreFull as error:
                log.error("no room on the disk: nothing leaves", wheel="clerk", error=str(error))
            except StoreError as error:
                log.error("the database does not answer: nothing leaves", wheel="clerk", error=str(error))
            except Exception:
                log.exception("wheel failed", wheel="clerk")
            self._hand.failed()
            await asyncio.sleep(REST)
            self.clerk.ring()

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> bool:
        """Wait for the stop. True when a task died instead: only a dead store ends the process."""
        stopping = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            error = task.exception()
            log.critical("the store is lost", task=task.get_name(), error=f"{type(error).__name__}: {error}")
        return bool(done - {stopping})

    async def _wind_down(self, tasks: list[asyncio.Task[None]], lost: bool) -> None:
        self.clerk.draining = True
        await self.let_go(tasks)
        if not lost:
            try:
                await self.clerk.drain(self._drain_seconds)
            except (CommitUnknown, StoreError) as error:
                log.error("what came back could not be recorded: it will be looked for", error=str(error))

    async def _watchdog(self) -> None:
        """Feed the service manager only while the wheels turn and the database commits.

        A wheel that fails alone is an alert and no reason to end: a restart would mend it for nobody, and would cut
        short what is on its way.
        """
        seconds = watchdog_seconds()
        if seconds is None:
            await asyncio.Event().wait()
            return
        turned = 0
        while True:
            await asyncio.sleep(seconds / 3)
            now = sum(s.turned for s in self.spindles)
            if now != turned and await self._commits():
                notify("WATCHDOG=1")
            turned = now
            self.ring()

    async def _commits(self) -> bool:
        """Whether a transaction is committed. A disk that is full is no fault of ours: it is waited for."""
        try:
            await self.house.store.house.beat()
        except StoreFull as error:
            log.error("no room on the disk: nothing leaves", error=str(error))
        except StoreError as error:
            log.error("the database does not answer", error=str(error))
            return False
        return True


async def run_until_signalled(daemon: Daemon, reload: Callable[[], Awaitable[None]] | None = None) -> int:
    """Run under SIGTERM and SIGINT (drain), and SIGHUP (`reload`)."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, daemon.stop)
    reloading: set[asyncio.Task[None]] = set()

    def hang_up() -> None:
        if reload is not None:
            task = asyncio.ensure_future(_quietly(reload))
            reloading.add(task)
            task.add_done_callback(reloading.discard)

    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        return await daemon.run()
    finally:
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(name)
        if daemon.reloading:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)  # its default would end us before the next house listens


async def _quietly(reload: Callable[[], Awaitable[None]]) -> None:
    try:
        await reload()
    except Exception:
        log.exception("reload failed: the old configuration stays")


async def run_once(house: House, longest: float = 60.0) -> None:
    """Turn every wheel until nothing is due any more (`run --once`), at most `longest` seconds of real time."""
    await started(house)
    daemon = Daemon(house)
    await daemon.listen_first()
    daemon._clerk_at_work = asyncio.create_task(daemon._clerk())
    tasks = [daemon._clerk_at_work, *(asyncio.create_task(s.spin()) for s in daemon.senders)]
    try:
        end, quiet = time.monotonic() + longest, 0
        while quiet < 2 and time.monotonic() < end and not any(t.done() for t in tasks):
            quiet = 0 if await _anything(daemon) else quiet + 1
    finally:
        await daemon.let_go(tasks)
        await daemon.clerk.drain(longest)


async def _anything(daemon: Daemon) -> bool:
    """Turn every wheel that does not turn by itself. Whether there is, or soon may be, anything more to do."""
    now = daemon.house.clock.now()
    more = [await s.wheel.turn(now) for s in daemon.spindles if s not in daemon.senders]
    daemon.ring()
    await asyncio.sleep(0.01)
    await daemon.clerk.calm(LONG_BREATH)
    if any(more) or not daemon.clerk.idle:
        return True
    moments = [await s.wheel.next_moment() for s in daemon.spindles]
    return any(m is not None and m <= daemon.house.clock.now() for m in moments)
