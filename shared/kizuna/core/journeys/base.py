"""What every part of a journey's definition shares: it is frozen, and an unknown key is refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Definition(BaseModel):
    """A part of a definition as somebody wrote it.

    What reads it is built when it is first used, of a whole journey at once: a process that meets no journey does
    without, and nothing is built twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
