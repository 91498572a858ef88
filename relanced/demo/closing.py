"""The first and the last words of the demonstration: who is who, what happened to each, and where everything lies."""

from __future__ import annotations

from relanced.demo.folder import Folder
from relanced.demo.narrator import Narrator
from relanced.house import House


def open_with(folder, narrator):
    narrator.line("start")


async def close_with(house: House, folder: Folder, narrator: Narrator, stay: bool) -> None:
    for i in await house.store.views.case_ids(state=None):
        (case,) = await house.store.planning.load([i], house.premises.local(house.clock.now()).date())
        narrator.line(f"{i} {case.facts.debtor.name} {case.state}")
        for m in await house.store.views.messages_of(i):
            narrator.line(f"    {m['step']} {m['road']} {m['state']} {m['sent_at']} {m['reason']}")
