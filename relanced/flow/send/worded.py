"""What becomes of a message that was to be worded: it is ready to be sealed, ruled upon, or changed."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from relanced.rules.lifecycle import MessageEvent
from relanced.store.outcomes import Rest
from relanced.store.sealing import Seal
from relanced.store.sending import Ruling, Waiting
from relanced.store.tasks import Task


class Worded(Struct, frozen=True):
    """A message ready to be sealed. `lapse_at`: how long its sheet may lie in a tray; `tasks`: for a person."""

    seal: Seal
    lapse_at: datetime
    tasks: tuple[Task, ...] = ()
    rest: Rest | None = None


class Changed(Struct, frozen=True):
    """What is decided is not what was planned any more: the planner must look at the case."""

    case_id: int


def withdrawn(message: Waiting, why: str) -> Ruling:
    """It will not leave."""
    return Ruling(message.id, message.case_id, MessageEvent.WITHDRAW, why)
