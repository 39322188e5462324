"""Whether a definition is small and plain enough to be looked at at all.

A file of twenty lines may stand for a million parts: an alias in YAML repeats what it names, and what names an alias
twice doubles it. Whatever reads such a document part by part is busy for hours, so its parts are counted first, in a
time that the limits bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_OBJECTS = 20_000  # objects and lists
MOST_VALUES = 300_000  # of all kinds
MOST_CHARACTERS = 4_000_000
DEEPEST = 100
LARGEST = 10**38  # no store of ours holds larger numbers


def bomb_problem(document: Any) -> tuple[str, str] | None:
    """The key of a document that is too large to be read, and why; None where all of it may be read."""
    parts = document.items() if isinstance(document, Mapping) else [("", document)]
    left = [MOST_OBJECTS, MOST_VALUES, MOST_CHARACTERS]
    for name, part in parts:
        problem = _counted(part, left)
        if problem:
            return str(name)[:100], problem
    return None


def _counted(part: Any, left: list[int]) -> str | None:
    waiting: list[tuple[Any, int]] = [(part, 1)]
    while waiting:
        value, depth = waiting.pop()
        left[1] -= 1
        match value:
            case Mapping():
                below = [*value.keys(), *value.values()]
            case list() | tuple():
                below = list(value)
            case str():
                left[2] -= len(value)
                below = []
                if not _is_text(value):
                    return "holds a text that is none in Unicode: half of a surrogate pair"
            case int() if abs(value) >= LARGEST:
                return "holds a number of more than 38 digits"
            case _:
                below = []
        left[0] -= isinstance(value, Mapping | list | tuple)
        if depth > DEEPEST:
            return f"nested deeper than {DEEPEST}"
        if left[0] < 0 or left[1] < len(below):
            return f"more than {MOST_OBJECTS:,} objects or {MOST_VALUES:,} values, its aliases written out"
        if left[2] < 0:
            return f"more than {MOST_CHARACTERS:,} characters, its aliases written out"
        waiting += ((each, depth + 1) for each in below)
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
