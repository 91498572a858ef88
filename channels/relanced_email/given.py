"""The name a relay gives to what it took. Some write it over our Message-ID, and answers then quote theirs."""

from __future__ import annotations

import re

_SES = re.compile(r"email-smtp(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com", re.IGNORECASE)
_REWRITING = re.compile(rf"{_SES.pattern}|smtp-mail\.outlook\.com", re.IGNORECASE)
_SES_ID = re.compile(r"250 Ok (?P<id>[0-9a-f]{8,}(?:-[0-9a-f]+)+)\s*", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_QUEUE = re.compile(
    r"(?:queued as|queued id|\bid=|queue id) ?(?P<a>[\w.+-]{4,})"  # Postfix, Exim
    r"|2\.0\.0 (?P<b>[\w.-]{6,}) Message accepted"  # Sendmail
    r"|OK +\d+ (?P<c>[\w.-]{6,}) - gsmtp",  # Google
    re.IGNORECASE,
)


def given(said: str, host: str, ours: str) -> str:
    """What names the message from now on: a Message-ID in the relay's reply, its name in the queue, else `ours`.

    Amazon SES tells the left side of its Message-ID only; the right side is the name of its region.
    """
    if (region := _SES.fullmatch(host)) and (taken := _SES_ID.match(said)):
        where = "email" if region["region"] == "us-east-1" else region["region"].lower()
        return f"<{taken['id']}@{where}.amazonses.com>"
    if named := _MESSAGE_ID.search(said):
        return named[0]
    queued = _QUEUE.search(said)
    return next(part for part in queued.groups() if part) if queued else ours


def rewrites_ids(host: str) -> bool:
    """Whether this relay is known to write a Message-ID of its own over ours."""
    return bool(_REWRITING.fullmatch(host))
