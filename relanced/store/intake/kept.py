"""What a person set by hand: an import that says otherwise is heard and told, not followed, until it is given back.

`kept` of a case or an address holds, by column, who set it and what the files last said: ``{"name": {"by": "claire",
"said": "GARAGE SARL"}}``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

Kept = Mapping[str, Mapping[str, Any]]
Row = Mapping[str, Any]

WORDS = {"policy_wanted": "policy", "dead_since": "whether it is dead"}
SILENT = frozenset({"postcode"})  # goes with the address


def keep(row: Row, said: Row, by: str) -> dict[str, Any]:
    """`kept` of the row once a person has said this of it."""
    kept: Kept = row["kept"]
    return {**kept, **{name: {"by": by, "said": _last_said(row, name)} for name in said}}


def _last_said(row: Row, name: str) -> Any:
    """What the files said: as noted, if a person had set it before; else what stood there."""
    return row["kept"][name]["said"] if name in row["kept"] else plain(row[name])


def heard(kept: Kept, said: Row) -> dict[str, Any]:
    """`kept` once a file has said this."""
    return {**kept, **{name: {**kept[name], "said": plain(value)} for name, value in said.items() if name in kept}}


def given_back(kept: Kept, names: Collection[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is still kept, and the values of the files that come back."""
    still = {name: about for name, about in kept.items() if name not in names}
    return still, {name: kept[name]["said"] for name in names if name in kept}


def told(kind: str, row: Row, said: Row) -> list[str]:
    """What an import has to say of the fields that stay as a person set them."""
    kept: Kept = row["kept"]
    differ = [name for name, value in said.items() if name in kept and name not in SILENT and row[name] != value]
    return [
        f"kept by {kept[name]['by']}: {kind} {called(row)}: {WORDS.get(name, name)} stays {shown(row[name])}, "
        f"the file says {shown(said[name])}"
        for name in differ
    ]


def called(row: Row) -> str:
    """How people call the row: a debtor by its key, an address as it is written."""
    return str(row["debtor_key"] if "debtor_key" in row else shown(row["place"]))


def shown(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return str(value).replace("\n", ", ") if value not in ("", None) else "nothing"


def plain(value: Any) -> Any:
    """As JSON can say it."""
    return value.isoformat() if isinstance(value, date) else value
