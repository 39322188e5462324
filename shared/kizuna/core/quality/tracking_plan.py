"""Which events are expected, with which properties, and what becomes of one that is otherwise (K27).

    event ─ judge ─▶ breaches, the gravest first ─▶ accept · warn · quarantine · reject

A plan is written as definitions (`PlannedEvent`) and compiled once per catalog to plain functions: nothing of
pydantic is in the way of an event. Only what clients and back ends say is judged; what providers report and what
Kizuna notes itself has its own contracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.events import Event, SourceKind
from kizuna.core.quality.property_rules import Action, Check, PropertyRule, check_of

_GRAVITY: Mapping[str, int] = {"accept": 0, "warn": 1, "quarantine": 2, "reject": 3}
BREACHES_TOLD = 20  # of one event
_PLANNED_KINDS = (SourceKind.CLIENT, SourceKind.SERVER)


class PlannedEvent(BaseModel):
    """One event of the plan. With `sources` it holds for these alone, and others may have a plan of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    type: Literal["track", "page", "screen", "identify", "group"] = "track"
    event: str = Field(
        default="", max_length=512
    )  # of a track, its name; of a page or screen too, or empty for all
    meaning: str = ""
    owner: str = ""
    sources: tuple[str, ...] = ()
    properties: dict[str, PropertyRule] = Field(default_factory=dict)  # a dotted name looks into an object
    on_violation: Action | None = None  # else the plan's
    on_unknown_property: Action | None = None

    @model_validator(mode="after")
    def _is_named(self) -> PlannedEvent:
        if self.type == "track" and not self.event:
            raise ValueError("event: a track event has a name")
        if self.type in ("identify", "group") and self.event:
            raise ValueError("event: identify and group calls have no name")
        return self


class TrackingDefaults(BaseModel):
    """What the plan as a whole says: of events that are not in it, of properties, of values that break a rule."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unknown_event: Action = "accept"  # of track events; pages and screens need no plan
    unknown_property: Action = "accept"
    violation: Action = "warn"  # who writes a rule wants to hear when it is broken


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that an event broke. `cause` is a code of the violations report."""

    cause: str
    path: str
    reason: str
    action: Action

    @property
    def told(self) -> tuple[str, str, str]:
        """Cause, path and reason, as a violation has them."""
        return (self.cause, self.path, self.reason)


@dataclass(frozen=True, slots=True)
class _Rule:
    path: str
    keys: tuple[str, ...]
    required: bool
    check: Check
    action: Action


@dataclass(frozen=True, slots=True)
class _Plan:
    sources: frozenset[str]
    rules: tuple[_Rule, ...]
    known: frozenset[str]  # names at the top
    on_unknown: Action


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """All planned events, ready to judge with."""

    plans: Mapping[tuple[str, str], tuple[_Plan, ...]] = field(default_factory=dict)
    on_unknown_event: Action = "accept"
    of_source: Mapping[str, Action] = field(
        default_factory=dict
    )  # what a source says of unknown events itself

    @property
    def is_empty(self) -> bool:
        """Whether no event can break anything."""
        return not self.plans and self.on_unknown_event == "accept" and not self.of_source

    def judge(self, event: Event) -> tuple[Breach, ...]:
        """What the event breaks, the gravest first; what is accepted is left out."""
        if self.is_empty or event.source.kind not in _PLANNED_KINDS:
            return ()
        plan = self._plan_of(event)
        if plan is None:
            return self._unknown(event)
        values = event.traits if event.type in ("identify", "group") else event.properties
        where = "traits" if event.type in ("identify", "group") else "properties"
        found = [breach for rule in plan.rules if (breach := _broken(rule, values, where)) is not None]
        if plan.on_unknown != "accept":
            found += [
                Breach(
                    "plan_unknown_property", f"{where}.{name}", "is not in the tracking plan", plan.on_unknown
                )
                for name in values
                if name not in plan.known
            ]
        found.sort(key=lambda breach: -_GRAVITY[breach.action])
        return tuple(found[:BREACHES_TOLD])

    def _plan_of(self, event: Event) -> _Plan | None:
        named = self.plans.get((event.type, event.name), ())
        unnamed = self.plans.get((event.type, ""), ())  # of pages and screens: all of them
        for plan in (*named, *unnamed):  # those for a source come first
            if not plan.sources or event.source.id in plan.sources:
                return plan
        return None

    def _unknown(self, event: Event) -> tuple[Breach, ...]:
        action = self.of_source.get(event.source.id, self.on_unknown_event)
        if event.type != "track" or action == "accept":
            return ()
        return (Breach("plan_unknown_event", "event", "is not in the tracking plan", action),)


def gravest(breaches: Iterable[Breach]) -> Action:
    """What becomes of an event with these breaches."""
    return max((breach.action for breach in breaches), key=_GRAVITY.__getitem__, default="accept")


def compile_plan(
    events: Iterable[PlannedEvent],
    defaults: TrackingDefaults,
    *,
    of_source: Mapping[str, Action] | None = None,
) -> TrackingPlan:
    """The plan as functions. `of_source` overrides what becomes of unknown events from a source."""
    plans: dict[tuple[str, str], list[_Plan]] = {}
    for planned in events:
        plans.setdefault((planned.type, planned.event), []).append(_compiled(planned, defaults))
    ordered = {key: tuple(sorted(found, key=lambda plan: not plan.sources)) for key, found in plans.items()}
    return TrackingPlan(ordered, defaults.unknown_event, dict(of_source or {}))


def overlapping(events: Iterable[PlannedEvent]) -> list[tuple[str, str, str]]:
    """Pairs of definitions that plan the same event for the same source: (one, other, source; empty for all)."""
    taken: dict[tuple[str, str, str], str] = {}
    found = []
    for planned in events:
        for source in planned.sources or ("",):
            other = taken.setdefault((planned.type, planned.event, source), planned.id)
            if other != planned.id:
                found.append((other, planned.id, source))
    return found


# ── one property ────────────────────────────────────────────────────────────────────────────────


def _compiled(planned: PlannedEvent, defaults: TrackingDefaults) -> _Plan:
    usual = planned.on_violation or defaults.violation
    rules = [
        _Rule(name, tuple(name.split(".")), rule.required, check_of(rule), rule.on_violation or usual)
        for name, rule in planned.properties.items()
    ]
    return _Plan(
        sources=frozenset(planned.sources),
        rules=tuple(rule for rule in rules if rule.action != "accept"),
        known=frozenset(name.partition(".")[0] for name in planned.properties),
        on_unknown=planned.on_unknown_property or defaults.unknown_property,
    )


def _broken(rule: _Rule, values: Mapping[str, Any], where: str) -> Breach | None:
    value: Any = values
    for key in rule.keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None:
        if not rule.required:
            return None
        return Breach("plan_missing_property", f"{where}.{rule.path}", "is required", rule.action)
    problem = rule.check(value)
    return None if problem is None else Breach(problem[0], f"{where}.{rule.path}", problem[1], rule.action)
