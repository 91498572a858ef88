"""What an operator writes under ``kind: letter``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LetterSettings(BaseModel):
    """A folder that takes letters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    out: Literal["folder"] = Field(description="where letters go")
    folder: Path = Field(
        description="made when its parent exists; a PDF and its JSON note appear in it, whole or not at all"
    )
    registered: bool = Field(False, description="whether these letters are posted registered, with receipt")
    settle: timedelta = Field(
        timedelta(0), ge=timedelta(0), description="how long to wait before a doubt is looked into"
    )
    connections: int = Field(4, ge=1, description="how many letters are written at the same time")
