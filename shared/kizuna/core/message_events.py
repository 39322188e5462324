"""What became of our own messages, as events of the person: told only while some condition asks for it.

Delivered, opened, clicked and bounced are told by providers anyway (`feedback`). That a message was sent or withheld
is known to us first; as an event it is counted, windowed and joined like any other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.feedback import (
    INBOX_CLICKED,
    INBOX_DISMISSED,
    INBOX_READ,
    MESSAGE_SENT,
    MESSAGE_WITHHELD,
    PUSH_DELIVERED,
    PUSH_OPENED,
)
from kizuna.core.messages import Message, State
from kizuna.core.own_channels import INBOX

MESSAGES = Source("messages", SourceKind.SYSTEM)
# Of these no provider tells: what is known of them are facts, and each new one becomes an event.
_OF_FACTS = {
    INBOX: {"opened": INBOX_READ, "clicked": INBOX_CLICKED, "dismissed": INBOX_DISMISSED},
    "push": {"delivered": PUSH_DELIVERED, "opened": PUSH_OPENED},
}
_NAMES = {State.SENT: MESSAGE_SENT, State.DENIED: MESSAGE_WITHHELD}


def message_event(message: Message, *, told: Collection[str], now: datetime) -> Event | None:
    """The event of a message that has come to its present state; None where nobody asks for such events.

    Its id is that of the message and the state: however often the change is read, it counts once.
    """
    name = _NAMES.get(message.state)
    if name is None or name not in told:
        return None
    return Event(
        type="track",
        id=f"{message.state.lower()}-{message.id}",
        source=MESSAGES,
        at=message.changed_at,
        received_at=now,
        name=name,
        properties={
            "message_id": message.id,
            "campaign": message.campaign,
            "channel": message.channel,
            "topic": message.topic,
            "category": message.category,
            "reason": message.reason,
        },
        profile_id=message.person,
    )


def events_of_facts(before: Message, after: Message, *, now: datetime) -> tuple[Event, ...]:
    """What a person has newly done with an item of their inbox or a push. Each counts once, by message and deed."""
    return tuple(
        Event(
            type="track",
            id=f"{fact}-{after.id}",
            source=MESSAGES,
            at=after.facts[fact],
            received_at=now,
            name=name,
            properties={
                "message_id": after.id,
                "campaign": after.campaign,
                "channel": after.channel,
                "topic": after.topic,
            },
            profile_id=after.person,
        )
        for fact, name in _OF_FACTS.get(after.channel, {}).items()
        if fact in after.facts and fact not in before.facts
    )
