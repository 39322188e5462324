"""What every question about a person has in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

Scalar = str | int | float | bool


class Node(BaseModel):
    """Part of a condition: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def with_its_type(raw: Any, *, groups: Iterable[str], leaves: Iterable[str]) -> Any:
    """What people write in short, `{any: […]}`, `{not: …}` and `{trait: plan, op: eq, value: pro}`, with its type.

    Of two leaves that stand in one question the first names its type. What tells no type is given back.
    """
    if not isinstance(raw, Mapping) or "type" in raw:
        return raw
    for name in groups:
        if name in raw:
            rest = {key: value for key, value in raw.items() if key != name}
            return {"type": name, "of": raw[name], **rest}
    if "not" in raw:
        rest = {key: value for key, value in raw.items() if key != "not"}
        return {"type": "none", "of": [raw["not"]], **rest}
    if "at_least" in raw:
        rest = {key: value for key, value in raw.items() if key != "at_least"}
        return {"type": "at_least", "n": raw["at_least"], **rest}
    for name in leaves:
        if name in raw:
            return {"type": name, **raw}
    return raw
