"""A short name for what a configuration means, secrets left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from msgspec import Struct
from pydantic import BaseModel, SecretStr

from relanced.config.secrets import Secret


def digest(*meanings: object) -> str:
    """16 hex digits of SHA-256 over the values; equal values give equal digests on any machine."""
    text = json.dumps([plain(meaning) for meaning in meanings], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(value: object) -> object:
    """The value in JSON's terms; of a secret only its name, if it has one."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, SecretStr):
        return value.written if isinstance(value, Secret) else "secret"
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return str(value)
