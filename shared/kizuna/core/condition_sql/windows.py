"""Which events lie in a window (`conditions.windows`), from the columns of `told`."""

from __future__ import annotations

from datetime import UTC, tzinfo

from sqlglot import exp

from kizuna.core.condition_sql.gathering import MILLI, Gathering, millis
from kizuna.core.condition_sql.terms import Sql, all_true, column, compared, no, whole
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions.calendar_turns import period_start
from kizuna.core.conditions.windows import (
    LOOKS_BACK,
    Absolute,
    BetweenAgo,
    CalendarWindow,
    Last,
    SinceLast,
    Window,
    frame_at,
    span_of,
)
from kizuna.core.durations import epoch_millis
from kizuna.core.zones import zone_named


def in_window(window: Window | None, events: Gathering, *, until_now: bool) -> list[Sql]:
    """Whether an event lies in it, and with `until_now` not ahead. No window is all time."""
    now = epoch_millis(events.now)
    match window:
        case None:
            events.oldest = None
            return [_until(now)] if until_now else []
        case Absolute():
            first, end = span_of(window)
            events.since(first)
            parts = [_after(first - 1)] if first > 0 else []
            parts += [] if end is None else [_until(end - 1)]
            return [*parts, *([_until(now)] if until_now else [])]
        case Last() | BetweenAgo():
            frame = frame_at(window, now=events.now)
            if frame is None:
                raise ValueError("such a window is always there")
            events.since(frame.after)
            return [_after(frame.after), _until(frame.until)]
        case CalendarWindow():
            return [_since_start(window, events), _until(now)]
        case SinceLast():
            return [_since_event(window, events), _until(now)]


def looked_back(events: Gathering) -> list[Sql]:
    """As far back as a sequence without a window looks."""
    back = epoch_millis(events.now - LOOKS_BACK)
    events.since(back)
    return [_after(back), _until(epoch_millis(events.now))]


def has_begun(window: SinceLast, events: Gathering) -> Sql:
    """Whether that ever happened after which the window begins."""
    ever = events.counted(exp.Max(this=events.latest(window.since_last)), exp.true(), None)
    return no(exp.Is(this=ever, expression=exp.null()))


def _since_start(window: CalendarWindow, events: Gathering) -> Sql:
    def begun(zone: tzinfo) -> int:
        start = epoch_millis(period_start(window.calendar, events.now, zone))
        events.since(start)
        return start - 1

    if window.zone is not None:
        return _after(begun(zone_named(window.zone) or UTC))
    return by_zone(column("zone", "told"), begun, _after)


def _since_event(window: SinceLast, events: Gathering) -> Sql:
    """After the latest event of the other name; without one never, or for all the time that is looked back."""
    back = epoch_millis(events.now - LOOKS_BACK)
    events.since(back)
    latest = events.latest(window.since_last)
    begins = exp.func("COALESCE", latest, whole(-1)) if window.if_never else latest
    later = compared("gt", millis("told"), exp.paren(begins))
    return exp.func("COALESCE", exp.paren(all_true([later, _after(back)])), exp.false())


def _after(moment: int) -> Sql:
    return compared("gte", column("happened", "told"), whole((moment + 1) * MILLI))


def _until(moment: int) -> Sql:
    return compared("lt", column("happened", "told"), whole((moment + 1) * MILLI))
