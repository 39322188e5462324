"""A JSON value level by level, to its last or to the first that nobody wants: no stack grows with what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def levels_of(value: Any, *, most: int) -> Iterator[list[Any]]:
    """The value, then all that lies in it, and so on. Raises ValueError behind `most` levels, if there are more."""
    level = [value]
    for _ in range(most):
        yield level
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise ValueError(f"nested deeper than {most} levels")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
