"""What every check of definitions against each other is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from kizuna.core.engagement import EngagementPolicy

Parsed = Mapping[str, Mapping[str, Any]]  # the typed definitions by kind, then by id
Origin = Callable[[str, str], str]  # where the definition of this kind and id is written


def policy_of(parsed: Parsed) -> EngagementPolicy:
    """The workspace's, or that of one which has written none."""
    policy: EngagementPolicy = next(iter(parsed["policy"].values()), None) or _unwritten()
    return policy


@cache  # the model with all its parts takes longer to make than most checks
def _unwritten() -> EngagementPolicy:
    return EngagementPolicy()
