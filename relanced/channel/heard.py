"""What comes back through a door: receipts said by machines, replies said by persons. Optional for a channel.

Whatever is heard is stored as it came and committed, before anybody acknowledges it; only then `read` says what it
means. One and the same thing may be heard many times and in any order: its `key` makes it one row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from msgspec import Struct, field

from relanced.channel.drafts import Enclosure


class Heard(Struct, frozen=True):
    """Something that came back, as it came. `key` names it within the channel: heard again, it is the same thing."""

    key: str
    raw: bytes
    about: Mapping[str, str] = field(default_factory=dict)  # what is not in the bytes: how it came, a content type


class Said(StrEnum):
    """What a machine says became of an attempt."""

    TAKEN = "taken"  # the provider has it: it did leave (an uncertain message is settled by this)
    POSTED = "posted"  # a letter that lay in a tray was printed and handed to the post
    DELIVERED = "delivered"  # it arrived
    BOUNCED = "bounced"  # it did not arrive
    RETURNED = "returned"  # the letter came back
    PRESENTED = "presented"  # the registered letter was first presented on `on`
    DELAYED = "delayed"  # not yet; the provider goes on trying
    READ = "read"  # it was opened
    LOST = "lost"  # a printer or a mail house gave it up before anything left: the sheet is to be made again
    UNKNOWN = "unknown"  # the provider has never seen it: a person looks whether it was named right
    NOTED = "noted"  # a fact for the journal and the file, without effect
    ABSENT = "absent"  # a machine answers for somebody who is away, `on` being the last day
    CHALLENGED = "challenged"  # a machine lets nothing in before somebody has answered it


class Receipt(Struct, frozen=True):
    """A machine's word about one attempt, named by its id or by the provider's. `at`: when it happened, aware.

    `words` and `code` are the machine's own. `address_dead`: nobody lives there, the next contact or road is tried.
    `opted_out`: the person said stop on this road. `number`: what the post calls the letter. Mail is also known by what
    it speaks of: our `reference`, our Message-IDs (`mail_ids`, nearest first), the `address` that did not take it, or
    that answers. `quiet`: nobody is asked about it when it is nobody's.
    """

    said: Said
    at: datetime
    words: str
    attempt: str = ""
    provider_id: str = ""
    code: str = ""
    address_dead: bool = False
    opted_out: bool = False
    on: date | None = None
    number: str = ""
    proofs: tuple[Enclosure, ...] = ()
    reference: str = ""
    mail_ids: tuple[str, ...] = ()
    address: str = ""
    quiet: bool = False


class Reply(Struct, frozen=True):
    """A person's word. `sender` and `to` are addresses on the road (mail address, E.164 number).

    `reference`: the one of ours that it names. `seems`: what it seems to say, a suggestion for whoever answers.
    `quiet`: nobody is asked about it when it is nobody's.
    """

    at: datetime
    sender: str
    to: str
    text: str
    subject: str = ""
    attempt: str = ""
    provider_id: str = ""
    mail_ids: tuple[str, ...] = ()  # Message-IDs it answers, nearest first
    stop: bool = False  # the whole text is a STOP: obeyed at once
    reference: str = ""
    seems: str = ""
    quiet: bool = False


class Awaited(Struct, frozen=True):
    """An attempt that left (or may have) and whose end nobody told yet. `number`: what the post calls the letter.

    `sent`: since when we know that it left.
    """

    attempt: str
    provider_id: str
    address: str
    since: datetime
    number: str = ""
    sent: datetime | None = None


Keep = Callable[[Heard], Awaitable[None]]  # returns after the COMMIT; raises when the database is not there


class Request(Struct, frozen=True):
    """An HTTP request of a provider, at the public URL it was told to call."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@runtime_checkable
class Reads(Protocol):
    """Optional: a door that understands what comes back through it."""

    def read(self, heard: Heard) -> tuple[Receipt | Reply, ...]:
        """What it means; empty when it means nothing. Pure. Raises ValueError for what cannot be understood."""


@runtime_checkable
class Asks(Reads, Protocol):
    """Optional: a door that can be asked what became of what left through it."""

    @property
    def ask_every(self) -> timedelta:
        """How long between two rounds of questions."""

    async def ask(self, awaited: Sequence[Awaited], since: datetime, keep: Keep) -> None:
        """Ask the provider about these attempts, and for what people wrote since then; keep each thing it says.

        Raises OSError or TimeoutError when the provider does not answer: it is asked again at the next round.
        """


@runtime_checkable
class Hooked(Reads, Protocol):
    """Optional: a door whose provider calls us."""

    # Optional: ``acknowledge = 201``, the status with which this provider wants a kept request answered, if not 204.

    def genuine(self, request: Request) -> bool:
        """Whether the provider signed this request, for this URL."""

    def heard(self, request: Request) -> Heard:
        """What a genuine request brings. Raises ValueError for what is no such request."""


class Inbox(Struct, frozen=True):
    """What the settings of a mail channel may say as ``inboxes``: a mailbox that its door watches.

    `name` tells it from the others of the channel. `reads`: the addresses whose mail arrives there; if none is named,
    those of everybody who writes through the channel.
    """

    name: str
    reads: tuple[str, ...] = ()


@runtime_checkable
class Watches(Protocol):
    """Optional: a mail door with ears that stay open. What comes is RFC 5322 and is read by the house itself."""

    async def watch(self, inbox: str, since: datetime, keep: Keep, hears: Callable[[], None]) -> None:
        """Listen at one inbox until cancelled, keeping whatever has come since then. Calls `hears()` whenever it has
        heard all there is.

        Raises OSError or TimeoutError when the ear is cut; the house opens it again, slower each time.
        """
