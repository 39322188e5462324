"""What is open between us and a person: tickets, complaints, bad scores, addresses and deliveries that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeGuard

from kizuna.core.brief.rules import BriefRules
from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from kizuna.core.messages import Message, State
from kizuna.core.people import AddressStatus, Profile
from kizuna.core.restraint.holds import ToneHold
from kizuna.core.restraint.settling import is_settled

MOST = 20
_LARGEST = 1e15
Code = Literal["ticket", "complaint", "low_score", "address", "delivery"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One open problem. `what` is an event's name, an address status, or a campaign; `source` who told us."""

    code: Code
    what: str
    at: datetime | None
    channel: str = ""
    reference: str = ""  # a ticket's id, a score, a reason
    source: str = ""


def troubles_of(
    profile: Profile, events: Sequence[Event], messages: Iterable[Message], catalog: Catalog, *, now: datetime
) -> tuple[Trouble, ...]:
    """The open problems, the newest first, at most `MOST`."""
    rules, holds = catalog.policy.brief, catalog.policy.tone_holds
    start = rules.look_back.before(now)
    told = [event for event in events if start <= event.at <= now and event.type == "track"]
    in_time = sorted(told, key=lambda event: (event.at, event.id))
    found = [
        *_tickets(in_time, rules),
        *_complaints(in_time, rules, holds),
        *_low_scores(in_time, rules, holds),
        *_addresses(profile),
        *_deliveries(messages, catalog, start),
    ]
    found.sort(key=lambda one: (one.at.timestamp() if one.at else 0.0, one.code, one.reference), reverse=True)
    return tuple(found[:MOST])


def is_amount(value: Any) -> TypeGuard[float]:
    """A number of a size that means something; flags are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def _tickets(events: Iterable[Event], rules: BriefRules) -> list[Trouble]:
    closing: Mapping[str, str] = {closed: opened for opened, closed in rules.tickets.items()}
    waiting: dict[tuple[str, str], Trouble] = {}
    for event in events:
        told = event.properties.get(rules.ticket_id)
        ticket = str(told)[:64] if isinstance(told, str | int) and not isinstance(told, bool) else ""
        if event.name in rules.tickets:
            place = (event.name, ticket or event.id)
            waiting[place] = Trouble("ticket", event.name, event.at, "", ticket, event.source.id)
        elif event.name in closing:
            opened = closing[event.name]
            gone = [place for place in waiting if place[0] == opened and (not ticket or place[1] == ticket)]
            for place in gone:
                del waiting[place]
    return list(waiting.values())


def _complaints(events: Sequence[Event], rules: BriefRules, holds: Sequence[ToneHold]) -> list[Trouble]:
    return [
        Trouble("complaint", event.name, event.at, source=event.source.id)
        for number, event in enumerate(events)
        if event.name in rules.complaints and not is_settled(holds, event, events[number + 1 :])
    ]


def _low_scores(events: Sequence[Event], rules: BriefRules, holds: Sequence[ToneHold]) -> list[Trouble]:
    """Of each question only the last answer: who was unhappy and is not any more has no open problem."""
    last: dict[str, Trouble | None] = {}
    for number, event in enumerate(events):
        score = rules.low_scores.get(event.name)
        value = event.properties.get(score.property) if score else None
        if score is None or not is_amount(value):
            continue
        low = value <= score.at_most and not is_settled(holds, event, events[number + 1 :])
        told = Trouble("low_score", event.name, event.at, "", f"{value:g}", event.source.id)
        last[event.name] = told if low else None
    return [one for one in last.values() if one is not None]


def _addresses(profile: Profile) -> list[Trouble]:
    return [
        Trouble("address", str(held.status), held.status_at, held.channel)
        for held in profile.addresses.values()
        if held.status is not AddressStatus.OK
    ]


def _deliveries(messages: Iterable[Message], catalog: Catalog, start: datetime) -> list[Trouble]:
    campaigns = catalog.campaigns
    return [
        Trouble(
            "delivery",
            campaigns[message.campaign].name if message.campaign in campaigns else message.campaign,
            message.changed_at,
            message.channel,
            message.reason if message.state is State.FAILED else str(message.state).lower(),
        )
        for message in messages
        if message.state in (State.FAILED, State.UNKNOWN) and message.changed_at >= start
    ]
