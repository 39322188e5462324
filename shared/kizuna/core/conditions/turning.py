"""What the clock makes of a value: the truth at a moment, and the first moment at which it is another.

Each part of a question (each date of a list) tells its truth at any moment and the moments at which that may change.
Those are gone through in their order until the whole truth changes: the answer is exact, be it that somebody's clocks
change in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Generic, TypeVar

from kizuna.core.conditions.answers import Answer
from kizuna.core.durations import FIRST, LAST, Duration, add_months
from kizuna.core.zones import DAY, change_of_offset, day_at, next_day_change, offset_at, start_of_day

When = TypeVar("When", date, datetime)

_NEAR = 2 * DAY  # clocks differ by less from zone to zone, and change by less
_AROUND = 5 * DAY  # the end of a month, as far as calendars differ, with the change of a clock


@dataclass(frozen=True, slots=True)
class Part(Generic[When]):
    """Something that is so at some moments: `turns` are all those at which that may change, and perhaps others."""

    holds: Callable[[When], bool]
    turns: tuple[When, ...]


def first_turn(parts: Sequence[Part[When]], now: When) -> tuple[bool, When | None]:
    """Whether any part holds, and the first later moment at which that is otherwise, or None if it stays so."""
    held = [part.holds(now) for part in parts]
    count = sum(held)
    matched = count > 0
    turns = sorted({(turn, number) for number, part in enumerate(parts) for turn in part.turns if turn > now})
    for place, (turn, number) in enumerate(turns):
        is_held = parts[number].holds(turn)
        count += is_held - held[number]
        held[number] = is_held
        is_last = place + 1 == len(turns) or turns[place + 1][0] > turn
        if is_last and (count > 0) is not matched:
            return matched, turn
    return matched, None


# ── instants ────────────────────────────────────────────────────────────────────────────────────


def window_of_instants(
    op: str, instants: Iterable[datetime], length: Duration, *, zone: tzinfo, now: datetime
) -> Answer:
    """Whether any of these instants lies so far from now.

    before_last │ within_last │ within_next │ after_next
    ────────────┤─────────────┤─────────────┤───────────▶        each with its later end, without its earlier one
           now − length      now       now + length
    """
    parts = [_instant_part(op, instant, length, zone) for instant in instants]
    return Answer(*first_turn(parts, now))


def _instant_part(op: str, at: datetime, length: Duration, zone: tzinfo) -> Part[datetime]:
    match op:
        case "within_last":
            return Part(
                lambda now: length.before(now, zone) < at <= now, (at, *_crossings(at, length, zone, 1))
            )
        case "before_last":
            return Part(lambda now: at <= length.before(now, zone), _crossings(at, length, zone, 1))
        case "within_next":
            return Part(
                lambda now: now < at <= length.after(now, zone), (at, *_crossings(at, length, zone, -1))
            )
        case "after_next":
            return Part(lambda now: at > length.after(now, zone), _crossings(at, length, zone, -1))
        case _:
            raise ValueError(f"unknown operator {op}")


def _crossings(at: datetime, length: Duration, zone: tzinfo, sign: int) -> tuple[datetime, ...]:
    """When `at` may come to lie exactly this long ago (`sign` 1) or ahead (−1). Of an exact length that is once.

    A month before the 29th, 30th and 31st of March is one and the same day, the last of February, and there is no day
    a month after the 31st of January; where clocks change, an hour of a day comes twice or never. So around such days
    something may leave a window and come back: each start of a day, each change of the clocks, and the hour in
    question of each day is a possible turn.
    """
    first = length.after(at, zone) if sign > 0 else length.before(at, zone)
    if not length.months or not FIRST + 2 * _AROUND < first < LAST - 2 * _AROUND or not _is_inside(at):
        return (first,)
    local, changes = at.astimezone(zone), _changes(zone, at, _NEAR)
    near = _changes(zone, first, _AROUND)
    if local.day < 28 and first.astimezone(zone).day < 28 and not changes and not near:
        return (first,)
    hours = {time(), local.time()}
    for moment in (at, *changes):
        for offset in {offset_at(zone, at - _NEAR), offset_at(zone, at), offset_at(zone, at + _NEAR)}:
            hours.add((moment + offset).time())
    days = [day_at(zone, first) + number * DAY for number in range(-4, 5)]
    found = {_as_utc(day, hour, zone, fold) for day in days for hour in hours for fold in (0, 1)}
    return tuple(sorted(found | set(near)))


def _is_inside(at: datetime) -> bool:
    return FIRST + 2 * _AROUND < at < LAST - 2 * _AROUND


def _changes(zone: tzinfo, around: datetime, width: timedelta) -> list[datetime]:
    """The changes of a zone's clocks in the days around an instant."""
    found = []
    low = around - width
    while low < around + width:
        high = low + DAY
        if offset_at(zone, low) != offset_at(zone, high):
            found.append(change_of_offset(zone, low, high))
        low = high
    return found


