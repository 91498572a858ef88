"""What an installed relanced finds. Run by the interpreter it is installed for: prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec

import relanced
from relanced.config.policies import SHIPPED
from relanced.store import migrate
from relanced.store.opening import Store
from relanced.words import samples
from relanced.words.engine import Words, shipped_templates


async def born(url: str) -> str:
    """Bring an empty database to this version. Returns its revision."""
    store = Store(url)
    try:
        _, now = await migrate.upgrade(store.engine)
        await migrate.check(store.engine)
        return now
    finally:
        await store.close()


def letter() -> int:
    """Typeset one letter from the templates that ship. Returns its pages."""
    facts = next(iter(samples.cases("relance-1").values()))
    return Words([shipped_templates()]).letter("relance-1", facts).pages


def main(database: str) -> None:
    """Tell where things are, and that they work."""
    told = {
        "package": relanced.__file__,
        "templates": str(shipped_templates()),
        "policies": SHIPPED.read_text("utf-8").count("steps:"),
        "schema": asyncio.run(born(f"sqlite:///{database}")),
        "pages": letter(),
        "channels": {e.name: e.load().form.value for e in entry_points(group="relanced.channels")},
        "strangers": [name for name in ("channels", "templates", "systemd", "tests") if find_spec(name)],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
