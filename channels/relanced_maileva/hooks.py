"""Maileva's notifications. They are not signed: what shows that they are genuine is the login we gave it for them.

Source: notification_center 2.8 (`notification_content_creation`, `subscription_creation.authentication.basic`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping

from relanced.channel import Heard, Request
from relanced_maileva.settings import NotificationSettings

_WORDS = ("event_type", "resource_type", "resource_id", "event_date")
_LONGEST = 300


def is_genuine(request: Request, login: NotificationSettings | None) -> bool:
    """Whether the request shows the login of our subscriptions. Without such a login nobody may call."""
    if login is None or request.method != "POST":
        return False
    headers = {name.lower(): value for name, value in request.headers.items()}
    kind, _, said = headers.get("authorization", "").partition(" ")
    try:
        shown = base64.b64decode(said.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{login.user}:{login.password.get_secret_value()}".encode()
    return kind.lower() == "basic" and hmac.compare_digest(_digest(shown), _digest(expected))


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def heard_in(request: Request) -> Heard:
    """What a genuine request brings. Raises ValueError for what is no notification."""
    said = notification(request.body)
    key = "/".join(("notification", said["resource_id"], said["event_type"], said["event_date"]))
    return Heard(key, request.body, {"what": "notification"})


def notification(body: bytes) -> Mapping[str, str]:
    """The texts of a notification. Raises ValueError."""
    said = json.loads(body)
    if not isinstance(said, dict):
        raise ValueError("this is no notification of Maileva")
    texts = {name: value for name, value in said.items() if isinstance(value, str)}
    if missing := [name for name in _WORDS if not texts.get(name)]:
        raise ValueError(f"the notification lacks {', '.join(missing)}")
    if any(len(texts[name]) > _LONGEST or not texts[name].isprintable() for name in _WORDS):
        raise ValueError("the notification holds what no notification of Maileva holds")
    return {"resource_custom_id": "", **texts}
