"""What a start may load: hours of an operator are made of seconds."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLIENT = "from relanced.cli.commands import relanced"
RUN = "from click.testing import CliRunner; CliRunner().invoke(relanced, ['-c', '/nowhere', 'run'])"
DAEMON = f"{CLIENT}; {RUN}; assert 'relanced.daemon.daemon' in sys.modules; import relanced_email"
DESK = ["openpyxl", "aiohttp.web", "rich", "segno", "relanced.flow.desk"]
SLOW = ["sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "typst", "holidays", "twilio", *DESK]


@pytest.mark.parametrize(
    ("loaded", "never"),
    [
        (DAEMON, SLOW),
        (CLIENT, ["sqlalchemy", "aiohttp", "jinja2", "pydantic"]),
    ],
    ids=["the daemon", "a command"],
)
def test_a_start_loads_nothing_slow_that_it_may_never_need(loaded: str, never: list[str]) -> None:
    told = f"import sys; {loaded}; print([name for name in {never!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
