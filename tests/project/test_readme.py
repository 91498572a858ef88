"""README says what is: its diagrams are the tables', its commands exist, its small configuration loads."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from relanced.cli.commands import relanced
from tests.project.tree import ROOT

README = (ROOT / "README.md").read_text("utf-8")
SPAN = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.S | re.M)
PLACEHOLDER = {"…": "x", "DEBTOR": "x", "INVOICE": "x", "DATE": "2026-01-31"}


def drawn(text: str) -> str:
    """As tools/diagrams.py draws them."""
    spec = spec_from_file_location("diagrams", ROOT / "tools/diagrams.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    said: str = module.drawn(text)
    return said


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(README) if kind == language]


def commands() -> Iterator[str]:
    """Every `relanced …` of the running text and of the shell blocks, without comments and redirections."""
    for span in SPAN.findall(BLOCK.sub("", README)):
        if re.match(r"(\S*/)?relanced \S|letters \w", span):
            yield re.sub(r"^(\S*/)?relanced ", "", span)
    for line in "".join(blocks("sh")).splitlines():
        found = re.search(r"(?:^|-- )\s*relanced (.*)", line)
        if found:
            yield found[1].partition("  #")[0]


def parsed(words: list[str]) -> None:
    """Go down the commands as click does, without doing anything. Raises click's usage errors."""
    command: click.Command = relanced
    context = click.Context(command)
    while True:
        context = command.make_context(command.name, list(words), parent=context)
        rest = [*context._protected_args, *context.args]
        if not isinstance(command, click.Group) or not rest:
            return
        _, following, words = command.resolve_command(context, rest)
        assert following is not None
        command = following


def test_the_diagrams_are_those_of_the_tables() -> None:
    assert drawn(README) == README


def test_commands_are_found() -> None:
    assert len(set(commands())) > 20


@pytest.mark.parametrize("said", sorted(set(commands())))
def test_every_command_exists_with_its_options(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("debtors.csv", "invoices.csv", "payments.csv"):
        (tmp_path / name).touch()
    for word, meant in PLACEHOLDER.items():
        said = re.sub(rf"\b{word}\b" if word.isalpha() else word, meant, said)
    parsed(shlex.split(re.sub(r"\s>.*|\$\(.*?\)", "", said)))


def test_a_command_that_does_not_exist_would_be_told() -> None:
    for wrong in (["launch"], ["queue", "--fast"], ["letters", "burn"]):
        with pytest.raises(click.UsageError):
            parsed(wrong)


def test_the_small_configuration_is_sound_as_it_stands(tmp_path: Path) -> None:
    (small,) = blocks("yaml")
    (tmp_path / "config.yaml").write_text(small, "utf-8")
    done = CliRunner().invoke(relanced, ["-c", str(tmp_path / "config.yaml"), "check"])
    assert done.exit_code == 0, done.output
    assert "the configuration is sound" in done.output
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_what_is_linked_is_there(link: str) -> None:
    assert (ROOT / link).exists()
