"""YAML text in, plain values and their places out."""

from __future__ import annotations

import pytest

from relanced.config.faults import Mark
from relanced.config.yaml_marks import Broken, parse


def problems(text: str) -> list[tuple[str, int, int, str]]:
    return [(".".join(map(str, loc)), m.line, m.column, text) for loc, m, text in parse(text.encode()).problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("18:30", "18:30"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("0612345670", "0612345670"),
        ("001234567", "001234567"),
        ("12.10", "12.10"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("2026-11-21", "2026-11-21"),
        ("=", "="),
        (".inf", ".inf"),
        ("99999999999999999999", "99999999999999999999"),
        ('"42"', "42"),
        ("'true'", "true"),
        ("!!str 42", "42"),
        ("42", 42),
        ("-7", -7),
        ("0", 0),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("é €", "é €"),
    ],
)
def test_fault_50_only_core_yaml_is_typed(written: str, value: object) -> None:
    """Fault 50: `NO` is not false, `22:30` is not 1350."""
    document = parse(f"a: {written}".encode())
    assert document.root == {"a": value}
    assert type(document.root["a"]) is type(value)
    assert not document.problems


def test_every_value_and_key_has_its_place() -> None:
    document = parse(b"a:\n  b: [1, x]\n  c: {d: e}\n")
    assert document.mark(("a", "b", 1)) == Mark(2, 10)
    assert document.mark(("a", "c", "d"), key=True) == Mark(3, 7)
    assert document.mark(("a", "c", "missing")) == Mark(3, 3)
    assert document.mark(("z",)) == Mark(1, 1)


def test_a_byte_order_mark_and_windows_line_ends_are_read() -> None:
    assert parse(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").root == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2\na: 3", [("a", 3, 1, "is given twice (first on line 1)")]),
        ("a: {b: 1, b: 2}", [("a.b", 1, 11, "is given twice (first on line 1)")]),
        ("[1]: 2", [("", 1, 1, "a key must be plain text")]),
        ('a: "\\0"', [("a", 1, 4, "a control character may not stand here")]),
        ('a: "x\\ry"', [("a", 1, 4, "a control character may not stand here")]),
        ('a: "\\ud800"', [("a", 1, 4, "a control character may not stand here")]),
        ("a: !!int x", [("a", 1, 4, "the tag !!int is not allowed: only plain values are read")]),
        ("a: !!float 1.5", [("a", 1, 4, "the tag !!float is not allowed: only plain values are read")]),
        ("a: !secret x", [("a", 1, 4, "the tag !secret is not allowed: only plain values are read")]),
    ],
)
def test_what_is_not_plain_is_told_with_its_place(text: str, found: list[object]) -> None:
    assert problems(text) == found


def test_attack_34_tags_that_build_objects_are_refused() -> None:
    """Attack 34: `!!python/object` builds nothing, wherever it stands."""
    texts = (
        "a: !!python/object/apply:os.system [id]",
        "a: !!python/name:os.system",
        "!!python/object:os.X {a: 1}",
        "a: !!python/object/new:os.X {args: [1]}",
    )
    for text in texts:
        assert "python" in problems(text)[0][3], text


def test_merge_keys_are_refused_with_a_hint() -> None:
    assert "merge keys" in problems("a: &x {b: 1}\nc:\n  <<: *x\n")[0][3]


def test_an_alias_stands_for_its_value() -> None:
    document = parse(b"a: &x [1, 2]\nb: *x\n")
    assert document.root == {"a": [1, 2], "b": [1, 2]}
    assert document.mark(("b", 0)) == Mark(1, 8)


def test_aliases_may_not_multiply() -> None:
    """A billion laughs: nine levels of nine."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    with pytest.raises(Broken, match="an alias multiplies"):
        parse("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("raw", "message", "mark"),
    [
        (b"a: &x [*x]", "nested too deeply", Mark(1, 4)),
        (b"[" * 1500, "nested too deeply", None),
        (b"a: " + b"[" * 100 + b"]" * 100, "nested too deeply", Mark(1, 28)),
        (b"a: b: c", "not YAML: mapping values are not allowed here", Mark(1, 5)),
        (b"a:\n\tb: 1", "indent with spaces, not tabs", Mark(2, 1)),
        (b"a: [1", "not YAML: while parsing a flow sequence: expected ',' or ']'", Mark(1, 6)),
        (b"a: {b: ${env:X}}", 'write "${…}" in quotes', Mark(1, 9)),
        (b"a: *x", "found undefined alias", Mark(1, 4)),
        (b"a: 1\n---\nb: 2", "expected a single document", Mark(2, 1)),
        (b'a: "\\UFFFFFFFF"', "an escape sequence names no character", None),
        (b"a: 1\nb: \x07", "a control character may not stand here", Mark(2, 4)),
        (b"a: 1\nb: caf\xe9", "not UTF-8: save the file as UTF-8", Mark(2, 7)),
        (b"#" * 1_000_001, "larger than", None),
    ],
)
def test_what_is_not_yaml_is_told_in_one_line(raw: bytes, message: str, mark: Mark | None) -> None:
    with pytest.raises(Broken) as told:
        parse(raw)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.mark == mark
