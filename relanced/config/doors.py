"""From the words under ``channels:`` to doors, each kind checking its own settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from relanced.channel import Channel, Form
from relanced.config.channels import HOUSE_KEYS, Door, DoorWords, Kinds
from relanced.config.faults import Loc, did_you_mean
from relanced.config.reading import Reading
from relanced.config.secrets import Secret

NO_MAILBOX = "a channel of this kind reads no mailbox: leave imap out, and say read_by: PERSON on the creditor"


def read_doors(reading: Reading, kinds: Kinds) -> dict[str, Door]:
    """The channels without a fault, by name."""
    found = {name: _door(reading, raw, ("channels", name), kinds) for name, raw in reading.entries("channels").items()}
    return {name: door for name, door in found.items() if door}


def _door(reading: Reading, raw: object, loc: Loc, kinds: Kinds) -> Door | None:
    words = reading.section(DoorWords, raw, loc)
    if words is None or not isinstance(raw, dict):
        return None
    channel = _installed(reading, words.kind, (*loc, "kind"), kinds)
    if channel is None:
        return None
    settings = _settings(reading, channel, _own(reading, raw, channel, loc), loc)
    if settings is None:
        return None
    consent = words.consent == "required" if words.consent else channel.form is Form.TEXT
    _only_mail_has_domains(reading, words, channel.form, loc)
    return Door(words.key, words.kind, channel, settings, words.rate, consent, words.per_domain, words.per_sender)


def _only_mail_has_domains(reading: Reading, words: DoorWords, form: Form, loc: Loc) -> None:
    if words.per_domain and form is not Form.MAIL:
        reading.fault((*loc, "per_domain"), "only e-mail goes to domains: say rate", key=True)
    taken: dict[str, str] = {}
    for key in words.per_domain:
        for domain in key.split():
            if taken.setdefault(domain, key) != key:
                reading.fault((*loc, "per_domain"), f"{domain} is named twice", key=True)


def _installed(reading: Reading, kind: str, loc: Loc, kinds: Kinds) -> type[Channel] | None:
    """The class of that kind, once it is seen to be one."""
    if kind not in list(kinds):  # `in` of a Mapping would import the kind
        reading.fault(loc, f"no channel of kind {kind} is installed{did_you_mean(kind, kinds)}")
        return None
    try:
        channel = kinds[kind]
    except Exception as e:  # another package's import: whatever it raises is told, not thrown
        reading.fault(loc, f"the channel of kind {kind} cannot be loaded: {type(e).__name__}: {e}")
        return None
    settings = getattr(channel, "Settings", None)
    fit = isinstance(settings, type) and issubclass(settings, BaseModel) and hasattr(channel, "form")
    if not fit:
        reading.fault(loc, f"what is registered as kind {kind} is not a channel")
    return channel if fit else None


def _own(reading: Reading, raw: Mapping[str, Any], channel: type[Channel], loc: Loc) -> dict[str, Any]:
    """What belongs to the kind itself."""
    own = {key: value for key, value in raw.items() if key not in HOUSE_KEYS}
    if channel.form is Form.MAIL and "imap" in own and "imap" not in channel.Settings.model_fields:
        reading.fault((*loc, "imap"), NO_MAILBOX, key=True)
        del own["imap"]
    return own


def _settings(reading: Reading, channel: type[Channel], own: dict[str, Any], loc: Loc) -> BaseModel | None:
    try:
        settings = reading.section(channel.Settings, own, loc, also=HOUSE_KEYS)
        return _beside(settings, reading.path.parent.absolute()) if settings else None
    except Exception as e:  # a mistake in another package's validator must not hide the faults of the file
        reading.fault(loc, f"the settings cannot be checked: {type(e).__name__}")
    return None


def _beside(settings: BaseModel, folder: Path) -> BaseModel:
    """The same settings, with relative paths beside the file, as everywhere in it."""
    placed: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Path):
            placed[name] = folder / value
        elif isinstance(value, BaseModel):
            placed[name] = _beside(value, folder)
        elif isinstance(value, tuple):
            placed[name] = tuple(_beside(one, folder) if isinstance(one, BaseModel) else one for one in value)
    return settings.model_copy(update=placed)


def in_clear(value: object, loc: Loc = ()) -> Iterator[Loc]:
    """Where settings hold a secret that the file itself spells out."""
    if isinstance(value, SecretStr):
        if not isinstance(value, Secret) and value.get_secret_value():
            yield loc
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from in_clear(getattr(value, name), (*loc, field.alias or name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from in_clear(item, (*loc, name))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from in_clear(item, (*loc, i))
