"""Kizuna's segment index behind the hook of the peers' harness: `--engine benchmarks.segment_peers_engine:engine`.

The harness hands over segments and profiles as JSON of its own; here they become definitions and profiles of ours,
and what answers is the index that ingest uses (`core/segments/index.py`). How they are brought over:

    traits.<name>                the trait
    events.<event>.<window>      a count that is kept: of the events named `<event>.<window>`
    events.<event>.last          the instant that is remembered of `<event>`: did it within so many days?
    lists                        a list of that name, kept by hand

`engine` answers as a mask of segments. `engine_with_turns` also tells when the answer changes next with no event,
which none of the peers does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from kizuna.core.conditions import EventDid
from kizuna.core.conditions.inputs import Input
from kizuna.core.people import Listing, Profile, Trait
from kizuna.core.segments import Segment, in_order
from kizuna.core.segments.index import SegmentIndex
from kizuna.core.segments.plan import Plan

Json = dict[str, Any]

_NOBODY: frozenset[str] = frozenset()
_LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_LISTED = Listing(inside=True, at=_LONG_AGO)
# The traits that an event of a name changes, as the harness says in `EVENT_TRAITS`.
_CHANGED_TRAITS: Mapping[str, Sequence[str]] = {
    "purchase": ("ltv", "orders", "aov"),
    "signup": ("plan", "email_verified"),
    "app_open": ("visits",),
    "login": ("visits",),
}


def engine(segments: list[Json]) -> Masks:
    return Masks(segments)


def engine_with_turns(segments: list[Json]) -> MasksAndTurns:
    return MasksAndTurns(segments)


class Masks:
    """Who is in which segments, as the bits of one number."""

    def __init__(self, segments: list[Json]) -> None:
        named = {
            each["id"]: Segment(id=each["id"], name=each["id"], when=_condition(each["where"]))
            for each in segments
        }
        ordered, problems = in_order(named)
        if problems:
            raise ValueError(problems)
        self._index = SegmentIndex(ordered)
        self._all = self._index.everything
        self._by_event: dict[str, Plan] = {}

    def prepare(self, profile: Json) -> tuple[Profile, int]:
        return _profile(profile), profile["now"] * 1000

    def native(self, person: tuple[Profile, int]) -> tuple[Plan, int]:
        return self._answer(self._all, *person)

    def on_event(self, person: tuple[Profile, int], event: str) -> tuple[Plan, int]:
        try:
            plan = self._by_event[event]
        except KeyError:
            plan = self._by_event[event] = self._index.plan_of(_changed_by(event))
        return self._answer(plan, *person)

    def evaluate(self, person: tuple[Profile, int]) -> frozenset[str]:
        return self.expand(self.native(person))

    def expand(self, answer: tuple[Plan, int]) -> frozenset[str]:
        plan, bits = answer
        return plan.names(bits)

    def _answer(self, plan: Plan, profile: Profile, millis: int) -> tuple[Plan, int]:
        return plan, plan.decided(plan.counts(profile, millis, _NOBODY))


class MasksAndTurns(Masks):
    """The same, and the moment of the next change."""

    def _answer(self, plan: Plan, profile: Profile, millis: int) -> tuple[Plan, int]:
        bits, _ = plan.bits_and_turn(profile, millis * 1000, _NOBODY)
        return plan, bits


# ── from the harness's form to ours ─────────────────────────────────────────────────────────────


def _condition(where: Json) -> Json:
    if "all" in where or "any" in where:
        ((kind, parts),) = where.items()
        return {kind: [_condition(part) for part in parts]}
    if "not" in where:
        return {"none": [_condition(where["not"])]}
    field, op, value = where["field"], where["op"], where["value"]
    if field == "lists":
        return {"static_list": value}
    kind, name, *rest = field.split(".")
    if kind == "traits":
        return {"trait": name, "op": op, "value": value}
    if op in ("gte", "lt"):
        return {"event": f"{name}.{rest[0]}", "verb": "count", "op": op, "value": value}
    window = {"last": f"{value}d"}
    return {"event": name, "verb": "did" if op == "within_days" else "did_not", "window": window}


def _profile(profile: Json) -> Profile:
    return Profile(
        id=profile["id"],
        version=1,
        created_at=_LONG_AGO,
        updated_at=_LONG_AGO,
        traits={name: _trait(value) for name, value in profile["traits"].items()},
        aggregates=dict(_memories(profile["events"], profile["now"])),
        lists=dict.fromkeys(profile["lists"], _LISTED),
    )


def _memories(events: Mapping[str, Mapping[str, int]], now: int) -> list[tuple[str, Json]]:
    """What is remembered of each event; of one that never happened nothing.

    The harness's windows include the moment at which they begin, ours do not: so an instant is a millisecond later.
    """
    found: list[tuple[str, Json]] = []
    for event, windows in events.items():
        for window, number in windows.items():
            if number:
                kept = {"t": [min(number * 1000 + 1, now * 1000)]} if window == "last" else _count(number)
                found.append((_key(event if window == "last" else f"{event}.{window}"), kept))
    return found


# Equal values are one object, as the numbers and texts are that the peers read.


@lru_cache(maxsize=None, typed=True)
def _trait(value: Any) -> Trait:
    return Trait(value, _LONG_AGO, "peers")


@cache
def _count(number: int) -> Json:
    return {"n": number}


@cache
def _key(event: str) -> str:
    return EventDid(event=event).key


def _changed_by(event: str) -> set[Input]:
    counted = [event, *(f"{event}.{window}" for window in ("d1", "d7", "d30", "d90", "total"))]
    traits = [Input("traits", name) for name in _CHANGED_TRAITS.get(event, ())]
    return {*traits, *(Input("aggregates", _key(name)) for name in counted)}
