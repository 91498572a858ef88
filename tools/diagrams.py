"""Put the two machines of relanced/rules/lifecycle.py into README.md: python tools/diagrams.py"""

from __future__ import annotations

import re
from pathlib import Path

from relanced.rules.lifecycle import CASE, MESSAGE, mermaid

README = Path(__file__).resolve().parents[1] / "README.md"
MACHINES = {"message": mermaid(MESSAGE), "case": mermaid(CASE)}


def drawn(text: str) -> str:
    """The text of the README with the diagrams as the tables have them."""
    for name, diagram in MACHINES.items():
        start = f"<!-- {name} machine: made from relanced/rules/lifecycle.py -->"
        block = f"{start}\n```mermaid\n{diagram.strip()}\n```\n<!-- end -->"
        text = re.sub(re.escape(start) + r".*?<!-- end -->", lambda _, b=block: b, text, flags=re.S)
    return text


if __name__ == "__main__":
    README.write_text(drawn(README.read_text("utf-8")), "utf-8")
