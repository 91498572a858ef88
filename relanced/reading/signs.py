"""The signs by which a machine is known.

A person's letter that is taken for a machine's is the worst mistake here, so a word in a subject is never enough: it
takes a header that people's mail programs do not write.
"""

from __future__ import annotations

import re

from msgspec import Struct

from relanced.reading.flat import any_of, flat
from relanced.reading.headers import Headers
from relanced.reading.marks import answered

_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?delivery|mdaemon|maildaemon|bounces?(?:[-+=].*)?|microsoftexchange\w*)@"
)
_DAEMON_NAME = any_of(r"mail delivery (?:sub)?system", r"mailer[- ]?daemon", r"systeme de (?:distribution|remise)")
_NOBODY = re.compile(
    r"(?:.*[-_.+])?"
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|ne[-_.]?pas[-_.]?repondre|nepasrepondre|notifications?|newsletter)"
    r"(?:[-_.+].*)?@"
)
_FAILED = any_of(
    r"undeliver(?:ed|able)|returned mail|failure notice",
    r"delivery (?:status notification|has failed|failure|report|incomplete|delayed)",
    r"mail (?:delivery )?(?:failed|failure|system error)|(?:could not|not) be delivered",
    r"warning: (?:message|could not send)",
    r"echec (?:de (?:la )?)?(?:remise|distribution|livraison|d'envoi|de l'envoi)",
    r"non[- ](?:remis|distribue|delivre)|rapport de non|message (?:retarde|non)",
    r"notification d'etat (?:de )?(?:remise|distribution)",
    r"remise (?:retardee|impossible|differee)|impossible de (?:remettre|distribuer)",
)
_AWAY = any_of(
    r"\W*(?:reponse automatique|message automatique|auto ?:|autoreply|abwesen)",
    r"\W*auto(?:matic|mated)?[- ]?(?:reply|response)",
    r"\W*(?:out of (?:the )?office|absence|absente?|vacation|away|hors (?:du )?bureau|en conges?|je suis absente?)",
    r"\W*(?:message|notification) d'absence",
    r"\W*accuse de reception",
)
_PROGRAM = any_of(r"(?:reponse automatique|automatic reply|out of office autoreply|automatische antwort) ?:")
_READ = any_of(r"(?:lu|non lu|read|not read|accuse de lecture|confirmation de lecture) ?: ")
_AUTO_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-vacation",
)
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post", "x-mailing-list", "feedback-id", "x-campaign")
_BULK = ("bulk", "junk", "auto_reply")
_ANSWER = re.compile(r"\W*(?:re|rep|aw|sv|ref) ?(?:\[\d+\])?:")


class Signs(Struct, frozen=True):
    """What the headers of a message say of who wrote it."""

    headers: Headers
    sender: str
    subject: str
    title: str  # the subject, flat

    @classmethod
    def of(cls, headers: Headers) -> Signs:
        """The signs of a message. A list that writes its own address over the sender's keeps the sender's beside."""
        names = ("x-original-from",) if headers.has("list-id") else ()
        sender = next(filter(None, map(headers.address, (*names, "from", "sender"))), "")
        subject = headers.text("subject")
        return cls(headers, sender, subject, flat(subject[:300]))

    @property
    def ours(self) -> bool:
        """A message of this house, or the copy of one."""
        return self.headers.has("x-relanced-attempt")

    @property
    def null_path(self) -> bool:
        """The envelope sender is empty: nobody may answer (RFC 5321 §4.5.5)."""
        path = self.headers.raw("return-path").strip().lower()
        return path in ("<>", "mailer-daemon") or path.startswith("<mailer-daemon")

    @property
    def daemon(self) -> bool:
        """The sender is a mail server."""
        return bool(_DAEMON.match(self.sender) or _DAEMON_NAME.search(flat(self.headers.text("from")[:200])))

    @property
    def nobody(self) -> bool:
        """The sender says that nobody reads what is answered."""
        return bool(_NOBODY.match(self.sender[:200]))

    @property
    def submitted(self) -> str:
        """Auto-Submitted (RFC 3834): auto-replied, auto-generated; empty for a person's mail."""
        said = re.split(r"[\s;(]", self.headers.raw("auto-submitted").strip().lower(), maxsplit=1)[0]
        return "" if said == "no" else said

    @property
    def _precedence(self) -> str:
        return self.headers.raw("precedence").strip().lower()

    @property
    def answering_machine(self) -> bool:
        """It says itself that it answers by itself. X-Auto-Response-Suppress says nothing: people's mail has it too."""
        said = self.submitted == "auto-replied" or self._precedence == "auto_reply"
        return said or self.headers.has(*_AUTO_HEADERS)

    @property
    def machine(self) -> bool:
        """Something that people's mail programs do not write."""
        said = bool(self.submitted) or self._precedence in _BULK or self.headers.has(*_AUTO_HEADERS)
        return said or self.null_path or self.daemon

    @property
    def list(self) -> bool:
        """It came through a list, or was sent to many."""
        return self.headers.has(*_LIST_HEADERS) or self._precedence in ("list", *_BULK)

    @property
    def answers(self) -> bool:
        """It answers something: a person behind a list, or behind a ticket program, does."""
        return bool(answered(self.headers)) or bool(_ANSWER.match(self.title))

    @property
    def says_failed(self) -> bool:
        """The subject is that of a bounce."""
        return bool(_FAILED.search(self.title)) and not _ANSWER.match(self.title)

    @property
    def says_away(self) -> bool:
        """The subject is that of an automatic answer."""
        return bool(_AWAY.match(self.title))

    @property
    def titled_by_program(self) -> bool:
        """The subject begins as no person begins one: an answer to it would begin with « RE : »."""
        return bool(_PROGRAM.match(self.title))

    @property
    def says_read(self) -> bool:
        """The subject is that of a read receipt."""
        return bool(_READ.match(self.title))
