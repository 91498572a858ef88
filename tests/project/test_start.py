"""What a start may load: hours of an operator are made of seconds."""

from __future__ import annotations

import subprocess
import sys

import pytest

DAEMON = "from relanced.cli.running import run_daemon; import relanced.daemon.daemon, relanced_email"
CLIENT = "from relanced.cli.commands import relanced"


@pytest.mark.parametrize(
    ("loaded", "never"),
    [
        (DAEMON, ["sqlalchemy.orm", "typst", "holidays", "twilio", "openpyxl", "aiohttp.web"]),
        (CLIENT, ["sqlalchemy", "aiohttp", "jinja2", "pydantic"]),
    ],
    ids=["the daemon", "a command"],
)
def test_a_start_loads_nothing_slow_that_it_may_never_need(loaded: str, never: list[str]) -> None:
    told = f"import sys; {loaded}; print([name for name in {never!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
