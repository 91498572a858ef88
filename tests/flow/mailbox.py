"""The words of a configuration that listens at a mailbox of Dovecot."""

from __future__ import annotations

from pathlib import Path

from tests.dovecot import PASSWORD
from tests.flow import paper


def imap(folder: Path, port: int, user: str, more: str = "") -> str:
    """An inbox, as `email=` of a company says it after `imap:`."""
    login = f"host: 127.0.0.1, port: {port}, tls: none, user: {user}"
    return f", imap: {{{login}, password: {paper.secret(folder, 'imap', PASSWORD)}, timeout: 3{more}}}"
