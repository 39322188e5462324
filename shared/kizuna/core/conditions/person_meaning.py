"""What questions about where a person stands mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from kizuna.core.conditions.answers import Answer
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable
from kizuna.core.conditions.person_questions import (
    EnteredSegment,
    Everyone,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    StaticList,
)
from kizuna.core.conditions.times import next_turn
from kizuna.core.conditions.view import View
from kizuna.core.conditions.windows import Last
from kizuna.core.durations import from_epoch_millis
from kizuna.core.ids import bucket

Standpoint = (
    InSegment
    | EnteredSegment
    | LeftSegment
    | StaticList
    | JourneyState
    | Reachable
    | ConsentIs
    | RandomBucket
    | Everyone
)
_NEVER_MOVED = (None, None)


def person_answer(leaf: Standpoint, view: View, *, now: datetime) -> Answer:
    match leaf:
        case InSegment(in_segment=segment):
            return Answer(segment in view.segments)
        case EnteredSegment(entered_segment=segment, window=window):
            return _lately(view.moves.get(segment, _NEVER_MOVED)[0], window, now)
        case LeftSegment(left_segment=segment, window=window):
            return _lately(view.moves.get(segment, _NEVER_MOVED)[1], window, now)
        case StaticList(static_list=name):
            return Answer(name in view.lists)
        case JourneyState():
            return Answer(_is_in_journey(leaf, view.journeys))
        case Reachable(reachable=channel, topic=topic, purpose=purpose):
            if purpose == "any":
                return Answer(channel in view.channels)
            return view.consents.may_write(channel, topic, now=now) if view.consents else Answer(False)
        case ConsentIs(consent=state, channel=channel, topic=topic, purpose=purpose):
            if view.consents is None:
                return Answer(state == "none")
            return view.consents.word(channel, topic, purpose, state, now=now)
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return Answer(start <= 100 * bucket(salt, view.bucket_id) < end)
        case Everyone():
            return Answer(matched=True)
        case _:
            assert_never(leaf)


def _lately(millis: int | None, window: Last | None, now: datetime) -> Answer:
    """The one instant that counts is that of a write that was done: it does not lie ahead."""
    if millis is None:
        return Answer(False)
    at = from_epoch_millis(millis)
    if window is None:
        return Answer(True)
    return Answer(window.last.before(now) < at <= now, next_turn(window.last, [at], now))


def _is_in_journey(leaf: JourneyState, journeys: Mapping[str, frozenset[str]]) -> bool:
    states = journeys.get(leaf.journey, frozenset())
    return not states if leaf.state == "never" else leaf.state in states
