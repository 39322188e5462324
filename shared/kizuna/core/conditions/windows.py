"""Of which time a question about events asks: windows, as they are written and as they lie at a moment.

    {last: 7d}                              now − 7d < at ≤ now
    {between_ago: {from: 90d, to: 30d}}     now − 90d < at ≤ now − 30d
    {absolute: {from: …, to: …}}            from ≤ at < to
    {since_last: Order Completed}           after the latest such event
    {calendar: week, zone: Asia/Tokyo}      since Monday, midnight there

At a moment a window is a `Frame` of whole milliseconds, the form in which instants are stored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated, Any, Literal, NamedTuple, assert_never

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, model_validator

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.calendar_turns import next_period, period_start
from kizuna.core.conditions.times import leaves_at
from kizuna.core.durations import (
    FIRST,
    LAST,
    Duration,
    epoch_millis,
    from_epoch_millis,
    instant_from_text,
    instant_to_text,
)
from kizuna.core.zones import zone_named

# What needs the events one by one looks back so far at most, as the timeline does.
LOOKS_BACK = timedelta(days=400)

Calendar = Literal["day", "week", "month"]


def _instant(raw: Any) -> Any:
    """An instant as text, or as YAML reads one; a date is its midnight in UTC."""
    match raw:
        case datetime():
            return raw.replace(tzinfo=UTC) if raw.tzinfo is None else raw.astimezone(UTC)
        case date():
            return datetime(raw.year, raw.month, raw.day, tzinfo=UTC)
        case str():
            return instant_from_text(raw)
        case _:
            return raw


Instant = Annotated[datetime, BeforeValidator(_instant), PlainSerializer(instant_to_text, return_type=str)]


class Last(Node):
    """The time up to now: `now − last < at ≤ now`."""

    last: Duration


class Ago(Node):
    """From the earlier to the later end, each so long ago."""

    from_: Duration = Field(alias="from", description="How long ago it begins; left out.")
    to: Duration = Field(description="How long ago it ends; included.")

    @model_validator(mode="after")
    def _begins_first(self) -> Ago:
        if _days(self.from_) <= _days(self.to):
            raise ValueError("`from` is how long ago it begins, and must be longer than `to`")
        return self


class BetweenAgo(Node):
    """A time that moves along behind us: `now − from < at ≤ now − to`."""

    between_ago: Ago


class Dates(Node):
    """Two fixed instants; without one of them it is open on that side."""

    from_: Instant | None = Field(default=None, alias="from", description="Included.")
    to: Instant | None = Field(default=None, description="Left out.")

    @model_validator(mode="after")
    def _fits(self) -> Dates:
        if self.from_ is None and self.to is None:
            raise ValueError("needs `from`, `to` or both")
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("`from` must be before `to`")
        return self


class Absolute(Node):
    """A time that stands: `from ≤ at < to`."""

    absolute: Dates


class SinceLast(Node):
    """The time after the latest event of another name, and 400 days back at most.

    Had that never happened, the question is untrue (and its complement `did_not` true), or with `if_never: all`
    asks of all that time.
    """

    since_last: str = Field(min_length=1, max_length=200)
    if_never: Literal["all"] | None = None


class CalendarWindow(Node):
    """The day, the week (from Monday) or the month that it is, in a zone; without one in the person's, else UTC."""

    calendar: Calendar
    zone: str | None = Field(default=None, max_length=64)

    @model_validator(mode="after")
    def _zone_exists(self) -> CalendarWindow:
        if self.zone is not None and zone_named(self.zone) is None:
            raise ValueError(f"zone: there is no time zone {self.zone!r}")
        return self


_KINDS = ("last", "between_ago", "absolute", "since_last", "calendar")


def _kind(raw: Any) -> str | None:
    return next(
        (kind for kind in _KINDS if (kind in raw if isinstance(raw, dict) else hasattr(raw, kind))), None
    )


Window = Annotated[
    Annotated[Last, Tag("last")]
    | Annotated[BetweenAgo, Tag("between_ago")]
    | Annotated[Absolute, Tag("absolute")]
    | Annotated[SinceLast, Tag("since_last")]
    | Annotated[CalendarWindow, Tag("calendar")],
    Discriminator(
        _kind,
        custom_error_type="unknown_window",
        custom_error_message=f"a window is one of {', '.join(_KINDS)}",
    ),
]


# ── at a moment ─────────────────────────────────────────────────────────────────────────────────


class Frame(NamedTuple):
    """Where a window lies: `after < at ≤ until`, in milliseconds."""

    after: int
    until: int

    def holds(self, millis: int) -> bool:
        return self.after < millis <= self.until


