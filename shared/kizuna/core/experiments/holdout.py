"""Holdouts: people who are sent nothing for a while, so that it can be seen what sending does (`rules-spec.md` 6.1).

    global ─▶ brand ─▶ topic ─▶ campaign or journey       the widest level that leaves somebody out is told

Who is left out follows from a salt and the id that the person had first, and from nothing else: asked again the
answer is the same, also after a merge. A condition `{holdout: <salt>, percent: <n>}` means the same people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kizuna.core.durations import Duration
from kizuna.core.ids import bucket

Level = Literal["global", "brand", "topic", "campaign", "journey", "experiment"]

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_SLUG = r"^[a-z][a-z0-9-]{0,63}$"
_FIRST_DRAW = datetime(2024, 1, 1, tzinfo=UTC)  # from here on draws are counted
_SHORTEST_DRAW = timedelta(days=1)

Salt = Annotated[str, Field(pattern=_NAME)]
Slug = Annotated[str, Field(pattern=_SLUG)]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Holdout(_Definition):
    """How many percent are left out. `salt` names the draw; without one the level and the id do, so two holdouts of
    one salt leave the same people out. `refresh`: the draw is made anew after so long; never, unless it is given.
    """

    percent: float = Field(gt=0, le=50, allow_inf_nan=False)
    salt: Salt | None = None
    refresh: Duration | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, value: Any) -> Any:
        """`holdout: 10` as people write it."""
        return {"percent": value} if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("refresh")
    @classmethod
    def _is_days(cls, refresh: Duration | None) -> Duration | None:
        if refresh is not None and (refresh.months or timedelta(seconds=refresh.seconds) < _SHORTEST_DRAW):
            raise ValueError("refresh is a day or more, in days or weeks: 90d, 12w")
        return refresh

    def salt_at(self, name: str, now: datetime) -> str:
        """What people are drawn by at an instant."""
        salt = f"holdout:{self.salt or name}"
        if self.refresh is None:
            return salt
        draw = (now - _FIRST_DRAW) // timedelta(seconds=self.refresh.seconds)
        return f"{salt}:{draw}"

    def leaves_out(self, bucket_id: str, *, name: str, now: datetime) -> bool:
        """Whether somebody is left out, by the id they had first."""
        return 100 * bucket(self.salt_at(name, now), bucket_id) < self.percent


class SharedHoldout(Holdout):
    """One that holds for many campaigns; those with one of `exclusion_tags` reach everybody all the same."""

    exclusion_tags: tuple[Slug, ...] = Field(default=(), max_length=20)


class GlobalHoldout(SharedHoldout):
    """Of everybody: 1 to 15 percent. More than 10 costs more than it tells."""

    percent: float = Field(ge=1, le=15, allow_inf_nan=False)


class Holdouts(_Definition):
    """The policy's holdouts: one of everybody, one for each brand and for each topic that has one."""

    global_: GlobalHoldout | None = Field(default=None, alias="global")
    brands: dict[Slug, SharedHoldout] = Field(default_factory=dict, max_length=100)
    topics: dict[Slug, SharedHoldout] = Field(default_factory=dict, max_length=200)


NO_HOLDOUTS = Holdouts()


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Which holdout leaves a person out: its level, and the brand, topic, campaign or journey it is of."""

    level: Level
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a holdout is asked about: a campaign, or a journey when somebody enters it."""

    level: Literal["campaign", "journey"]
    name: str
    own: Holdout | None
    category: str
    brand: str
    topic: str = ""
    tags: tuple[str, ...] = ()


def held_out(bucket_id: str, about: Asked, holdouts: Holdouts, *, now: datetime) -> HeldOut | None:
    """The widest holdout that leaves a person out; None where they are to hear of it.

    Who is in the global one is out of everything. What is no promotion leaves nobody out, ever.
    """
    if about.category != "marketing":
        return None
    shared: tuple[tuple[Level, str, SharedHoldout | None], ...] = (
        ("global", "global", holdouts.global_),
        ("brand", about.brand, holdouts.brands.get(about.brand)),
        ("topic", about.topic, holdouts.topics.get(about.topic)),
    )
    for level, name, holdout in shared:
        if holdout is None or not set(about.tags).isdisjoint(holdout.exclusion_tags):
            continue
        if holdout.leaves_out(bucket_id, name=salt_name(level, name), now=now):
            return HeldOut(level, name)
    own = about.own
    if own is not None and own.leaves_out(bucket_id, name=about.name, now=now):
        return HeldOut(about.level, about.name)
    return None


def salt_name(level: Level, name: str) -> str:
    """The draw of a holdout that names no salt: a campaign's and a journey's is their id."""
    return f"{level}-{name}" if level in ("brand", "topic") else name
