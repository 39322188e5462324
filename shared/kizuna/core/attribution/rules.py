"""What counts as a touch, and for how long it may have brought about a success."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import FIRST, Duration

Kind = Literal["click", "open", "sent"]
_DAY = 86_400
_LONGEST = Duration(seconds=30 * _DAY)

# How long a message may have done something to somebody who shows no sign of it. Of other channels: a day.
_SENT: Mapping[str, Duration] = {"email": Duration(seconds=5 * _DAY), "sms": Duration(seconds=3 * _DAY)}
_ELSE = Duration(seconds=_DAY)


class AttributionRules(BaseModel):
    """How credit for a success is given.

    view        what counts as a touch beside a human click: nothing, a human `open`, or each message that was `sent`
    click       how long after a click a success may be owed to it; `opened` likewise after an open
    sent        how long after a message went out, by channel; counts with `view: sent` alone
    half_life   of time_decay: a touch so much older than another has half its weight
    first, last of position: the shares of the two ends; what is between them shares the rest
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    view: Literal["none", "open", "sent"] = "none"
    click: Duration = Duration(seconds=7 * _DAY)
    opened: Duration = Duration(seconds=_DAY)
    sent: dict[TemplateChannel, Duration] = Field(default_factory=dict)
    half_life: Duration = Duration(seconds=7 * _DAY)
    first: Annotated[float, Field(ge=0, le=0.5)] = 0.4
    last: Annotated[float, Field(ge=0, le=0.5)] = 0.4

    @field_validator("click", "opened", "half_life", "sent")
    @classmethod
    def _is_near(cls, told: Duration | dict[str, Duration]) -> Duration | dict[str, Duration]:
        for length in told.values() if isinstance(told, dict) else [told]:
            if not FIRST < length.after(FIRST) <= _LONGEST.after(FIRST):
                raise ValueError(f"more than nothing, and at most {_LONGEST}")
        return told

    def window(self, kind: Kind, channel: str) -> timedelta:
        """How long before a success a touch may lie."""
        match kind:
            case "click":
                length = self.click
            case "open":
                length = self.opened
            case _:
                own = {str(name): length for name, length in self.sent.items()}
                length = own.get(channel, _SENT.get(channel, _ELSE))
        return length.after(FIRST) - FIRST

    @property
    def longest(self) -> timedelta:
        """How far back any touch may lie."""
        channels = {*self.sent, *_SENT, ""}
        windows = [self.window("click", ""), self.window("open", "")]
        return max(*windows, *(self.window("sent", channel) for channel in channels))

    @property
    def kinds(self) -> frozenset[Kind]:
        match self.view:
            case "none":
                return frozenset({"click"})
            case "open":
                return frozenset({"click", "open"})
            case _:
                return frozenset({"click", "open", "sent"})
