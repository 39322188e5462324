"""Next best action: what to show this person in this place now. "Nothing" is always one of the answers.

What promotes is not shown while a tone hold is about all promotion to somebody, as it goes out on no channel then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.conditions import Condition, View, evaluate
from kizuna.core.people import Profile
from kizuna.core.restraint.holds import ToneHold, about_everything
from kizuna.core.restraint.staff_holds import held_by_staff
from kizuna.core.segments import view_of


class Action(BaseModel):
    """One thing that may be shown: for whom, how much it is worth, and what the page gets to render.

    `promotes: false` is help or a notice, which is shown whatever is unresolved between us.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    when: Condition
    rank: float = 0
    promotes: bool = True
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
    reason: str  # best_ranked, none_eligible, held_back, restricted
    considered: tuple[Considered, ...]
    flips_at: datetime | None


def choose(
    placement: Placement, profile: Profile, *, now: datetime, holds: Iterable[ToneHold] = ()
) -> Choice:
    """The eligible action of the highest rank (the first among equals), or nothing. `holds` are the policy's."""
    if profile.status != "active":
        return Choice(placement.id, None, {}, "restricted", (), None)
    view = view_of(profile)
    held, changes_at = _held(profile, view, holds, now=now)
    answers = [(action, evaluate(action.when, view, now=now)) for action in placement.actions]
    considered = tuple(
        Considered(action.id, answer.matched and not (held and action.promotes), action.rank)
        for action, answer in answers
    )
    flips = [answer.flips_at for _, answer in answers] + changes_at
    flips_at = min((at for at in flips if at is not None), default=None)
    eligible = [action for action, each in zip(placement.actions, considered, strict=True) if each.eligible]
    if not eligible:
        reason = "held_back" if any(answer.matched for _, answer in answers) else "none_eligible"
        return Choice(placement.id, None, {}, reason, considered, flips_at)
    best = max(eligible, key=lambda action: action.rank)
    return Choice(placement.id, best.id, best.content, "best_ranked", considered, flips_at)


def _held(
    profile: Profile, view: View, holds: Iterable[ToneHold], *, now: datetime
) -> tuple[bool, list[datetime | None]]:
    """Whether all promotion is held back from somebody, by the policy or by staff, and when that may change."""
    answers = [evaluate(hold.stands, view, now=now) for hold in about_everything(holds)]
    by_staff = held_by_staff(profile, now=now)
    changes_at = [answer.flips_at for answer in answers] + ([by_staff.until] if by_staff else [])
    return by_staff is not None or any(answer.matched for answer in answers), changes_at
