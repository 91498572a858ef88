"""The small language of the wordings: Jinja2 with conditions, loops over the facts, our own filters, and nothing else.

Operators edit these files, so a file must not be able to reach Python, nor to eat the machine: no call, no arithmetic,
no macro, no filter of Jinja's own beyond three, loops at most one inside the other, shared phrases only one level deep.
Every expression must give a text or a whole number: an unknown name, a missing fact or a bare date is an error, never
"None".
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2 import TemplateNotFound as Missing
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from relanced.words import typography
from relanced.words.blocks import mark, misused_marker
from relanced.words.errors import WordingError
from relanced.words.facts import (
    Addressee,
    BrokenFacts,
    EarlierFacts,
    Letterhead,
    LineFacts,
    OfferFacts,
    PartFacts,
    ReminderFacts,
)
from relanced.words.labels import Labels

PHRASES = "phrases/"
MOST_CHARACTERS = 64_000

_FACTS = (ReminderFacts, Letterhead, Addressee, LineFacts, EarlierFacts, BrokenFacts, OfferFacts, PartFacts)
_OPEN = {kind: frozenset(name for name in dir(kind) if not name.startswith("_")) for kind in _FACTS}
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.For,
    nodes.Include,
    nodes.Assign,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)


def find(folders: Sequence[Path], name: str) -> Path | None:
    """The file of that name in the first folder that has it; a name never leads out of the folder."""
    if any(part in ("", ".", "..") for part in name.split("/")) or "\\" in name or "\0" in name:
        return None
    return next((found for folder in folders if (found := folder / name).is_file()), None)


class Dialect:
    """Finds, checks, compiles once and fills in the wordings of some folders, the first folder that has a file wins."""

    def __init__(self, folders: Sequence[Path], labels: Labels) -> None:
        self._files = _Files(folders)
        self._environment = _Sandbox(
            loader=self._files,
            undefined=StrictUndefined,
            finalize=_only_words,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._environment.filters = _filters(labels)
        self._environment.globals = {}
        self._environment.tests = {}

    def has(self, name: str) -> bool:
        """Whether a folder has this file."""
        return find(self._files.folders, name) is not None

    def digest(self, name: str) -> str:
        """The SHA-256 (hex) over a wording and the phrases it includes, as they were read. Raises WordingError."""
        with self._blaming(name):
            self._environment.get_template(name)
        told = hashlib.sha256()
        for file in (name, *self._files.phrases[name]):
            told.update(self._files.sources[file].encode())
        return told.hexdigest()

    def fill(self, name: str, facts: Mapping[str, object]) -> str:
        """The text of a wording with its facts. Raises WordingError."""
        with self._blaming(name):
            text = self._environment.get_template(name).render(facts)
        if len(text) > MOST_CHARACTERS:
            raise WordingError(name, 0, f"longer than {MOST_CHARACTERS} characters")
        return text

    @contextmanager
    def _blaming(self, name: str) -> Iterator[None]:
        """Whatever a wording does wrong holds this message and no other, and names the line."""
        try:
            yield
        except WordingError:
            raise
        except TemplateSyntaxError as error:
            raise WordingError(error.name or name, error.lineno, error.message or "not understood") from error
        except Missing as error:
            raise WordingError(name, 0, f"there is no file {error.message}") from error
        except Exception as error:
            raise WordingError(name, self._line(error), str(error)) from error

    def _line(self, error: Exception) -> int:
        """The line of the last frame that is a wording."""
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename in self._files.paths]
        return (lines[-1] if lines else 0) or 0


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with a short way to the fields of facts: they are values, and a wording can call nothing."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field of the facts at once, everything else as the sandbox judges."""
        if attribute in _OPEN.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


