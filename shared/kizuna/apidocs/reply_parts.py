"""What the shapes of replies have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Channel = Annotated[str, Field(examples=["email", "sms", "push"])]
Count = Annotated[int, Field(ge=0)]
Fact = Literal[
    "sent", "delivered", "bounced", "rejected", "complained", "opened", "clicked", "dismissed", "withdrawn"
]
NextPage = Annotated[
    str | None, Field(description="Pass it as `before` to go on; null: there is nothing more.")
]


class Shape(BaseModel):
    """A reply holds what its shape names, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CamelShape(Shape):
    """The same, its names written `likeThis` on the wire."""

    model_config = ConfigDict(alias_generator=to_camel)


class Sentence(Shape):
    """The same in words."""

    en: str
    ja: str
