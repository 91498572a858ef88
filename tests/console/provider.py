"""A door whose provider calls us, and the provider: it signs the public URL and the body, as the real ones do."""

from __future__ import annotations

import hashlib
import hmac
import json

from relanced.channel import Heard, Receipt, Reply, Request
from tests.config.samples import TextDoor

SECRET = b"s3cret"
PUBLIC = "https://relances.dubois.example/relanced"


class CallingDoor(TextDoor):
    """Carries nothing, hears everything."""

    def genuine(self, request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("x-signature", ""), signed(request.url, request.body))

    def heard(self, request: Request) -> Heard:
        said = json.loads(request.body)
        if "id" not in said:
            raise ValueError("no id")
        return Heard(str(said["id"]), request.body, {"url": request.url})

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        return ()


def signed(url: str, body: bytes) -> str:
    """The signature of a request."""
    return hmac.new(SECRET, url.encode() + body, hashlib.sha256).hexdigest()
