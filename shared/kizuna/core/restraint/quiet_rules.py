"""Quiet hours as a workspace writes them, for all of its campaigns or for one (`rules-spec.md` 5.2).

Zones are looked for in the order that is given, and the first that is known counts. Where none is, every zone of the
person's country must be open, or the whole world where the country is not known either: never "no zone, so send".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    field_validator,
    model_validator,
)

from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import FIRST, Duration
from kizuna.core.policy import WEEKDAYS
from kizuna.core.restraint.house_hours import CLOSED, DAY, HouseHours, OnHit, Span, Week, open_windows
from kizuna.core.zones import zone_named

ZoneSource = Literal["trait", "context", "estimate", "fallback"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Days = Literal[Weekday, "every_day", "workdays", "weekend"]

AHEAD = timedelta(days=9)  # so far ahead calendars are looked at: further than anything waits
LONGEST_WAIT = timedelta(days=7)

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def _parse_spans(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise ValueError('windows are pairs of local times, such as [["09:00", "20:00"]]')
    return tuple(_parse_span(span) for span in value)


def _parse_span(value: Any) -> Span:
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_clock, value)):
        raise ValueError("a window is a pair of local times HH:MM, from 00:00 to 24:00")
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in value)
    if start in (end, DAY):
        raise ValueError("a window begins before 24:00 and ends at another time than it begins")
    return start, end if end > start else end + DAY


def _is_clock(value: Any) -> bool:
    return isinstance(value, str) and _CLOCK.fullmatch(value) is not None


def _spans_to_text(spans: Sequence[Span]) -> list[list[str]]:
    return [[_clock(start), _clock(end if end <= DAY else end - DAY)] for start, end in spans]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


Spans = Annotated[
    tuple[Span, ...],
    BeforeValidator(_parse_spans, json_schema_input_type=list[tuple[str, str]]),
    PlainSerializer(_spans_to_text, return_type=list[list[str]]),
]


class QuietHours(BaseModel):
    """When promotion may be heard (`mode: open`) or may not (`mode: quiet`), by the person's own clock.

    A weekday goes before `workdays` and `weekend`, these before `every_day`; a day that none names has no windows.
    What crosses midnight belongs to the day on which it begins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["open", "quiet"] = "open"
    windows: dict[Days, Spans] = Field(min_length=1)
    holidays: dict[str, Literal[Weekday, "closed"]] = Field(
        default_factory=dict
    )  # calendar → what its days are
    zone: tuple[ZoneSource, ...] = get_args(ZoneSource)
    fallback_zone: str | None = None
    channels: tuple[TemplateChannel, ...] = ()
    applies_to: Literal["promotional", "all"] = "promotional"
    on_hit: OnHit = "defer"
    max_defer: Duration = Duration(seconds=48 * 3600)
    fail: Literal["closed"] = "closed"

    @field_validator("fallback_zone")
    @classmethod
    def _zone_exists(cls, name: str | None) -> str | None:
        if name is not None and zone_named(name) is None:
            raise ValueError(f"unknown time zone {name!r}")
        return name

    @field_validator("max_defer")
    @classmethod
    def _is_a_wait(cls, wait: Duration) -> Duration:
        if not timedelta(minutes=1) <= wait.after(FIRST) - FIRST <= LONGEST_WAIT:
            raise ValueError("max_defer is 1m to 7d")
        return wait

    @model_validator(mode="after")
    def _fits_together(self) -> QuietHours:
        if len(set(self.zone)) < len(self.zone):
            raise ValueError("zone names a source twice")
        if self.fallback_zone is not None and "fallback" not in self.zone:
            raise ValueError("fallback_zone is given, and zone does not name fallback")
        if not any(open_windows(self.week, day, quiet=self.mode == "quiet") for day in range(7)):
            raise ValueError("windows leave no minute of the week in which anything may be heard")
        return self

    @property
    def week(self) -> Week:
        """The windows of each weekday as they are written."""
        return tuple(
            self._of(day, "weekend" if day in ("saturday", "sunday") else "workdays") for day in WEEKDAYS
        )

    def _of(self, *names: str) -> tuple[Span, ...]:
        told: Mapping[str, tuple[Span, ...]] = {str(name): spans for name, spans in self.windows.items()}
        return next((told[name] for name in (*names, "every_day") if name in told), ())

    def concerns(self, channel: str, category: str) -> bool:
        """Whether a message by this channel keeps these hours. What the law requires never does."""
        meant = category == "marketing" or (category == "transactional" and self.applies_to == "all")
        return meant and (not self.channels or channel in self.channels)


def kept_by(
    rule: QuietHours,
    *,
    known: Mapping[ZoneSource, Callable[[], str | None]],
    country: str | None,
    calendars: Mapping[str, Iterable[date]],
    since: datetime,
    now: datetime,
) -> HouseHours:
    """A rule for one message that arose at `since`. `known` finds the zone of a person by each source but
    the declared one; it may tell None. `calendars` are the days by the name of their calendar."""
    finders = {"fallback": lambda: rule.fallback_zone, **known}
    zone = next((found for source in rule.zone if (found := finders[source]()) and zone_named(found)), None)
    today = now.astimezone(UTC).date()
    first, last = today - timedelta(days=2), today + AHEAD
    near = {
        day.isoformat(): CLOSED if other == "closed" else WEEKDAYS.index(other)
        for calendar, other in sorted(rule.holidays.items(), key=lambda told: told[1] == "closed")
        for day in calendars.get(calendar, ())
        if first <= day <= last
    }
    return HouseHours(
        week=rule.week,
        until=rule.max_defer.after(since),
        quiet=rule.mode == "quiet",
        days=tuple(sorted(near.items())),
        zones=(zone,) if zone else (),
        country="" if zone else (country or ""),
        on_hit=rule.on_hit,
        every=rule.applies_to == "all",
    )
