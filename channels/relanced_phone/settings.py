"""What an operator writes under ``kind: phone``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PhoneSettings(BaseModel):
    """Calls that people make."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_day: int = Field(12, ge=1, le=200, description="how many calls one person is asked to make on a day")
