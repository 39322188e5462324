"""Cells as values: what a type makes of a text, and what a text says of consent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal

from kizuna.core.files.faults import RowFault, RowRefused

ValueType = Literal["text", "number", "integer", "boolean", "instant", "list"]

_TRUE = frozenset({"true", "yes", "y", "1", "t", "on", "はい", "○"})
_FALSE = frozenset({"false", "no", "n", "0", "f", "off", "いいえ", "×"})
GRANTED = frozenset(
    {
        "granted",
        "subscribed",
        "opt_in",
        "opt-in",
        "optin",
        "opted_in",
        "in",
        "yes",
        "y",
        "true",
        "1",
        "はい",
        "○",
    }
)
WITHDRAWN = frozenset(
    {
        *("withdrawn", "unsubscribed", "opt_out", "opt-out", "optout", "opted_out", "out", "all"),
        *("no", "n", "false", "0", "いいえ", "×"),
    }
)
# Without a day of the month in doubt: year first, as in ISO 8601, but with slashes (the custom of Japan).
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(.*)", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str, *, zone: tzinfo = UTC, form: str | None = None) -> str:
    """A time as ISO 8601 with an offset. Without one in the text it is of `zone`; a day alone is its first moment.

    `form` is a pattern of `strptime`. Digits alone are seconds (10 of them) or milliseconds (13) since 1970.
    """
    try:
        if form:
            found = datetime.strptime(text, form)  # noqa: DTZ007  (the zone follows)
        elif text.isdigit() and len(text) in (10, 13):
            found = _EPOCH + timedelta(milliseconds=int(text) * (1000 if len(text) == 10 else 1))
        else:
            found = datetime.fromisoformat(_with_dashes(text))
        if found.tzinfo is None:
            found = found.replace(tzinfo=zone)
        if found < _EPOCH:
            raise ValueError
        return found.isoformat()
    except (ValueError, OverflowError):
        raise RowRefused(RowFault.UNREADABLE_TIME, "is no time that can be read") from None


def _with_dashes(text: str) -> str:
    slashed = _SLASHED.fullmatch(text)
    if slashed is None:
        return text
    year, month, day, rest = slashed.groups()
    return f"{year}-{month:0>2}-{day:0>2}{rest}"


def number(text: str) -> float | int:
    """A number with a point, and with commas only between groups of three."""
    plain = text.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text) else text
    if not re.fullmatch(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", plain):
        raise RowRefused(RowFault.UNREADABLE_VALUE, "is no number")
    return float(plain) if "." in plain else int(plain)


def integer(text: str) -> int:
    found = number(text)
    if isinstance(found, float):
        raise RowRefused(RowFault.UNREADABLE_VALUE, "is no whole number")
    return found


def boolean(text: str) -> bool:
    folded = text.strip().lower()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise RowRefused(RowFault.UNREADABLE_VALUE, "is neither true nor false")


def listed(text: str) -> list[str]:
    """Parts of a cell, cut at `|`."""
    return [part.strip() for part in text.split("|") if part.strip()]


def converter(kind: ValueType, zone: tzinfo) -> Callable[[str], Any]:
    """What makes a value of a cell. Raises RowRefused for a text that is none."""
    made: Mapping[str, Callable[[str], Any]] = {
        "text": str,
        "number": number,
        "integer": integer,
        "boolean": boolean,
        "instant": lambda text: instant(text, zone=zone),
        "list": listed,
    }
    return made[kind]
