"""Questions about what became of our messages to a person, and what came of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kizuna.core.conditions.base import Node
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.conditions.windows import Window
from kizuna.core.durations import Duration

Outcome = Literal["sent", "delivered", "opened", "clicked", "bounced", "complained", "withheld"]


class MessageOutcome(Node):
    """Whether a message to the person came to this: any message, or one of a campaign, journey, topic or channel.

    Opens and clicks of machines (mail scanners, prefetching) do not count unless `human_only` is false. `sent` and
    `withheld` are remembered from the moment on at which some condition asks for them.
    """

    type: Literal["message"] = "message"
    message: Outcome
    campaign: str | None = Field(default=None, min_length=1)
    journey: str | None = Field(default=None, min_length=1)
    topic: str | None = Field(default=None, min_length=1)
    channel: str | None = Field(default=None, min_length=1)
    window: Window | None = None
    human_only: bool = True


class Converted(Node):
    """Whether the person reached a goal: did what counts as success.

    With `campaign`: within so long after a message of it was sent to them, by whatever way they came. The goal is
    that of the campaign's own definition; that both say the same is checked when they are saved.
    """

    type: Literal["converted"] = "converted"
    converted: str = Field(min_length=1, max_length=200)  # the event that is the goal
    campaign: str | None = Field(default=None, min_length=1)
    within: Duration = Duration(seconds=3 * 86_400)
    where: EventWhere = None
    window: Window | None = None
