"""What every question about a person has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Scalar = str | int | float | bool


class Node(BaseModel):
    """Part of a condition: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
