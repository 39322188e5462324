"""What conditions may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """What conditions may look at."""

    traits: Mapping[str, Any]
    aggregates: Mapping[str, Mapping[str, Any]]
    segments: frozenset[str]
    channels: frozenset[str]  # with a usable address
    bucket_id: str
