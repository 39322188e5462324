"""Moments as stories and tests say them.

2h 30m                      so long after the story begins; several lengths are added
+3d 09:00                   at this local time, so many days after the day on which it begins
2026-11-24 09:00            local time
2026-11-24T00:00:00Z        an instant
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from kizuna.core.durations import Duration, instant_from_text
from kizuna.core.zones import DAY, day_at, first_instant

_DAYS = re.compile(r"\+?([0-9]{1,5})d ([01][0-9]|2[0-3]):([0-5][0-9])")
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([01][0-9]|2[0-3]):([0-5][0-9])")
_FORMS = "say 2h 30m, +3d 09:00, 2026-11-24 09:00 or 2026-11-24T00:00:00Z"
_PATTERN = r"^[0-9+][0-9A-Za-z :+.\-]*$"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as it was written; `at` says which instant that is."""

    text: str

    def at(self, starts: datetime, zone: ZoneInfo) -> datetime:
        """The instant, in a story that begins at `starts` and tells local times of this zone."""
        days = _DAYS.fullmatch(self.text)
        if days is not None:
            return _on(day_at(zone, starts) + int(days[1]) * DAY, days[2], days[3], zone)
        local = _LOCAL.fullmatch(self.text)
        if local is not None:
            return _on(date.fromisoformat(local[1]), local[2], local[3], zone)
        if re.match(r"[0-9]{4}-", self.text):
            return instant_from_text(self.text)
        moment = starts
        for length in self.text.removeprefix("+").split():
            moment = Duration.parse(length).after(moment, zone)
        return moment

    @classmethod
    def parse(cls, raw: Any) -> Moment:
        """Read one. Raises ValueError naming the forms that there are."""
        if isinstance(raw, cls):
            return raw
        if isinstance(raw, datetime):  # YAML reads instants, and local times, as what they are
            return cls(raw.isoformat() if raw.tzinfo else f"{raw:%Y-%m-%d %H:%M}")
        if not isinstance(raw, str) or not raw.strip():
            raise ValueError(f"not a moment: {_FORMS}")
        moment = cls(raw.strip())
        try:
            moment.at(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
        except ValueError as error:
            raise ValueError(f"not a moment: {_FORMS}") from error
        return moment

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(
                cls.parse, core_schema.str_schema(pattern=_PATTERN)
            ),
            python_schema=core_schema.no_info_plain_validator_function(cls.parse),
            serialization=core_schema.to_string_ser_schema(),
        )


def _on(day: date, hour: str, minute: str, zone: ZoneInfo) -> datetime:
    return first_instant(zone, datetime.combine(day, time(int(hour), int(minute))))
