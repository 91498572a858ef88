"""What a person says of a debtor at the desk, read as a cell of a file is read, and what came of it in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from relanced.counter import Asked, Desk, Misasked
from relanced.flow.intake import cells, reach
from relanced.flow.intake.faults import Unreadable, printable
from relanced.rules.model import Consent
from relanced.store.edits import Edited
from relanced.store.facts import Loaded
from relanced.store.intake.kept import shown

NONE = "none"  # how a person says: nothing there

Reader = Callable[[str], Any]
Fields = Mapping[str, tuple[str, Reader]]  # as people call it: the column, and how it is read


def _full(said: str) -> str:
    if not cells.text(said):
        raise Unreadable("must not be empty")
    return cells.text(said)


def _or_nothing(read: Reader, nothing: Any) -> Reader:
    return lambda said: nothing if said in ("", NONE) else read(said)


def postal(said: str) -> list[str]:
    """The lines of a postal address that was written in one, between commas."""
    lines = reach.with_town(cells.lines(said))
    if lines is None:
        raise Unreadable("ends in no postcode and town (write 12 RUE DES FORGES, 35000 RENNES)")
    return list(lines)


def _consent(said: str) -> str:
    return (Consent.GIVEN if cells.yes(said) else Consent.WITHDRAWN).value


DEBTOR: Fields = {
    "name": ("name", _full),
    "segment": ("segment", lambda said: cells.segment(said).value),
    "siren": ("siren", _or_nothing(cells.siren, "")),
    "address": ("address", postal),
    "language": ("language", cells.language),
    "tags": ("tags", _or_nothing(lambda said: list(cells.tags(said)), [])),
    "excluded": ("excluded", cells.yes),
    "policy": ("policy_wanted", _or_nothing(cells.text, "")),
    "owner": ("owner", _or_nothing(cells.text, "")),
}
CONTACT: Fields = {
    "name": ("name", cells.text),
    "rank": ("rank", cells.rank),
    "consent": ("consent", _or_nothing(_consent, Consent.NONE.value)),
}


async def case_of(desk: Desk, asked: Asked) -> Loaded:
    """The case that was named. Raises NotFound."""
    case_id = await desk.store.views.find_case(asked.text("case"), asked.maybe("creditor"))
    (case,) = await desk.store.planning.load([case_id], desk.now.date())
    return case


def read(asked: Asked, fields: Fields) -> dict[str, Any]:
    """What was said, by column. Raises Misasked."""
    said: dict[str, Any] = {}
    for word, (column, read) in fields.items():
        if asked.words.get(word) is not None:
            said[column] = one(word, str(asked.words[word]), read)
    return said


def one(word: str, said: str, read: Reader) -> Any:
    """One word. Raises Misasked."""
    try:
        return read(said)
    except Unreadable as why:
        raise Misasked(f'{word}: "{printable(said)}" {why}') from None


def given_back(asked: Asked, fields: Fields) -> list[str]:
    """The columns in which the imports shall rule again. Raises Misasked."""
    wanted = [str(word) for word in asked.words.get("give_back") or ()]
    unknown = [word for word in wanted if word not in fields]
    if unknown:
        raise Misasked(f"give back: {unknown[0]} is none of {', '.join(fields)}")
    return [fields[word][0] for word in wanted]


def told(case: Loaded, fields: Fields, done: Edited, said: Mapping[str, Any], back: list[str]) -> list[str]:
    """What an edit changed, what is kept from now on, what the imports may change again."""
    words = {column: word for word, (column, _) in fields.items()} | {"closed": "closed"}
    lines = [
        f"{case.facts.debtor.key}: {words[column]}: {shown(old)} is now {shown(new)}"
        for column, (old, new) in done.changed.items()
        if column in words
    ] or [f"{case.facts.debtor.key}: nothing changed"]
    kept = [words[column] for column in said if column in words and column != "closed"]
    lines += [f"kept against later imports: {', '.join(kept)} (--give-back lets them rule again)"] if kept else []
    lines += [f"the imports rule again: {', '.join(words[column] for column in back)}"] if back else []
    return lines + freed(done)


def freed(done: Edited) -> list[str]:
    """Whether something goes on because a road was found."""
    return [f"goes on, for an address was found: {done.freed} of its terms"] if done.freed else []


def plain(done: Edited) -> dict[str, list[Any]]:
    """The changes for machines: before and after, by column."""
    return {column: list(both) for column, both in done.changed.items()}
