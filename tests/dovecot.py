"""A private Dovecot in a folder of its own: real mailboxes that answer IMAP on this machine."""

from __future__ import annotations

import getpass
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from tests.ports import free_port

PASSWORD = "s3cret-box"
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = {ssl}
disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = {mechanisms}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
last_valid_uid = 0
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = .
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
{more}
"""


class Dovecot:
    """One server; `folder` holds its mail. It can be stopped and started again on the same port."""

    def __init__(self, folder: Path, **said: str) -> None:
        self.folder, self.port, self.imaps = folder, free_port(), free_port()
        self._said = {"ssl": "no", "mechanisms": "plain login", "more": "", **said}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve; returns once it greets."""
        user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        about = pwd.getpwnam(user)
        for name in ("mail", "run", "state"):
            (self.folder / name).mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(self.folder / name, about.pw_uid, about.pw_gid)
        said = {"user": user, "group": grp.getgrgid(about.pw_gid).gr_name, "password": PASSWORD, **self._said}
        config = self.folder / "dovecot.conf"
        config.write_text(_CONFIG.format(folder=self.folder, port=self.port, imaps=self.imaps, **said))
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin") or "dovecot"
        mortal = ["setpriv", "--pdeathsig", "TERM"]  # it does not outlive us
        self._process = subprocess.Popen([*mortal, program, "-F", "-c", str(config)], start_new_session=True)
        self._greets()

    def _greets(self) -> None:
        for _ in range(200):
            try:
                with closing(socket.create_connection(("127.0.0.1", self.port), 5)) as line:
                    if line.recv(4) == b"* OK":
                        return
            except OSError:
                pass
            time.sleep(0.05)
        raise TimeoutError((self.folder / "log").read_text())

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    @contextmanager
    def as_somebody(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A person's own mail program, logged in."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            client.logout()

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Mails arrive, now or at that moment."""
        with self.as_somebody(user) as client:
            for mail in mails:
                told = client.append(folder, "", imaplib.Time2Internaldate(at or time.time()), mail)
                assert told[0] == "OK", told

    def flags(self, user: str, folder: str = "INBOX") -> list[str]:
        """What somebody marked every message of a folder with, oldest first; \\Recent is the server's own."""
        with self.as_somebody(user) as client:
            there = client.select(folder, readonly=True)[1][0]
            told = client.fetch("1:*", "(FLAGS)")[1] if there != b"0" else []
            marks = [imaplib.ParseFlags(one) for one in told if isinstance(one, bytes)]
            return [" ".join(f.decode() for f in found if f != b"\\Recent") for found in marks]

    def holds(self, user: str, folder: str = "INBOX") -> int:
        """How many messages a folder holds."""
        with self.as_somebody(user) as client:
            told = client.select(folder, readonly=True)[1][0]
            return int(told or 0)


@contextmanager
def dovecot(**said: str) -> Iterator[Dovecot]:
    """One that serves while the context lasts. `said`: ssl, mechanisms, more lines."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    folder.chmod(0o755)
    server = Dovecot(folder, **said)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
