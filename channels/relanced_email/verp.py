"""The envelope sender that names the attempt, so that a bounce of any form finds its way back (VERP, RFC 5233)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from relanced.channel import Parcel
from relanced_email.answers import Phase, Reply

_MARK = "rl-"
_LONGEST = 64  # octets before the @, RFC 5321 §4.5.3.1.1
_TOKEN = re.compile(r"[^@]*\+rl-(?P<attempt>[A-Za-z0-9._-]+)@[^@]+")
_NOT_THAT_SENDER = frozenset({501, 550, 551, 553, 554})


def envelope_of(sender: str, attempt: str, *, verp: bool) -> dict[str, str]:
    """The sender's part of an envelope. With `verp` it names the attempt, if there is room, and `plain` is without."""
    local, _, domain = sender.rpartition("@")
    named = f"{local}+{_MARK}{attempt}"
    if not verp or len(named) > _LONGEST:
        return {"from": sender}
    return {"from": f"{named}@{domain}", "plain": sender}


def attempt_in(address: str) -> str:
    """The attempt that an address of ours names; empty for any other."""
    match = _TOKEN.fullmatch(address.strip().strip("<>"))
    return match["attempt"] if match else ""


def forbidden(phase: Phase, reply: Reply, envelope: Mapping[str, str]) -> bool:
    """Whether a relay refused the sender because of the token in it."""
    return "plain" in envelope and phase is Phase.MAIL and reply.code in _NOT_THAT_SENDER


def without_token(parcel: Parcel) -> Parcel:
    """The same bytes, from the plain sender."""
    if "plain" not in parcel.envelope:
        return parcel
    envelope = dict(parcel.envelope)
    envelope["from"] = envelope.pop("plain")
    return replace(parcel, envelope=envelope)
