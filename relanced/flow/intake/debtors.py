"""The verb of a person who corrects what files said of a debtor: kept against later imports, until it is given back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relanced.config.words import period
from relanced.counter import Asked, Desk, Misasked, Told, Verb, table
from relanced.flow.intake.by_hand import CONTACT, DEBTOR, NONE, case_of, given_back, plain, read, told
from relanced.store.facts import Loaded
from relanced.store.intake.kept import shown

FIELDS = ("field", "value", "kept_by", "the_files_say")


async def debtor(desk: Desk, asked: Asked) -> Told:
    """Set what is known of a debtor, by hand; without anything to set, show it and who keeps what."""
    case = await case_of(desk, asked)
    said, back = read(asked, DEBTOR), given_back(asked, DEBTOR)
    if asked.words.get("closed"):
        said["closed"] = _closed(asked.words["closed"])
    if not said and not back:
        return await _shown(desk, case)
    _known_names(desk, case, said)
    done = await desk.store.edits.debtor(case.facts.id, said, back, asked.by, desk.now, desk.now.date())
    lines = told(case, DEBTOR, done, said, back)
    if "policy_wanted" in done.changed and case.policy_digest:
        lines.append(f"the policy it climbs stays until nothing is open: {_adopt(case)}")
    return Told(tuple(lines), record={"case": case.facts.id, "changed": plain(done)})


def _closed(said: Any) -> list[list[str]]:
    """The closing periods, all of them. Raises Misasked."""
    words = [said] if isinstance(said, str) else list(said)
    try:
        spans = [period(word) for word in words if word != NONE]
    except ValueError as why:
        raise Misasked(f"closed: {why}") from None
    return [[first.isoformat(), last.isoformat()] for first, last in sorted(spans)]


def _known_names(desk: Desk, case: Loaded, said: Mapping[str, Any]) -> None:
    """A policy and an owner are names of the configuration. Raises Misasked."""
    config, creditor = desk.premises.config, case.facts.creditor
    policies = [p.name for p in config.policies_of(creditor)] if creditor in config.creditors else []
    for column, what, known in (("policy_wanted", "policy", policies), ("owner", "person", list(config.people))):
        name = said.get(column)
        if name and name not in known:
            raise Misasked(f"there is no {what} {name} (there are: {', '.join(known)})")


def _adopt(case: Loaded) -> str:
    return f"relanced adopt {case.facts.creditor} --case {case.facts.debtor.key}"


async def _shown(desk: Desk, case: Loaded) -> Told:
    row = await desk.store.edits.row(case.facts.id)
    rows = [_field(word, column, row) for word, (column, _) in DEBTOR.items()]
    rows.append({"field": "closed", "value": ", ".join("..".join(span) for span in row["closed"])})
    for way in await desk.store.edits.contacts(case.facts.id):
        rows += _fields_of(way)
    return table(FIELDS, rows, f"case {case.facts.id}: {case.facts.debtor.name} ({case.facts.debtor.key})")


def _fields_of(way: Mapping[str, Any]) -> list[dict[str, Any]]:
    where = f"{way['road']} {shown(way['place'])}"
    if way["removed_on"]:
        return [{"field": where, "value": f"removed on {way['removed_on']}", **_by(way, "removed_on")}]
    state = f"dead since {way['dead_since']}" if way["dead_since"] else "in use"
    rows = [{"field": where, "value": state, **_by(way, "dead_since")}]
    return rows + [_field(f"{where}: {word}", column, way) for word, (column, _) in CONTACT.items()]


def _field(word: str, column: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"field": word, "value": shown(row[column]), **_by(row, column)}


def _by(row: Mapping[str, Any], column: str) -> dict[str, Any]:
    kept = row["kept"].get(column)
    said = kept["said"] if kept else None
    return {"kept_by": kept["by"], "the_files_say": "" if said is None else shown(said)} if kept else {}


VERBS: dict[str, Verb] = {"debtor": debtor}
