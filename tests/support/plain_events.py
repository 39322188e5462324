"""What questions about events mean, told as plainly as can be: by looking at everything that ever happened.

Shares no step with what remembers, folds, pages and looks ahead.
"""

from __future__ import annotations

from collections.abc import Sequence as List
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    EventDid,
    NoneOf,
    Sequence,
    Step,
    Xor,
    at_path,
    compare,
    matches,
)
from kizuna.core.conditions.windows import Absolute, BetweenAgo, CalendarWindow, Last, SinceLast, Window
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event


def plainly(condition: Condition, events: List[Event], *, now: datetime, zone: str = "UTC") -> bool:
    """Whether a condition holds for somebody of whom all these events are known."""
    match condition:
        case EventDid():
            return _did(condition, events, now, zone)
        case Sequence():
            return _in_order(condition, events, now, zone)
        case All(of=parts):
            return all(plainly(part, events, now=now, zone=zone) for part in parts)
        case AnyOf(of=parts):
            return any(plainly(part, events, now=now, zone=zone) for part in parts)
        case NoneOf(of=parts):
            return not any(plainly(part, events, now=now, zone=zone) for part in parts)
        case Xor(of=parts):
            return sum(plainly(part, events, now=now, zone=zone) for part in parts) == 1
        case AtLeast(of=parts, n=least):
            return sum(plainly(part, events, now=now, zone=zone) for part in parts) >= least
        case _:
            raise TypeError(type(condition).__name__)


def inside(
    window: Window | None, events: List[Event], every: List[Event], now: datetime, zone: str
) -> list[Event] | None:
    """Those of the events that lie in a window, in their order; None where the window has not begun."""
    past = sorted((event for event in events if event.at <= now), key=lambda event: event.at)
    match window:
        case None:
            return past
        case Last(last=length):
            return [event for event in past if event.at > length.before(now)]
        case BetweenAgo(between_ago=ago):
            return [event for event in past if ago.from_.before(now) < event.at <= ago.to.before(now)]
        case Absolute(absolute=dates):
            first, end = dates.from_, dates.to
            return [
                event
                for event in past
                if (first is None or first <= event.at) and (end is None or event.at < end)
            ]
        case SinceLast(since_last=name, if_never=if_never):
            latest = max(
                (event.at for event in every if event.name == name and event.at <= now), default=None
            )
            if latest is None:
                return past if if_never == "all" else None
            return [event for event in past if event.at > latest]
        case CalendarWindow(calendar=period):
            here = ZoneInfo(window.zone or zone)
            start = _first_moment(_first_day(period, now.astimezone(here).date()), here)
            return [event for event in past if event.at >= start]
    raise TypeError(type(window).__name__)


def _first_day(period: str, day: date) -> date:
    if period == "day":
        return day
    return day - timedelta(days=day.weekday()) if period == "week" else day.replace(day=1)


def _first_moment(day: date, zone: tzinfo) -> datetime:
    """The first second of a day, looked for in steps of a quarter of an hour, and then of a second."""
    step = timedelta(minutes=15)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=18)
    while moment.astimezone(zone).date() < day:
        moment += step
    moment -= step
    while moment.astimezone(zone).date() < day:
        moment += timedelta(seconds=1)
    return moment


# ── one event ───────────────────────────────────────────────────────────────────────────────────


