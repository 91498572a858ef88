"""The JSON schema that editors read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from relanced.config import IMPORT_FIELDS, json_schema
from relanced.flow.intake.headings import FIELDS
from tests.config.samples import KINDS

SCHEMA = json_schema(KINDS)


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the schema."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from parts(item)


def test_it_is_json_and_refers_to_nothing_that_is_absent() -> None:
    text = json.dumps(SCHEMA)
    referred = set(re.findall(r'"#/\$defs/([^"]+)"', text))
    assert referred == set(SCHEMA["$defs"])
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_part_of_the_file_is_described() -> None:
    required = {"store", "people", "creditors", "channels"}
    assert set(SCHEMA["required"]) == required
    assert {"policies", "contact_rules", "desk", "rates", "timezone"} <= set(SCHEMA["properties"])
    assert SCHEMA["additionalProperties"] is False


def test_examples_fit_their_patterns() -> None:
    told = [part for part in parts(SCHEMA) if "pattern" in part and "examples" in part]
    assert len(told) > 20
    for part in told:
        for example in part["examples"]:
            assert re.search(part["pattern"], example), (part["pattern"], example)


def test_a_channel_shows_the_keys_of_the_house_and_those_of_its_kind() -> None:
    letter = SCHEMA["$defs"]["channel_letter"]
    house = {"kind", "rate", "per_domain", "per_sender", "consent"}
    assert set(letter["properties"]) == {*house, "folder", "registered"}
    assert letter["properties"]["kind"] == {"const": "letter"}
    assert letter["required"] == ["kind", "folder"]
    assert letter["additionalProperties"] is False
    assert SCHEMA["properties"]["channels"]["additionalProperties"]["properties"]["kind"]["enum"] == list(KINDS)


def test_a_secret_is_marked_as_one() -> None:
    password = SCHEMA["$defs"]["Smtp"]["properties"]["password"]["anyOf"][0]
    assert (password["format"], password["writeOnly"]) == ("password", True)


def test_no_default_is_offered_that_nobody_would_write() -> None:
    assert not [part for part in parts(SCHEMA["$defs"]["StepWords"]) if "default" in part]


def test_policies_may_be_the_word_default() -> None:
    words = [part for part in parts(SCHEMA["properties"]["policies"]) if part.get("const") == "default"]
    assert len(words) == 2


def test_the_fields_of_an_import_are_those_that_the_intake_reads() -> None:
    assert IMPORT_FIELDS == FIELDS
