"""Which messages an event is a conversion of.

An event counts for a message if the message was decided before it, at most the goal's `within` earlier, and for the
same person. Whether the message went out makes no difference: those who were held out, and those of whom a message
was withheld, are counted in groups of their own (`cells`), and what a message did is told by comparing them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from kizuna.core.campaigns import Campaign, Goal
from kizuna.core.campaigns.goals import LONGEST
from kizuna.core.catalog import Catalog
from kizuna.core.conditions.values import at_path
from kizuna.core.durations import FIRST
from kizuna.core.events import Event
from kizuna.core.messages import Message
from kizuna.core.money import currency_code, minor_units
from kizuna.core.results.counted import MOST_EACH, Conversion
from kizuna.core.tallying import passes
from kizuna.core.timeline import timeline_key

LONGEST_SPAN = LONGEST.after(FIRST) - FIRST


def reached_by(event: Event, messages: Iterable[Message], catalog: Catalog) -> Iterator[tuple[Message, Goal]]:
    """Each message and goal of its campaign for which a live event of its person is a conversion.

    A campaign that is switched off goes on counting: what it sent is still out there.
    """
    if event.type != "track":
        return
    for message in messages:
        campaign = catalog.campaigns.get(message.campaign)
        for goal in campaign.goals if campaign is not None else ():
            if counts_for(event, message, goal):
                yield message, goal


def counts_for(event: Event, message: Message, goal: Goal) -> bool:
    """Whether an event of a person is a conversion of a message to that person by this goal."""
    if event.name != goal.event or not passes(goal.where, event):
        return False
    begins = message.created_at
    if not begins < event.at <= goal.within.after(begins):
        return False
    if goal.needs == "nothing":
        return True
    clicked = message.facts.get("clicked")
    return clicked is not None and clicked <= event.at


def conversion_of(event: Event, goal: Goal) -> Conversion:
    """The event as it counts, with its money."""
    mark = timeline_key(event).rpartition("#")[2]
    if goal.value_of is None:
        return Conversion(event.at, mark, goal.name)
    currency = currency_code(at_path(event.properties, goal.currency_of))
    amount = minor_units(at_path(event.properties, goal.value_of), currency)
    if amount is None:
        return Conversion(event.at, mark, goal.name)
    return Conversion(event.at, mark, goal.name, amount, currency)


def most_of(goal: Goal) -> int:
    """How many conversions of one message count."""
    return 1 if goal.count == "once" else MOST_EACH


def awaits_click(campaign: Campaign) -> bool:
    """Whether a click that is heard of late may make conversions of what happened before it was heard of."""
    return any(goal.needs == "click" for goal in campaign.goals)


def latest(message: Message, campaign: Campaign) -> datetime:
    """Until when events may be conversions of a message."""
    return max(goal.within.after(message.created_at) for goal in campaign.goals)
