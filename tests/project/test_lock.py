"""The locks name exact versions and hashes, and nothing of where they were fetched."""

from __future__ import annotations

import re
from itertools import chain, pairwise

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project.tree import ROOT, pyproject

RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; (?P<marker>.+?))? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
VIA = re.compile(r"^    # via [-\w. ,:()]+$")


def lines(lock: str) -> list[str]:
    return (ROOT / lock).read_text("utf-8").splitlines()


def pins(lock: str) -> dict[str, set[Version]]:
    """What is locked; a package may have one version per range of Pythons."""
    found: dict[str, set[Version]] = {}
    for pin in filter(None, map(PIN.match, lines(lock))):
        found.setdefault(pin["name"], set()).add(Version(pin["version"]))
    return found


def asked(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for: to run, to be built, and with these extras."""
    said = pyproject()
    optional = said["project"]["optional-dependencies"]
    needs = [said["project"]["dependencies"], said["build-system"]["requires"], said["dependency-groups"]["build"]]
    return [Requirement(r) for r in chain(*needs, *(optional[e] for e in extras))]


@pytest.mark.parametrize("lock", [RUNTIME, DEV])
def test_a_lock_holds_pins_hashes_and_reasons_only(lock: str) -> None:
    strange = [line for line in lines(lock) if not (PIN.match(line) or HASH.match(line) or VIA.match(line))]
    assert strange == []


@pytest.mark.parametrize("lock", [RUNTIME, DEV])
def test_every_pin_has_a_hash(lock: str) -> None:
    """Attack 40: a package that was exchanged under the same version is not installed."""
    assert [line for line, after in pairwise(lines(lock)) if PIN.match(line) and not HASH.match(after)] == []


@pytest.mark.parametrize(
    ("lock", "extras"), [(RUNTIME, ["postgres"]), (DEV, list(pyproject()["project"]["optional-dependencies"]))]
)
def test_every_dependency_is_locked_as_asked(lock: str, extras: list[str]) -> None:
    locked = pins(lock)
    wrong = [r for r in asked(*extras) if not _satisfied(r, locked.get(canonicalize_name(r.name), set()))]
    assert wrong == []


def test_both_locks_agree() -> None:
    runtime, dev = pins(RUNTIME), pins(DEV)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_what_runs_needs_no_test_tool() -> None:
    tools = {canonicalize_name(Requirement(r).name) for r in pyproject()["project"]["optional-dependencies"]["dev"]}
    assert tools & set(pins(RUNTIME)) == {"hatchling"}  # it builds the pointer to the checkout


def _satisfied(need: Requirement, versions: set[Version]) -> bool:
    return bool(versions) and all(need.specifier.contains(v, prereleases=True) for v in versions)
