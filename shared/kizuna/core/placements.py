"""Next best action: what to show this person in this place now. "Nothing" is always one of the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.conditions import Condition, evaluate
from kizuna.core.people import Profile
from kizuna.core.segments import view_of


class Action(BaseModel):
    """One thing that may be shown: for whom, how much it is worth, and what the page gets to render."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    when: Condition
    rank: float = 0
    content: dict[str, Any] = Field(default_factory=dict)


class Placement(BaseModel):
    """A place in a page or app that asks `/v1/decide`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str
    actions: tuple[Action, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Considered:
    """One action and whether it was open to this person."""

    action: str
    eligible: bool
    rank: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer for a placement: an action or nothing, why, and until when it holds with no new event."""

    placement: str
    action: str | None
    content: Mapping[str, Any]
    reason: str  # best_ranked, none_eligible, restricted
    considered: tuple[Considered, ...]
    flips_at: datetime | None


def choose(placement: Placement, profile: Profile, *, now: datetime) -> Choice:
    """The eligible action of the highest rank (the first among equals), or nothing."""
    if profile.status != "active":
        return Choice(placement.id, None, {}, "restricted", (), None)
    view = view_of(profile)
    answers = [(action, evaluate(action.when, view, now=now)) for action in placement.actions]
    considered = tuple(Considered(action.id, answer.matched, action.rank) for action, answer in answers)
    flips_at = min((answer.flips_at for _, answer in answers if answer.flips_at), default=None)
    eligible = [action for action, answer in answers if answer.matched]
    if not eligible:
        return Choice(placement.id, None, {}, "none_eligible", considered, flips_at)
    best = max(eligible, key=lambda action: action.rank)
    return Choice(placement.id, best.id, best.content, "best_ranked", considered, flips_at)
