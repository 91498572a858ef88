"""A file in, a Config out, or every fault at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec import Struct

from relanced.config.channels import Door, InstalledKinds, Kinds
from relanced.config.config import Config
from relanced.config.creditors import Creditor, Person
from relanced.config.doors import in_clear, read_doors
from relanced.config.faults import ConfigFault, Fault, Loc, dotted
from relanced.config.policies import read_policies, with_defaults
from relanced.config.reading import Reading
from relanced.config.references import (
    check_creditors,
    check_daily_mail,
    check_hooks,
    check_ladders,
    check_own_mail,
    check_people,
    check_redirection,
    dropped,
)
from relanced.config.schema import House
from relanced.config.secrets import Secrets, misnamed, unread, with_handles
from relanced.config.section import Keyed
from relanced.config.yaml_marks import MAX_BYTES, Broken, Document, parse
from relanced.rules.calendar import ContactRules
from relanced.rules.policy import Policy

K = TypeVar("K", bound=Keyed)

NAMED = ("people", "creditors", "channels", "policies")


def load(
    path: Path, environ: Mapping[str, str], *, kinds: Kinds | None = None, secrets: Secrets = Secrets.REQUIRED
) -> Config:
    """Read a configuration. Secrets are looked at, not read. Raises ConfigFault, which holds all problems.

    `kinds` are the channels that may be named; by default those that packages on this machine registered. With
    `secrets` NOTED those that cannot be read here are no fault, and stand in `Config.unread_secrets`.
    """
    try:
        with path.open("rb") as file:
            raw, mode = file.read(MAX_BYTES + 1), os.fstat(file.fileno()).st_mode
    except OSError as e:
        raise ConfigFault([Fault(str(path), None, "", f"cannot be read: {e.strerror}")]) from None
    return load_text(raw, path, environ, kinds=kinds, public=bool(mode & stat.S_IROTH), secrets=secrets)


def load_text(
    raw: bytes,
    path: Path,
    environ: Mapping[str, str],
    *,
    kinds: Kinds | None = None,
    public: bool = False,
    secrets: Secrets = Secrets.REQUIRED,
) -> Config:
    """The same from the text of a file at `path`, which need not exist. `public`: everybody may read that file."""
    reading, missing = _opened(raw, path, environ)
    if secrets is Secrets.REQUIRED:
        for loc, trouble in missing:
            reading.fault(loc, trouble)
    parts = _parts(reading, environ, InstalledKinds() if kinds is None else kinds)
    _check(reading, parts)
    if public:
        _check_in_clear(reading, parts)
    reading.stop_if_faulty()
    return _config(reading.path, parts, tuple(f"{dotted(loc)}: {trouble}" for loc, trouble in missing))


class _Parts(Struct, frozen=True):
    """What could be read, each part for itself."""

    house: House | None
    state: Path
    people: dict[str, Person]
    creditors: dict[str, Creditor]
    doors: dict[str, Door]
    policies: dict[str, Policy]


def _opened(raw: bytes, path: Path, environ: Mapping[str, str]) -> tuple[Reading, list[tuple[Loc, str]]]:
    """The values with their secrets as handles, and the faults of the YAML itself. Also secrets that are not here."""
    try:
        document = parse(raw)
    except Broken as e:
        raise ConfigFault([Fault(str(path), e.mark, "", str(e))]) from None
    values = with_handles(_root(document, path), environ)
    reading = Reading(path, document, with_defaults(values if isinstance(values, dict) else {}))
    for loc, text in misnamed(values, environ):
        reading.fault(loc, text)
    return reading, list(unread(values, environ))


def _root(document: Document, path: Path) -> dict[str, Any]:
    if not isinstance(document.root, dict):
        what = "is empty" if document.root is None else "expected keys and values"
        raise ConfigFault([Fault(str(path), document.mark(()), "", what)])
    return document.root


def _parts(reading: Reading, environ: Mapping[str, str], kinds: Kinds) -> _Parts:
    rest = {key: value for key, value in reading.values.items() if key not in NAMED}
    house = reading.section(House, rest, (), also=NAMED)
    return _Parts(
        house,
        _state(reading, house, environ),
        _entries(reading, "people", Person),
        _entries(reading, "creditors", Creditor),
        read_doors(reading, kinds),
        read_policies(reading),
    )


def _entries(reading: Reading, name: str, model: type[K]) -> dict[str, K]:
    found = {key: reading.section(model, raw, (name, key)) for key, raw in reading.entries(name).items()}
    return {key: section for key, section in found.items() if section}


def _state(reading: Reading, house: House | None, environ: Mapping[str, str]) -> Path:
    """The state folder: as said, else beside the SQLite file, else systemd's StateDirectory=."""
    if house and house.state:
        return house.state
    if house and house.store.sqlite:
        return house.store.sqlite.parent / "state"
    if house and not environ.get("STATE_DIRECTORY"):
        reading.fault(("state",), "is missing: with PostgreSQL say which folder is ours")
    return Path(environ.get("STATE_DIRECTORY", "").partition(":")[0])


def _check(reading: Reading, parts: _Parts) -> None:
    check_people(reading, parts.people)
    check_creditors(reading, parts.creditors, parts.doors)
    check_daily_mail(reading, parts.doors)
    check_ladders(reading, parts.creditors, parts.policies)
    if parts.house:
        check_redirection(reading, parts.house, parts.creditors)
        check_own_mail(reading, parts.house, parts.doors)
        check_hooks(reading, parts.house.desk.public_url, parts.doors)


def _check_in_clear(reading: Reading, parts: _Parts) -> None:
    text = "a password in the clear, in a file that everybody may read: use ${cred:NAME}, or chmod 640 the file"
    if parts.house and parts.house.store.password_in_clear:
        reading.fault(("store",), text)
    for name, door in parts.doors.items():
        for loc in in_clear(door.settings):
            reading.fault(("channels", name, *loc), text)


def _morning(house: House) -> time | None:
    """When people get their day by mail: as said, else early where somebody is told of alerts."""
    early = time(7, 45) if house.alerts and house.alerts.mail else None
    return early if house.digest is None else house.digest or None


def _config(path: Path, parts: _Parts, unread_secrets: tuple[str, ...]) -> Config:
    house = parts.house
    assert house is not None  # the reading has stopped otherwise
    return Config(
        path=path,
        store=house.store,
        state=parts.state,
        mode=house.mode,
        redirect_to=MappingProxyType(dict(house.redirect_to)),
        timezone=house.timezone,
        desk=house.desk,
        log_format=house.log.format,
        alerts=house.alerts,
        morning=_morning(house),
        templates=house.templates,
        people=MappingProxyType(parts.people),
        creditors=MappingProxyType(parts.creditors),
        channels=MappingProxyType(parts.doors),
        contact_rules=house.contact_rules.over(ContactRules()),
        policies=tuple(parts.policies.values()),
        rates=tuple(rate.published(semester) for semester, rate in house.rates.items()),
        dropped_roads=tuple(dropped(parts.creditors, parts.policies)),
        unread_secrets=unread_secrets,
    )
