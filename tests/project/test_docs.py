"""The pages say what is: every command with its options, every key of the configuration, every file they name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from relanced.cli.commands import relanced
from relanced.config import ConfigFault
from relanced.config.load import load_text
from relanced.config.secrets import Secrets
from tests.project.test_readme import parsed
from tests.project.tree import ROOT

PAGES = {path.name: path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
EXAMPLE = (ROOT / "config.example.yaml").read_text("utf-8")
BLOCK = re.compile(r"^( *)(?:\d\. )?```(\w*)\n(.*?)^ *```$", re.S | re.M)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")  # a command may go over the end of a line
FILE = re.compile(r"(?<![\w./-])(?:relanced|channels|tests|docs|templates|systemd|tools)(?:/[\w-]+)+(?:\.\w+)*")


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and lines of every block, without its indentation."""
    for indent, language, lines in BLOCK.findall(text):
        yield language, re.sub(rf"^{indent} {{0,3}}(?=\S)" if indent else r"^$", "", lines, flags=re.M)


def commands(text: str) -> Iterator[str]:
    """What is typed after `relanced`, as the text has it, without comments, explanations and redirections."""
    for span in SPAN.findall(BLOCK.sub("", text)):
        if found := re.match(r"(?:\S*/|sudo )?relanced\s+([a-z-].*)", span, re.S):
            yield " ".join(re.split(r"\s[#>]", found[1])[0].split())
    for _, lines in blocks(text):
        for line in lines.splitlines():
            if found := re.match(r"(?:.*\| |.*-- |\S*/|sudo )?relanced (?!unix)([a-z-].*)", line):
                yield re.split(r" {2,}|\s[#>]", found[1])[0].strip()


def spoken(said: str) -> list[str]:
    """A command with its placeholders filled in: brackets, dots and alternatives go."""
    said = (
        re.sub(r"\$\(.*?\)|[\[\]]|(?<=[\w\]])…", "", said)
        .replace("…", " x ")
        .replace("CALL|CASE", "CASE")
        .replace("CASE|INVOICE", "CASE")
    )
    words = [word.partition("|")[0] for word in shlex.split(said)]
    return ["2026-01-31" if word in ("DATE", "DAY") else word for word in words]


ALL = sorted({(name, said) for name, text in PAGES.items() for said in commands(text)})


def test_commands_are_found() -> None:
    assert len(ALL) > 150


@pytest.mark.parametrize(("page", "said"), ALL)
def test_every_command_of_a_page_exists_with_its_options(
    page: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = spoken(said)
    for word in words:
        if re.fullmatch(r"[\w.-]+\.\w+|FILE|[\w-]+/", word):
            (tmp_path / word).touch() if not word.endswith("/") else (tmp_path / word).mkdir()
    try:
        parsed(words)
    except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
        assert len(words) < 4, f"{page}: relanced {said} lacks something"  # the command is only named
    except click.BadOptionUsage as fault:
        assert fault.option_name == words[-1], str(fault)  # the option is only named


def leaves(command: click.Command, name: str = "") -> Iterator[str]:
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from leaves(each, f"{name} {each.name}")
    else:
        yield name.strip()


@pytest.mark.parametrize("verb", sorted({*leaves(relanced)} - {"debtor edit"}))
def test_every_verb_stands_on_a_page(verb: str) -> None:
    """In full, or behind another of its family (`cancel 42`). `debtor edit` is typed `debtor DEBTOR --name …`."""
    typed = {said for name, said in ALL if name != "CHANGELOG.md"}
    short = {span for name, text in PAGES.items() if name != "CHANGELOG.md" for span in SPAN.findall(text)}
    assert any(re.match(rf"{verb}(?![\w-])", said) for said in typed | short), f"relanced {verb} stands on no page"


# -- files --------------------------------------------------------------------------------------------------------

ELSEWHERE = re.compile(
    r"^(?:channels/(?:relanced_NAME|compta)|relanced/(?:letters|state|credentials|registered)\b)|NNNN|STEP"
)


@pytest.mark.parametrize(
    ("page", "file"), sorted({(name, file) for name, text in PAGES.items() for file in FILE.findall(text)})
)
def test_every_file_of_ours_that_a_page_names_is_there(page: str, file: str) -> None:
    assert ELSEWHERE.search(file) or (ROOT / file).exists(), f"{page} names {file}"


# -- the configuration --------------------------------------------------------------------------------------------

CONTEXTS = {
    "smtp": ("channels", "compta"),
    "sign_in": ("channels", "compta"),
    "mapping": ("creditors", "atelier-dubois"),
}
BASE = next(lines for language, lines in blocks(PAGES["README.md"]) if language == "yaml")


ASTRAY = re.compile(r"unknown key|expected|is installed|is named")  # what a page itself can have wrong


def faults(text: str, folder: Path) -> list[str]:
    """What is wrong with a configuration, besides secrets that are not on this machine."""
    try:
        load_text(text.encode(), folder / "config.yaml", {}, secrets=Secrets.NOTED)
    except ConfigFault as fault:
        return [str(one) for one in fault.faults]
    return []


def merged(base: Any, more: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(more, dict) or more.get("kind"):
        return more
    return base | {key: merged(base.get(key), value) for key, value in more.items()}


def placed(part: dict[str, Any]) -> dict[str, Any]:
    """A block of a page under the keys that it stands below."""
    first = next(iter(part))
    ours = isinstance(part[first], dict) and "kind" in part[first]
    for key in reversed(("channels",) if ours else CONTEXTS.get(first, ())):
        part = {key: part}
    return part


SETTINGS = sorted((name, lines) for name, text in PAGES.items() for kind, lines in blocks(text) if kind == "yaml")


@pytest.mark.parametrize(("page", "lines"), SETTINGS)
def test_every_block_of_settings_is_understood(page: str, lines: str, tmp_path: Path) -> None:
    part = yaml.safe_load(re.sub(r"…(?=[,}])|…$", "x", lines.replace(", …,", ","), flags=re.M))
    whole = merged(yaml.safe_load(BASE), placed(part))
    told = faults(yaml.safe_dump(whole, allow_unicode=True), tmp_path)
    assert [one for one in told if ASTRAY.search(one)] == []  # what a fragment lacks stands on the page around it


def spares() -> Iterator[list[int]]:
    """The lines of the example that a person may bring in by taking the # away, those together that stand together."""
    group: list[int] = []
    for number, line in enumerate([*EXAMPLE.splitlines(), ""]):
        key = re.match(r" *# +(\w+):(?: |$)", line)
        if group and (not key or re.match(rf" *# {key[1]}:", "\n".join(EXAMPLE.splitlines()[group[0]].split("\n")))):
            yield group
            group = []
        group += [number] if key else []


@pytest.mark.parametrize("numbers", list(spares()), ids=lambda numbers: EXAMPLE.splitlines()[numbers[0]].strip()[:40])
def test_every_spare_line_of_the_example_is_understood(numbers: list[int], tmp_path: Path) -> None:
    lines = EXAMPLE.splitlines()
    keys = {re.match(r"( *)# (\w+):", lines[n]) for n in numbers} - {None}
    gone = tuple(f"{key[1]}{key[2]}:" for key in keys if key)
    kept = [
        re.sub(r"# ", "", line, count=1) if n in numbers else line
        for n, line in enumerate(lines)
        if n in numbers or not line.startswith(gone)
    ]
    assert faults("\n".join(kept), tmp_path) == []
