"""Which events a brief reads as what: the names that a workspace's own systems use (`policy.brief`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.durations import Duration
from kizuna.core.policy import OpenWindow, Window

EventName = Annotated[str, Field(min_length=1, max_length=200)]


class LowScore(BaseModel):
    """An answer that is bad news: `property` of the event is a number of at most `at_most`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    property: str = "score"
    at_most: float = 6  # of NPS: a detractor


class BriefRules(BaseModel):
    """What counts as an open problem, as a purchase, and when it is too early or late to call.

    A ticket is open until the event that closes it names the same `ticket_id`, or comes later and names none.
    Complaints and bad scores count as open for as long as `look_back`, or until every tone hold that one placed has
    been ended by the event that settles it or by staff (`release`); that a hold ran out settles nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tickets: Mapping[EventName, EventName] = {"Support Ticket Opened": "Support Ticket Closed"}
    ticket_id: str = "ticket_id"
    complaints: tuple[EventName, ...] = ("Complaint Received",)
    low_scores: Mapping[EventName, LowScore] = {"NPS Answered": LowScore()}
    look_back: Duration = Duration(seconds=90 * 86_400)
    purchases: tuple[EventName, ...] = ("Order Completed",)
    amounts: tuple[str, ...] = ("revenue", "total", "value")  # the first property that holds a number
    call_hours: OpenWindow = Window(9 * 60, 20 * 60)  # local wall-clock time
