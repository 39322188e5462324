"""What people did, out of the rows of the lake: touches of our messages, and events that are a goal.

A row may lie there twice, and an event that was moved to another partition lies in both: of one id the row that was
stored last counts. What a page or an app calls by the name of a report is just a name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from kizuna.core import feedback
from kizuna.core.attribution.report import History
from kizuna.core.attribution.rules import Kind
from kizuna.core.attribution.touches import Source, Success, Touch
from kizuna.core.campaigns import Goal
from kizuna.core.conditions.plain import outcome_events
from kizuna.core.durations import instant_from_text
from kizuna.core.events import TOLD_BY, Event, SourceKind
from kizuna.core.events import Source as EventSource
from kizuna.core.intake.canonical import CanonicalEvent, event_from_canonical
from kizuna.core.results.goals_reached import conversion_of
from kizuna.core.tallying import passes

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(outcome_events("clicked"), "click"),
    **dict.fromkeys(outcome_events("opened"), "open"),
}
_FIELDS = frozenset(CanonicalEvent.__annotations__) - {"id"}
REACTIONS = tuple(sorted(_KINDS))
Row = Mapping[str, Any]


def histories_of(
    rows: Iterable[Row],
    goal: Goal,
    *,
    since: datetime,
    until: datetime,
    live_within: timedelta,
    living: Callable[[Iterable[str]], Mapping[str, str]],
) -> list[History]:
    """What each person did: touches whenever they were, and goals reached with since < at ≤ until.

    `living` gives the profile that the people of these partitions are now. An event that came more than `live_within`
    after it happened is history, and no success.
    """
    touches: dict[str, list[Touch]] = defaultdict(list)
    successes: dict[str, list[Success]] = defaultdict(list)
    for row in _newest(rows):
        person = str(row["person"])
        touch = _touch(row)
        if touch is not None:
            touches[person].append(touch)
            continue
        success = _success(row, goal, live_within) if row["kind"] == "event" else None
        if success is not None and since < success.at <= until:
            successes[person].append(success)
    now = living({*touches, *successes})
    people = sorted({now.get(part, part) for part in (*touches, *successes)})
    by_person: dict[str, tuple[list[Touch], list[Success]]] = {person: ([], []) for person in people}
    for part, found in touches.items():
        by_person[now.get(part, part)][0].extend(found)
    for part, reached in successes.items():
        by_person[now.get(part, part)][1].extend(reached)
    return [
        History(tuple(sorted(each)), tuple(sorted(reached, key=lambda success: (success.at, success.event))))
        for each, reached in by_person.values()
    ]


def _newest(rows: Iterable[Row]) -> list[Row]:
    found: dict[str, Row] = {}
    for row in rows:
        held = found.get(str(row["id"]))
        if held is None or row.get("stored", 0) >= held.get("stored", 0):
            found[str(row["id"])] = row
    return [found[name] for name in sorted(found)]


def _touch(row: Row) -> Touch | None:
    """A human's reaction, or a message that went out; None for everything else."""
    if row["kind"] == "message":
        source = Source(str(row["campaign"]), str(row.get("variant", "")), str(row["channel"]))
        return Touch(instant_from_text(str(row["at"])), str(row["id"]).partition(".")[0], "sent", source)
    kind, told = _KINDS.get(str(row.get("name"))), row.get("properties", {})
    if kind is None or told.get(feedback.MACHINE) is True or told.get(feedback.SHARED):
        return None
    if _told_by(row) not in feedback.TRUSTED or not told.get("message_id"):
        return None
    source = Source(str(told.get("campaign", "")), str(told.get("variant", "")), str(told.get("channel", "")))
    return Touch(instant_from_text(str(row["at"])), str(told["message_id"]), kind, source)


def _success(row: Row, goal: Goal, live_within: timedelta) -> Success | None:
    if row.get("name") != goal.event or row.get("type") != "track":
        return None
    event = _event(row)
    is_live = event.triggers and event.at > event.received_at - live_within
    if not is_live or not passes(goal.where, event):
        return None
    reached = conversion_of(event, goal)
    return Success(event.at, str(row["id"]), reached.amount, reached.currency)


def _event(row: Row) -> Event:
    body = {name: value for name, value in row.items() if name in _FIELDS} | {"id": row["messageId"]}
    return event_from_canonical(body, EventSource(str(row["source"]), _told_by(row)))


def _told_by(row: Row) -> SourceKind:
    """The kind of the event's source, as we knew it when the row was written."""
    return next(
        (SourceKind(cell["s"]) for cell in row.get("around", ()) if cell.get("p") == TOLD_BY),
        SourceKind.CLIENT,
    )
