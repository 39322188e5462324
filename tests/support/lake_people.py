"""People of whom anything of the whole language may be true, and what they did, as rows of the lake."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from kizuna.core.consent.standing import recorded_consents
from kizuna.core.consent.summary import summary_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.events import Event
from kizuna.core.people import Trait
from kizuna.core.segments import EVERYONE
from tests.support.builders import NOON, an_event
from tests.support.condition_strategies import WORKED_OUT, after_step, somebody, steps
from tests.support.consents import grant
from tests.support.event_strategies import NAMES, VALUES, histories
from tests.support.lake_populations import Somebody

NOW = NOON + timedelta(hours=4, minutes=17, microseconds=250)
_PLACES: list[dict[str, Any]] = [
    {},
    {"page": {"path": "/cart"}},
    {"location": {"lat": 34.7, "lon": 135.5}},
    {"location": {"latitude": 35.0, "lng": 135.7, "country": "JP", "region": "JP-26"}},
]
_TRAITS: dict[str, list[Any]] = {
    "home": [{"lat": 34.7, "lon": 135.5, "country": "jp"}, {"country": "US"}, "JP"],
    "address": [{"lat": 34.7001, "lon": 135.5}, [{"country": "JP"}]],
    "country": ["JP", " jp ", 5],
    "last_known_place": [{"lat": 34.7, "lon": 135.5}, {"lat": 0, "lon": 0}],
    "seen_devices": [WORKED_OUT["a phone"][1], WORKED_OUT["an old phone"][1]],
    "rfm": [WORKED_OUT["scores"][1], WORKED_OUT["other scores"][1]],
    "affinity": [{"category": {"shoes": 0.5}}, {"category": {"shoes": 0.25}}],
}
_SEEN = grant(NOON - timedelta(days=9), id="seen", channel="push", topic="*", purpose="location")
_LOCATED = summary_of([_SEEN], parts=("p1",), length=1, now=NOON)


@st.composite
def _done(draw: st.DrawFn, number: int) -> list[Event]:
    """Things around the questions' own time, and things of the days before; some at one and the same millisecond."""
    told = [happened.event for happened in draw(histories(NOON))]
    for count in range(draw(st.integers(0, 5))):
        at = NOW - draw(
            st.sampled_from([timedelta(), timedelta(hours=1), timedelta(days=1), timedelta(days=35)])
        )
        at -= timedelta(minutes=draw(st.integers(0, 90)))
        properties = {
            "total": draw(st.sampled_from(VALUES)),
            "kind": draw(st.sampled_from(["a", "b", 1])),
            "campaign": "spring",
        }
        name = draw(
            st.sampled_from(["Order Completed", "Product Viewed", "Email Opened", "Message Sent", *NAMES])
        )
        context = draw(st.sampled_from(_PLACES))
        event = an_event(name, number=100 + count, at=_whole(at), received_at=NOW, properties=properties)
        told.append(replace(event, context=context))
    return [replace(event, id=f"{number}-{event.id}", received_at=NOW) for event in told if event.at <= NOW]


@st.composite
def _one(draw: st.DrawFn, number: int) -> Somebody:
    profile = somebody(())
    now = NOON - timedelta(days=2)
    for count, step in enumerate(draw(steps(most=10))):
        if step[0] == "time":
            now = min(now + timedelta(hours=step[1]), NOW)
        elif step[0] != "event":
            profile = after_step(profile, step, (), count, now)
    more = draw(st.dictionaries(st.sampled_from(sorted(_TRAITS)), st.none(), max_size=3))
    told = {name: Trait(draw(st.sampled_from(_TRAITS[name])), now, "shop") for name in more}
    profile = replace(
        profile,
        traits={**profile.traits, **told},
        segments=draw(st.frozensets(st.sampled_from(["s0", "s1"]))) | {EVERYONE},
        consents=draw(st.sampled_from([profile.consents, profile.consents, _LOCATED])),
    )
    made = replace(profile, id=f"p{number}", parts=(f"p{number}",), version=1)
    known = replace(made, standing=recorded_consents(made, EngagementPolicy()))
    return Somebody(known, tuple((made.id, event) for event in draw(_done(number))))


people = st.tuples(*(_one(number) for number in range(4)))


def _whole(instant: datetime) -> datetime:
    return instant - timedelta(microseconds=instant.microsecond % 1000)
