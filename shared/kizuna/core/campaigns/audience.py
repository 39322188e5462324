"""Whom a campaign is for."""

from __future__ import annotations

from pydantic import Field

from kizuna.core.campaigns.base import Definition


class Audience(Definition):
    """The segments whose members are meant, and those whose members are not."""

    segments: tuple[str, ...] = Field(alias="in", min_length=1)
    excluded: tuple[str, ...] = Field(alias="not_in", default=())
