"""One mailbox over IMAP, as much of it as an ear needs. Everything here blocks: it is done in the ear's own thread."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date

from imap_tools import AND, BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import UnexpectedCommandStatusError
from imap_tools.utils import encode_folder
from msgspec import Struct

from relanced_email.settings import ImapSettings, Tls
from relanced_email.signin import Auth

KEYWORD = "relanced"
_AT_ONCE = 200  # messages whose size is asked for in one command
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"\bUID (\d+)")
_JUNK = re.compile(
    r"junk(?: e-?mail)?|spam|bulk mail|(?:courrier |messages? )?ind[eé]sirables?|pourriels?", re.IGNORECASE
)


class NotLetIn(Exception):
    """The server does not take the login. The message holds its words and no secret."""


class Folder(Struct, frozen=True):
    """A folder to look into, by the server's name for it. `junk`: what lies there is seldom for us."""

    name: str
    junk: bool = False


class Mailbox:
    """An open mailbox. Raises OSError, imaplib.IMAP4.error and imap_tools.ImapToolsError when it is cut or refuses."""

    def __init__(self, box: BaseMailBox, settings: ImapSettings) -> None:
        self._box, self._settings = box, settings
        self._target = ""

    @classmethod
    def open(cls, settings: ImapSettings, token: str = "") -> Mailbox:
        """Connect and log in, with a token where no password is used. Raises NotLetIn besides."""
        box = _connected(settings)
        try:
            _log_in(box, settings, token)
            box.client._get_capabilities()  # after the login there are more
        except BaseException:
            _let_go(box)
            raise
        return cls(box, settings)

    @property
    def idles(self) -> bool:
        """Whether the server tells when something comes (RFC 2177)."""
        return self._can("IDLE")

    def _can(self, what: str) -> bool:
        return what in self._box.client.capabilities

    def folders(self) -> list[Folder]:
        """The folders to look into, the first of the settings last: it is the one that is listened to afterwards."""
        said = self._settings
        known = {f.name: f for f in self._box.folder.list()} if said.junk else {}
        if isinstance(said.junk, str):
            junk = [said.junk]
        else:
            junk = [n for n, f in known.items() if "\\Junk" in f.flags] or [n for n, f in known.items() if _junk(f)][:1]
        return [*(Folder(n, junk=True) for n in junk if n not in said.folders), *map(Folder, reversed(said.folders))]

    def select(self, folder: Folder) -> int:
        """Look into a folder from now on. Returns its UIDVALIDITY: while it is the same, so are the numbers in it."""
        untouched = folder.junk or self._settings.after == "nothing"
        self._box.folder.set(folder.name, readonly=untouched)
        told = self._box.client.response("UIDVALIDITY")[1][0]
        return int(told) if told else 0

    def received_since(self, day: date) -> set[int]:
        """The numbers (UID) of what the server received on that day or later."""
        told = self._asked("SEARCH", str(AND(date_gte=day)))
        return {int(uid) for line in told if isinstance(line, bytes) for uid in line.split()}

    def sizes(self, uids: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Each number with the bytes of its message; what has gone meanwhile is left out."""
        for i in range(0, len(uids), _AT_ONCE):
            these = ",".join(map(str, uids[i : i + _AT_ONCE]))
            for line in self._asked("FETCH", these, "(UID RFC822.SIZE)"):
                uid, size = (_UID.search(line), _SIZE.search(line)) if isinstance(line, bytes) else (None, None)
                if uid and size:
                    yield int(uid[1]), int(size[1])

    def content(self, uid: int, most: int | None = None) -> bytes | None:
        """The bytes of a message, at most so many from its beginning, without marking it; None if it has gone."""
        part = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
        told = self._asked("FETCH", str(uid), f"({part})")
        return next((bytes(one[1]) for one in told if isinstance(one, tuple) and b"BODY[" in one[0]), None)

    def _asked(self, command: str, *words: str) -> list[bytes | tuple[bytes, bytes] | None]:
        typ, told = self._box.client.uid(command, *words)
        if typ != "OK":
            raise UnexpectedCommandStatusError((typ, told), "OK")
        return list(told)

    # -- once it is kept ----------------------------------------------------------------------------------------------

    def done(self, uid: int) -> None:
        """What the settings want done with a message that is kept."""
        what, _, folder = self._settings.after.partition(" ")
        if what == "flag":
            self._asked("STORE", str(uid), "+FLAGS.SILENT", f"({self._mark()})")
        elif what == "seen":
            self._asked("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")
        elif what == "move":
            self._move(uid, folder)

    def _mark(self) -> str:
        r"""Our keyword, or \Seen where the server keeps no keywords of others."""
        kept = str(self._box.client.untagged_responses.get("PERMANENTFLAGS", rb"\*"))
        return KEYWORD if r"\*" in kept or KEYWORD in kept else r"\Seen"

    def _move(self, uid: int, folder: str) -> None:
        """Into a folder, which is made when it is missing. What others have marked for deletion is left alone."""
        self._target = self._target or self._made(folder)
        target = encode_folder(self._target).decode("ascii")
        if self._can("MOVE"):
            self._asked("MOVE", str(uid), target)
            return
        self._asked("COPY", str(uid), target)
        self._asked("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if self._can("UIDPLUS"):
            self._asked("EXPUNGE", str(uid))

    def _made(self, folder: str) -> str:
        """The folder by the server's name: the settings part its levels by /, each server as it likes."""
        known = {f.name: f for f in self._box.folder.list()}
        parting = next((f.delim for f in known.values() if f.delim not in ("", "NIL")), "/")
        name = folder if folder in known else folder.replace("/", parting)
        if name not in known:
            self._box.folder.create(name)
        return name

    # -- waiting ------------------------------------------------------------------------------------------------------

    def wait(self, seconds: float) -> None:
        """Until the server tells of something, at most so long."""
        self._box.idle.start()  # type: ignore[no-untyped-call]
        if not self._told_already():
            self._box.idle.poll(seconds)
        self._box.idle.stop()  # type: ignore[no-untyped-call]

    def _told_already(self) -> bool:
        """Whether something came along with the answer to IDLE: no poll of the socket would show it any more."""
        client = self._box.client
        client.sock.settimeout(0)
        try:
            return bool(client.file.peek(1))  # type: ignore[union-attr]
        except OSError:
            return False
        finally:
            client.sock.settimeout(self._settings.timeout)

    def part(self) -> None:
        """Say LOGOUT."""
        with suppress(OSError, imaplib.IMAP4.error):
            self._box.client.logout()

    def close(self) -> None:
        """Let go of the line."""
        _let_go(self._box)

    def cut(self) -> None:
        """Break the line, from any thread: whatever waits for the server ends at once."""
        with suppress(OSError):
            self._box.client.sock.shutdown(socket.SHUT_RDWR)


def _junk(folder: object) -> bool:
    name, parting = getattr(folder, "name", ""), getattr(folder, "delim", "")
    return bool(_JUNK.fullmatch(name.rpartition(parting)[2] if parting else name))


# -- the way in -------------------------------------------------------------------------------------------------------


def _connected(said: ImapSettings) -> BaseMailBox:
    """Never with less cipher than was asked."""
    if said.tls is Tls.IMPLICIT:
        return MailBox(said.host, said.port, said.timeout, ssl_context=_context(said))
    box = MailBoxUnencrypted(said.host, said.port, said.timeout)
    if said.tls is Tls.STARTTLS:
        try:
            box.client.starttls(_context(said))
        except BaseException:
            _let_go(box)
            raise
    return box


def _let_go(box: BaseMailBox) -> None:
    with suppress(OSError):
        box.client.shutdown()


def _context(said: ImapSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=said.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _log_in(box: BaseMailBox, said: ImapSettings, token: str) -> None:
    client = box.client
    try:
        if said.auth is not Auth.PASSWORD:
            mechanism, words = _bearer(said, token, client.capabilities)
            client.authenticate(mechanism, _once(words))
        else:
            password = said.password.get_secret_value() if said.password else ""
            plain = said.user.isascii() and password.isascii() and "LOGINDISABLED" not in client.capabilities
            log_in = box.login if plain else box.login_utf8
            log_in(said.user, password, initial_folder=None)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnexpectedCommandStatusError) as error:
        raise NotLetIn(_without_secrets(_refusal(error), said, token)) from None


def _refusal(error: Exception) -> str:
    """The words of the server, without those of the library around them."""
    told = error.command_result[1] if isinstance(error, UnexpectedCommandStatusError) else []
    words = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in told if part]
    return " ".join(words) or str(error)


def _bearer(said: ImapSettings, token: str, offered: Sequence[str]) -> tuple[str, str]:
    """How a token is shown: XOAUTH2, or OAUTHBEARER (RFC 7628)."""
    if "AUTH=OAUTHBEARER" in offered and "AUTH=XOAUTH2" not in offered:
        return "OAUTHBEARER", f"n,a={said.user},\x01host={said.host}\x01auth=Bearer {token}\x01\x01"
    return "XOAUTH2", f"user={said.user}\x01auth=Bearer {token}\x01\x01"


def _once(words: str) -> Callable[[bytes], bytes]:
    """Asked a second time, the server has refused and says why: nothing is to be added."""
    said = [words.encode(), b""]
    return lambda _: said.pop(0) if said else b""


def _without_secrets(words: str, said: ImapSettings, token: str) -> str:
    """A server may echo what it was told."""
    for secret in (token, said.password.get_secret_value() if said.password else ""):
        words = words.replace(secret, "…") if secret else words
    return words
