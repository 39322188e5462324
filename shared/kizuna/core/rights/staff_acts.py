"""What a member of staff records for a person, with a reason: an objection, a wish for silence, and what lifts them.

    kizuna profile object …  ──▶  an event of the person  ──▶  a consent event in the ledger

The event says who and why, the ledger proves it. Nothing else lifts an objection or a "do not contact"
(`consent.md` 3.3.5), and only the one consent event that is named is lifted. Only Kizuna itself tells such events.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from kizuna.core.consent import Action, ConsentEvent
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import digest
from kizuna.core.people import Profile

DESK = Source("desk", SourceKind.SYSTEM)


class Act(StrEnum):
    """The name of the event."""

    OBJECT = "Objection Recorded"
    SILENCE = "Contact Refused"
    LIFT = "Refusal Lifted"
    DISMISS = "Reply Dismissed"
    WITHDRAW = "Reply Taken As Revocation"


_ACTIONS: Mapping[str, Action] = {
    Act.OBJECT: Action.OBJECT,
    Act.SILENCE: Action.DO_NOT_CONTACT,
    Act.LIFT: Action.LIFTED,
    Act.DISMISS: Action.REVIEW_DISMISSED,
    Act.WITHDRAW: Action.WITHDRAW,
}
_ABOUT_EVENTS = (Act.LIFT, Act.DISMISS)


def staff_event(
    person: str, act: Act, *, by: str, reason: str, at: datetime, about: Iterable[str] = ()
) -> Event:
    """The event of one act. `about` are the ids of the consent events that it lifts or dismisses."""
    ids = sorted(about)
    return Event(
        type="track",
        id=digest("staff act", act, person, by, at.isoformat(), *ids),
        source=DESK,
        at=at,
        received_at=at,
        name=act,
        properties={"by": by, "reason": reason, **({"about": ids} if ids else {})},
        profile_id=person,
    )


def consent_of_staff(event: Event, profile: Profile) -> tuple[ConsentEvent, ...]:
    """The consent events of one act; none of an event that is none, whoever calls it so."""
    if event.source != DESK or event.name not in _ACTIONS:
        return ()
    act = Act(event.name)
    about = event.properties.get("about")
    named = [str(each) for each in about] if act in _ABOUT_EVENTS and isinstance(about, list) else [""]
    channel = "sms" if act is Act.WITHDRAW else "*"
    return tuple(
        ConsentEvent(
            id=digest("consent", DESK.id, event.id, superseded),
            action=_ACTIONS[act],
            at=event.at,
            received_at=event.received_at,
            subject_ref=profile.id,
            channel=channel,
            topic="*",
            source="staff",
            actor="staff",
            supersedes=superseded or None,
            proof=f"event {event.id}, recorded by {event.properties.get('by', '')}",
        )
        for superseded in named
    )
