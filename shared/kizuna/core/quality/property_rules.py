"""What one property of an event, or one trait, must be; compiled to one plain function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kizuna.core.linear_patterns import compiled

# `accept`: nothing. `warn`: stored, and in the report. `quarantine`: kept apart with its cause, to be
# replayed after a fix. `reject`: reported, and nothing of the event is kept.
Action = Literal["accept", "warn", "quarantine", "reject"]
ValueType = Literal["any", "string", "number", "integer", "boolean", "datetime", "array", "object"]
Check = Callable[[Any], tuple[str, str] | None]  # None, or the cause and the reason


class PropertyRule(BaseModel):
    """What one property (or trait, in an identify) must be. Null is the same as absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ValueType = "any"
    required: bool = False
    enum: tuple[str | int | float | bool, ...] = ()
    pattern: str | None = Field(default=None, max_length=200)  # see `linear_patterns`
    min: float | None = None
    max: float | None = None
    max_length: int | None = Field(default=None, ge=0)  # of a text in characters, of a list in members
    personal: bool = False  # tells about a person: shown in the inventory
    meaning: str = ""
    on_violation: Action | None = None  # else the event's

    @field_validator("pattern")
    @classmethod
    def _is_linear(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            compiled(pattern)
        return pattern

    @model_validator(mode="after")
    def _fits_together(self) -> PropertyRule:
        if (self.min is not None or self.max is not None) and self.type not in ("number", "integer"):
            raise ValueError("min and max are for a number or an integer")
        if self.pattern is not None and self.type != "string":
            raise ValueError("pattern is for a string")
        if self.max_length is not None and self.type not in ("string", "array"):
            raise ValueError("max_length is for a string or an array")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        return self


def check_of(rule: PropertyRule) -> Check:
    """All that a value must be, as one function. The type is asked first: the others rely on it."""
    checks = [_OF_TYPE[rule.type]] if rule.type != "any" else []
    if rule.enum:
        checks.append(_one_of(rule.enum))
    if rule.min is not None or rule.max is not None:
        checks.append(_within(rule.min, rule.max))
    if rule.max_length is not None:
        checks.append(_no_longer_than(rule.max_length))
    if rule.pattern is not None:
        checks.append(_like(rule.pattern))

    def check(value: Any) -> tuple[str, str] | None:
        for each in checks:
            problem = each(value)
            if problem is not None:
                return problem
        return None

    return check


def _type_check(name: str, fits: Callable[[Any], bool]) -> Check:
    problem = ("plan_wrong_type", f"must be of the type {name}")
    return lambda value: None if fits(value) else problem


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


def _is_datetime(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_OF_TYPE: Mapping[str, Check] = {
    "string": _type_check("string", lambda value: isinstance(value, str)),
    "number": _type_check("number", _is_number),
    "integer": _type_check("integer", _is_integer),
    "boolean": _type_check("boolean", lambda value: isinstance(value, bool)),
    "datetime": _type_check("datetime (ISO 8601)", _is_datetime),
    "array": _type_check("array", lambda value: isinstance(value, list | tuple)),
    "object": _type_check("object", lambda value: isinstance(value, Mapping)),
}


def _one_of(allowed: tuple[Any, ...]) -> Check:
    # True is 1 in Python, and not in JSON.
    known = frozenset((isinstance(value, bool), value) for value in allowed)
    problem = ("plan_not_allowed", "is none of the values that the plan allows")

    def check(value: Any) -> tuple[str, str] | None:
        if isinstance(value, str | int | float) and (isinstance(value, bool), value) in known:
            return None
        return problem

    return check


def _within(least: float | None, most: float | None) -> Check:
    low, high = float("-inf") if least is None else least, float("inf") if most is None else most
    problem = ("plan_out_of_range", f"must be between {low:g} and {high:g}")
    return lambda value: None if low <= value <= high else problem


def _no_longer_than(length: int) -> Check:
    problem = ("plan_too_long", f"must be at most {length} long")
    return lambda value: None if len(value) <= length else problem


def _like(pattern: str) -> Check:
    fits = compiled(pattern)
    problem = ("plan_pattern", "is not of the form that the plan asks for")
    return lambda value: None if fits(value) else problem
