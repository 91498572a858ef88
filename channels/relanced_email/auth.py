"""Logging in to a relay with a token instead of a password: XOAUTH2, or OAUTHBEARER (RFC 7628)."""

from __future__ import annotations

from base64 import b64encode

import aiosmtplib

from relanced_email.tokens import Tokens

_DISABLED = "SmtpClientAuthentication is disabled"
_MORE, _IN = 334, 235


class Stale(Exception):
    """The relay did not take the token: it may have been revoked before its time."""

    def __init__(self, token: str, refusal: str) -> None:
        super().__init__(refusal)
        self.token = token


async def bear(relay: aiosmtplib.SMTP, user: str, host: str, tokens: Tokens, refused: str) -> None:
    """Log in as `user`, with any token but the `refused` one. Raises Stale, NoToken, SMTPException, OSError."""
    offered = relay.esmtp_extensions.get("auth", "").upper().split()
    token = await tokens.access(refused)
    if "XOAUTH2" in offered:
        mechanism, cancel = b"XOAUTH2", b""
        words = f"user={user}\x01auth=Bearer {token}\x01\x01"
    elif "OAUTHBEARER" in offered:
        mechanism, cancel = b"OAUTHBEARER", b"AQ=="
        words = f"n,a={user},\x01host={host}\x01auth=Bearer {token}\x01\x01"
    else:
        raise aiosmtplib.SMTPException(f"the relay takes no token; it offers {' '.join(offered) or 'no login at all'}")
    encoded = b64encode(words.encode())
    said = await relay.execute_command(b"AUTH", mechanism, encoded)
    if said.code == _MORE:  # why not, in JSON; the refusal follows once we have answered
        said = await relay.execute_command(cancel)
    if said.code != _IN:
        _refuse(said.code, said.message.replace(token, "…").replace(encoded.decode(), "…"), token)


def _refuse(code: int, words: str, token: str) -> None:
    if _DISABLED in words:
        raise aiosmtplib.SMTPAuthenticationError(code, f"{words}: allow authenticated SMTP for this mailbox")
    if code // 100 == 5:
        raise Stale(token, f"{code} {words}")
    raise aiosmtplib.SMTPAuthenticationError(code, words)
