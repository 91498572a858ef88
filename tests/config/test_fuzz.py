"""Whatever an editor, a merge or a cat does to the file: a Config or faults, never anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from relanced.config import Config, ConfigFault, load_text
from tests.config.samples import ENVIRON, KINDS, LADDER, SMALL

TEXT = SMALL + LADDER + "contact_rules: {days: mon-fri}\nrates: {2026-2: {ecb: 2.15, source: x}}\n"
LINES = TEXT.splitlines(keepends=True)
PLAIN = yaml.load(TEXT, Loader=yaml.BaseLoader)

ODD = [
    ":",
    "- ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!!python/object:os.X ",
    "!x ",
    "<<: ",
    "|\n",
    "${env:",
    "}",
    "#",
]
ODD += [
    "---\n",
    "\x00",
    "\x85",
    "'",
    '"',
    "\\",
    "%YAML 1.1\n",
    "? ",
    "0",
    "-1",
    "null",
    "\ud800",
    "é",
    "\u2028",
    "9" * 30,
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(ODD + LINES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def survives(text: str) -> None:
    try:
        config = load_text(text.encode("utf-8", "surrogatepass"), Path("/etc/config.yaml"), ENVIRON, kinds=KINDS)
    except ConfigFault as told:
        assert told.faults
        assert all(str(fault).startswith("/etc/config.yaml:") for fault in told.faults)
    else:
        assert isinstance(config, Config)
        assert config.digest


@settings(max_examples=120)
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(ODD) | st.text(max_size=4))))
def test_attack_22_a_text_hit_anywhere(cuts: list[tuple[int, int, str]]) -> None:
    """Characters cut out and put in."""
    text = TEXT
    for at, length, new in cuts[:4]:
        text = text[:at] + new + text[at + length :]
    survives(text)


@settings(max_examples=60)
@given(st.permutations(range(len(LINES))), st.integers(0, len(LINES)))
def test_lines_in_disorder(order: list[int], kept: int) -> None:
    moved = order[:kept]
    survives(
        "".join(line for i, line in enumerate(LINES) if i not in moved[:3]) + "".join(LINES[i] for i in moved[3:6])
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in the values."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """The same values with another one at that place."""
    if not path:
        return new
    if isinstance(value, dict):
        return {key: put(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [put(item, path[1:], new) if i == path[0] else item for i, item in enumerate(value)]


@settings(max_examples=150)
@given(st.sampled_from(places(PLAIN)), VALUES)
def test_any_value_at_any_place(path: tuple[Any, ...], new: object) -> None:
    survives(yaml.safe_dump(put(PLAIN, path, new), allow_unicode=True))


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_text(raw: bytes) -> None:
    survives(raw.decode("latin-1"))
