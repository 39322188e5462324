"""EventBridge patterns, as far as our stream filters use them: exact values and prefixes at a path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether every key of the pattern is satisfied. Raises ValueError for an operator that is not known here."""
    return all(_matches_one(wanted, event.get(name)) for name, wanted in pattern.items())


def _matches_one(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and matches(wanted, value)
    return any(_is(option, value) for option in wanted)


def _is(option: Any, value: Any) -> bool:
    if not isinstance(option, Mapping):
        return bool(option == value)
    if set(option) != {"prefix"}:
        raise ValueError(f"operator not known to the local stream: {', '.join(option)}")
    return isinstance(value, str) and value.startswith(option["prefix"])
