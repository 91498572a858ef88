"""What is built is whole, and works where it is installed."""

from __future__ import annotations

import json
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.project.tree import ROOT, channels, pyproject, run

DATA = f"relanced-{pyproject()['project']['version']}.data/data/share/relanced"
SHIPPED = [
    "relanced/py.typed",
    "relanced_email/py.typed",
    "relanced_letter/py.typed",
    "relanced_maileva/py.typed",
    "relanced_phone/py.typed",
    "relanced_sms/py.typed",
    "relanced/config/default_policies.yaml",
    "relanced/store/migrations/env.py",
    "relanced/store/migrations/script.py.mako",
    "relanced/store/migrations/versions/0001_the_birth_of_the_database.py",
    "relanced/templates/fr/layout/letter.typ",
    "relanced/templates/fr/layout/labels.toml",
    "relanced/templates/fr/mise-en-demeure/letter.j2",
    f"{DATA}/config.example.yaml",
    f"{DATA}/systemd/relanced.service",
]


def build(*what: str, into: Path) -> Path:
    """Build the checkout as `python -m build` does, with what is installed here. Returns the wheel."""
    run(sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check", *what, "--outdir", into, ROOT)
    return next(into.glob("*.whl"))


def contents(wheel: Path) -> dict[str, int]:
    """The files of a wheel, and their sizes."""
    with ZipFile(wheel) as archive:
        return {i.filename: i.file_size for i in archive.infolist()}


def empty_environment(folder: Path) -> Path:
    """A virtual environment without anything in it, not even pip. Returns its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


def install(*what: str | Path, python: Path) -> None:
    """Install alone, without its dependencies; then let it see ours."""
    ours = sysconfig.get_path("purelib")
    lent = next(python.parents[1].glob("lib/python*/site-packages")) / "lent.pth"
    lent.write_text(ours)  # a path, and no more: what .pth files say in there does not count
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", *what)


def told(python: Path, database: Path) -> dict[str, Any]:
    """What relanced finds where it is installed."""
    answer = run(python, "-I", ROOT / "tests/project/installed.py", database, cwd=database.parent)
    found: dict[str, Any] = json.loads(answer)
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--wheel", into=tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The interpreter of an environment where the wheel is installed."""
    interpreter = empty_environment(tmp_path_factory.mktemp("installed"))
    install(wheel, python=interpreter)
    return interpreter


@pytest.mark.parametrize("name", SHIPPED)
def test_the_wheel_holds(wheel: Path, name: str) -> None:
    assert name in contents(wheel)


def test_no_file_of_the_product_is_left_behind(wheel: Path) -> None:
    roots = [(ROOT, "relanced"), (ROOT / "channels", ""), (ROOT, "templates")]
    files = [
        p.relative_to(root)
        for root, folder in roots
        for p in (root / folder).rglob("*")
        if p.is_file() and p.suffix != ".pyc"
    ]
    expected = {("relanced/" if p.parts[0] == "templates" else "") + p.as_posix() for p in files}
    assert expected <= set(contents(wheel))


def test_the_wheel_takes_no_name_but_ours(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in contents(wheel)}
    assert {t for t in tops if not t.startswith("relanced-")} == {"relanced", *channels()}


def test_a_wheel_made_from_the_source_archive_is_the_same(wheel: Path, tmp_path: Path) -> None:
    assert contents(build(into=tmp_path)) == contents(wheel)


def test_the_installed_wheel_finds_all_it_needs(python: Path, tmp_path: Path) -> None:
    found = told(python, tmp_path / "fresh.db")
    assert Path(found["package"]).is_relative_to(python.parents[1])
    assert Path(found["templates"]) == Path(found["package"]).parent / "templates"
    assert found["channels"] == {"email": "mail", "letter": "paper", "maileva": "paper", "phone": "call", "sms": "text"}
    assert found["schema"]
    assert found["policies"] >= 2
    assert found["pages"] >= 1
    assert found["strangers"] == []


def test_the_installed_command_answers(python: Path, tmp_path: Path) -> None:
    assert "check" in run(python.with_name("relanced"), "--help", cwd=tmp_path)


def test_an_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    interpreter = empty_environment(tmp_path / "venv")
    install("--no-build-isolation", "--editable", ROOT, python=interpreter)
    found = told(interpreter, tmp_path / "fresh.db")
    assert Path(found["package"]) == ROOT / "relanced/__init__.py"
    assert Path(found["templates"]) == ROOT / "templates"
    assert found["channels"] == {"email": "mail", "letter": "paper", "maileva": "paper", "phone": "call", "sms": "text"}
    assert (interpreter.with_name("relanced")).exists()
