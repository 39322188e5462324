"""Questions about where a person stands: in segments, on channels, in random buckets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kizuna.core.conditions.base import Node


class InSegment(Node):
    type: Literal["in_segment"] = "in_segment"
    in_segment: str


class Reachable(Node):
    """Whether a usable address is known on the channel. Consent is the gate's matter, not asked here."""

    type: Literal["reachable"] = "reachable"
    reachable: str


class RandomBucket(Node):
    type: Literal["random_bucket"] = "random_bucket"
    random_bucket: str  # the salt
    from_: float = Field(alias="from", ge=0, le=100)
    to: float = Field(ge=0, le=100)


class Everyone(Node):
    type: Literal["everyone"] = "everyone"
    everyone: Literal[True] = True
