"""The whole file as a JSON Schema, for editors: ``relanced config schema``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from relanced.config.channels import DoorWords, InstalledKinds, Kinds
from relanced.config.creditors import Creditor, Person
from relanced.config.ladder import PolicyWords
from relanced.config.policies import DEFAULT
from relanced.config.schema import House

MODE: JsonSchemaMode = "validation"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Written(House):
    """What an operator may write."""

    people: Mapping[str, Person] = Field(description="NAME: somebody of the house")
    creditors: Mapping[str, Creditor] = Field(description="KEY: who is owed")
    channels: Mapping[str, Any] = Field(description="NAME: a door for messages")
    policies: Mapping[str, PolicyWords] = Field(default_factory=dict, description="NAME: a ladder, or default")


class _AsWritten(GenerateJsonSchema):
    """Without defaults: they are values, and an editor would offer them as words."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The schema of the value alone."""
        return self.generate_inner(schema["schema"])


def json_schema(kinds: Kinds | None = None) -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the configuration with the settings of every installed kind of channel."""
    doors = {kind: channel.Settings for kind, channel in (InstalledKinds() if kinds is None else kinds).items()}
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Written, MODE), (DoorWords, MODE)]
    models += [(settings, MODE) for settings in doors.values()]
    references, schema = models_json_schema(models, schema_generator=_AsWritten)
    defs = schema["$defs"]
    names = {kind: references[settings, MODE]["$ref"].rpartition("/")[2] for kind, settings in doors.items()}
    whole, words = defs.pop("Written"), defs.pop("DoorWords")
    whole["properties"]["channels"]["additionalProperties"] = _any_door(names)
    whole["properties"]["policies"] = _or_default(whole["properties"]["policies"])
    for kind, name in names.items():
        defs[f"channel_{kind}"] = _door(kind, defs[name], words)
    return {"$schema": DIALECT, **whole, "title": "relanced", "$defs": _reached(whole, defs)}


def _any_door(names: Mapping[str, str]) -> JsonSchemaValue:
    """A channel of any installed kind; once the kind is told, only its own keys may stand."""
    rules = [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {"$ref": f"#/$defs/channel_{kind}"},
        }
        for kind in names
    ]
    return {"type": "object", "properties": {"kind": {"enum": list(names)}}, "required": ["kind"], "allOf": rules}


def _door(kind: str, own: JsonSchemaValue, words: JsonSchemaValue) -> JsonSchemaValue:
    """The keys of the house and those of the kind."""
    return {
        **own,
        "properties": {**words["properties"], **own.get("properties", {}), "kind": {"const": kind}},
        "required": ["kind", *own.get("required", [])],
    }


def _or_default(policies: JsonSchemaValue) -> JsonSchemaValue:
    """The word ``default`` instead of all policies, or of one."""
    word = {"const": DEFAULT, "description": "the policies that ship: business, consumer, public"}
    one = {"anyOf": [policies["additionalProperties"], word]}
    return {"anyOf": [{**policies, "additionalProperties": one}, word], "description": policies["description"]}


def _reached(whole: JsonSchemaValue, defs: JsonSchemaValue) -> JsonSchemaValue:
    """The definitions that the schema refers to, and those they refer to."""
    reached: JsonSchemaValue = {}
    todo = [whole]
    while todo:
        for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(todo.pop())):
            if name not in reached:
                reached[name] = defs[name]
                todo.append(defs[name])
    return reached
