"""`make bench`: how fast relanced is, in ratios that were measured in one run.

    python -m bench.run [--messages 5000] [--rounds 3] [--terms 1000000]

Both sides send the same reminders to the same smtp-sink, whole processes, start-up included, round by round in turn.
The run is worth nothing, and says so with status 1, unless every message arrived once and every database knows it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from bench import backlog, commands, letters, post_office_mail, relanced_mail
from bench.corpus import debtors
from bench.process import Spent
from bench.sink import free_port, sink

FLOOR = 4.0  # times post_office
BACKLOG_FLOOR = 0.75  # of the speed without a backlog


class Side(Protocol):
    """Somebody who sends what was prepared."""

    def lay_out(self) -> None: ...
    def send(self) -> Spent: ...
    def attempts(self) -> int: ...


class Figure(Struct, frozen=True):
    """One side over all rounds."""

    name: str
    spent: tuple[Spent, ...]
    many: int

    @property
    def speed(self) -> float:
        """Messages a second of wall time, the median round."""
        return self.many / statistics.median(s.wall for s in self.spent)

    def __str__(self) -> str:
        walls = " ".join(f"{s.wall:.2f}" for s in self.spent)
        cpu = statistics.median(s.cpu for s in self.spent) / self.many * 1e6
        peak = max(s.peak for s in self.spent)
        return f"{self.name:<34} {self.speed:8.0f}/s   {cpu:6.0f} µs cpu each   {peak:5.0f} MB peak   rounds {walls} s"


def ratio(a: Figure, b: Figure) -> float:
    """How many times faster a is than b: the median of the pairs of rounds."""
    return statistics.median(y.wall / x.wall for x, y in zip(a.spent, b.spent, strict=True))


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when the floors hold, 1 otherwise."""
    asked = argparse.ArgumentParser(prog="bench", description="how fast relanced is")
    asked.add_argument("--messages", type=int, default=5000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--terms", type=int, default=1_000_000)
    given = asked.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="relanced-bench-") as folder:
        Path(folder).chmod(0o755)  # the sink is nobody
        good = _mails(Path(folder), given.messages, given.rounds, given.terms)
        _letters(Path(folder))
        _commands(Path(folder))
    return 0 if good else 1


def _mails(folder: Path, many: int, rounds: int, terms: int) -> bool:
    today, port = datetime.now(UTC).date(), free_port()
    print(f"{many} e-mails due, {rounds} rounds, to smtp-sink on this machine", flush=True)
    people = list(debtors(many, today))
    plain = relanced_mail.prepare(folder / "plain", port, people, today, journal_copy=False)
    copied = relanced_mail.prepare(folder / "copied", port, people, today, journal_copy=True)
    behind = backlog.beside(plain, folder / "behind", terms)
    peer = post_office_mail.prepare(folder / "post_office", port, many, today)
    sides: dict[str, Side] = {
        "relanced": plain,
        "django-post_office": peer,
        "relanced, with a journal copy": copied,
        f"relanced, {terms} terms not due": behind,
    }
    spent: dict[str, list[Spent]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            spent[name].append(_round(port, side, many, name))
    figures = {name: Figure(name, tuple(s), many) for name, s in spent.items()}
    for figure in figures.values():
        print(figure)
    return _judged(list(figures.values()))


def _judged(figures: list[Figure]) -> bool:
    mine, peer, copied, behind = figures
    times, kept = ratio(mine, peer), ratio(behind, mine)
    print(f"relanced against post_office       {times:8.2f} times   (floor {FLOOR}, aim 6.5)")
    print(f"  with a journal copy              {ratio(copied, peer):8.2f} times")
    print(f"with the backlog against without   {kept:8.2f}         (floor {BACKLOG_FLOOR})")
    return times >= FLOOR and kept >= BACKLOG_FLOOR


def _round(port: int, side: Side, many: int, name: str) -> Spent:
    """One round, and the proof that it was one. Raises SystemExit when something is missing or there twice."""
    side.lay_out()
    os.sync()  # nobody pays for what was written before
    with sink(port) as taking:
        spent = side.send()
        mails = taking.mails()
    ids = {m.message_id for m in mails}
    if len(mails) != many or len(ids) != many or side.attempts() != many:
        sys.exit(f"{name}: {len(mails)} arrived, {len(ids)} of them distinct, {side.attempts()} recorded, not {many}")
    for mail in mails[:: max(1, many // 20)]:
        read = mail.read()
        if not read["Subject"] or mail.to not in str(read["To"]):
            sys.exit(f"{name}: a message to {mail.to} says To: {read['To']}, Subject: {read['Subject']}")
    return spent


def _letters(folder: Path) -> None:
    words, whole = letters.measure(folder / "letters", 200)
    print(f"letters, words and page alone      {words:8.1f}/s")
    print(f"letters, into the spool, durably   {whole:8.1f}/s")


def _commands(folder: Path) -> None:
    told = commands.measure(folder / "commands")
    print(f"relanced --help                    {told.help:8.3f} s       (aim 0.15)")
    print(f"relanced queue, daemon running     {told.queue:8.3f} s       (aim 0.3)")


if __name__ == "__main__":
    sys.exit(main())