def _did(leaf: EventDid, events: List[Event], now: datetime, zone: str) -> bool:
    ends = leaf.verb in ("first", "last")
    asked = [
        event
        for event in events
        if event.name == leaf.event
        and (ends or matches(leaf.where, event.properties, at=event.at, context=event.context))
    ]
    found = inside(leaf.window, asked, events, now, zone)
    if found is None:
        return leaf.verb == "did_not"
    if ends:
        return bool(found) and _end(leaf, found[0] if leaf.verb == "first" else found[-1], now)
    values = [at_path(event.properties, leaf.of) for event in found] if leaf.of else []
    amounts = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    match leaf.verb:
        case "did":
            return bool(found)
        case "did_not":
            return not found
        case "count":
            return _number(leaf, len(found))
        case "sum":
            return _number(leaf, round(sum(amounts), 6))
        case "avg":
            return bool(amounts) and _number(leaf, round(sum(amounts), 6) / len(amounts))
        case "min":
            return bool(amounts) and _number(leaf, min(amounts))
        case "max":
            return bool(amounts) and _number(leaf, max(amounts))
        case "distinct":
            return _number(leaf, len({_told_apart(value) for value in values if value is not None}))
        case "mode":
            counts: dict[Any, int] = {}
            for value in values:
                if value is not None:
                    counts[_told_apart(value)] = counts.get(_told_apart(value), 0) + 1
            most = max(counts.values(), default=0)
            often = [value for (_, value), times in counts.items() if times == most >= leaf.min_times]
            return bool(often) and compare(leaf.op, often, leaf.value, now=now).matched
    raise ValueError(leaf.verb)


def _told_apart(value: Any) -> tuple[bool, Any]:
    return isinstance(value, bool), value


def _end(leaf: EventDid, event: Event, now: datetime) -> bool:
    if not matches(leaf.where, event.properties, at=event.at, context=event.context):
        return False
    actual = instant_to_text(event.at) if leaf.of is None else at_path(event.properties, leaf.of)
    return compare(leaf.op, actual, leaf.value, now=now).matched


def _number(leaf: EventDid, number: float) -> bool:
    wanted: Any = leaf.value
    if isinstance(wanted, tuple):
        low, high = wanted
        return bool(low <= number <= high)
    equal, more = number == wanted, number > wanted
    return bool(
        {"eq": equal, "gt": more, "gte": more or equal, "lt": not more and not equal, "lte": not more}[
            leaf.op
        ]
    )


# ── in order ────────────────────────────────────────────────────────────────────────────────────


def _in_order(leaf: Sequence, events: List[Event], now: datetime, zone: str) -> bool:
    """Any choice of so many events that are the steps that happen, and after which the others did not."""
    past = sorted((event for event in events if event.at <= now), key=lambda event: event.at)
    window = inside(leaf.window, past, past, now, zone)
    if window is None:
        return False
    happen = [number for number, step in enumerate(leaf.sequence) if step.event is not None]
    return any(
        _are_steps(leaf, happen, [past[place] for place in places], past, window, now)
        for places in combinations(range(len(past)), len(happen))
    )


def _are_steps(
    leaf: Sequence,
    happen: List[int],
    chosen: List[Event],
    past: List[Event],
    window: List[Event],
    now: datetime,
) -> bool:
    if any(event not in window for event in chosen):
        return False
    if leaf.strict and past.index(chosen[-1]) - past.index(chosen[0]) != len(chosen) - 1:
        return False
    named: dict[str, Event] = {}
    for order, (number, event) in enumerate(zip(happen, chosen, strict=True)):
        step = leaf.sequence[number]
        if not _is(step, event, named):
            return False
        if order and step.within is not None and event.at > step.within.after(chosen[order - 1].at):
            return False
        if step.as_ is not None:
            named[step.as_] = event
        following = chosen[order + 1] if order + 1 < len(chosen) else None
        end = happen[order + 1] if order + 1 < len(happen) else len(leaf.sequence)
        for never in leaf.sequence[number + 1 : end]:
            if not _never_was(never, event, following, named, past, now):
                return False
    return True


def _never_was(
    step: Step,
    after: Event,
    following: Event | None,
    named: dict[str, Event],
    past: List[Event],
    now: datetime,
) -> bool:
    later = [event for event in past if event.at > after.at and _is(step, event, named)]
    if step.within is not None:
        end = step.within.after(after.at)
        return now >= end and not any(event.at <= end for event in later)
    return not any(following is None or event.at < following.at for event in later)


def _is(step: Step, event: Event, named: dict[str, Event]) -> bool:
    if event.name != step.name or not matches(step.where, event.properties, at=event.at):
        return False
    for own, other in step.join.items():
        name, _, path = other.partition(".")
        ours, theirs = at_path(event.properties, own), at_path(named[name].properties, path)
        if ours is None or theirs is None or _told_apart(ours) != _told_apart(theirs):
            return False
    return True
