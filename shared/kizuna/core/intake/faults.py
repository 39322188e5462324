"""What pydantic has to say about an event, in our words: a cause, a path, a reason, and never a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from pydantic import ValidationError

from kizuna.core.intake import shapes
from kizuna.core.intake.causes import Cause
from kizuna.core.intake.limits import MAX_NAME_LENGTH


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong with an event."""

    cause: Cause
    path: str
    reason: str


_FAULTS = {
    "missing": (Cause.MISSING_FIELD, "is required"),
    "string_too_short": (Cause.MISSING_FIELD, "must not be empty"),
    "string_too_long": (Cause.NAME_TOO_LONG, f"must be at most {MAX_NAME_LENGTH} characters"),
    "string_type": (Cause.WRONG_TYPE, "must be text"),
    "string_unicode": (Cause.WRONG_TYPE, "must be well-formed text"),
    "dict_type": (Cause.WRONG_TYPE, "must be an object"),
    "list_type": (Cause.WRONG_TYPE, "must be a list"),
    "bool_type": (Cause.WRONG_TYPE, "must be true or false"),
    "bool_parsing": (Cause.WRONG_TYPE, "must be true or false"),
    "too_short": (Cause.MISSING_FIELD, "must hold at least 2 items"),
    "too_long": (Cause.WRONG_TYPE, "must hold at most 10 items"),
    "union_tag_invalid": (Cause.UNKNOWN_TYPE, f"must be one of {', '.join(shapes.SHAPES)}"),
    "union_tag_not_found": (Cause.UNKNOWN_TYPE, f"must be one of {', '.join(shapes.SHAPES)}"),
}
_OWN_CAUSES = {cause.value: cause for cause in Cause}


def first_fault(error: ValidationError) -> Fault:
    """The first fault, with its path inside the event (`context.device.token`)."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    kind = first["type"]
    if kind in _FAULTS:
        cause, reason = _FAULTS[kind]
    elif kind in _OWN_CAUSES:
        cause, reason = _OWN_CAUSES[kind], first["msg"]  # one of our own validators: a constant text
    else:
        cause, reason = Cause.WRONG_TYPE, "has the wrong form"
    path = _path(first["loc"])
    return Fault(cause, "type" if cause is Cause.UNKNOWN_TYPE else path, reason)


def _path(location: tuple[int | str, ...]) -> str:
    """Field names we know and positions; a name the client chose may be personal, and shows as `*`."""
    path = ""
    for part in location[1:]:  # the first part is the type of the event
        if part == "[key]":
            continue
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if part in _FIELD_NAMES else ".*"
    return path.removeprefix(".")


def _names(shape: Any) -> Iterator[str]:
    for name, kind in get_type_hints(shape).items():
        yield name
        yield from _nested_names(kind)


def _nested_names(kind: Any) -> Iterator[str]:
    if hasattr(kind, "__total__"):
        yield from _names(kind)
    for inner in get_args(kind):
        yield from _nested_names(inner)


_FIELD_NAMES = frozenset(name for shape in shapes.SHAPES.values() for name in _names(shape))
