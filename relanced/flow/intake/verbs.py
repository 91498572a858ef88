"""The verb that takes a file in: read, checked, written whole or not at all."""

from __future__ import annotations

import asyncio

from relanced.counter import Asked, Desk, Misasked, Told, Verb
from relanced.flow.intake import contacts, debtors
from relanced.flow.intake.faults import IntakeFault
from relanced.flow.intake.read import read_file
from relanced.rules.rows import Batch
from relanced.store.intake import Refused, Report

SHOWN = 50
KEPT_SHOWN = 20


async def import_files(desk: Desk, asked: Asked) -> Told:
    """Import files of one creditor, in the order given; the first that is refused stops the rest."""
    creditor = _creditor(desk, asked)
    if not asked.files:
        raise Misasked("no file was given")
    lines: list[str] = []
    for name, content in asked.files.items():
        try:
            batch = await asyncio.to_thread(_read, desk, asked, creditor, name, content)
            report = await desk.store.intake.apply(
                creditor, batch, asked.by, desk.now, desk.now.date(), asked.flag("dry_run"), asked.flag("yes")
            )
        except (IntakeFault, Refused) as refused:
            return Told((*lines, *_faults(refused), f"{name}: nothing was imported", *_alone(asked)), bad=True)
        lines += _told(name, batch, report)
    return Told((*lines, *_alone(asked)))


def _alone(asked: Asked) -> list[str]:
    """What a dry run of several files cannot know."""
    if not asked.flag("dry_run") or len(asked.files) < 2:
        return []
    return ["each file was tried alone, as if those before it had not come: what refers to them is told as missing"]


def _creditor(desk: Desk, asked: Asked) -> str:
    known = list(desk.premises.config.creditors)
    creditor = asked.maybe("creditor") or (known[0] if len(known) == 1 else "")
    if creditor not in known:
        raise Misasked(f"say for which creditor: --creditor {'|'.join(known)}")
    return creditor


def _read(desk: Desk, asked: Asked, creditor: str, name: str, content: bytes) -> Batch:
    covers = asked.day("covers") if asked.maybe("covers") else None
    mapping = desk.premises.config.creditors[creditor].mapping
    steps = _steps(desk, creditor)
    return read_file(name, content, asked.maybe("kind"), mapping, covers, desk.now.date(), steps)


def _steps(desk: Desk, creditor: str) -> dict[str, bool]:
    """The steps of the creditor's policies, and whether they come before the due date."""
    return {s.name: s.before_due for policy in desk.premises.config.policies_of(creditor) for s in policy.steps}


def _faults(refused: IntakeFault | Refused) -> list[str]:
    told = str(refused).splitlines()
    more = [f"and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    return told[:SHOWN] + more


def _told(name: str, batch: Batch, report: Report) -> list[str]:
    if report.repeated:
        return [f"{name}: the same file was imported before: nothing changed"]
    verb = "would be" if report.dry_run else "were"
    kinds = sorted(report.added.keys() | report.changed.keys() | report.same.keys())
    counts = [
        f"{kind}: {report.added.get(kind, 0)} new, {report.changed.get(kind, 0)} changed, {report.same.get(kind, 0)} same"  # noqa: E501
        for kind in kinds
    ]
    lines = [f"{name} ({batch.kind}): " + ("; ".join(counts) or "no rows")]
    if report.settled:
        lines.append(f"{len(report.settled)} invoices {verb} settled, being absent: {', '.join(report.settled[:20])}")
    if report.unmatched:
        several = report.unmatched > 1
        whose = f"{report.unmatched} payments name" if several else "1 payment names"
        where = "their lines" if several else "its line"
        lines.append(f"{whose} no debtor: write whose into {where} and import the file again")
    lines += _few(report.kept)
    if batch.ignored:
        lines.append(f"columns not used: {', '.join(batch.ignored)}")
    if report.covers:
        lines.append(f"bank data cover until {report.covers}")
    return [*lines, "dry run: nothing was written"] if report.dry_run else lines


def _few(kept: tuple[str, ...]) -> list[str]:
    """What people keep, not more than one can read."""
    more = [f"and {len(kept) - KEPT_SHOWN} more that people keep"] if len(kept) > KEPT_SHOWN else []
    return [*kept[:KEPT_SHOWN], *more]


VERBS: dict[str, Verb] = {"import": import_files, **debtors.VERBS, **contacts.VERBS}