def frame_at(
    window: Window | None, *, now: datetime, zone: str | None = None, since: int | None = None
) -> Frame | None:
    """The window at a moment; None where there is none yet (nothing to be since).

    `zone` is the person's; `since` when that happened after which a window begins.
    """
    until = epoch_millis(now)
    match window:
        case None:
            return Frame(_millis(FIRST), until)
        case Last(last=length):
            return Frame(_millis(length.before(now)), until)
        case BetweenAgo(between_ago=ago):
            return Frame(_millis(ago.from_.before(now)), _millis(ago.to.before(now)))
        case Absolute():
            first, end = span_of(window)
            return Frame(first - 1, until if end is None else min(until, end - 1))
        case SinceLast(if_never=if_never):
            if since is None and if_never is None:
                return None
            back = epoch_millis(now - LOOKS_BACK)
            return Frame(back if since is None else max(since, back), until)
        case CalendarWindow(calendar=period):
            start = period_start(period, now, _zone_for(window, zone))
            return Frame(epoch_millis(start) - 1, until)
        case _:
            assert_never(window)


def span_of(window: Absolute) -> tuple[int, int | None]:
    """The milliseconds of a fixed time: the first, and the first after it."""
    dates = window.absolute
    first = _millis(FIRST) if dates.from_ is None else _rounded_up(dates.from_)
    return first, None if dates.to is None else _rounded_up(dates.to)


def turns_of(
    window: Window | None,
    instants: Sequence[int],
    *,
    now: datetime,
    zone: str | None = None,
    most: int | None = None,
) -> Iterator[datetime]:
    """When any of these (ascending) may enter or leave the window, in no order; also when some of them did.

    With `most`, so many of the next turns are told, and not all of the later ones.
    """
    ahead = _Ahead(instants, most)
    match window:
        case None | Absolute():
            yield from ahead.after(now)
        case SinceLast():
            yield from ahead.after(now)
            yield from (instant + LOOKS_BACK for instant in ahead.after(now - LOOKS_BACK))
        case Last(last=length):
            yield from ahead.after(now)
            yield from ahead.passed(length, now)
        case BetweenAgo(between_ago=ago):
            yield from ahead.passed(ago.to, now)
            yield from ahead.passed(ago.from_, now)
        case CalendarWindow(calendar=period):
            yield from ahead.after(now)
            turn = now
            for _ in range(_PERIODS):
                turn = next_period(period, turn, _zone_for(window, zone))
                yield turn
        case _:
            assert_never(window)


class _Ahead:
    """Instants, ascending, of which at most so many are asked for at once."""

    def __init__(self, instants: Sequence[int], most: int | None) -> None:
        self._instants = instants
        self._most = len(instants) if most is None else most

    def after(self, moment: datetime) -> Iterator[datetime]:
        first = bisect_right(self._instants, _millis(moment))
        return map(from_epoch_millis, self._instants[first : first + self._most])

    def passed(self, length: Duration, now: datetime) -> Iterator[datetime]:
        """When each may be so long ago. By the calendar something may be so a second time (`leaves_at`): some days
        are looked at that were passed, and all that are to come."""
        if length.months:
            first = bisect_right(
                self._instants, _millis(max(length.before(now), FIRST + _COMES_BACK) - _COMES_BACK)
            )
            chosen = map(from_epoch_millis, self._instants[first:])
            return (turn for instant in chosen for turn in leaves_at(length, instant))
        return (turn for instant in self.after(length.before(now)) for turn in leaves_at(length, instant))


_COMES_BACK = timedelta(days=5)
_PERIODS = 3  # ahead: a clock that is put back at midnight brings yesterday back for an hour


def reach_of(window: Window | None) -> timedelta:
    """For how long an event may matter to a window at most, counted from when it happened."""
    match window:
        case Last(last=length):
            return _longest(length)
        case BetweenAgo(between_ago=ago):
            return _longest(ago.from_)
        case CalendarWindow(calendar=period):
            return _OF_A_PERIOD[period]
        case None | SinceLast() | Absolute():
            return LOOKS_BACK
        case _:
            assert_never(window)


# A day may last 25 hours, and one that a clock repeats comes back.
_OF_A_PERIOD: dict[Calendar, timedelta] = {
    "day": timedelta(days=2),
    "week": timedelta(days=8),
    "month": timedelta(days=33),
}


def looks_at_the_persons_zone(window: Window | None) -> bool:
    """Whether it depends on where the person is."""
    return isinstance(window, CalendarWindow) and window.zone is None


def _zone_for(window: CalendarWindow, person: str | None) -> tzinfo:
    return zone_named(window.zone or person or "") or UTC


def _longest(length: Duration) -> timedelta:
    return timedelta(seconds=length.seconds, days=31 * length.months)


def _days(length: Duration) -> float:
    return length.seconds / 86_400 + length.months * 30.436_875


def _millis(instant: datetime) -> int:
    return epoch_millis(min(max(instant, FIRST), LAST))


def _rounded_up(instant: datetime) -> int:
    """What is at or after a finer instant is so in milliseconds, too."""
    return epoch_millis(instant) + (1 if instant.microsecond % 1000 else 0)
