"""YAML text in, plain values out, with the line and column of each: YAML 1.2 core typing, and nothing but values.

PyYAML's own YAML 1.1 typing reads ``18:30`` as 1110, ``no`` as false and ``0612345670`` as 103402424, and lets the last
of two equal keys win. Here only null, booleans and plain integers are typed; amounts and times stay text. Tags that
build objects, aliases that multiply and nesting without end are refused.
"""

from __future__ import annotations

import re

import yaml
from msgspec import Struct, field
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from relanced.config.faults import Loc, Mark

TAG = "tag:yaml.org,2002:"
NULL = re.compile(r"~|null|Null|NULL|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

NOT_TEXT = "a key must be plain text"

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 20_000


class Broken(Exception):
    """The text is not YAML; the message says why, `mark` where."""

    def __init__(self, text: str, mark: Mark | None = None) -> None:
        super().__init__(text)
        self.mark = mark


class Document(Struct):
    """The values of a file, the marks of every value and key by path, and what was refused on the way."""

    root: object = None
    values: dict[Loc, Mark] = field(default_factory=dict)
    keys: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[tuple[Loc, Mark, str]] = field(default_factory=list)

    def mark(self, loc: Loc, *, key: bool = False) -> Mark | None:
        """The mark of the value (or of its key), or of the nearest thing around it."""
        if key and loc in self.keys:
            return self.keys[loc]
        while loc and loc not in self.values:
            loc = loc[:-1]
            if loc in self.keys:
                return self.keys[loc]
        return self.values.get(loc)


def parse(raw: bytes) -> Document:
    """Read one YAML document from UTF-8 bytes. Raises Broken."""
    root = _compose(_decode(raw))
    document = Document()
    if root is not None:
        document.root = _Walk(document).value(root, ())
    return document


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Broken(f"the file is larger than {MAX_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start)
        column = e.start - (raw.rfind(b"\n", 0, e.start) + 1)
        raise Broken("not UTF-8: save the file as UTF-8", Mark(line + 1, column + 1)) from None


class _Loader(yaml.SafeLoader):
    """SafeLoader with the resolvers of the YAML 1.2 core schema, less floats."""


_Loader.yaml_implicit_resolvers = {}
for _name, _shape, _first in (("null", NULL, ["~", "n", "N", ""]), ("bool", BOOL, list("tTfF")), ("int", INT, None)):
    _exact = re.compile(rf"(?:{_shape.pattern})\Z")
    _Loader.add_implicit_resolver(TAG + _name, _exact, _first or list("-0123456789"))


def _compose(text: str) -> Node | None:
    try:
        node: Node | None = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        raise Broken(_reason(e), Mark(mark.line + 1, mark.column + 1) if mark else None) from None
    except yaml.reader.ReaderError as e:
        before = text[: e.position]
        at = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise Broken("a control character may not stand here", at) from None
    except RecursionError:
        raise Broken("nested too deeply") from None
    except (ValueError, OverflowError):  # PyYAML on an escape such as "\UFFFFFFFF"
        raise Broken("an escape sequence names no character") from None
    return node


def _reason(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    text = " ".join(": ".join(parts).split())
    if "'\\t'" in text:
        text += " (indent with spaces, not tabs)"
    if "got '{'" in text:
        text += ' (between braces, write "${…}" in quotes)'
    return f"not YAML: {text}"


class _Walk:
    """From nodes to values, counting what aliases multiply."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.left = MAX_VALUES

    def value(self, node: Node, loc: Loc) -> object:
        """The plain value of a node; its mark is kept."""
        mark = _mark(node)
        self._count(loc, mark)
        self.document.values[loc] = mark
        if isinstance(node, MappingNode):
            self._plain_tag(node, loc, "map")
            return self._mapping(node, loc)
        if isinstance(node, SequenceNode):
            self._plain_tag(node, loc, "seq")
            return [self.value(item, (*loc, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _count(self, loc: Loc, mark: Mark) -> None:
        self.left -= 1
        if self.left < 0:
            raise Broken(f"more than {MAX_VALUES} values: an alias multiplies", mark)
        if len(loc) > MAX_DEPTH:
            raise Broken("nested too deeply", mark)

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[str, object]:
        out: dict[str, object] = {}
        for key, value in node.value:
            here = (*loc, str(key.value))
            unfit = self._unfit_key(key, here)
            if unfit:
                self._refuse(loc if unfit == NOT_TEXT else here, _mark(key), unfit)
                continue
            self.document.keys[here] = _mark(key)
            out[key.value] = self.value(value, here)
        return out

    def _unfit_key(self, key: Node, here: Loc) -> str:
        if not isinstance(key, ScalarNode) or CONTROL.search(key.value):
            return NOT_TEXT
        if key.value == "<<":
            return "merge keys are not read: write the lines out, or use an alias for a whole value"
        if here in self.document.keys:
            return f"is given twice (first on line {self.document.keys[here].line})"
        return ""

    def _scalar(self, node: Node, loc: Loc) -> object:
        text = str(node.value)
        if CONTROL.search(text):
            self._refuse(loc, _mark(node), "a control character may not stand here")
            return CONTROL.sub("?", text)
        if node.tag == TAG + "null" and NULL.fullmatch(text):
            return None
        if node.tag == TAG + "bool" and BOOL.fullmatch(text):
            return text[0] in "tT"
        if node.tag == TAG + "int" and INT.fullmatch(text):
            return int(text)
        self._plain_tag(node, loc, "str")
        return text

    def _plain_tag(self, node: Node, loc: Loc, expected: str) -> None:
        if node.tag != TAG + expected:
            shown = node.tag.replace(TAG, "!!")
            self._refuse(loc, _mark(node), f"the tag {shown} is not allowed: only plain values are read")

    def _refuse(self, loc: Loc, mark: Mark, text: str) -> None:
        self.document.problems.append((loc, mark, text))


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
