"""Questions about where a person stands: in segments, on lists, in random parts of all people, in journeys."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat, field_validator, model_validator

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.windows import Last

Name = str  # of a definition; that it exists is checked against the workspace (`condition_checks`)
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"


class InSegment(Node):
    """Whether the person is in another segment now."""

    type: Literal["in_segment"] = "in_segment"
    in_segment: Name


class EnteredSegment(Node):
    """Whether the person entered a segment (lately, with `window`). The latest entry counts.

    An entry is one that was announced: what a changed definition, a merge or an import of history moves is none.
    Entries are remembered from the moment on at which some condition asks for them.
    """

    type: Literal["entered_segment"] = "entered_segment"
    entered_segment: Name
    window: Last | None = None


class LeftSegment(Node):
    """Whether the person left a segment (lately, with `window`). The latest exit counts; see `EnteredSegment`."""

    type: Literal["left_segment"] = "left_segment"
    left_segment: Name
    window: Last | None = None


class StaticList(Node):
    """Whether the person is on a list that people keep by hand (`lists`)."""

    type: Literal["static_list"] = "static_list"
    static_list: Name


class JourneyState(Node):
    """Whether the person is in a journey now, or has completed or left it at some time; `never`: none of these."""

    type: Literal["journey"] = "journey"
    journey: Name
    state: Literal["in", "completed", "exited", "never"] = "in"


class RandomBucket(Node):
    """Whether the person falls into a part of all people, drawn by a salt: the same for good, also after a merge."""

    type: Literal["random_bucket"] = "random_bucket"
    random_bucket: str  # the salt
    from_: float = Field(alias="from", ge=0, le=100)
    to: float = Field(ge=0, le=100)


class Holdout(Node):
    """Whether the person is among those of whom a holdout leaves out so many percent."""

    type: Literal["holdout"] = "holdout"
    holdout: str = Field(pattern=_NAME)
    percent: float = Field(gt=0, le=50)


class Arm(Node):
    """One arm of an experiment; of all weights its own is its share."""

    name: str = Field(pattern=_NAME)
    weight: float = Field(default=1, gt=0, le=1_000)


class Variant(Node):
    """Whether an experiment gives the person this arm. `arms` are all of them, in the experiment's order.

    With the id of a campaign as `experiment` its own arms are meant, and the draw that it makes; they are left out.
    """

    type: Literal["variant"] = "variant"
    variant: str = Field(pattern=_NAME)
    experiment: str = Field(pattern=_NAME)
    arms: tuple[Arm, ...] = Field(min_length=2, max_length=10)
    salt: str | None = (
        None  # what people are drawn by; told of a campaign's experiment, and never written by hand
    )

    @model_validator(mode="after")
    def _is_an_arm(self) -> Variant:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            raise ValueError("two arms have one name")
        if self.variant not in names:
            raise ValueError(f"{self.variant!r} is none of the arms: {', '.join(names)}")
        return self


class Affinity(Node):
    """How much the person is drawn to something, as a model or a back end told it: `affinity.<kind>.<key>`."""

    type: Literal["affinity"] = "affinity"
    affinity: str = Field(pattern=_NAME)  # the kind, such as category
    key: str = Field(pattern=_NAME)
    op: Literal["eq", "gt", "gte", "lt", "lte", "between"] = "gte"
    value: FiniteFloat | tuple[FiniteFloat, FiniteFloat]

    @model_validator(mode="after")
    def _fits(self) -> Affinity:
        if (self.op == "between") != isinstance(self.value, tuple):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        return self


class ScoreIs(Node):
    """How one of the scores of an RFM definition compares."""

    op: Literal["eq", "gt", "gte", "lt", "lte", "between"] = "gte"
    value: int | tuple[int, int]

    @model_validator(mode="after")
    def _fits(self) -> ScoreIs:
        if (self.op == "between") != isinstance(self.value, tuple):
            raise ValueError("between takes a list of two numbers, every other operator one number")
        return self


class RfmIs(Node):
    """Where the last run of an RFM definition put the person: in one of these buckets, with scores like these.

    All that is asked for must hold. Nobody without such events in its date range has scores.
    """

    type: Literal["rfm"] = "rfm"
    rfm: Name
    bucket: tuple[str, ...] = Field(default=(), max_length=10)
    recency: ScoreIs | None = None
    frequency: ScoreIs | None = None
    monetary: ScoreIs | None = None

    @field_validator("bucket", mode="before")
    @classmethod
    def _one_is_enough(cls, bucket: Any) -> Any:
        return (bucket,) if isinstance(bucket, str) else bucket

    @model_validator(mode="after")
    def _asks_something(self) -> RfmIs:
        if not (self.bucket or self.recency or self.frequency or self.monetary):
            raise ValueError("say which bucket, or what recency, frequency or monetary must be")
        return self


class VersionIs(Node):
    """How the version of an app compares (semantic versions)."""

    cmp: Literal["eq", "not_eq", "gt", "gte", "lt", "lte"] = "gte"
    value: str = Field(min_length=1, max_length=64)


class DeviceIs(Node):
    """Whether the person has been seen on such a device: one of them is all that is asked for.

    Of each person the eight devices seen last are remembered, from the moment on at which some condition asks.
    """

    type: Literal["device"] = "device"
    device: str = Field(min_length=1, max_length=32)  # the platform, such as ios, android or web; or any
    os: str | None = Field(default=None, min_length=1, max_length=64)
    app_version: VersionIs | None = None


class Everyone(Node):
    type: Literal["everyone"] = "everyone"
    everyone: Literal[True] = True
