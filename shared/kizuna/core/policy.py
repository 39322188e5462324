"""The consent policy of a workspace: the choices that the law leaves open (`consent.md` section 12)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, field_validator

from kizuna.core.ids import digest

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# The 27 member states, and IS, LI and NO because the same rules reach the EEA. GB is not among them.
EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905  (a list would take thirty lines)
)

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_WINDOW_KEY = re.compile(rf"[A-Z]{{2}}(-[A-Z0-9]{{1,3}}(-({'|'.join(WEEKDAYS)}))?)?")


class Window(NamedTuple):
    """Local wall-clock minutes of one day: open from `start`, closed again at `end`."""

    start: int
    end: int


def _parse_window(value: Any) -> Any:
    if isinstance(value, Window):
        return value
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError("a window is a pair of local times such as 08:00 and 21:00")
    start, end = (_minute_of_day(text) for text in value)
    if start > end:
        raise ValueError("a window may not cross midnight (equal times mean closed all day)")
    return Window(start, end)


def _minute_of_day(text: Any) -> int:
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError("a local time is written HH:MM, from 00:00 to 24:00")
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _window_to_text(window: Window) -> list[str]:
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in window]


OpenWindow = Annotated[
    Window, BeforeValidator(_parse_window), PlainSerializer(_window_to_text, return_type=list[str])
]
Holidays = Annotated[
    frozenset[date],
    PlainSerializer(lambda days: sorted(day.isoformat() for day in days), return_type=list[str]),
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class ConsentPolicy(BaseModel):
    """What the gate is told about a workspace. Immutable; `version_id` names exactly these rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    opt_in_default_for_unknown_country: bool = True
    double_opt_in_countries: frozenset[Country] = frozenset({"DE", "AT"})
    consent_max_age_months: Mapping[Country, Annotated[int, Field(ge=1, le=1200)]] = {"EU": 24}
    invalid_wording_versions: frozenset[str] = frozenset({"v1"})
    future_grant_skew_minutes: Annotated[int, Field(ge=0, le=1440)] = 5
    minor_age_by_country: Mapping[str, Annotated[int, Field(ge=0, le=30)]] = {
        "US": 13,
        "DE": 16,
        "GB": 13,
        "FR": 15,
        "JP": 18,
        "default": 16,
    }
    ca_ad_share_minor_age: Annotated[int, Field(ge=0, le=30)] = 16
    quiet_hours: Mapping[str, OpenWindow] = {
        "US": Window(8 * 60, 21 * 60),
        "US-FL": Window(8 * 60, 20 * 60),
        "US-TX": Window(9 * 60, 21 * 60),
        "US-TX-sunday": Window(12 * 60, 21 * 60),
    }
    # Local days on which no promotion is heard on those channels, such as New Year's in Japan.
    holidays: Mapping[Country, Holidays] = {}
    quiet_hours_channels: frozenset[str] = frozenset({"sms"})
    revoke_all: bool = False

    @field_validator("quiet_hours")
    @classmethod
    def _windows_have_known_keys(cls, windows: Mapping[str, Window]) -> Mapping[str, Window]:
        for key in windows:
            if not _WINDOW_KEY.fullmatch(key):
                raise ValueError(f"{key!r} is not COUNTRY, COUNTRY-REGION or COUNTRY-REGION-weekday")
        return windows

    @field_validator("minor_age_by_country")
    @classmethod
    def _a_default_age_exists(cls, ages: Mapping[str, int]) -> Mapping[str, int]:
        if "default" not in ages:
            raise ValueError("an age under the key `default` is needed, for every other country")
        return ages

    @classmethod
    def from_case_defaults(cls, block: Mapping[str, Any]) -> Self:
        """The `policy_defaults` of a file of cases, whose keys ending in `_note` are remarks."""
        return cls.model_validate({key: value for key, value in block.items() if not key.endswith("_note")})

    @cached_property
    def version_id(self) -> str:
        """An id made from the content: two policies share it exactly when they hold the same rules."""
        content = self.model_dump()
        plain = {
            key: sorted(value) if isinstance(value, frozenset) else value for key, value in content.items()
        }
        return digest("consent policy", json.dumps(plain, sort_keys=True), length=16)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A policy with some keys changed, validated again and with a `version_id` of its own."""
        return type(self).model_validate({**self.model_dump(), **(update or {})})

    def max_age_months(self, country: str | None) -> int | None:
        """After how many calendar months a grant is too old there; the country's own key comes first."""
        if country is None:
            return None
        common = self.consent_max_age_months.get("EU") if country in EU else None
        return self.consent_max_age_months.get(country, common)

    def minor_age(self, country: str | None, region: str | None, channel: str) -> int:
        """The age below which a person is a minor for a message on `channel` (section 5)."""
        if channel == "ad_audience" and country == "US" and region == "CA":
            return self.ca_ad_share_minor_age
        default = self.minor_age_by_country["default"]
        return default if country is None else self.minor_age_by_country.get(country, default)
