"""Aggregates brought in line with what the conditions in force ask for, from the events themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from kizuna.core.aggregates import State, tallied
from kizuna.core.conditions import AggregateNeed
from kizuna.core.durations import epoch_millis
from kizuna.core.events import Event
from kizuna.core.ids import seen_hash
from kizuna.core.people import Apart, Profile
from kizuna.core.seen import KNOWN_FOR

TIMELINE_KEPT = timedelta(days=400)
_CLOCKS_DIFFER = timedelta(hours=1)


def timeline_start(profile: Profile, *, now: datetime) -> datetime | None:
    """From when on a person's timeline holds everything; None where there was nothing before."""
    start = now - TIMELINE_KEPT
    return start if profile.created_at < start else None


def recounted(
    states: Mapping[str, State],
    events: Iterable[Event],
    needs: Mapping[str, AggregateNeed],
    *,
    now: datetime,
    besides: Collection[bytes] = (),
    since: datetime | None = None,
) -> dict[str, State]:
    """`states` (given empty where they are counted anew) after these events, each once, without `besides`.

    `since` is from when on these events are all that there were; what is counted anew says so.
    """
    after = tallied(states, _each_once(events, besides), needs, now=now)
    if since is not None:
        after |= {key: {**after[key], "cs": epoch_millis(since)} for key in needs if key in after}
    return after


def _each_once(events: Iterable[Event], besides: Collection[bytes]) -> Iterator[Event]:
    done: set[bytes] = set()
    for event in events:
        mark = seen_hash(event.source.id, event.id)
        if mark not in besides and mark not in done:
            done.add(mark)
            yield event


def is_left_behind(part: str, version: int, apart: tuple[Apart, ...]) -> bool:
    """Whether an event row was written by somebody who came too late, and whose event was counted elsewhere."""
    return any(pair.part == part and version in pair.versions for pair in apart)


def mine(part: str, version: int, profile: Profile) -> bool:
    """Whether a row of this partition is an event that this person's record may count."""
    return part in profile.parts and not is_left_behind(part, version, profile.apart)


def is_counted(event: Event, marks: Collection[bytes], *, now: datetime) -> bool:
    """Whether an event in the timeline was counted, given the marks of its person.

    A recent one without a mark was not: an attempt that crashed, or is under way, has stored it ahead of the profile,
    and whoever brings it again counts it.
    """
    return (
        event.received_at <= now - KNOWN_FOR + _CLOCKS_DIFFER or seen_hash(event.source.id, event.id) in marks
    )
