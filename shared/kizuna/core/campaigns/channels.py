"""On which channels a campaign speaks, and in what order they are tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from kizuna.core.campaigns.base import Definition
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import FIRST, Duration


class Channels(Definition):
    """One message on several channels, in the order in which they are looked at.

    `choose`: `first` sends on the first channel that the gate allows, `all` on each that it allows, where each is a
    contact of its own for the frequency caps. `best` is `first` in an order of the person's own: the channel that
    they asked for, then those on which they react most (`rhythm`), then `order`. `fallback_after` (not with `all`):
    so long after a message went out that shows no sign of having reached anybody, the next channel is tried, and
    judged anew. `cancel_when`: the sign on one channel that lets go of what still waits on the others; a fallback
    goes by `seen` unless it says otherwise.
    """

    choose: Literal["first", "best", "all"] = "first"
    order: tuple[TemplateChannel, ...] = Field(min_length=2, max_length=8)
    fallback_after: Duration | None = None
    cancel_when: Literal["seen", "delivered"] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Channels:
        if len(set(self.order)) < len(self.order):
            raise ValueError("order names a channel twice")
        if self.fallback_after is not None:
            if self.choose == "all":
                raise ValueError("fallback_after is not for choose: all; there is no channel left to try")
            length = self.fallback_after.after(FIRST) - FIRST
            if not timedelta(minutes=1) <= length <= timedelta(days=30):
                raise ValueError("fallback_after is 1m to 30d")
        elif self.choose != "all" and self.cancel_when is not None:
            raise ValueError("cancel_when needs choose: all, or a fallback_after: nothing else ever waits")
        return self

    @property
    def let_go_when(self) -> Literal["seen", "delivered"] | None:
        """The sign on one channel at which the others are let go; None: they never are."""
        return self.cancel_when or ("seen" if self.fallback_after is not None else None)
