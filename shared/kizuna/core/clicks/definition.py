"""What a workspace says about links: where it is noted that one was followed, and what its own sites hear."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

TrackedChannel = Literal["sms", "whatsapp", "line"]
"""Channels whose providers do not tell who follows a link. E-mail has SES for that, the inbox tells itself."""

_HOST = r"^([a-z0-9][a-z0-9-]{0,62}\.)*[a-z0-9][a-z0-9-]{0,62}$"

Host = Annotated[str, Field(pattern=_HOST, max_length=253)]
UtmValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Utm(BaseModel):
    """The `utm_` parameters that the company's own sites are given, on every channel.

    Only for `hosts`, which belong to the company: others have no use for them, and some links break with them.
    `utm_campaign` is the campaign's id, `utm_medium` the channel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: UtmValue
    hosts: tuple[Host, ...] = Field(min_length=1, max_length=50)

    @field_validator("hosts")
    @classmethod
    def _each_once(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(hosts)) < len(hosts):
            raise ValueError("names a host twice")
        return hosts


class ClickTracking(BaseModel):
    """Nothing is noted unless it is asked for: a link that is followed says something about a person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: frozenset[TrackedChannel] = frozenset()
    utm: Utm | None = None
