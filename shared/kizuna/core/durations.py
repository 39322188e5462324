"""Durations and instants as the workspace writes them (`rules-spec.md` 1).

`90s 15m 12h 7d 2w` are exact lengths, `3mo 1y` are calendar lengths: a missing day becomes the last of
the month.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

_PATTERN = re.compile(r"([0-9]{1,6})(s|m|h|d|w|mo|y)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# Where the calendar ends: people write 9999-12-31 for "never", and so long a window for "always".
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: exact seconds, or calendar months."""

    seconds: int = 0
    months: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `7d` or `3mo`. Raises ValueError naming the forms that are accepted."""
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"not a duration: {text!r} (use a number and s, m, h, d, w, mo or y)")
        number, unit = int(match[1]), match[2]
        if unit == "mo":
            return cls(months=number)
        if unit == "y":
            return cls(months=12 * number)
        return cls(seconds=number * _SECONDS[unit])

    def before(self, instant: datetime, zone: tzinfo = UTC) -> datetime:
        """The instant this long earlier (at most `FIRST`); calendar months are counted in `zone`."""
        return self._shift(instant, zone, -1)

    def after(self, instant: datetime, zone: tzinfo = UTC) -> datetime:
        """The instant this long later (at most `LAST`); calendar months are counted in `zone`."""
        return self._shift(instant, zone, 1)

    def _shift(self, instant: datetime, zone: tzinfo, sign: int) -> datetime:
        try:
            if not self.months:
                return instant + sign * timedelta(seconds=self.seconds)
            return add_months(instant.astimezone(zone), sign * self.months).astimezone(UTC)
        except (OverflowError, ValueError):
            return LAST if sign > 0 else FIRST

    def __str__(self) -> str:
        if self.months:
            years, months = divmod(self.months, 12)
            return f"{years}y" if not months else f"{self.months}mo"
        for unit in ("w", "d", "h", "m"):
            if self.seconds and self.seconds % _SECONDS[unit] == 0:
                return f"{self.seconds // _SECONDS[unit]}{unit}"
        return f"{self.seconds}s"

    @classmethod
    def _taken(cls, raw: Any) -> Duration:
        if isinstance(raw, cls):
            return raw
        if not isinstance(raw, str):
            raise ValueError("a length is a text, such as 90s, 15m, 12h, 7d, 2w, 3mo or 1y")
        return cls.parse(raw)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(
                cls.parse, core_schema.str_schema(pattern=f"^{_PATTERN.pattern}$")
            ),
            python_schema=core_schema.no_info_plain_validator_function(cls._taken),
            serialization=core_schema.to_string_ser_schema(),
        )


def add_months(instant: datetime, months: int) -> datetime:
    """The same wall-clock moment some months away; the 31st becomes the last day where there is none."""
    index = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(index, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def instant_to_text(instant: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `1998-07-01T09:00:00.000Z`; sorts as text."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_from_text(text: str) -> datetime:
    """Read RFC 3339; without an offset it is UTC. Raises ValueError, also for what no calendar holds."""
    value = datetime.fromisoformat(text)
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant lies outside the years 1 to 9999") from error


def epoch_millis(instant: datetime) -> int:
    """Whole milliseconds since 1970, the form in which instants are stored.

    Rounded down: an event of this very moment must not come to lie in the future.
    """
    return (instant - _EPOCH) // _MILLISECOND


def from_epoch_millis(millis: int) -> datetime:
    """The inverse of `epoch_millis`."""
    return _EPOCH + millis * _MILLISECOND
