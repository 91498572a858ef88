"""Trying the door without sending: the relay as far as the login, the journal copy's folder, the DNS of the senders."""

from __future__ import annotations

import os
from collections.abc import Sequence

from relanced_email.names import Names
from relanced_email.opening import Closed, Opening
from relanced_email.repute import faults_of_domain
from relanced_email.settings import EmailSettings


async def faults_of_door(settings: EmailSettings, opening: Opening, senders: Sequence[str]) -> list[str]:
    """What is wrong, one line for each. `senders` are bare addresses."""
    domains = list(dict.fromkeys(sender.rpartition("@")[2].lower() for sender in senders))
    found = [*await _relay(settings, opening, domains[0] if domains else "localhost"), *_copy(settings)]
    names = Names(settings.dns)
    for domain in domains:
        found += await faults_of_domain(domain, settings.smtp.host, settings.dkim_selectors, names)
    return found


async def _relay(settings: EmailSettings, opening: Opening, hello: str) -> list[str]:
    """Name, connection, TLS, login, EHLO."""
    where = f"{settings.smtp.host}:{settings.smtp.port}"
    try:
        session = await opening(hello)
    except Closed as closed:
        return [f"{where}: {closed}"]
    await session.part()
    size = session.extensions.get("size", "")
    most = int(size) if size.isdigit() else 0
    if most and most < settings.enclosures * 4 // 3:  # as base64 makes them (RFC 2045 §6.8)
        fit = most * 3 // 4
        return [f"{where} takes messages of {most} bytes at most: set enclosures to {fit} or less"]
    return []


def _copy(settings: EmailSettings) -> list[str]:
    """The Maildir must be there for us to read."""
    if settings.journal is None:
        return []
    folders = [settings.journal.maildir / name for name in ("new", "cur")]
    return [f"copy.maildir: {f} cannot be read by this account" for f in folders if not os.access(f, os.R_OK | os.X_OK)]
