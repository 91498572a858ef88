"""The floors hold, and each of their rules bites."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.project.tree import ROOT, channels, copied, pyproject

# Wrong imports, one for each rule: the file that is planted, and what it says.
PLANTED = {
    "floors": ("relanced/store/climbing.py", "import relanced.flow"),
    "neighbours": ("relanced/words/prying.py", "import relanced.store"),
    "verbs": ("relanced/flow/intake/chatting.py", "import relanced.flow.plan"),
    "ground": ("relanced/rules/ticking.py", "import time"),
    "sql": ("relanced/flow/plan/querying.py", "import sqlalchemy"),
    "entry-points": ("relanced/premises/naming.py", "import relanced_letter"),
    "door": ("channels/relanced_email/entering.py", "import relanced.config"),
    "channels": ("channels/relanced_letter/copying.py", "import relanced_email"),
    "circles": ("relanced/rules/circling.py", "import relanced.rules.model"),
}
HOMELESS = "relanced/attic.py"


def rules() -> ConfigParser:
    found = ConfigParser()
    found.read(ROOT / ".importlinter", "utf-8")
    return found


def sentences() -> dict[str, str]:
    """The name of each rule, by its identifier."""
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): rules()[s]["name"] for s in rules().sections() if s.startswith(prefix)}


def walked(tree: Path) -> subprocess.CompletedProcess[str]:
    """lint-imports over a tree, as `make check` runs it."""
    where = os.pathsep.join(map(str, (tree, tree / "channels")))
    return subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "lint-imports", "--no-logo", "--no-cache"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": where, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is told of a house with every fault at once, by the sentence that is broken."""
    house = copied(["relanced", "channels", ".importlinter"], tmp_path_factory.mktemp("wrong") / "house")
    for place, says in PLANTED.values():
        (house / place).write_text(says)
    with (house / "relanced/rules/model.py").open("a") as file:
        file.write("\nimport relanced.rules.circling\n")
    (house / HOMELESS).touch()
    walk = walked(house)
    assert walk.returncode == 1, walk.stdout + walk.stderr
    parts = re.split(r"^(.+)\n-+\n", walk.stdout.partition("Broken contracts")[2], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_house_keeps_its_floors() -> None:
    walk = walked(ROOT)
    assert walk.returncode == 0, walk.stdout + walk.stderr


def test_every_rule_has_its_planted_fault() -> None:
    assert set(sentences()) == set(PLANTED)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_wrong_import_fails(told: dict[str, str], rule: str) -> None:
    planted = Path(PLANTED[rule][0]).stem
    assert f".{planted}" in told[sentences()[rule]]


def test_a_file_without_a_floor_fails(told: dict[str, str]) -> None:
    assert "relanced.attic" in told[sentences()["floors"]]


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("importlinter", "root_packages"),
        ("importlinter:contract:entry-points", "forbidden_modules"),
        ("importlinter:contract:door", "source_modules"),
        ("importlinter:contract:channels", "modules"),
        ("importlinter:contract:circles", "ancestors"),
    ],
)
def test_every_channel_is_watched(section: str, key: str) -> None:
    assert set(rules()[section][key].split()) - {"relanced"} == channels()


def test_every_channel_ships_and_is_announced() -> None:
    said = pyproject()
    wheel = said["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    announced = said["project"]["entry-points"]["relanced.channels"].values()
    assert set(wheel) == {"relanced", *(f"channels/{name}" for name in channels())}
    assert {place.partition(":")[0] for place in announced} == channels()
