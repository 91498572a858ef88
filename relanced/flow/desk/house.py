"""Verbs about the whole house: stopping, starting, opening a creditor, a new bank account, a backup."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from relanced.counter import Asked, Desk, Misasked, Told, Verb, moment, table
from relanced.store.backup import copy_sqlite

LARGEST_COPY = 80 * 1024 * 1024  # bytes; the desk answers with the whole file at once


async def stop(desk: Desk, asked: Asked) -> Told:
    """Nothing leaves any more, at once."""
    why = asked.maybe("reason") or f"stopped by {asked.by}"
    await desk.store.house.stop(why, asked.by, desk.now)
    return Told(("nothing leaves any more: relanced start",))


async def start(desk: Desk, asked: Asked) -> Told:
    """Messages may leave again; a channel that closed is tried at once."""
    lifted = await desk.store.house.go(asked.by, desk.now)
    for door in await desk.store.views.doors():
        await desk.store.clerk.reopen(door["name"])
    return Told(("messages may leave", *([f"what is over: {lifted}"] if lifted else [])))


async def open_creditor(desk: Desk, asked: Asked) -> Told:
    """Let reminders leave for a creditor."""
    key = asked.text("creditor")
    creditor = desk.premises.creditor(key)
    if creditor is None:
        known = ", ".join(desk.premises.config.creditors)
        raise Misasked(f"there is no creditor {key} in the configuration (there are: {known})")
    step = asked.maybe("from_step")
    names = {s.name for p in desk.premises.config.policies_of(key) for s in p.steps}
    if step and step not in names:
        raise Misasked(f"from: no policy of {key} has a step {step} (there are: {', '.join(sorted(names))})")
    now, per_day = desk.now, asked.number("per_day") if asked.maybe("per_day") else None
    cases = await desk.store.house.open_creditor(key, now.date(), step, per_day, asked.by, now)
    per_day = (await desk.store.house.standings())[key].per_day
    pace = f", at most {per_day} reminders a day" if per_day else ""
    return Told((f"{key} is open: {cases} cases are looked at{pace}",))


async def iban_confirm(desk: Desk, asked: Asked) -> Told:
    """The configured bank account is the right one: two people say so, or the same one on another day."""
    key = asked.text("creditor")
    creditor = desk.premises.creditor(key)
    if creditor is None:
        raise Misasked(f"there is no creditor {key} in the configuration")
    standing = (await desk.store.house.standings())[key]
    if standing.iban == creditor.iban:
        return Told((f"the bank account of {key} is known already",))
    first = await desk.store.house.first_confirmation(key, creditor.iban, asked.by, desk.now)
    if first is None:
        return Told(
            (f"first word of two kept: another person, or you on another day, says relanced iban confirm {key}",)
        )
    who, at = first
    if who == asked.by and desk.now.date() <= desk.premises.local(at).date():
        return Told((f"{who} has said so today already: another person, or {who} on another day",), bad=True)
    await desk.store.house.confirm_iban(key, creditor.iban, asked.by, desk.now)
    return Told((f"the new bank account of {key} is confirmed by {who} and {asked.by}",))


async def tasks(desk: Desk, asked: Asked) -> Told:
    """What the machine asks of people."""
    rows = [{**r, "since": moment(r["opened_at"], desk), "case": r["case_id"]} for r in await desk.store.views.tasks()]
    return table(("id", "kind", "creditor", "case", "since", "words"), rows, none="nothing waits for a person")


async def backup(desk: Desk, asked: Asked) -> Told:
    """A copy of the database while it works."""
    source = desk.store.file
    if source is None:
        raise Misasked("PostgreSQL has its own tools for copies: pg_dump")
    if source.stat().st_size > LARGEST_COPY:
        raise Misasked(f"{source} is too large for the desk: relanced backup --here, as the account that owns it")
    content = await asyncio.to_thread(_copied, source, desk.premises.config.state)
    told = f"{len(content)} bytes, stamped as a copy"
    return Told((told,), record={"bytes": len(content)}, files={"relanced.db": content})


def _copied(source: Path, state: Path) -> bytes:
    """The bytes of a copy, made in a folder that nobody else reads."""
    with tempfile.TemporaryDirectory(dir=state, prefix="backup-") as folder:
        copy = Path(folder) / "relanced.db"
        copy_sqlite(source, copy)
        return copy.read_bytes()


async def status(desk: Desk, asked: Asked) -> Told:
    """How the house stands."""
    row = await desk.store.house.row()
    conditions = await desk.premises.conditions(desk.store)
    told = [f"mode {row.mode}, born {moment(row.born_at, desk)}, started {row.starts} times"]
    told += [f"STOPPED: {conditions.stopped}"] if conditions.stopped else ["messages may leave"]
    told += [f"{name} closed until {moment(until, desk)}: {why}" for name, (until, why) in conditions.closed.items()]
    for creditor in await desk.store.views.creditors():
        opened = f"open since {creditor['opened_on']}" if creditor["opened_on"] else "not opened: relanced open"
        covers = f"bank data cover until {creditor['covers']}" if creditor["covers"] else "no bank data yet"
        told.append(f"{creditor['key']}: {opened}; {covers}")
    return Told(tuple(told))


VERBS: dict[str, Verb] = {
    "stop": stop,
    "start": start,
    "open": open_creditor,
    "iban confirm": iban_confirm,
    "tasks": tasks,
    "backup": backup,
    "status": status,
}
