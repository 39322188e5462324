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

_USUAL_MINOR_AGE = 16  # GDPR Art. 8, where a country has not chosen less

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


# Hours in which the law lets texts that promote something be heard (`consent.md` 10), and the channel that it means.
STATUTORY_HOURS: Mapping[str, Window] = {
    "US": Window(8 * 60, 21 * 60),
    "US-FL": Window(8 * 60, 20 * 60),
    "US-TX": Window(9 * 60, 21 * 60),
    "US-TX-sunday": Window(12 * 60, 21 * 60),
}
STATUTORY_CHANNEL = "sms"

# Below which age the law asks for a guardian (`consent.md` 5). That of Japan is ours, and so may be changed.
STATUTORY_AGES: Mapping[str, int] = {"US": 13, "DE": 16, "GB": 13, "FR": 15}
STATUTORY_AD_AGE = 16  # of a share of data with advertisers, in California


def statutory_window(key: str) -> Window | None:
    """The law's hours where a key of `quiet_hours` applies; None where it has none."""
    country, _, rest = key.partition("-")
    region, _, weekday = rest.partition("-")
    keys = (f"{country}-{region}-{weekday}", f"{country}-{region}", country)
    return next((STATUTORY_HOURS[each] for each in keys if each in STATUTORY_HOURS), None)


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
        **STATUTORY_AGES,
        "JP": 18,
        "default": _USUAL_MINOR_AGE,
    }
    ca_ad_share_minor_age: Annotated[int, Field(ge=0, le=30)] = STATUTORY_AD_AGE
    quiet_hours: Mapping[str, OpenWindow] = STATUTORY_HOURS
    # Local days on which no promotion is heard on those channels, such as New Year's in Japan.
    holidays: Mapping[Country, Holidays] = {}
    quiet_hours_channels: frozenset[str] = frozenset({STATUTORY_CHANNEL})
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
        """The `policy_defaults` of a file of cases, whose keys ending in `_note` are remarks. Ages that name no
        `default` keep that of section 12; a workspace has to say it."""
        told = {key: value for key, value in block.items() if not key.endswith("_note")}
        ages = told.get("minor_age_by_country")
        if isinstance(ages, Mapping):
            told["minor_age_by_country"] = {"default": _USUAL_MINOR_AGE, **ages}
        return cls.model_validate(told)

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


_BY_KEY = ("quiet_hours", "minor_age_by_country", "consent_max_age_months")


def beside_the_law(block: Any) -> Any:
    """The `consent` of a workspace's policy as it is written, with what the law has for keys that it does not name.

    Whoever adds hours for one country keeps those of all others; and hours that are narrowed for a country are
    narrowed where a region of it has hours of its own. What is named is taken as it is written.
    """
    if not isinstance(block, Mapping):
        return block
    written = dict(block)
    for name in _BY_KEY:
        told = written.get(name)
        if isinstance(told, Mapping):
            written[name] = {**ConsentPolicy.model_fields[name].default, **told}
    hours = block.get("quiet_hours")
    if isinstance(hours, Mapping):
        written["quiet_hours"] |= _narrowed(hours)
    return written


def _narrowed(hours: Mapping[Any, Any]) -> dict[str, Window]:
    found = {}
    for key, law in STATUTORY_HOURS.items():
        country, _, rest = key.partition("-")
        above = (f"{country}-{rest.partition('-')[0]}", country)
        wider = next((hours[each] for each in above if each in hours), None)
        if key in hours or wider is None:
            continue
        try:
            own = _parse_window(wider)
        except ValueError:
            continue  # told where the window itself is read
        start = max(law.start, own.start)
        found[key] = Window(start, max(start, min(law.end, own.end)))
    return found
