"""One file being read: its values, the places they stand, and every fault found so far."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from relanced.config.faults import ConfigFault, Fault, Loc, did_you_mean, dotted
from relanced.config.secrets import Secret
from relanced.config.words import NAME
from relanced.config.yaml_marks import Document

M = TypeVar("M", bound=BaseModel)

TEXTS = {
    "missing": "is missing",
    "string_type": "expected text",
    "model_type": "expected keys and values",
    "dict_type": "expected keys and values",
    "mapping_type": "expected keys and values",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "too_short": "must not be empty",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
}


class Reading:
    """Values in, sections out; what does not fit becomes a fault and the reading goes on."""

    def __init__(self, path: Path, document: Document, values: Mapping[str, Any]) -> None:
        self.path = path
        self.values = values
        self._document = document
        self._faults = [Fault(str(path), mark, dotted(loc), text) for loc, mark, text in document.problems]

    def fault(self, loc: Loc, text: str, *, key: bool = False) -> None:
        """Note a problem with the value at `loc`, or with its key."""
        self._faults.append(Fault(str(self.path), self._document.mark(loc, key=key), dotted(loc), text))

    def stop_if_faulty(self) -> None:
        """Raise ConfigFault with everything noted."""
        if self._faults:
            raise ConfigFault(self._faults)

    def entries(self, name: str) -> Mapping[str, Any]:
        """The named things under a key of the file, such as ``people``; without them a fault, and nothing."""
        found = self.values.get(name)
        if not isinstance(found, dict) or not found:
            self.fault((name,), "expected names, and something under each" if name in self.values else "is missing")
            return {}
        for key in found:
            if not re.fullmatch(NAME, key):
                self.fault((name, key), "expected a name of letters, digits, - _ .", key=True)
        return found

    def names(self, name: str) -> Mapping[str, Any]:
        """What stands under a key of the file, faulty or not; used to see whether a name exists."""
        found = self.values.get(name)
        return found if isinstance(found, dict) else {}

    def section(self, model: type[M], raw: object, loc: Loc, *, also: Collection[str] = ()) -> M | None:
        """`raw` as the model sees it, or None and its faults. `also` are keys that stand here beside the model's."""
        context = {"folder": self.path.parent.absolute(), "key": str(loc[-1]) if loc else ""}
        try:
            return model.model_validate(raw, context=context, extra=model.model_config.get("extra", "forbid"))
        except ValidationError as e:
            for error in e.errors(include_url=False):
                inner = tuple(_inside(raw, error))
                unknown = error["type"] == "extra_forbidden"
                text = _unknown(inner, model, also) if unknown else _text(error)
                self.fault((*loc, *inner), text, key=unknown or "[key]" in error["loc"])
        return None


def _inside(raw: object, error: ErrorDetails) -> Iterator[str | int]:
    """The part of pydantic's path that exists in the file, and a last key that does not."""
    here: Any = raw
    for i, part in enumerate(error["loc"], 1):
        if _leads(here, part):
            here = here[part]
        elif not (i == len(error["loc"]) and isinstance(here, dict) and str(part).isidentifier()):
            continue  # a word of pydantic's own, such as the branch of a union
        yield part


def _leads(here: object, part: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(part, int) and part < len(here)
    return isinstance(here, dict) and part in here


def _text(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] in ("value_error", "assertion_error"):
        return str(context["error"])
    if isinstance(error["input"], Secret):
        return "a ${…} secret may not stand here"
    if error["type"] in ("enum", "literal_error"):
        return f"expected {context['expected']}"
    return TEXTS.get(error["type"]) or error["msg"][:1].lower() + error["msg"][1:]


def _unknown(loc: Loc, model: type[BaseModel], also: Collection[str]) -> str:
    known = [*_keys(model, loc), *(also if len(loc) == 1 else ())]
    return f"unknown key{did_you_mean(str(loc[-1]), known)}"


def _keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that may stand where the last part of `loc` stands."""
    for part in loc[:-1]:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        model = _model(fields[part].annotation) or model if part in fields else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``X | None``, ``Mapping[str, X]`` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _model(inner))), None)
