"""/metrics, in Prometheus' words: counted when it is asked for, over what is alive, and kept for some seconds."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from relanced import log
from relanced.clock import Clock
from relanced.console.hooks import Hooks
from relanced.flow.watch import Auditor, Pulse
from relanced.rules.audit import ear
from relanced.store.audit import Figures
from relanced.store.engine import CommitUnknown, StoreError
from relanced.store.opening import Store

FRESH = 10.0  # seconds of real time


class Metrics:
    """The figures of one house."""

    def __init__(
        self, store: Store, channels: Collection[str], auditor: Auditor, pulse: Pulse, hooks: Hooks, clock: Clock
    ) -> None:
        self._store, self._channels, self._clock = store, frozenset(channels), clock
        self._auditor, self._pulse, self._hooks = auditor, pulse, hooks
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Page(self))
        self._figures: Figures | None = None
        self._kinds: set[str] = set()
        self._read_at = -FRESH
        self._one_at_a_time = asyncio.Lock()

    async def exposed(self) -> bytes:
        """The page. A database that does not answer leaves its figures out: relanced_up is 0 then."""
        async with self._one_at_a_time:
            if time.monotonic() - self._read_at >= FRESH:
                try:
                    self._figures = await self._store.audit.figures(self._channels, self._clock.now())
                except (StoreError, CommitUnknown):
                    self._figures = None
                self._read_at = time.monotonic()
        return generate_latest(self._registry)

    def families(self) -> Iterator[Metric]:
        """Everything there is to say."""
        yield _gauge("up", "Whether the database answers", [], [((), float(self._figures is not None))])
        if self._figures:
            yield from _of_the_store(self._figures, self._channels, self._clock.now())
            ages = sorted(self._ages(self._figures).items())
            yield _gauge("ear_age_seconds", "Since all ears of a channel have heard everything", ["channel"], ages)
        wheels = (((name,), since.total_seconds()) for name, since in self._pulse.wheels().items())
        yield _gauge("wheel_age_seconds", "Since a wheel last came round", ["wheel"], wheels)
        yield _gauge("findings", "What the auditor finds wrong, by kind", ["kind"], self._findings())
        hooks = (((channel, str(status)), n) for (channel, status), n in sorted(self._hooks.counts.items()))
        yield _counter("hooks", "Webhooks by what was answered", ["channel", "status"], hooks)
        yield from _of_the_log()

    def _ages(self, seen: Figures) -> dict[tuple[str], float]:
        """By channel, of the ear that is silent for longest: the name of an inbox is told to nobody."""
        now, open_ = self._clock.now(), {who: at for who, at in seen.heard.items() if ear(*who) in self._auditor.ears}
        return {(n,): max(_age(at, now) for (m, _), at in open_.items() if m == n) for n, _ in open_}

    def _findings(self) -> list[tuple[tuple[str], int]]:
        """Without what they are about, which may be an inbox. A kind that was found once is told ever after."""
        found = Counter(finding.key.partition(":")[0] for finding in self._auditor.findings)
        self._kinds |= set(found)
        return [((kind,), found[kind]) for kind in sorted(self._kinds)]


class _Page(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """The families, at this moment."""
        return self._metrics.families()


def _of_the_store(seen: Figures, channels: Collection[str], now: datetime) -> Iterator[Metric]:
    yield _gauge("messages", "Messages that have not ended", ["channel", "state"], sorted(seen.messages.items()))
    ages = (((n,), _age(seen.due_since.get(n), now)) for n in sorted(channels))
    yield _gauge("queue_age_seconds", "Since the first of a queue is due", ["channel"], ages)
    shut = (((n,), float(seen.closed.get(n, False))) for n in sorted(channels))
    yield _gauge("channel_closed", "Whether a channel is closed", ["channel"], shut)
    imported = ((key, _age(at, now)) for key, at in sorted(seen.imported.items()))
    yield _gauge("import_age_seconds", "Since the last import", ["creditor", "kind"], imported)
    yield _gauge("tasks", "Open tasks", [], [((), seen.tasks)])
    yield _gauge("stopped", "Whether nothing may leave: stopped, or on hold", [], [((), float(seen.stopped))])


def _of_the_log() -> Iterator[Metric]:
    """Counters since the process began, by the lines of the log: there is one for every transition."""
    told = sorted(log.tally().items())
    yield _counter("events", "Lines of the log", ["event", "channel", "level"], told)


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0


Values = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, help_: str, labels: Sequence[str], values: Values) -> Metric:
    family = GaugeMetricFamily(f"relanced_{name}", help_, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family


def _counter(name: str, help_: str, labels: Sequence[str], values: Values) -> Metric:
    family = CounterMetricFamily(f"relanced_{name}", help_, labels=labels)
    for label, value in values:
        family.add_metric(label, value)
    return family
