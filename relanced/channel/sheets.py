"""The sheet of a call: the bytes that a phone door seals, and that the house shows to whoever phones."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from relanced.channel.drafts import CallDraft


class CallSheet(Struct, frozen=True):
    """What a person has before them while they phone. `to` is a number in E.164 form."""

    reference: str
    to: str
    script: str
    facts: Mapping[str, str]

    @classmethod
    def of(cls, draft: CallDraft) -> CallSheet:
        """The sheet of a draft."""
        return cls(draft.reference, draft.to, draft.script, dict(sorted(draft.sidecar.items())))

    @property
    def wire(self) -> bytes:
        """One JSON object in UTF-8, the same for the same."""
        said = {"reference": self.reference, "to": self.to, "script": self.script, "facts": self.facts}
        return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"

    @classmethod
    def read(cls, wire: bytes) -> CallSheet:
        """The sheet back from its bytes. Raises ValueError."""
        try:
            said = json.loads(wire)
            facts = {str(name): str(value) for name, value in said["facts"].items()}
            return cls(str(said["reference"]), str(said["to"]), str(said["script"]), facts)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"these bytes are no sheet of a call: {error}") from error
