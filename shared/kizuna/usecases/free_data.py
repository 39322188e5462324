"""Data of a caller's own making, which templates and branches read: any JSON that all stores give back as it was."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator

from kizuna.core.intake.limits import DEFAULT_LIMITS
from kizuna.core.intake.nesting import levels_of


def keepable(data: dict[str, Any]) -> dict[str, Any]:
    """The same data. Raises ValueError for what is no JSON (NaN, Infinity: RFC 8259, 6) or deeper than events may be.

    Accepted, it would come to nothing only later, where nobody is told.
    """
    for level in levels_of(data, most=DEFAULT_LIMITS.depth):
        if any(isinstance(value, float) and not isfinite(value) for value in level):
            raise ValueError("NaN and Infinity are no JSON")
    return data


FreeData = Annotated[dict[str, Any], AfterValidator(keepable)]
