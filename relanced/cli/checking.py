"""`relanced check`: the configuration, every wording said over sample cases, a worked calendar, the debtors counted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import click

from relanced.channel import Form
from relanced.cli.client import answered, ask_daemon
from relanced.cli.opening import load_config
from relanced.cli.printing import Failed
from relanced.cli.texts import short_texts
from relanced.clock import WallClock
from relanced.config import Config
from relanced.config.channels import FORMS
from relanced.counter import Asked, Desk, Told, Verb
from relanced.flow.forecast import VERBS
from relanced.flow.trial import faults_of_doors
from relanced.flow.watch import VERBS as WATCH
from relanced.house import premises_of, words_of
from relanced.rules.policy import Policy, Step
from relanced.store import migrate
from relanced.store.engine import StoreError
from relanced.store.opening import Store
from relanced.words import inside
from relanced.words.engine import Words, shipped_templates
from relanced.words.errors import WordingError
from relanced.words.samples import DESK_WORDS, ON_PAPER


def check_all(path: Path, online: bool = False) -> int:
    """Print what was found; the exit status: 0, 1 for a fault, 78 for a configuration that cannot be read.

    `online`: the doors are tried too, and the DNS is asked.
    """
    config = load_config(path)
    texts, text_faults = short_texts(config)
    faults = [*_creditor_faults(config), *_letter_faults(config), *_wording_faults(config), *text_faults]
    faults += [*_door_faults(path, config), *_findings(path, config)] if online else []
    for line in faults:
        click.echo(f"FAULT {line}")
    for missing in config.unread_secrets:
        click.echo(f"note  {missing}; the daemon needs it, this command does not")
    if config.desk.listen and not config.desk.listen.loopback:
        click.echo(
            f"note  desk.listen: {config.desk.listen} is open to the network: bind 127.0.0.1, forward only /hook/"
        )
    for note in _ear_notes(config):
        click.echo(f"note  {note}")
    for dropped in config.dropped_roads:
        click.echo(f"note  {dropped}")
    for line in (*_calendar(config), *texts):
        click.echo(line)
    _debtors(path, config)
    click.echo(f"{len(faults)} faults" if faults else "the configuration is sound")
    return 1 if faults else 0


def _creditor_faults(config: Config) -> Iterator[str]:
    for key, creditor in config.creditors.items():
        if not creditor.read_by and not config.inboxes_of(key):
            yield f"creditors.{key}: nobody reads {creditor.send_as.address}: say read_by: PERSON, or imap on a channel"
        documents = creditor.documents
        if documents and not documents.folder.is_dir():
            yield f"creditors.{key}.documents.folder: {documents.folder} is not a folder"
        if creditor.logo and not creditor.logo.is_file():
            yield f"creditors.{key}.logo: there is no file {creditor.logo}"
    for folder in config.templates:
        if not folder.is_dir():
            yield f"templates: {folder} is not a folder"


def _ear_notes(config: Config) -> Iterator[str]:
    """Where answers are expected in an inbox that goes by another name."""
    for key, creditor in config.creditors.items():
        for door, inbox in config.inboxes_of(key):
            if not inbox.reads and inbox.name.lower() != creditor.send_as.address.lower():
                where = f"in {inbox.name} of {door.name}: if some arrive elsewhere, say there which it reads:"
                yield f"creditors.{key}: answers to {creditor.send_as.address} are expected {where}"


def _letter_faults(config: Config) -> Iterator[str]:
    """A letter door makes its folder, not the folder that holds it."""
    for name, door in config.channels.items():
        folder = getattr(door.settings, "folder", None)
        if not isinstance(folder, Path) or os.access(folder / ".", os.F_OK):
            continue
        if not os.access(folder.parent, os.W_OK | os.X_OK):
            yield f"channels.{name}.folder: {folder} is not there, and cannot be made in {folder.parent}"


def _door_faults(path: Path, config: Config) -> Sequence[str]:
    """By the daemon, which has the passwords; without one, as far as this account can see."""
    said = ask_daemon(path, "probe", {})
    if said is not None:
        lines: Sequence[str] = answered(said)["lines"]
        return lines
    within, hidden = [], {line.split(".")[1] for line in config.unread_secrets if line.startswith("channels.")}
    for name, door in config.channels.items():
        folder = getattr(door.settings, "folder", None)
        if name in hidden:
            click.echo(f"note  channels.{name} was not tried: the daemon alone has its secrets; start it, check again")
        elif not isinstance(folder, Path) or folder.is_dir():  # opening the door would make the folder
            within.append(name)
    return asyncio.run(faults_of_doors(config, WallClock().now, within))


def _findings(path: Path, config: Config) -> Sequence[str]:
    """What the auditor finds wrong, by the daemon or in a database that is there already."""
    try:
        said = ask_daemon(path, "audit", {})
        found = asyncio.run(_looked(config, WATCH["audit"])).record if said is None else answered(said)["record"]
    except Failed as failed:
        click.echo(f"note  nothing was audited: {failed}")
        return ()
    return [one["words"] for one in found]


def _wording_faults(config: Config) -> Iterator[str]:
    """Every step in every form it may take, in the words of every creditor; and what our own people are written."""
    try:
        words = words_of(config)
    except WordingError as error:
        yield str(error)
        return
    said: set[str] = set()
    for key in config.creditors:
        for policy in config.policies_of(key):
            for step in policy.steps:
                said |= set(_step_faults(words[key], policy, step))
        said |= set(_desk_faults(words[key]))
    said |= {f"wording {problem}" for problem in inside.problems([*config.templates, shipped_templates()])}
    yield from sorted(said)


def _desk_faults(words: Words) -> Iterator[str]:
    """What the desk writes besides reminders; a reply has the words of whoever writes it."""
    for wording in DESK_WORDS:
        forms = [Form.MAIL, Form.PAPER] if wording in ON_PAPER else [Form.MAIL]
        yield from (f"wording {problem}" for problem in words.problems(wording, forms))


def _step_faults(words: Words, policy: Policy, step: Step) -> Iterator[str]:
    forms = {FORMS[road] for road in (*step.via, *step.also)}
    for form in sorted(forms):
        if not words.exists(step.words, form):
            yield f"policies.{policy.name}: step {step.name} has no wording {step.words}/{form.value}.j2"
        else:
            yield from (f"wording {problem}" for problem in words.problems(step.words, [form]))


def _calendar(config: Config) -> Iterator[str]:
    """What an invoice that is never paid would live through, in plain words."""
    due = date.today() + timedelta(days=30)  # noqa: DTZ011
    for policy in config.policies:
        yield ""
        yield f"Policy {policy.name}: an invoice of 1 000.00 EUR due on {due:%d %B %Y}, never paid"
        for step in policy.steps:
            yield f"  {_when(step, due):<28} {step.name}: {_what(step)}"
    yield ""


def _when(step: Step, due: date) -> str:
    if step.when.deadline_of:
        return f"deadline of {step.when.deadline_of} over"
    day = due + timedelta(days=step.when.days)
    return f"from {day:%d %B %Y} (D{step.when.days:+d})"


def _what(step: Step) -> str:
    roads = ", else ".join(road.value for road in step.via)
    told = f"{step.tone.name.lower()} message by {roads}" if roads else "no message"
    if step.hand_over:
        told = "handed over"
    told += f", then also by {', '.join(r.value for r in step.also)}" if step.also else ""
    told += f", only for debtors who are {' or '.join(sorted(o.value for o in step.only))}" if step.only else ""
    told += f", from {step.min_amount / 100:.2f} on" if step.min_amount else ""
    told += f", once a person has approved (within {step.within} working days)" if step.approval else ""
    return told + (f", {step.deadline} days from first presentation to pay" if step.deadline else "")


def _debtors(path: Path, config: Config) -> None:
    """Counted by the daemon, or in a database that is there already: a check makes nothing."""
    try:
        said = ask_daemon(path, "census", {})
        lines = asyncio.run(_looked(config, VERBS["census"])).lines if said is None else answered(said)["lines"]
    except Failed as failed:
        lines = [f"note  debtors were not counted: {failed}"]
    for line in lines:
        click.echo(line)


async def _looked(config: Config, verb: Verb) -> Told:
    """What a verb that only looks says, without opening the house, which would found it. Raises Failed."""
    if config.store.sqlite is not None and not config.store.sqlite.exists():
        raise Failed("there is no database yet")
    try:
        store = Store(config.store.url())
        try:
            await migrate.check(store.engine)
            return await verb(Desk(store, premises_of(config), {}, WallClock()), Asked({}, ""))
        finally:
            await store.close()
    except (StoreError, WordingError, OSError) as error:
        raise Failed(str(error)) from None