class _Files(BaseLoader):
    """Reads a wording, refuses what is not of the dialect, sets its prose, compiles it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)
        self.paths: set[str] = set()
        self.sources: dict[str, str] = {}
        self.phrases: dict[str, list[str]] = {}

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """A compiled wording. Raises TemplateNotFound, TemplateSyntaxError or WordingError."""
        tree, path = self._tree(environment, name)
        self.phrases[name] = sorted(filter(None, meta.find_referenced_templates(tree)))
        _InPlace(lambda phrase: self._tree(environment, phrase)[0]).visit(tree)
        code = environment.compile(tree, name, path)
        return environment.template_class.from_code(environment, code, globals or {})

    def _tree(self, environment: Environment, name: str) -> tuple[nodes.Template, str]:
        """What a file says, and its path."""
        path = find(self.folders, name)
        if path is None:
            raise Missing(name)
        source = _read(path, name)
        tree = environment.parse(mark(source), name, str(path))
        _check(tree, name)
        _typeset(tree)
        self.paths.add(str(path))
        self.sources[name] = source
        return tree, str(path)


class _InPlace(NodeTransformer):
    """Puts the phrases that a wording includes into their places: nothing is looked for while it is filled in."""

    def __init__(self, phrase: Callable[[str], nodes.Template]) -> None:
        self._phrase = phrase

    def visit_Include(self, include: nodes.Include) -> nodes.Scope:
        """The phrase; what it sets stays within."""
        return nodes.Scope(self._phrase(include.template.as_const()).body)


def _read(path: Path, name: str) -> str:
    """The source, its size, encoding and markers checked."""
    try:
        source = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WordingError(name, 0, str(error)) from error
    if len(source) > MOST_CHARACTERS:
        raise WordingError(name, 0, f"longer than {MOST_CHARACTERS} characters")
    if wrong := misused_marker(source):
        raise WordingError(name, *wrong)
    return source


def _typeset(tree: nodes.Template) -> None:
    """Set the author's words, in the open and in quotes; facts stay as they are."""
    for prose in tree.find_all(nodes.TemplateData):
        prose.data = typography.typeset(prose.data)
    for quoted in tree.find_all(nodes.Const):
        if isinstance(quoted.value, str):
            quoted.value = typography.typeset(quoted.value)


def _check(tree: nodes.Template, name: str) -> None:
    """Refuse every construct outside of the dialect."""
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise WordingError(name, node.lineno, f"{type(node).__name__} is not part of a wording")
    for loop in tree.find_all(nodes.For):
        if loop.recursive or any(inner.find(nodes.For) for inner in loop.find_all(nodes.For)):
            raise WordingError(name, loop.lineno, "loops go one inside the other at most")
    for include in tree.find_all(nodes.Include):
        _check_include(include, name)


def _check_include(include: nodes.Include, name: str) -> None:
    """A wording includes shared phrases by their name; a phrase includes nothing."""
    wanted = include.template
    shared = isinstance(wanted, nodes.Const) and str(wanted.value).startswith(PHRASES)
    if not shared or include.ignore_missing or name.startswith(PHRASES):
        raise WordingError(
            name, include.lineno, f'only {{% include "{PHRASES}…" %}} is allowed, and only one level deep'
        )


def _only_words(value: object) -> str:
    """What an expression may print: a text, cleaned, or a whole number."""
    if isinstance(value, str):
        return _printed(value)
    if isinstance(value, StrictUndefined | int) and not isinstance(value, bool):
        return str(value)  # raises UndefinedError for what is not known
    raise TypeError(f"{value!r} cannot be printed as it is: use a filter")


@lru_cache(maxsize=256)
def _printed(text: str) -> str:
    """A fact among the words: who writes, who is greeted and what is asked for come back in every mail."""
    return typography.titled(typography.clean(text))


def _filters(labels: Labels) -> dict[str, Any]:
    """Our own filters, and the three of Jinja's that are harmless and useful."""
    return {
        "euros": _euros,
        "jour": typography.jour,
        "jour_court": typography.jour_court,
        "heure": typography.heure,
        "telephone": typography.telephone,
        "taux": typography.taux,
        "pluriel": typography.pluriel,
        "liste": typography.liste,
        "siren": typography.siren,
        "etape": labels.step,
        "voie": lambda road: labels.roads[road],
        "length": len,
        "first": lambda many: many[0],
        "last": lambda many: many[-1],
    }


@pass_context
def _euros(context: Context, cents: int) -> str:
    """An amount in the currency of the reminder."""
    return typography.euros(cents, context["facts"].currency)