def _as_utc(day: date, hour: time, zone: tzinfo, fold: int) -> datetime:
    return datetime.combine(day, hour.replace(fold=fold), zone).astimezone(UTC)


# ── days ────────────────────────────────────────────────────────────────────────────────────────


def any_day(parts: Sequence[Part[date]], *, zone: tzinfo, now: datetime) -> Answer:
    """Whether any part holds today in a zone, and the instant at which that changes."""
    today = day_at(zone, now)
    matched, turn = first_turn(parts, today)
    # A day may be left out: then what it would have turned is asked of the day that begins in its place.
    while turn is not None and (other := day_at(zone, start_of_day(zone, turn))) > turn:
        if any(part.holds(other) for part in parts) is not matched:
            break
        turn = first_turn(parts, other)[1]
    moments = [] if turn is None else [start_of_day(zone, turn)]
    if parts:
        change = next_day_change(zone, now)  # clocks that go back over midnight bring a day twice
        other = day_at(zone, change)
        if any(part.holds(other) for part in parts) is not matched:
            moments.append(change)
    return Answer(matched, min((moment for moment in moments if moment > now), default=None))


def window_of_days(op: str, day: date, length: Duration) -> Part[date]:
    """The same windows as of instants, counted in whole days."""
    match op:
        case "within_last":
            return Part(lambda today: shifted(today, length, -1) < day <= today, _days_near(day, length, 1))
        case "before_last":
            return Part(lambda today: day <= shifted(today, length, -1), _days_near(day, length, 1))
        case "within_next":
            return Part(lambda today: today < day <= shifted(today, length, 1), _days_near(day, length, -1))
        case "after_next":
            return Part(lambda today: day > shifted(today, length, 1), _days_near(day, length, -1))
        case _:
            raise ValueError(f"unknown operator {op}")


def shifted(day: date, length: Duration, sign: int) -> date:
    """The day so long later or (`sign` −1) earlier; a missing day becomes the last of the month."""
    try:
        if not length.months:
            return day + sign * timedelta(seconds=length.seconds)
        return add_months(datetime(day.year, day.month, day.day, tzinfo=UTC), sign * length.months).date()
    except (OverflowError, ValueError):
        return date.max if sign > 0 else date.min


def _days_near(day: date, length: Duration, sign: int) -> tuple[date, ...]:
    """The days on which a window that reaches to `day` begins or ends: those of short months are told apart."""
    turn = shifted(day, length, sign)
    return (day, *(shifted(turn, Duration(seconds=86_400 * number), 1) for number in range(5)))


def that_day(day: date) -> Part[date]:
    """Today is this day."""
    return Part(lambda today: today == day, (day, shifted(day, Duration(seconds=86_400), 1)))


_YEARS = range(
    -2, 10
)  # a window of 365 days misses one day in each leap year, of which one in a century is left out


def anniversary(day: date, *, offset: int, window: int, today: date) -> Part[date]:
    """Today lies in the `window` days that begin `offset` days from the day's return in some year.

    In a year without one the 29th of February returns on the 28th.
    """
    starts = [start for number in _YEARS if (start := _returns(day, today.year + number, offset)) is not None]
    ends = [shifted(start, Duration(seconds=86_400 * window), 1) for start in starts]

    def holds(when: date) -> bool:
        return any(
            start <= when and (when - start).days < window
            for number in range(-2, 3)
            if (start := _returns(day, when.year + number, offset)) is not None
        )

    return Part(holds, (*starts, *ends))


def _returns(day: date, year: int, offset: int) -> date | None:
    """The start of a window in the year of this anniversary; None beyond the calendar."""
    if not date.min.year <= year <= date.max.year:
        return None
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    ends_early = (day.month, day.day) == (2, 29) and not is_leap
    return shifted(date(year, day.month, 28 if ends_early else day.day), Duration(seconds=86_400 * offset), 1)
