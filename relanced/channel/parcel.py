"""The exact bytes: what is sealed, stored, submitted and proved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field


class Blob(Struct, frozen=True):
    """A run of bytes that many parcels share (an encoded invoice PDF): stored once, by digest."""

    content: bytes
    digest: str  # SHA-256, hex

    @classmethod
    def of(cls, content: bytes) -> Blob:
        """Name the bytes by their SHA-256."""
        return cls(content, hashlib.sha256(content).hexdigest())


class Parcel(Struct, frozen=True):
    """What is sealed: the bytes piece by piece, where they go, and until when they may leave.

    `envelope` is what the door needs beside the bytes (an envelope sender, a file name); it is stored with the attempt,
    so that a parcel rebuilt after a crash is equal to the one that was submitted.
    """

    attempt: str
    address: str
    deadline: datetime
    pieces: tuple[bytes | Blob, ...]
    envelope: Mapping[str, str] = field(default_factory=dict)

    @property
    def wire(self) -> bytes:
        """All the bytes, in order."""
        return b"".join(p.content if isinstance(p, Blob) else p for p in self.pieces)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) over the whole wire."""
        whole = hashlib.sha256()
        for piece in self.pieces:
            whole.update(piece.content if isinstance(piece, Blob) else piece)
        return whole.hexdigest()
