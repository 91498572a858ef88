"""What every part of the configuration shares: frozen, no unknown keys, relative paths beside the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, PrivateAttr, ValidationInfo


class Section(BaseModel):
    """Some keys and their values. Digits without quotes are accepted where text is expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True)


class Keyed(Section):
    """A section that stands under a name of its own."""

    _key: str = PrivateAttr("")

    def model_post_init(self, context: Any, /) -> None:
        """Remember the name under which the section stands."""
        self._key = (context or {}).get("key", "")

    @property
    def key(self) -> str:
        """The name under which the section stands in the file."""
        return self._key


def _path(said: object, info: ValidationInfo) -> Path:
    if not isinstance(said, str) or not said.strip() or "\n" in said:
        raise ValueError("expected a path")
    folder: Path = (info.context or {}).get("folder", Path())
    return folder / said


FilePath = Annotated[Path, PlainValidator(_path, json_schema_input_type=str)]
