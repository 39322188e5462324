"""Values as JSON brings them, found by a path and read as what a question takes them for.

Nothing is taken for what it is not: `"5"` is no number, unless the question says `value_type: number`. What cannot be
read is of the wrong type, and answers no positive question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from typing import Any, Final

from kizuna.core.durations import instant_from_text
from kizuna.core.zones import day_at, start_of_day


class Absent(Enum):
    MISSING = "missing"


MISSING: Final = Absent.MISSING  # nothing stands there, not even a null

# RFC 3339, the time zone optional (UTC), or a date alone. The same in every engine that reads these texts.
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
INSTANT_PATTERN = DATE_PATTERN + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
NUMBER_PATTERN = r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?"
_DATE, _INSTANT, _NUMBER = re.compile(DATE_PATTERN), re.compile(INSTANT_PATTERN), re.compile(NUMBER_PATTERN)


# ── finding ─────────────────────────────────────────────────────────────────────────────────────


def found_at(values: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path, or `MISSING`. A name that holds dots itself goes before a path."""
    if path in values:
        return values[path]
    found: Any = values
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found


def at_path(values: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path, or None where nothing does."""
    found = found_at(values, path)
    return None if found is MISSING else found


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def read_text(value: Any) -> str | None:
    """A text, or a number or boolean as JSON writes it; a number without a fraction has no point."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < 10**18 else None
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() and abs(value) < 10**15 else repr(value)
        case _:
            return None


def read_number(value: Any) -> int | float | None:
    """A number, or a text that is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
        return int(value) if value.lstrip("-").isdecimal() else number if math.isfinite(number) else None
    except OverflowError:
        return None


def read_boolean(value: Any) -> bool | None:
    """A boolean, or one of the texts `true` and `false` in any case."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def read_date(value: Any) -> date | None:
    """A date alone: no instant."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def read_instant(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """An instant, in UTC unless its text says otherwise. A date alone stands for its first instant in the zone."""
    alone = read_date(value)
    if alone is not None:
        return instant_of_day(alone, zone)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return instant_from_text(value.upper())
    except ValueError:
        return None


def instant_of_day(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day in a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) if zone is UTC else start_of_day(zone, day)


def read_day(value: Any, zone: tzinfo) -> date | None:
    """A date, which is the same day everywhere, or the day of an instant in the zone."""
    alone = read_date(value)
    if alone is not None:
        return alone
    instant = read_instant(value)
    return None if instant is None else day_at(zone, instant)


Reader = Callable[[Any], Any]


def reader_of(value_type: str | None, zone: tzinfo) -> Reader:
    """Reads a value as this type; None where it is none. Without a type everything is what it is."""
    match value_type:
        case "string":
            return read_text
        case "number":
            return read_number
        case "boolean":
            return read_boolean
        case "instant":
            return lambda value: read_instant(value, zone)
        case "date":
            return lambda value: read_day(value, zone)
        case _:
            return lambda value: value


# ── texts ───────────────────────────────────────────────────────────────────────────────────────


def folded(text: str) -> str:
    """A text without its case: each character in lower case where that is one character.

    That is Unicode's simple mapping, which needs no context and which databases know as `lower`.
    """
    return text.lower() if text.isascii() else "".join(map(_lowered, text))


def _lowered(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character
