"""What sets a campaign off, beside a schedule."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kizuna.core.campaigns.base import Definition
from kizuna.core.campaigns.schedules import OnSchedule
from kizuna.core.conditions.properties import EventWhere


class OnEvent(Definition):
    """When the person does something."""

    type: Literal["event"] = "event"
    event: str
    where: EventWhere = None


class OnSegment(Definition):
    """When the person enters a segment, or leaves it (`at: exit`)."""

    type: Literal["segment"] = "segment"
    segment: str
    at: Literal["enter", "exit"] = "enter"


class OnAsked(Definition):
    """When the person asked for just this answer, or the law of their country asks for it. Nothing else starts it.

    opt_in       a consent that counts only once it is confirmed by a mailed link (double opt-in)
    preferences  the link to their own page of choices, which is mailed to the address on record
    stop         a STOP by text: its one confirmation, within five minutes (47 CFR 64.1200(a)(12))
    help         HELP by text
    """

    type: Literal["asked"] = "asked"
    for_: Literal["opt_in", "preferences", "stop", "help"] = Field(alias="for")


class OnDigest(Definition):
    """When a frequency cap held messages back that may go together (`on_hit: digest`), and there is room for one."""

    type: Literal["digest"] = "digest"


class OnJourney(Definition):
    """When somebody on their way through a journey comes to a step that speaks. Journeys make such campaigns
    (`core/journeys/messages.py`), and nobody else.

    `by_place`: what leads there is where somebody's device is.
    """

    type: Literal["journey"] = "journey"
    journey: str
    step: str
    by_place: bool = False


class OnApi(Definition):
    """When a back end or a member of staff asks for it, for one person, with what to tell them:
    `POST /admin/campaigns/{id}/send`."""

    type: Literal["api"] = "api"


CAMPAIGN_REQUESTED = "Campaign Requested"  # the event by which a request of the API reaches its person


Trigger = OnSchedule | OnEvent | OnSegment | OnAsked | OnDigest | OnJourney | OnApi


def event_that_starts(trigger: Trigger) -> str | None:
    """The name of the event that sets a campaign off; None where it is no event."""
    match trigger:
        case OnEvent(event=name):
            return name
        case OnApi():
            return CAMPAIGN_REQUESTED
        case _:
            return None
